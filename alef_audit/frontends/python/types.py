"""Annotations as a source of receivers: `x: Store` makes x an instance of Store."""

import re
from typing import Final

from tree_sitter import Node

from alef_audit.facts import flows
from alef_audit.frontends.python.walk import Place, Walk, line_of, source

# Generic names that stand for their argument.
_TRANSPARENT: Final = frozenset(
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
_CONTAINERS: Final = frozenset(
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
    ]
)
_DOTTED: Final = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*")


def annotate(walk: Walk, place: Place, dst: int, node: Node | None) -> None:
    """Write that `dst` holds an instance of what the annotation `node` names."""
    if node is None or not dst:
        return
    for slot in _instances(walk, place, node, 0):
        walk.build.copy(dst, slot)


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
    if kind == "string":
        inner = source(walk, node).strip("'\"rRuUbB")
        inner = inner.removeprefix("Optional[").removesuffix("]").split("|")[0].strip()
        return _named(walk, place, inner, line_of(node)) if _DOTTED.fullmatch(inner) else []
    return []


def _named(walk: Walk, place: Place, name: str, line: int) -> list[int]:
    if name in _PRIMITIVE or not _DOTTED.fullmatch(name):
        return []
    slot = class_reference(walk, place, name, line)
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
    base = node.child_by_field_name("value") or (node.named_children[0] if node.named_children else None)
    if base is None:
        return []
    name = source(walk, base).rsplit(".", 1)[-1]
    arguments: list[Node] = []
    for child in node.named_children[1:]:
        arguments += child.named_children if child.type == "type_parameter" else [child]
    if name in ("type", "Type"):
        return [class_reference(walk, place, source(walk, a), line_of(a)) for a in arguments[:1] if _is_name(walk, a)]
    if name in _TRANSPARENT:
        chosen = arguments if name == "Union" else arguments[-1:] if name == "Coroutine" else arguments[:1]
        return [slot for a in chosen for slot in _instances(walk, place, a, depth + 1)]
    if name in _CONTAINERS:
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
    return bool(_DOTTED.fullmatch(source(walk, node)))
