"""Variables that hold a handful: `formats = ("a", "b")`, and what ranges over one."""

import re
from typing import Final

from tree_sitter import Node

from alef_audit.frontends.python.walk import Place, Walk, source

_MOST: Final = 16
_DEPTH: Final = 6
COLLECTIONS: Final = frozenset(("tuple", "list", "set"))
_KEEPING: Final = frozenset(("enumerate", "sorted", "reversed", "list", "tuple", "set", "frozenset"))
# What gives a variable another value, or puts something into it.
_CHANGED: Final = re.compile(
    rb"\s*(?:(?::[^=\n]*)?[-+|&]?=(?!=)|\.\s*(?:append|extend|insert|add|update)\(|[,)][^\n=]*=(?!=))"
)
_INSIDE: Final = re.compile(rb"[\w.]")


def note_few(walk: Walk, place: Place, name: str, value: Node) -> None:
    """Note the variable `name` if it is bound to a literal of few elements."""
    if value.type in COLLECTIONS and has_few(walk, place, value):
        place.scope.few.add(name)


def has_few(walk: Walk, place: Place, node: Node, depth: int = 0) -> bool:
    """Whether an expression gives the elements of a literal, or of a variable that holds one."""
    kind = node.type
    if depth > _DEPTH:
        return False
    if kind in COLLECTIONS:
        elements = node.named_children
        # the grammar reads `[*a.b]` as an attribute of `*a`
        spread = [each for each in elements if walk.text.startswith(b"*", each.start_byte)]
        bare = [each.named_children[0] for each in spread if each.type == "list_splat" and each.named_children]
        whole = len(elements) <= _MOST and len(bare) == len(spread)
        return whole and all(has_few(walk, place, each, depth + 1) for each in bare)
    if kind == "identifier":
        name = source(walk, node)
        return place.scope.holds_few(name) and is_constant(walk, name)
    if kind != "call" or source(walk, node.named_children[0]) not in _KEEPING:
        return False
    listed = node.named_children[-1].named_children
    return bool(listed) and has_few(walk, place, listed[0], depth + 1)


def is_constant(walk: Walk, name: str) -> bool:
    """Whether the file binds a variable of this name once, and puts nothing into it."""
    wanted, text, changes = name.encode(), walk.text, 0
    at = text.find(wanted)
    while at >= 0 and changes < 2:
        end = at + len(wanted)
        if not _INSIDE.match(text, at - 1) and _CHANGED.match(text, end):
            changes += 1
        at = text.find(wanted, end)
    return changes == 1
