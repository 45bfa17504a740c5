"""Values that are there: literals that hold something, and variables that hold one and nothing else.

A caller that hands one over leaves the callee nothing to fetch: `held or load()`.
"""

import re
from typing import Final

from tree_sitter import Node

from alef_audit.facts import flows
from alef_audit.frontends.python.few import COLLECTIONS, is_constant
from alef_audit.frontends.python.walk import Place, Walk, source

_LISTED: Final = COLLECTIONS | {"dictionary"}
_PRESENT: Final = frozenset(
    ("list_comprehension", "set_comprehension", "dictionary_comprehension", "integer", "float", "true", "false")
)
_TRUTHY: Final = frozenset(("lambda", "generator_expression"))
_MADE: Final = re.compile(r"(?:\w+\.)*(?:[A-Z]\w*[a-z]\w*|dict|list|set|tuple|str|int|float|bool|frozenset)")
_DEPTH: Final = 6


def there(walk: Walk, place: Place, node: Node, depth: int = 0) -> str:
    """`flows.TRUTHY` or `flows.PRESENT` for an expression that holds something whatever happens; "" for others."""
    kind, parts = node.type, node.named_children
    if kind in _LISTED:
        return (
            flows.TRUTHY
            if any("splat" not in part.type and part.type != "comment" for part in parts)
            else flows.PRESENT
        )
    if kind in _PRESENT or kind in _TRUTHY:
        return flows.TRUTHY if kind in _TRUTHY else flows.PRESENT
    if kind == "string":
        return flows.TRUTHY if any(part.type == "string_content" for part in parts) else flows.PRESENT
    if kind == "identifier":
        name = source(walk, node)
        known = place.scope.fixed.get(name, "")
        # inside a loop, what is assigned further down counts as well
        is_fixed = known and not walk.build.is_rebound(place.scope, name) and place.loop < 0
        return known if is_fixed or (known and is_constant(walk, name)) else ""
    if depth > _DEPTH or not parts:
        return ""
    if kind == "call":
        return flows.PRESENT if _MADE.fullmatch(source(walk, parts[0])) else ""
    if kind == "parenthesized_expression" and len(parts) == 1:
        return there(walk, place, parts[0], depth + 1)
    if kind == "boolean_operator" and node.children[1].type == "or":
        return there(walk, place, parts[-1], depth + 1)
    if kind == "conditional_expression" and len(parts) == 3:
        either = {there(walk, place, part, depth + 1) for part in (parts[0], parts[2])}
        return "" if "" in either else flows.PRESENT if flows.PRESENT in either else flows.TRUTHY
    return ""


def note_fixed(walk: Walk, place: Place, name: str, value: Node) -> None:
    """Note the variable `name` of a function if it is bound to what is there."""
    if place.function and name not in place.scope.given:
        known = there(walk, place, value)
        if known:
            place.scope.fixed[name] = known
