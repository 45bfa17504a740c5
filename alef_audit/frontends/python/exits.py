"""Early exits: under which conditions control passes beyond an `if`."""

import re
from collections.abc import Iterator
from typing import Final

from tree_sitter import Node

from alef_audit.facts.file import Handler
from alef_audit.frontends.python import fields
from alef_audit.frontends.python.narrowing import narrowed
from alef_audit.frontends.python.walk import TEXT_LIMIT, Place, Walk, add_condition, raises, short

_EXITS: Final = frozenset(("return_statement", "raise_statement", "continue_statement", "break_statement"))
_DEPTH: Final = 2  # of tests around an exit
_UNKNOWN: Final = " and (…)"  # a further test that nothing is known of
_ASKING: Final = re.compile(r"(?:\w+ = )?((?:asyncio\.)?get_running_loop\(\))")
_LONGEST: Final = 400


def after(walk: Walk, place: Place, node: Node) -> Place:
    """The place beyond the `if` statement `node`.

    An exit deeper inside counts with what is asked around it: below `if enabled:` with `if cached: return cached` in
    it stands what runs unless `enabled and cached`.
    """
    condition, body = node.child_by_field_id(fields.CONDITION), node.child_by_field_id(fields.CONSEQUENCE)
    if condition is None or body is None:
        return place
    if _leaves(body):
        if node.child_by_field_id(fields.ALTERNATIVE) is not None:
            return place
        here = narrowed(walk, place, condition, holds=False)
        handler = Handler.RAISES if raises(body) else 0
        return here.under(add_condition(walk, here, condition, holds=False, exits=True, handler=handler))
    for inner in _inside(walk, body, _DEPTH):
        place = _beyond(walk, place, condition, f" and {inner}")
    return place


def after_try(walk: Walk, place: Place, node: Node) -> Place:
    """The place beyond the `try` statement `node`: what its tests leave by may raise."""
    block = node.child_by_field_id(fields.BODY)
    for child in block.named_children if block is not None else ():
        if child.type != "if_statement":
            continue
        condition, body = child.child_by_field_id(fields.CONDITION), child.child_by_field_id(fields.CONSEQUENCE)
        if condition is not None and body is not None:
            if _leaves(body):
                place = _beyond(walk, place, condition, _UNKNOWN)
            else:
                for inner in _inside(walk, body, _DEPTH):
                    place = _beyond(walk, place, condition, f" and {inner}{_UNKNOWN}")
    return place


def _beyond(walk: Walk, place: Place, condition: Node, suffix: str) -> Place:
    """The place where not both `condition` and what is asked inside hold; the latter is unknown if it is long."""
    asked = f"({short(walk, condition, TEXT_LIMIT)})"
    suffix = suffix if len(asked) + len(suffix) <= TEXT_LIMIT else _UNKNOWN
    if len(asked) + len(suffix) > TEXT_LIMIT:
        return place
    return place.under(add_condition(walk, place, condition, holds=False, exits=True, text=asked + suffix))


def after_asking(walk: Walk, place: Place, node: Node) -> Place:
    """The place beyond a `try` statement that asks for the running loop, and leaves where there is one."""
    asked = asks_for_loop(walk, next((child for child in node.named_children if child.type == "block"), None))
    otherwise = next((child for child in node.named_children if child.type == "else_clause"), None)
    if not asked or otherwise is None or not otherwise.named_children or not _leaves(otherwise.named_children[-1]):
        return place
    handler = Handler.RAISES if raises(otherwise.named_children[-1]) else 0
    return place.under(add_condition(walk, place, otherwise, holds=False, exits=True, text=asked, handler=handler))


def asks_for_loop(walk: Walk, block: Node | None) -> str:
    """The call by which a block asks for the running loop and does nothing else; "" for other blocks."""
    if block is None or block.end_byte - block.start_byte > _LONGEST:
        return ""
    statements = [child for child in block.named_children if child.type != "comment"]
    found = _ASKING.fullmatch(short(walk, statements[0], TEXT_LIMIT)) if len(statements) == 1 else None
    return found[1] if found is not None else ""


def _leaves(body: Node) -> bool:
    last = [child for child in body.named_children if child.type != "comment"][-1:]
    return bool(last) and last[0].type in _EXITS


def _inside(walk: Walk, block: Node, depth: int) -> Iterator[str]:
    """The tests, in parentheses, by which a block is left from statements of its own."""
    for node in block.named_children:
        if node.type != "if_statement":
            continue
        condition, body = node.child_by_field_id(fields.CONDITION), node.child_by_field_id(fields.CONSEQUENCE)
        if condition is None or body is None:
            continue
        asked = f"({short(walk, condition, TEXT_LIMIT)})"
        if _leaves(body):
            yield asked
        elif depth > 1:
            yield from (f"{asked} and {inner}" for inner in _inside(walk, body, depth - 1))
