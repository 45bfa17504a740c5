"""Variables that hold a handful: `const formats = ["a", "b"]`, a `Set` of such, a part of such."""

import re
from typing import Final

from tree_sitter import Node

from alef_audit.frontends.ecmascript.nodes import bare, parts, starts_with
from alef_audit.frontends.ecmascript.walk import Walk

_MOST: Final = 16
_DEPTH: Final = 6
_KEEPING: Final = frozenset(("filter", "map", "sort", "toSorted", "reverse", "slice", "values", "entries", "keys"))
_COLLECTIONS: Final = frozenset(("Set", "Array.from", "Object.freeze"))
_OPENING: Final = (b"[", b"new Set", b"Array.from", b"Object.freeze")
_FIRST: Final = frozenset(opening[:1] for opening in _OPENING)
_GROWS: Final = r"(?<![\w$.]){}\s*!?\??\.\s*(?:push|unshift|splice|add)\("


def note_few(walk: Walk, declared: Node, name: str, value: Node) -> None:
    """Note the constant `name` if its value is a literal of few elements."""
    start = value.start_byte
    if walk.source[start : start + 1] not in _FIRST or not walk.source.startswith(_OPENING, start):
        return
    statement = declared.parent
    is_constant = statement is not None and starts_with(statement, "const")
    if is_constant and has_few(walk, value):
        walk.frame.scope.few.add(name)


def has_few(walk: Walk, node: Node, depth: int = 0) -> bool:
    """Whether an expression gives the elements of a literal, or of a variable that holds one."""
    node = bare(node)
    kind = node.type
    if depth > _DEPTH:
        return False
    if kind == "array":
        return _are_few(walk, parts(node), depth)
    if kind == "identifier":
        name = walk.text(node)
        return walk.frame.scope.holds_few(name) and not _grows(walk, name)
    called = node.child_by_field_name("constructor" if kind == "new_expression" else "function")
    arguments = node.child_by_field_name("arguments")
    if kind not in ("call_expression", "new_expression") or called is None or arguments is None:
        return False
    if called.type == "member_expression" and kind == "call_expression":
        member, base = called.child_by_field_name("property"), called.child_by_field_name("object")
        if member is not None and base is not None and walk.text(member) in _KEEPING:
            return has_few(walk, base, depth + 1)
    listed = parts(arguments)
    return bool(listed) and walk.text(called) in _COLLECTIONS and has_few(walk, listed[0], depth + 1)


def _are_few(walk: Walk, elements: list[Node], depth: int) -> bool:
    if len(elements) > _MOST:
        return False
    spread = (each.named_children[0] for each in elements if each.type == "spread_element" and each.named_children)
    return all(has_few(walk, each, depth + 1) for each in spread)


def _grows(walk: Walk, name: str) -> bool:
    """Whether the file puts something into a variable of this name."""
    pattern = _GROWS.format(re.escape(name))
    return re.search(pattern.encode(), walk.source) is not None
