"""Values that are there: literals that hold something, constants bound to one, and what a test outside has told.

A caller that hands one over leaves the callee nothing to fetch: `held ?? load()`.
"""

import re
from typing import Final

from tree_sitter import Node

from alef_audit.facts import flows
from alef_audit.frontends.ecmascript.frames import Guard
from alef_audit.frontends.ecmascript.nodes import bare, parts
from alef_audit.frontends.ecmascript.walk import Walk

_WHOLE: Final = frozenset(
    (
        "arrow_function",
        "array",
        "class",
        "function_expression",
        "generator_function",
        "new_expression",
        "object",
        "regex",
    )
)
_PLAIN: Final = frozenset(("string", "number", "true", "false"))
_COMPARED: Final = frozenset(("string", "number"))
_NOTHING: Final = frozenset(("null", "undefined"))
_DEPTH: Final = 6
_LONGEST: Final = 60
_PATH: Final = re.compile(r"[A-Za-z_$][\w$]*(?:\??\.[A-Za-z_$][\w$]*)?")


def there(walk: Walk, node: Node, depth: int = 0) -> str:
    """`flows.TRUTHY` or `flows.PRESENT` for an expression that holds something whatever happens; "" for others."""
    node = bare(node)
    kind = node.type
    if kind in _WHOLE:
        return flows.TRUTHY
    if kind in _PLAIN:
        return flows.PRESENT
    if kind == "template_string":
        return flows.TRUTHY if any(child.type == "string_fragment" for child in parts(node)) else flows.PRESENT
    if kind in ("identifier", "member_expression"):
        return known_path(walk, walk.text(node)) if node.end_byte - node.start_byte <= _LONGEST else ""
    if depth > _DEPTH:
        return ""
    if kind == "ternary_expression" and node.named_child_count == 3:
        either = {there(walk, child, depth + 1) for child in node.named_children[1:]}
        return "" if "" in either else flows.PRESENT if flows.PRESENT in either else flows.TRUTHY
    if kind == "binary_expression" and node.child_count == 3 and node.children[1].type in ("??", "||"):
        fallback = there(walk, node.children[2], depth + 1)
        return fallback if node.children[1].type == "||" or not fallback else flows.PRESENT
    return ""


def note_constant(walk: Walk, declared: Node, *, again: bool) -> None:
    """Note a variable that takes no other value than the one it is declared with, and whether that is there; not if
    the function declares its name `again`, for which of the two is meant is not known.
    """
    target, value = declared.child_by_field_id(walk.fields.name), declared.child_by_field_id(walk.fields.value)
    if target is None or value is None or again:
        return
    for name in _names(walk, target):
        told = target.type == "identifier" and not _is_path_or_literal(walk, value)
        walk.frame.scope.fixed[name] = there(walk, value) if told else ""


def _is_path_or_literal(walk: Walk, value: Node) -> bool:
    """Whether a value is what was handed over, or a literal in place of nothing: callers may tell which."""
    value = bare(value)
    if value.type != "binary_expression" or value.child_count != 3 or value.children[1].type != "??":
        return False
    left, right = value.children[0], value.children[2]
    return right.type in _PLAIN and left.end_byte - left.start_byte <= _LONGEST and _is_path(walk, left)


def _is_path(walk: Walk, node: Node) -> bool:
    return _PATH.fullmatch(walk.text(node)) is not None


def _names(walk: Walk, target: Node) -> list[str]:
    """The names that a declaration binds, without those deep inside of a pattern."""
    if target.type == "identifier":
        return [walk.text(target)]
    names = []
    for child in parts(target):
        if child.type == "pair_pattern":
            child = child.child_by_field_id(walk.fields.value) or child
        if child.type in ("identifier", "shorthand_property_identifier_pattern"):
            names.append(walk.text(child))
    return names


def known_path(walk: Walk, path: str) -> str:
    """What is known of a constant, or of a name or field of one that a function around this one has tested before it
    made this one; "" if nothing is.
    """
    if not _PATH.fullmatch(path):
        return ""
    name, _, field = path.partition(".")
    name = name.removesuffix("?")
    frame, scope = walk.frame, walk.frame.scope
    guards: list[Guard] = []
    while name not in scope.declared:
        if scope.parent is None or frame.parent is None:
            return ""
        if frame.made_under is not None:
            guards.append(frame.made_under)
        frame, scope = frame.parent, scope.parent
    if not field and scope.fixed.get(name):
        return scope.fixed[name]
    if name not in scope.fixed and (name not in scope.given or walk.build.is_rebound(scope, name)):
        return ""
    wanted = path.replace("?", "")
    return next((told for guard in guards if (told := _told_under(walk, guard, wanted))), "")


def _told_under(walk: Walk, guard: Guard | None, path: str) -> str:
    """What the tests around a place tell of a path."""
    while guard is not None:
        told = "" if guard.suffix or guard.handler else _told(walk, guard.test, guard.holds, path, 0)
        if told:
            return told
        guard = guard.parent
    return ""


def _told(walk: Walk, test: Node, holds: bool, path: str, depth: int) -> str:
    """What it tells of a path that a test holds, or does not."""
    test = bare(test)
    kind = test.type
    if depth > _DEPTH:
        return ""
    if kind in ("identifier", "member_expression"):
        text = walk.text(test).replace("?", "").replace("!", "")
        if not holds:
            return ""
        return flows.TRUTHY if text == path else flows.PRESENT if text.startswith(f"{path}.") else ""
    if kind == "unary_expression" and test.child_count == 2 and test.children[0].type == "!":
        return _told(walk, test.children[1], not holds, path, depth + 1)
    if kind != "binary_expression" or test.child_count != 3:
        return ""
    left, sign, right = test.children[0], test.children[1].type, test.children[2]
    if sign in ("&&", "||"):
        if (sign == "&&") != holds:
            return ""
        return _told(walk, left, holds, path, depth + 1) or _told(walk, right, holds, path, depth + 1)
    if sign == "instanceof":
        return flows.TRUTHY if holds and walk.text(left) == path else ""
    if sign in ("==", "===", "!=", "!==") and walk.text(left).replace("?", "") == path:
        is_equal = (sign[0] == "=") == holds
        tells = right.type in _COMPARED if is_equal else walk.text(right) in _NOTHING
        return flows.PRESENT if tells else ""
    return ""
