"""Early exits: under which conditions control passes beyond an `if`."""

import re
from collections.abc import Iterator
from typing import Final

from tree_sitter import Node

from alef_audit.facts import kept
from alef_audit.frontends.ecmascript.frames import Guard
from alef_audit.frontends.ecmascript.nodes import WRAPPERS, bare, last, parts
from alef_audit.frontends.ecmascript.walk import TEST_LIMIT, Walk
from alef_audit.frontends.leaving import is_search

_EXITS: Final = frozenset(("return_statement", "throw_statement", "continue_statement", "break_statement"))
# Values that may be a call, with what is around it.
CALLING: Final = WRAPPERS | {"call_expression", "await_expression"}
_NAMES: Final = re.compile(r"[A-Za-z_$][\w$]*")
_CALLEE_LIMIT: Final = 80
_DEPTH: Final = 2  # of tests around an exit
_UNKNOWN: Final = " && (…)"  # a further test that nothing is known of


def after(walk: Walk, node: Node) -> Guard | None:
    """The condition under which control passes beyond the `if` statement `node`.

    An exit deeper inside counts with what is asked around it: `if (enabled) { if (cached) return cached; }` leads on
    unless `enabled && cached`.
    """
    guard, fields = walk.guard, walk.fields
    condition, consequence = node.child_by_field_id(fields.condition), node.child_by_field_id(fields.consequence)
    if condition is None or consequence is None:
        return guard
    if leaves(consequence):
        note_search(walk, condition, consequence)
        _note_held(walk, condition, consequence)
        return Guard(guard, bare(condition), False, exits=True, leaving=consequence)
    alternative = node.child_by_field_id(fields.alternative)
    if alternative is not None and alternative.named_children and leaves(alternative.named_children[-1]):
        return Guard(guard, bare(condition), True, exits=True, leaving=alternative.named_children[-1])
    for inner, leaving in _inside(walk, consequence, _DEPTH):
        _note_held(walk, condition, leaving)
        guard = _beyond(walk, guard, condition, f" && {inner}", leaving)
    return guard


def note_called(walk: Walk, name: str, value: Node) -> None:
    """Remember that the new variable `name` holds what the call `value` gives."""
    value = bare(value)
    if value.type == "await_expression" and value.named_child_count:
        value = bare(value.named_children[-1])
    if value.type == "call_expression" and walk.frame.parent is not None:
        walk.frame.called[name] = value


def _note_held(walk: Walk, condition: Node, block: Node) -> None:
    """Write down which of the variables that an early exit tests hold what a call gives."""
    called = walk.frame.called
    names = [name for name in _NAMES.findall(walk.short(condition, TEST_LIMIT)) if name in called] if called else ()
    for name in names:
        call = called.pop(name, None)
        callee = call.child_by_field_id(walk.fields.function) if call is not None else None
        if callee is not None:
            frame, spelled = walk.frame, walk.short(callee, _CALLEE_LIMIT)
            line = callee.end_point.row + 1
            walk.build.keep(kept.HELD, frame.scope, frame.index, -1, line, name, value=spelled)


def note_search(walk: Walk, condition: Node, block: Node) -> None:
    """Say of the loops around an `if` statement that they end where something is found, if its exit does that."""
    loop = walk.loop
    if loop is None or loop.whole is None:
        return
    tested = walk.source[condition.start_byte : condition.end_byte]
    if is_search(block, tested, loop.whole, loop.each, walk.source):
        loop.searches = True


def after_try(walk: Walk, node: Node) -> Guard | None:
    """The condition under which control passes beyond the `try` statement `node`: what its tests leave by may throw."""
    guard, body = walk.guard, node.child_by_field_name("body")
    for child in parts(body) if body is not None else ():
        if child.type != "if_statement":
            continue
        condition, consequence = (
            child.child_by_field_id(walk.fields.condition),
            child.child_by_field_id(walk.fields.consequence),
        )
        if condition is not None and consequence is not None:
            if leaves(consequence):
                guard = _beyond(walk, guard, condition, _UNKNOWN, consequence)
            else:
                for inner, leaving in _inside(walk, consequence, _DEPTH):
                    guard = _beyond(walk, guard, condition, f" && {inner}{_UNKNOWN}", leaving)
    return guard


def _beyond(walk: Walk, guard: Guard | None, condition: Node, suffix: str, leaving: Node) -> Guard | None:
    """The condition that not both `condition` and what is asked inside hold; the latter unknown if it is long."""
    room = TEST_LIMIT - len(walk.short(condition, TEST_LIMIT))
    suffix = suffix if len(suffix) <= room else _UNKNOWN
    if len(suffix) > room:
        return guard
    return Guard(guard, condition, False, suffix=suffix, exits=True, leaving=leaving)


def leaves(node: Node) -> bool:
    """Whether a branch ends in an exit."""
    while node.type == "statement_block":
        below = last(node)
        if below is None:
            return False
        node = below
    return node.type in _EXITS


def _inside(walk: Walk, block: Node, depth: int) -> Iterator[tuple[str, Node]]:
    """The tests, in parentheses, by which a block is left from statements of its own, and what they leave by."""
    if block.type != "statement_block":
        return
    for node in parts(block):
        if node.type != "if_statement":
            continue
        condition, consequence = (
            node.child_by_field_id(walk.fields.condition),
            node.child_by_field_id(walk.fields.consequence),
        )
        if condition is None or consequence is None:
            continue
        asked = walk.short(condition, TEST_LIMIT)
        if leaves(consequence):
            yield asked, consequence
        elif depth > 1:
            yield from ((f"{asked} && {inner}", leaving) for inner, leaving in _inside(walk, consequence, depth - 1))
