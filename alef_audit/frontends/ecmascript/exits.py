"""Early exits: under which conditions control passes beyond an `if`."""

from collections.abc import Iterator
from typing import Final

from tree_sitter import Node

from alef_audit.frontends.ecmascript.frames import Guard
from alef_audit.frontends.ecmascript.nodes import bare, last, parts
from alef_audit.frontends.ecmascript.walk import TEST_LIMIT, Walk

_EXITS: Final = frozenset(("return_statement", "throw_statement", "continue_statement", "break_statement"))
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
        return Guard(guard, bare(condition), False, exits=True)
    alternative = node.child_by_field_id(fields.alternative)
    if alternative is not None and alternative.named_children and leaves(alternative.named_children[-1]):
        return Guard(guard, bare(condition), True, exits=True)
    for inner in _inside(walk, consequence, _DEPTH):
        guard = _beyond(walk, guard, condition, f" && {inner}")
    return guard


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
                guard = _beyond(walk, guard, condition, _UNKNOWN)
            else:
                for inner in _inside(walk, consequence, _DEPTH):
                    guard = _beyond(walk, guard, condition, f" && {inner}{_UNKNOWN}")
    return guard


def _beyond(walk: Walk, guard: Guard | None, condition: Node, suffix: str) -> Guard | None:
    """The condition that not both `condition` and what is asked inside hold; the latter unknown if it is long."""
    room = TEST_LIMIT - len(walk.short(condition, TEST_LIMIT))
    suffix = suffix if len(suffix) <= room else _UNKNOWN
    return Guard(guard, condition, False, suffix=suffix, exits=True) if len(suffix) <= room else guard


def leaves(node: Node) -> bool:
    """Whether a branch ends in an exit."""
    while node.type == "statement_block":
        below = last(node)
        if below is None:
            return False
        node = below
    return node.type in _EXITS


def _inside(walk: Walk, block: Node, depth: int) -> Iterator[str]:
    """The tests, in parentheses, by which a block is left from statements of its own."""
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
            yield asked
        elif depth > 1:
            yield from (f"{asked} && {inner}" for inner in _inside(walk, consequence, depth - 1))
