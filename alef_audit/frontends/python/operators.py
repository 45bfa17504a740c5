"""Operators: what they run if an operand is an instance of a class with the method (`a + b`, `k in table`, `not x`)."""

from typing import Final

from tree_sitter import Node

from alef_audit.facts import flows
from alef_audit.frontends.python import expressions
from alef_audit.frontends.python.builtins import load_spelled
from alef_audit.frontends.python.judged import compared
from alef_audit.frontends.python.kept import deleted
from alef_audit.frontends.python.texts import spellings
from alef_audit.frontends.python.walk import Place, Walk, line_of, member_name, short, source

_BINARY: Final = {
    "+": "add",
    "-": "sub",
    "*": "mul",
    "@": "matmul",
    "/": "truediv",
    "//": "floordiv",
    "%": "mod",
    "**": "pow",
    "&": "and",
    "|": "or",
    "^": "xor",
    "<<": "lshift",
    ">>": "rshift",
}
_COMPARISONS: Final = {"<": "lt", "<=": "le", "==": "eq", "!=": "ne", ">": "gt", ">=": "ge", "<>": "ne"}
_UNARY: Final = {"-": "__neg__", "+": "__pos__", "~": "__invert__"}
# What these make of two values is of the same kind as the first: paths, pipelines, unions.
_KEEPING: Final = frozenset(("/", "|"))
# What these make of lists is a new list.
_LISTING: Final = frozenset(("+", "*"))
_TEXTS: Final = frozenset(("string", "concatenated_string"))
EACH: Final = flows.RESERVED[flows.EACH]
_NAMESPACES: Final = frozenset(("globals()", "vars(self)", "vars(cls)"))
_TESTED: Final = frozenset(("identifier", "attribute", "subscript"))


def operate(
    walk: Walk, place: Place, node: Node, base: int, member: str, arguments: tuple[int, ...] = (), result: int = 0
) -> None:
    """Note that `node` runs the method `member` of what `base` holds, where that has one."""
    if base:
        walk.build.operation(
            function=place.function,
            line=line_of(node),
            column=node.start_point[1] + 1,
            base=base,
            member=member,
            result=result,
            arguments=arguments,
            loop=place.loop,
            condition=place.condition,
        )


def binary(walk: Walk, place: Place, node: Node) -> int:
    """`a + b + c`, from the innermost operator outwards, without recursion over long chains."""
    chain: list[Node] = []
    inner = node
    while inner.type == "binary_operator" and len(inner.children) > 2:
        chain.append(inner)
        inner = inner.children[0]
    slot = expressions.value(walk, place, inner)
    for each in reversed(chain):
        sign = each.children[1].type
        right = expressions.value(walk, place, each.children[2])
        slot = _combine(walk, place, each, slot, sign, right)
    return slot


def _combine(walk: Walk, place: Place, node: Node, left: int, sign: str, right: int) -> int:
    name = _BINARY.get(sign)
    if name is None or not (left or right):
        return 0
    build = walk.build
    result = build.slot()
    if sign in _KEEPING:
        build.copy(result, left)
        build.copy(result, right)
    elif sign in _LISTING and node.children[0].type not in _TEXTS and node.children[2].type not in _TEXTS:
        for operand in (left, right):
            if operand:
                build.row(flows.COLLECT, result, operand, 0, 0)
    operate(walk, place, node, left, f"__{name}__", (right,), result)
    if not left:
        operate(walk, place, node, right, f"__r{name}__", (left,), result)
    return result


def comparison(walk: Walk, place: Place, node: Node) -> int:
    """`a < b`, `k in table`; of a chain every pair."""
    left = 0
    sign = ""
    for child in node.children:
        if child.is_named:
            right = expressions.value(walk, place, child)
            if sign in _COMPARISONS:
                operate(walk, place, node, left, f"__{_COMPARISONS[sign]}__", (right,))
            elif sign in ("in", "not in"):
                operate(walk, place, node, right, "__contains__", (left,))
            left, sign = right, ""
        else:
            sign = f"{sign} {child.type}".strip()
    compared(walk, place, node)
    return 0


def unary(walk: Walk, place: Place, node: Node) -> int:
    inner = node.named_children[0] if node.named_children else None
    if inner is None:
        return 0
    base = expressions.value(walk, place, inner)
    if not base or node.children[0].type not in _UNARY:
        return 0
    result = walk.build.slot()
    operate(walk, place, node, base, _UNARY[node.children[0].type], (), result)
    return result


def augmented(walk: Walk, place: Place, node: Node) -> int:
    """`a += b`: gives the slot of what `a` then holds besides its old value."""
    parts = node.children
    right = expressions.value(walk, place, parts[-1])
    sign = parts[1].type.removesuffix("=") if len(parts) > 2 else ""
    name = _BINARY.get(sign)
    if name is None or parts[0].type not in _TESTED:
        return right
    left = expressions.value(walk, place, parts[0])
    if not left:
        return right
    build = walk.build
    result = build.slot()
    if sign in ("+", "|"):
        # in place: a list or set takes the elements, a dict the entries
        build.store(left, "*", build.load(right, EACH, line_of(node)), line_of(node))
    if sign == "+":
        build.row(flows.COLLECT, result, right, 0, 0) if right else None
    else:
        build.copy(result, right)
    if sign == "|" and right:
        build.row(flows.SPREAD, left, right, 0, line_of(node))
    operate(walk, place, node, left, f"__i{name}__", (right,), result)
    return result


def truth(walk: Walk, place: Place, node: Node, slot: int) -> None:
    """A condition asks `__bool__`, or else `__len__`."""
    if node.type in _TESTED:
        operate(walk, place, node, slot, "__bool__")


def interpolation(walk: Walk, place: Place, node: Node) -> int:
    """`{value}` in an f-string formats the value."""
    for child in node.named_children:
        slot = expressions.value(walk, place, child)
        if child.type in _TESTED or child.type == "call":
            operate(walk, place, child, slot, "__format__")
    return 0


def subscript(walk: Walk, place: Place, node: Node) -> int:
    """`x[k]`: an element of a collection, or what `__getitem__` gives."""
    parts = node.named_children
    base = expressions.value(walk, place, parts[0])
    indices = [expressions.value(walk, place, index) for index in parts[1:]]
    if not base:
        return 0
    if _is_own_module(walk, node):
        slot = walk.build.slot()
        walk.build.row(flows.MODULE, slot, 0, 0, line_of(node))
        return slot
    if len(parts) == 2 and parts[0].type == "call" and source(walk, parts[0]) in _NAMESPACES:
        slot = walk.build.slot()
        load_spelled(walk, slot, base, spellings(walk, place, parts[1]), line_of(node))
        return slot
    if len(parts) == 2 and parts[1].type == "slice":
        slot = walk.build.slot()
        walk.build.row(flows.COLLECT, slot, base, 0, 0)
    else:
        key = expressions.literal_key(walk, parts[1]) if len(parts) == 2 else "*"
        slot = walk.build.load(base, key, line_of(node))
    operate(walk, place, node, base, "__getitem__", tuple(indices[:1]), slot)
    return slot


def _is_own_module(walk: Walk, node: Node) -> bool:
    """`sys.modules[__name__]`."""
    return node.end_byte - node.start_byte < 40 and source(walk, node) == "sys.modules[__name__]"


def delete(walk: Walk, place: Place, node: Node) -> None:
    """`del x[k]` runs `__delitem__`."""
    for target in node.named_children:
        for child in target.named_children if target.type == "expression_list" else (target,):
            deleted(walk, place, child)
            if child.type == "attribute":
                _deleted(walk, place, child)
            elif child.type == "subscript":
                operate(walk, place, child, expressions.value(walk, place, child.named_children[0]), "__delitem__")


def _deleted(walk: Walk, place: Place, node: Node) -> None:
    """`del x.y` runs the deleter of a property."""
    base = expressions.value(walk, place, node.named_children[0])
    name, line = flows.DELETE + member_name(walk, place, node.named_children[-1]), line_of(node)
    callee = walk.build.load(base, name, line)
    if callee:
        walk.build.call(
            function=place.function,
            line=line,
            column=node.start_point[1] + 1,
            end_line=line,
            callee=callee,
            receiver=base,
            member=name,
            text="del " + short(walk, node, 76),
            flags=flows.IMPLICIT | flows.DISCARDED,
            loop=place.loop,
            condition=place.condition,
        )


def iterated(walk: Walk, place: Place, node: Node, slot: int) -> int:
    """The slot of the elements that `slot` gives when it is spread; 0 when it is 0."""
    element = walk.build.load(slot, EACH, line_of(node))
    walk.build.copy(element, by_protocol(walk, place, node, slot))
    return element


def by_protocol(walk: Walk, place: Place, node: Node, slot: int) -> int:
    """The slot of the elements that `slot` gives by methods of its own when it is spread or unpacked."""
    if not slot:
        return 0
    iterator = walk.build.slot()
    operate(walk, place, node, slot, "__iter__", (), iterator)
    element = walk.build.load(iterator, "*", line_of(node))
    operate(walk, place, node, iterator, "__next__", (), element)
    return element
