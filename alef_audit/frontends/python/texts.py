"""Strings that the text itself enumerates: constants, elements of literal collections, formatted names.

`getattr(self, f"handle_{kind}")`, `import_module(PLUGINS[name])`: what a name can be is often written down in the same
file.  A spelling is a string in which `*` stands for a part that is not known.
"""

import itertools
import posixpath
import re
from typing import Final, NamedTuple

from tree_sitter import Node

from alef_audit.facts import flows
from alef_audit.frontends.builder import Scope
from alef_audit.frontends.python.walk import Place, Walk, source

ANY: Final = "*"
_MOST: Final = 40
_NOTHING: Final[frozenset[str]] = frozenset()
_FORMAT: Final = re.compile(r"\{[^{}]*\}|%[-+ #0-9.]*[a-z]|%\([^)]*\)[a-z]")
_COLLECTIONS: Final = frozenset(("list", "tuple", "set", "expression_list", "dictionary"))
_SPELLED: Final = frozenset(
    (
        "string",
        "concatenated_string",
        "binary_operator",
        "conditional_expression",
        "parenthesized_expression",
        "call",
        "subscript",
        "identifier",
        "attribute",
    )
)
_COPIES: Final = frozenset(("list", "tuple", "set", "sorted", "frozenset", "reversed", "iter"))
# Texts that are put together from others.
_COMPOSED: Final = frozenset(("string", "concatenated_string", "binary_operator", "call"))
_ABSOLUTE: Final = re.compile(rb"\w{0,2}[\"']{1,3}/")
_LONGEST_PREFIX: Final = 6
_MODULE_NAMES: Final = frozenset(("__name__", "__package__"))


class Table(NamedTuple):
    """The strings in a literal collection: what iterating over it gives, and what its entries hold."""

    keys: frozenset[str]
    values: frozenset[str]


def spellings(walk: Walk, place: Place, node: Node) -> frozenset[str]:
    """What the string `node` can be; {"*"} when nothing is known."""
    found = _spelled(walk, place, node, 0)
    return found if found and len(found) <= _MOST else frozenset((ANY,))


def begun(walk: Walk, place: Place, node: Node) -> str:
    """The spelling of an absolute path of which only the beginning is written out, see `flows.begun_literal`."""
    start = node.start_byte
    if node.type not in _COMPOSED or _ABSOLUTE.match(walk.text, start, start + _LONGEST_PREFIX) is None:
        return ""
    text = posixpath.commonprefix([each.partition(ANY)[0] for each in spellings(walk, place, node)])
    return flows.begun_literal(text) if text.startswith("/") else ""


def _spelled(walk: Walk, place: Place, node: Node, depth: int) -> frozenset[str]:
    """Like `spellings`; empty for what is no string as far as can be seen."""
    kind = node.type
    if depth > 8 or kind not in _SPELLED:
        return _NOTHING
    if kind == "string":
        pieces = node.named_children
        if len(pieces) == 3 and pieces[1].type == "string_content":
            return frozenset((_merged(source(walk, pieces[1])),))
        return _product([_piece(walk, place, piece, depth) for piece in node.named_children])
    if kind == "concatenated_string":
        return _product([_spelled(walk, place, piece, depth + 1) for piece in node.named_children])
    if kind == "identifier":
        name = source(walk, node)
        return frozenset((name,)) if name in _MODULE_NAMES else _looked_up(place, name).values
    if kind == "parenthesized_expression":
        return _spelled(walk, place, node.named_children[0], depth + 1) if node.named_children else _NOTHING
    if kind == "conditional_expression" and len(node.named_children) == 3:
        then, _, other = node.named_children
        return _spelled(walk, place, then, depth + 1) | _spelled(walk, place, other, depth + 1)
    if kind == "binary_operator":
        return _joined(walk, place, node, depth)
    if kind == "subscript":
        found = table_of(walk, place, node.named_children[0])
        return found.values if found is not None else _NOTHING
    return _called(walk, place, node, depth) if kind == "call" else _NOTHING


def _joined(walk: Walk, place: Place, node: Node, depth: int) -> frozenset[str]:
    sign = node.children[1].type if len(node.children) > 2 else ""
    left = _spelled(walk, place, node.children[0], depth + 1)
    if sign == "%":
        return frozenset(_FORMAT.sub(ANY, text) for text in left)
    if sign != "+":
        return _NOTHING
    right = _spelled(walk, place, node.children[2], depth + 1)
    if not left and not right:
        return _NOTHING
    return _product([left, right])


def _called(walk: Walk, place: Place, node: Node, depth: int) -> frozenset[str]:
    """`"…{}".format(x)`, and the value that a table gives by `get`."""
    callee = node.named_children[0]
    if callee.type != "attribute" or len(callee.named_children) < 2:
        return _NOTHING
    base, member = callee.named_children[0], source(walk, callee.named_children[1])
    if member == "format":
        return frozenset(_FORMAT.sub(ANY, text) for text in _spelled(walk, place, base, depth + 1))
    if member in ("get", "pop", "setdefault"):
        found = table_of(walk, place, base)
        return found.values if found is not None else _NOTHING
    return _NOTHING


def _piece(walk: Walk, place: Place, node: Node, depth: int) -> frozenset[str]:
    if node.type == "string_content":
        return frozenset((source(walk, node),))
    if node.type == "interpolation" and node.named_children:
        return _spelled(walk, place, node.named_children[0], depth + 1) or frozenset((ANY,))
    return frozenset(("",))


def _product(parts: list[frozenset[str]]) -> frozenset[str]:
    size = 1
    for part in parts:
        size *= max(1, len(part))
    if size > _MOST:
        parts = [part if len(part) == 1 else frozenset((ANY,)) for part in parts]
    parts = [part or frozenset((ANY,)) for part in parts]
    return frozenset(map(_merged, map("".join, itertools.product(*map(sorted, parts)))))


def _merged(text: str) -> str:
    """Unknown parts next to each other are one."""
    return re.sub(r"\*+", ANY, text) if "**" in text else text


# --- what names hold


def _looked_up(place: Place, name: str) -> Table:
    scope: Scope | None = place.scope
    while scope is not None:
        found = scope.texts.get(name)
        if found is not None:
            return Table(*found)
        if name in scope.declared:
            break
        scope = scope.parent
    return Table(_NOTHING, _NOTHING)


def table_of(walk: Walk, place: Place, node: Node) -> Table | None:
    """The strings of a collection: a literal, a name bound to one, or a class's attribute."""
    kind = node.type
    if kind == "parenthesized_expression" and node.named_children:
        node = node.named_children[0]
        kind = node.type
    if kind in _COLLECTIONS:
        return _literal(walk, place, node)
    if kind == "identifier":
        found = _looked_up(place, source(walk, node) + "[]")
        return found if found.keys else None
    if kind == "attribute" and len(node.named_children) == 2:
        held = walk.attributes.get(source(walk, node.named_children[1]))
        return Table(*held) if held is not None and held[0] else None
    return None


def _literal(walk: Walk, place: Place, node: Node) -> Table | None:
    keys: set[str] = set()
    values: set[str] = set()
    for child in node.named_children:
        if child.type == "pair" and len(child.named_children) >= 2:
            keys |= _spelled(walk, place, child.named_children[0], 1) or {ANY}
            values |= _spelled(walk, place, child.named_children[-1], 1)
        elif child.type in _SPELLED:
            found = _spelled(walk, place, child, 1)
            keys |= found
            values |= found
    if not keys or len(keys) > _MOST:
        return None
    return Table(frozenset(keys), frozenset(values))


def iterated_strings(walk: Walk, place: Place, node: Node) -> tuple[frozenset[str], frozenset[str]]:
    """The strings that a loop over `node` binds: of one name, or of the two names of `items()`."""
    if node.type == "call" and node.named_children:
        callee, inner = node.named_children[0], node.named_children[-1]
        if callee.type == "identifier" and source(walk, callee) in _COPIES and inner.named_children:
            return iterated_strings(walk, place, inner.named_children[0])
        if callee.type == "attribute" and len(callee.named_children) == 2:
            found = table_of(walk, place, callee.named_children[0])
            member = source(walk, callee.named_children[1])
            if found is not None and member in ("items", "values", "keys"):
                return (found.values if member == "values" else found.keys, found.values)
        return _NOTHING, _NOTHING
    found = table_of(walk, place, node)
    return (found.keys, _NOTHING) if found is not None else (_NOTHING, _NOTHING)


def bind_loop(place: Place, name: str, strings: frozenset[str]) -> None:
    """Note what a loop makes its variable hold; its body follows at once."""
    place.scope.texts[name] = (_NOTHING, strings)


def _bind(place: Place, name: str, strings: frozenset[str]) -> None:
    """Note that a variable holds one of `strings`; a second assignment adds to the first."""
    if strings:
        keys, values = place.scope.texts.get(name, (_NOTHING, _NOTHING))
        place.scope.texts[name] = (keys, values | strings)


def bind_value(walk: Walk, place: Place, name: str, node: Node) -> None:
    """Note what strings `name = node` makes the name hold."""
    texts = place.scope.texts
    if node.type in _COLLECTIONS:
        found = _literal(walk, place, node)
        if found is not None:
            texts[name + "[]"] = found
            if place.owner >= 0 and place.scope is not place.lexical:
                walk.attributes[name] = found
    elif node.type in _SPELLED and node.type not in ("identifier", "attribute"):
        _bind(place, name, _spelled(walk, place, node, 0))
