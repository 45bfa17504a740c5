"""Expressions: each function walks one kind of node and gives the slot of its value (0 = cannot bear a callable)."""

from collections.abc import Callable
from typing import Final

import msgspec
from tree_sitter import Node

from alef_audit.facts import flows
from alef_audit.facts.file import ObjectKind
from alef_audit.frontends.python import operators
from alef_audit.frontends.python.calls import walk_call as walk_call
from alef_audit.frontends.python.few import has_few
from alef_audit.frontends.python.functions import walk_lambda
from alef_audit.frontends.python.judged import held, mark, tested
from alef_audit.frontends.python.kept import assigned
from alef_audit.frontends.python.narrowing import narrowed
from alef_audit.frontends.python.targets import assign, bind_iteration
from alef_audit.frontends.python.walk import (
    DEPTH_LIMIT,
    ComprehensionScope,
    Place,
    Walk,
    add_condition,
    add_loop,
    is_plain_string,
    line_of,
    literal_of,
    member_name,
    note_too_deep,
    short,
    source,
)

Expression = Callable[[Walk, Place, Node], int]


def value(walk: Walk, place: Place, node: Node) -> int:
    """Walk an expression whose value matters."""
    handler = _EXPRESSIONS.get(node.type, _operands)
    if walk.depth > DEPTH_LIMIT:
        note_too_deep(walk, node)
        return 0
    walk.depth += 1
    slot = handler(walk, place, node)
    walk.depth -= 1
    return slot


def test(walk: Walk, place: Place, node: Node) -> None:
    """Walk an expression that decides a condition: calls in it are marked IN_TEST."""
    kind = node.type
    if kind == "call":
        walk_call(walk, place, node, flows.IN_TEST)
    elif kind in ("not_operator", "boolean_operator", "parenthesized_expression") and walk.depth < DEPTH_LIMIT:
        walk.depth += 1
        for child in node.named_children:
            test(walk, place, child)
            if kind == "boolean_operator" and child is not node.named_children[-1]:
                holds = node.children[1].type == "and"
                place = narrowed(walk, place, child, holds=holds)
                place = place.under(add_condition(walk, place, child, holds=holds))
        walk.depth -= 1
    else:
        operators.truth(walk, place, node, value(walk, place, node))
        name = node.named_children[0] if kind == "named_expression" else node
        if name.type == "identifier":
            tested(walk, place, name)


def _operands(walk: Walk, place: Place, node: Node) -> int:
    """Anything whose value is no callable: walk what stands in it, chains of operators without recursion."""
    pending = list(node.named_children)
    pending.reverse()
    while pending:
        child = pending.pop()
        kind = child.type
        if kind == "string" and is_plain_string(walk, child):
            continue
        if kind in _CHAINS:
            pending.extend(reversed(child.named_children))
        elif kind not in _LEAVES:
            value(walk, place, child)
    return 0


def _string(walk: Walk, place: Place, node: Node) -> int:
    return 0 if is_plain_string(walk, node) else _operands(walk, place, node)


def _leaf(walk: Walk, place: Place, node: Node) -> int:
    return 0


def _identifier(walk: Walk, place: Place, node: Node) -> int:
    name = source(walk, node)
    return (place.narrowed and place.narrowed.get(name)) or place.scope.slots[name]


def _attribute(walk: Walk, place: Place, node: Node) -> int:
    names: list[tuple[str, int]] = []
    inner = node
    known = 0
    while inner.type == "attribute":
        parts = inner.named_children
        if len(parts) < 2:
            return 0
        known = place.narrowed.get(source(walk, inner), 0) if place.narrowed else 0
        if known:
            break
        names.append((member_name(walk, place, parts[-1]), line_of(parts[-1])))
        inner = parts[0]
    slot = known or value(walk, place, inner)
    for name, line in reversed(names):
        slot = walk.build.attribute(slot, name, line)
    return slot


def literal_key(walk: Walk, node: Node) -> str:
    """The field that a subscript names: the text of a plain string literal or a position, else any element."""
    if node.type == "integer":
        text = source(walk, node)
        return str(int(text)) if text.isdecimal() else "*"
    if node.type == "unary_operator" and source(walk, node)[1:].isdecimal():
        return source(walk, node)
    if node.type == "string" and len(node.named_children) == 3 and node.named_children[1].type == "string_content":
        return source(walk, node.named_children[1]) or "*"
    return "*"


def _call(walk: Walk, place: Place, node: Node) -> int:
    return walk_call(walk, place, node, 0, wanted=True)


def _await(walk: Walk, place: Place, node: Node) -> int:
    inner = node.named_children[0] if node.named_children else None
    while inner is not None and inner.type == "parenthesized_expression" and len(inner.named_children) == 1:
        inner = inner.named_children[0]
    if inner is None:
        return 0
    if inner.type == "call":
        slot = walk_call(walk, place, inner, flows.AWAITED, wanted=True)
    else:
        slot = value(walk, place, inner)
    operators.operate(walk, place, node, slot, "__await__", (), slot)
    return slot


def _joined(walk: Walk, place: Place, slots: list[int]) -> int:
    bearing = [slot for slot in slots if slot]
    if len(bearing) < 2:
        return bearing[0] if bearing else 0
    dst = walk.build.slot()
    for slot in bearing:
        walk.build.copy(dst, slot)
    return dst


def _conditional(walk: Walk, place: Place, node: Node) -> int:
    parts = node.named_children
    if len(parts) != 3:
        return _operands(walk, place, node)
    named = parts[0] if parts[0].type == "named_expression" else None
    if named is not None:
        # the grammar takes `x := a if b else c` for a choice between `x := a` and c
        parts = [named.named_children[-1], *parts[1:]]
    test(walk, place, parts[1])
    where = narrowed(walk, place, parts[1], holds=True)
    then = value(walk, where.under(add_condition(walk, place, parts[1], holds=True)), parts[0])
    where = narrowed(walk, place, parts[1], holds=False)
    other = value(walk, where.under(add_condition(walk, place, parts[1], holds=False)), parts[2])
    joined = _joined(walk, place, [then, other])
    if named is not None:
        _bind_walrus(walk, place, named.named_children[0], joined)
    return joined


def _boolean(walk: Walk, place: Place, node: Node) -> int:
    """`a or b`, `a and b`: either value; a chain is walked from its flat list of operands."""
    operands: list[tuple[Node, bool]] = []  # operand, whether the operator before it was `or`
    inner = node
    while inner.type == "boolean_operator":
        parts = inner.children
        if len(parts) < 3:
            break
        operands.append((parts[2], parts[1].type == "or"))
        inner = parts[0]
    slots = [value(walk, place, inner)]
    left = inner
    for operand, is_or in reversed(operands):
        operators.truth(walk, place, left, slots[-1])
        mark(walk, left)
        place = narrowed(walk, place, left, holds=not is_or)
        here = place.under(add_condition(walk, place, left, holds=not is_or))
        slots.append(value(walk, here, operand))
        left = operand
    return _joined(walk, place, slots)


def _not(walk: Walk, place: Place, node: Node) -> int:
    for child in node.named_children:
        test(walk, place, child)
    return 0


def _parenthesized(walk: Walk, place: Place, node: Node) -> int:
    slot = 0
    for child in node.named_children:
        if child.type != "comment":
            slot = value(walk, place, child)
    return slot


def _named_expression(walk: Walk, place: Place, node: Node) -> int:
    parts = node.named_children
    if len(parts) != 2:
        return 0
    slot = value(walk, place, parts[1])
    _bind_walrus(walk, place, parts[0], slot)
    held(walk, place, parts[0], parts[1])
    assigned(walk, place, parts[0], parts[-1])
    return slot


def _bind_walrus(walk: Walk, place: Place, target: Node, slot: int) -> None:
    """Bind a name in the innermost function, not in a comprehension."""
    here, scope = place, place.scope
    while isinstance(scope, ComprehensionScope) and scope.parent is not None:
        scope = scope.parent
        here = msgspec.structs.replace(place, scope=scope)
    assign(walk, here, target, slot)


def _sequence(walk: Walk, place: Place, node: Node) -> int:
    """A list, tuple or set: elements under their positions up to the first spread. 0 when nothing in it matters."""
    build = walk.build
    children = [child for child in node.named_children if child.type != "comment"]
    holder = build.object(place.function, line_of(node), "") if not children else 0
    ordered = node.type != "set"
    fixed = ordered and len(children) <= flows.POSITIONS and all(child.type != "list_splat" for child in children)
    for position, child in enumerate(children):
        spread = child.type == "list_splat"
        slot = value(walk, place, child.named_children[0] if spread and child.named_children else child)
        ordered = ordered and not spread and position < flows.POSITIONS
        if not slot:
            continue
        holder = holder or build.object(place.function, line_of(node), "", length=len(children) if fixed else -1)
        element = operators.iterated(walk, place, child, slot) if spread else slot
        build.store(holder, str(position) if ordered else "*", element, line_of(child))
    if holder and len(children) == 2 and (key := literal_of(walk, children[0])).startswith('"'):
        build.row(flows.PAIR, holder, 0, build.name(key[1:]), 0)
    return holder


def collection(walk: Walk, place: Place, node: Node) -> int:
    """The value of an expression that is bound to something: a literal always makes an object."""
    slot = value(walk, place, node)
    if not slot and node.type in ("list", "dictionary", "set"):
        kind = ObjectKind.MAPPING if node.type == "dictionary" else 0
        slot = walk.build.object(place.function, line_of(node), "", kind)
    return slot


def _dictionary(walk: Walk, place: Place, node: Node) -> int:
    build = walk.build
    children = [child for child in node.named_children if child.type != "comment"]
    holder = build.object(place.function, line_of(node), "", ObjectKind.MAPPING) if not children else 0
    for child in children:
        parts = child.named_children
        if child.type == "dictionary_splat" and parts:
            slot = value(walk, place, parts[0])
            if slot:
                holder = holder or build.object(place.function, line_of(node), "", ObjectKind.MAPPING)
                build.row(flows.SPREAD, holder, slot, 0, line_of(child))
        elif child.type == "pair" and len(parts) >= 2:
            value(walk, place, parts[0])
            key = literal_key(walk, parts[0])
            slot = value(walk, place, parts[-1])
            if slot:
                holder = holder or build.object(place.function, line_of(node), "", ObjectKind.MAPPING)
                build.store(holder, key, slot, line_of(child))
    return holder


def _comprehension(walk: Walk, place: Place, node: Node) -> int:
    """Clauses first (they bind the names, in a scope of their own), then the body inside their loops."""
    parts = node.named_children
    scope = ComprehensionScope(place.scope, walk.build.slot, place.function)
    here = msgspec.structs.replace(place, scope=scope, lexical=scope)
    outer: Place | None = place
    for clause in parts[1:]:
        if clause.type == "for_in_clause":
            names = [child for child in clause.named_children if child.type != "comment"]
            if len(names) < 2:
                continue
            over = short(walk, names[1], 60)
            is_async = any(child.type == "async" for child in clause.children)
            bind_iteration(walk, here, names[0], names[1], is_async=is_async, outer=outer)
            outer = None
            few = has_few(walk, here, names[1])
            here = here.within(add_loop(walk, here, clause, over, each=short(walk, names[0], 60), few=few))
        elif clause.type == "if_clause":
            for child in clause.named_children:
                test(walk, here, child)
                here = narrowed(walk, here, child, holds=True).under(add_condition(walk, here, child, holds=True))
    slot = _comprehension_body(walk, here, parts[0]) if parts else 0
    walk.build.close(scope)
    if not slot:
        return 0
    holder = walk.build.object(
        place.function, line_of(node), "", ObjectKind.MAPPING if node.type == "dictionary_comprehension" else 0
    )
    walk.build.store(holder, "*", slot, line_of(node))
    return holder


def _comprehension_body(walk: Walk, place: Place, body: Node) -> int:
    if body.type != "pair" or len(body.named_children) < 2:
        return value(walk, place, body)
    value(walk, place, body.named_children[0])
    return value(walk, place, body.named_children[-1])


def _yield(walk: Walk, place: Place, node: Node) -> int:
    """Gives what callers send, or what the other generator of `yield from` returns."""
    build, line = walk.build, line_of(node)
    inner = node.named_children[0] if node.named_children else None
    slot = value(walk, place, inner) if inner is not None and inner.type != "comment" else 0
    if any(child.type == "from" for child in node.children):
        build.copy(place.result, slot)
        return build.load(slot, flows.RETURNED_VALUE, line)
    if not place.result:
        return 0
    generator = walk.generators.get(place.function)
    if generator is None:
        generator = walk.generators[place.function] = build.object(place.function, line, "", ObjectKind.GENERATOR)
        build.copy(place.result, generator)
    build.store(generator, "*", slot, line)
    if place.lends:
        build.copy(place.result, slot)
    return build.load(generator, flows.SENT_FIELD, line)


def _lambda(walk: Walk, place: Place, node: Node) -> int:
    return walk_lambda(walk, place, node, "<lambda>")


_LEAVES: Final = frozenset(
    [
        "integer",
        "float",
        "true",
        "false",
        "none",
        "comment",
        "ellipsis",
        "escape_sequence",
        "string_content",
        "string_start",
        "string_end",
        "identifier",
        "type_conversion",
        "format_specifier",
    ]
)
_CHAINS: Final = frozenset(("concatenated_string", "string", "format_expression"))
_EXPRESSIONS: Final[dict[str, Expression]] = {
    "string": _string,
    "identifier": _identifier,
    "attribute": _attribute,
    "subscript": operators.subscript,
    "call": _call,
    "await": _await,
    "binary_operator": operators.binary,
    "comparison_operator": operators.comparison,
    "unary_operator": operators.unary,
    "not_operator": _not,
    "interpolation": operators.interpolation,
    "conditional_expression": _conditional,
    "boolean_operator": _boolean,
    "parenthesized_expression": _parenthesized,
    "named_expression": _named_expression,
    "tuple": _sequence,
    "list": _sequence,
    "set": _sequence,
    "expression_list": _sequence,
    "dictionary": _dictionary,
    "list_comprehension": _comprehension,
    "set_comprehension": _comprehension,
    "dictionary_comprehension": _comprehension,
    "generator_expression": _comprehension,
    "lambda": _lambda,
    "yield": _yield,
    "integer": _leaf,
    "float": _leaf,
    "true": _leaf,
    "false": _leaf,
    "none": _leaf,
    "comment": _leaf,
}
