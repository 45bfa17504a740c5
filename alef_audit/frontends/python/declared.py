"""Annotations that name classes and nothing else: what is declared so holds their instances."""

from tree_sitter import Node

from alef_audit.frontends.python.parse import parse_expression
from alef_audit.frontends.python.types import (
    CONTAINERS,
    DATA,
    DOTTED,
    LAZY,
    TRANSPARENT,
    class_reference,
    is_data,
    is_plain,
    unquoted,
)
from alef_audit.frontends.python.walk import Place, Walk, line_of, source

_DEPTH = 12
_LONGEST = 200
_LISTS = ("type_parameter", "list")
# Collections of which an annotation does not tell what they hold.
_UNTOLD = frozenset(("dict", "list", "tuple", "set", "Dict", "List", "Tuple", "Set"))
_ANYTHING = frozenset(("Any", "object", "typing.Any"))


def classes_named(walk: Walk, place: Place, node: Node | None) -> tuple[int, ...]:
    """The slots of the classes that an annotation names; none if it allows for anything but their instances and data.

    `Any`, type variables, functions, classes themselves and collections of what is no data are something else.
    """
    found: list[int] = []
    return tuple(found) if node is not None and _collect(walk, place, node, found, 0) else ()


def classes_in(walk: Walk, place: Place, node: Node, found: list[int], *, loose: bool) -> bool:
    """Add the classes that an annotation names, elements of collections too, to `found`; whether it allows for nothing
    but their instances and data.  `loose`: a collection whose elements it does not tell holds data.
    """
    pending = [node]
    for _ in range(_LONGEST):
        if not pending:
            return True
        current = pending.pop()
        kind = current.type
        if kind in ("type", "parenthesized_expression", "union_type", "binary_operator", "type_parameter"):
            pending.extend(current.named_children)
        elif kind in ("identifier", "attribute", "member_type"):
            name = source(walk, current)
            if not (loose and name in _UNTOLD) and not _name(walk, place, name, line_of(current), found):
                return False
        elif kind in ("generic_type", "subscript"):
            inside = _inside(walk, current, loose=loose)
            if inside is None:
                return False
            pending.extend(inside)
        elif kind not in ("none", "ellipsis", "comment", "list"):
            return kind == "string" and not pending and _quoted(walk, place, current, found, 0)
    return False


def _inside(walk: Walk, node: Node, *, loose: bool) -> list[Node] | None:
    """The types that a generic one is made of; None if it is none that is looked into."""
    base, *others = node.named_children
    name = source(walk, base).rsplit(".", 1)[-1]
    arguments = [each for child in others for each in (child.named_children if child.type in _LISTS else [child])]
    if name == "Literal":
        return []
    if name == "Annotated":
        return arguments[:1]
    if name in TRANSPARENT or (name in CONTAINERS and name not in LAZY):
        return [each for each in arguments if not (loose and name in CONTAINERS and source(walk, each) in _ANYTHING)]
    return None


def _collect(walk: Walk, place: Place, node: Node, found: list[int], depth: int) -> bool:
    """Add the classes that `node` names to `found`; whether it names nothing else."""
    kind = node.type
    if depth > _DEPTH:
        return False
    if kind in ("type", "parenthesized_expression", "union_type", "binary_operator"):
        return all(_collect(walk, place, child, found, depth + 1) for child in node.named_children)
    if kind in ("identifier", "attribute", "member_type"):
        return _name(walk, place, source(walk, node), line_of(node), found)
    if kind in ("generic_type", "subscript"):
        return _generic(walk, place, node, found, depth)
    if kind == "string":
        return _quoted(walk, place, node, found, depth)
    return kind in ("none", "ellipsis", "comment")


def _name(walk: Walk, place: Place, name: str, line: int, found: list[int]) -> bool:
    if name.rsplit(".", 1)[-1] in DATA:
        return True
    if is_plain(name) or name in place.generics or not DOTTED.fullmatch(name):
        return False
    found.append(class_reference(walk, place, name, line))
    return found[-1] != 0


def _generic(walk: Walk, place: Place, node: Node, found: list[int], depth: int) -> bool:
    base, *others = node.named_children
    name = source(walk, base).rsplit(".", 1)[-1]
    arguments: list[Node] = []
    for child in others:
        arguments += child.named_children if child.type == "type_parameter" else [child]
    if name == "Literal":
        return True
    if name in TRANSPARENT:
        chosen = arguments if name == "Union" else arguments[-1:] if name == "Coroutine" else arguments[:1]
        return bool(chosen) and all(_collect(walk, place, each, found, depth + 1) for each in chosen)
    if name in CONTAINERS:
        return is_data(walk, node)
    return _collect(walk, place, base, found, depth + 1)


def _quoted(walk: Walk, place: Place, node: Node, found: list[int], depth: int) -> bool:
    inner = unquoted(walk, node)
    if DOTTED.fullmatch(inner):
        return _name(walk, place, inner, line_of(node), found)
    text = inner.encode()
    expression = parse_expression(text)
    return expression is not None and _collect(Walk(walk.build, text), place, expression, found, depth + 1)
