"""Annotations as a source of receivers: `x: Store` makes x an instance of Store."""

import re
from typing import Final

from tree_sitter import Node

from alef_audit.facts import flows
from alef_audit.frontends.python import fields
from alef_audit.frontends.python.parse import parse_expression
from alef_audit.frontends.python.walk import Place, Walk, line_of, source

# Generic names that stand for their argument.
TRANSPARENT: Final = frozenset(
    [
        "Optional",
        "Union",
        "Annotated",
        "Awaitable",
        "Coroutine",
        "Final",
        "ClassVar",
        "Required",
        "NotRequired",
        "ReadOnly",
        "Mapped",
        "SkipValidation",
    ]
)
# Generic names that hold elements of their last argument.
CONTAINERS: Final = frozenset(
    [
        "list",
        "List",
        "set",
        "Set",
        "frozenset",
        "FrozenSet",
        "tuple",
        "Tuple",
        "Sequence",
        "MutableSequence",
        "Iterable",
        "Iterator",
        "Collection",
        "Deque",
        "deque",
        "dict",
        "Dict",
        "Mapping",
        "MutableMapping",
        "defaultdict",
        "DefaultDict",
        "OrderedDict",
        "Generator",
        "AsyncGenerator",
        "AsyncIterator",
        "AsyncIterable",
        "AbstractSet",
        "ValuesView",
    ]
)
_SECOND_IS_SENT: Final = frozenset(("Generator", "AsyncGenerator"))
_PRIMITIVE: Final = frozenset(
    [
        "int",
        "str",
        "bool",
        "float",
        "bytes",
        "bytearray",
        "complex",
        "None",
        "Any",
        "object",
        "TypeVar",
        "Callable",
        "Literal",
        "Self",
        "NoReturn",
        "Never",
        "type",
        "Type",
    ]
)
# Types whose values are data: no callable is reached through them.
DATA: Final = frozenset(
    [
        *("int", "str", "bool", "float", "bytes", "bytearray", "complex", "None", "NoReturn", "Never"),
        *("Decimal", "datetime", "date", "time", "timedelta", "timezone", "UUID", "LiteralString"),
    ]
)
LAZY: Final = frozenset(("Generator", "AsyncGenerator", "AsyncIterator", "AsyncIterable", "Iterator"))
_DEPTH: Final = 12
DOTTED: Final = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*")


def annotate(walk: Walk, place: Place, dst: int, node: Node | None) -> None:
    """Write that `dst` holds an instance of what the annotation `node` names."""
    if node is None or not dst:
        return
    for slot in _instances(walk, place, node, 0):
        walk.build.copy(dst, slot)


def annotate_lent(walk: Walk, place: Place, dst: int, node: Node | None) -> None:
    """The same for a generator that becomes a context manager: what it yields is what `with` binds."""
    while node is not None and node.type == "type" and len(node.named_children) == 1:
        node = node.named_children[0]
    if node is not None and node.type == "generic_type" and node.named_children[-1].named_children:
        annotate(walk, place, dst, node.named_children[-1].named_children[0])


def _instances(walk: Walk, place: Place, node: Node, depth: int) -> list[int]:
    kind = node.type
    if depth > 12:
        return []
    if kind in ("type", "parenthesized_expression", "constrained_type", "union_type"):
        found: list[int] = []
        for child in node.named_children:
            found += _instances(walk, place, child, depth + 1)
        return found
    if kind == "binary_operator":
        return [slot for child in node.named_children for slot in _instances(walk, place, child, depth + 1)]
    if kind == "identifier":
        return _named(walk, place, source(walk, node), line_of(node))
    if kind in ("attribute", "member_type"):
        return _named(walk, place, source(walk, node), line_of(node))
    if kind in ("generic_type", "subscript"):
        return _generic(walk, place, node, depth)
    return _quoted(walk, place, node, depth) if kind == "string" else []


def _quoted(walk: Walk, place: Place, node: Node, depth: int) -> list[int]:
    """An annotation that is written as a string."""
    inner = unquoted(walk, node)
    if DOTTED.fullmatch(inner):
        return _named(walk, place, inner, line_of(node))
    text = inner.encode()
    expression = parse_expression(text)
    if expression is None:
        return []
    return _instances(Walk(walk.build, text), place, expression, depth + 1)


def unquoted(walk: Walk, node: Node) -> str:
    """The text of a string literal that stands for an annotation."""
    return source(walk, node).lstrip("rRuUbB").strip("'\"").strip()


def alias(walk: Walk, place: Place, node: Node, right: Node) -> int:
    """The slot of a type alias or new type, so that a name annotated with it holds what `right` stands for."""
    slots = _instances(walk, place, right, 0)
    if not slots:
        return 0
    holder = walk.build.object(place.function, line_of(node), "")
    for slot in slots:
        walk.build.store(holder, flows.ALIASED, slot, line_of(node))
    return holder


def aliased(walk: Walk, right: Node) -> Node | None:
    """The type that `name = right` makes an alias of: a generic, `NewType("X", T)`, a bound of a type variable."""
    kind, parts = right.type, right.named_children
    if kind == "subscript" and parts:
        name = source(walk, parts[0]).rsplit(".", 1)[-1]
        is_generic = name in TRANSPARENT or name in CONTAINERS
        is_lookup = kind == "subscript" and all(part.type in ("integer", "slice") for part in parts[1:])
        return right if is_generic and not is_lookup else None
    if kind != "call" or len(parts) != 2:
        return None
    maker = source(walk, parts[0]).rsplit(".", 1)[-1]
    arguments = [child for child in parts[1].named_children if child.type != "comment"]
    if maker == "NewType" and len(arguments) == 2:
        return arguments[1]
    if maker == "TypeVar":
        for argument in arguments:
            if argument.type == "keyword_argument" and source(walk, argument.named_children[0]) == "bound":
                return argument.named_children[-1]
    return None


def is_plain(name: str) -> bool:
    """Whether instances of the type named so bear no callables, or are collections of which the name says nothing."""
    own = name.rsplit(".", 1)[-1]
    return own in _PRIMITIVE or own in CONTAINERS or own in TRANSPARENT


def is_data(walk: Walk, node: Node | None) -> bool:
    """Whether an annotation is spelled out and all that it names are strings, numbers and collections of such."""
    pending = [(node, 0)] if node is not None else []
    if not pending:
        return False
    while pending:
        current, depth = pending.pop()
        kind = current.type
        if depth > _DEPTH:
            return False
        if kind in ("type", "parenthesized_expression", "union_type", "binary_operator", "type_parameter"):
            pending.extend((child, depth + 1) for child in current.named_children)
        elif kind == "identifier" or kind == "attribute":
            if source(walk, current).rsplit(".", 1)[-1] not in DATA:
                return False
        elif kind in ("generic_type", "subscript"):
            base, *arguments = current.named_children
            name = source(walk, base).rsplit(".", 1)[-1]
            if name == "Literal":
                continue
            if (name not in CONTAINERS or name in LAZY) and name not in ("Optional", "Union", "Final", "ClassVar"):
                return False
            pending.extend((child, depth + 1) for child in arguments)
        elif kind not in ("none", "ellipsis"):
            return False
    return True


def _named(walk: Walk, place: Place, name: str, line: int) -> list[int]:
    if name in _PRIMITIVE or name in place.generics or not DOTTED.fullmatch(name):
        return []
    slot = class_reference(walk, place, name, line)
    if not slot:  # a variable that holds no class
        return []
    dst = walk.build.slot()
    walk.build.row(flows.TYPE, dst, slot, 0, line)
    return [dst]


def class_reference(walk: Walk, place: Place, name: str, line: int) -> int:
    """The slot of a dotted name in type position."""
    head, *rest = name.split(".")
    slot = walk.build.reference(place.scope, head)
    for part in rest:
        slot = walk.build.load(slot, part, line)
    return slot


def _generic(walk: Walk, place: Place, node: Node, depth: int) -> list[int]:
    base = node.child_by_field_id(fields.VALUE) or (node.named_children[0] if node.named_children else None)
    if base is None:
        return []
    name = source(walk, base).rsplit(".", 1)[-1]
    arguments: list[Node] = []
    for child in node.named_children[1:]:
        arguments += child.named_children if child.type == "type_parameter" else [child]
    if name in ("type", "Type"):
        return [class_reference(walk, place, source(walk, a), line_of(a)) for a in arguments[:1] if _is_name(walk, a)]
    if name in TRANSPARENT:
        chosen = arguments if name == "Union" else arguments[-1:] if name == "Coroutine" else arguments[:1]
        return [slot for a in chosen for slot in _instances(walk, place, a, depth + 1)]
    if name in CONTAINERS:
        element = (
            arguments[:1] if name in _SECOND_IS_SENT else arguments if name in ("tuple", "Tuple") else arguments[-1:]
        )
        slots = [slot for a in element for slot in _instances(walk, place, a, depth + 1)]
        if not slots:
            return []
        holder = walk.build.object(place.function, line_of(node), "")
        for slot in slots:
            walk.build.store(holder, "*", slot, line_of(node))
        return [holder]
    if name in _PRIMITIVE:
        return []
    return _instances(walk, place, base, depth + 1)


def _is_name(walk: Walk, node: Node) -> bool:
    return bool(DOTTED.fullmatch(source(walk, node)))
