"""What an awaited expression gives the event loop: nothing, a turn, or the time of a timer."""

import re
from typing import Final

from tree_sitter import Node

from alef_audit.facts.file import FunctionFlag
from alef_audit.frontends.ecmascript.frames import Guard, LoopDraft
from alef_audit.frontends.ecmascript.nodes import bare
from alef_audit.frontends.ecmascript.walk import Walk
from alef_audit.frontends.leaving import ends_round

_MACROTASK: Final = re.compile(
    r"(?:yield\w*|sleep|delay|immediate|set(?:Immediate|Timeout)\w*|nextMacrotask)\Z", re.IGNORECASE
)
_RESTING: Final = re.compile(r"(?:sleep|delay|setTimeout)\Z", re.IGNORECASE)
_TIMERS: Final = (b"setImmediate", b"setTimeout")
_AT_ONCE: Final = re.compile(rb"setTimeout\(\s*[\w.]+\s*(?:,\s*0\s*)?\)")
_PROMISE_SIZE: Final = 400
_GOES_ON: Final = re.compile(r"true|1|.*(?:<|>|(?<![=!])=(?!=)).*", re.DOTALL)


def note_turn(walk: Walk, operand: Node) -> None:
    """Mark the loops around an awaited `operand` if it lets the event loop turn, and rest if it is a timer's delay.

    Outside of loops and branches the function is marked instead: whoever calls it in a loop gives a turn per round.
    """
    turns, rests = _turn(walk, bare(operand))
    if not turns:
        return
    if walk.loop is None:
        if not rests and _always(walk.guard):
            walk.frame.flags |= FunctionFlag.TURNS
        return
    loop: LoopDraft | None = walk.loop
    at: Node | None = operand
    while loop is not None:
        at = _out_of(loop.whole, at)
        loop.yields = loop.yields or at is not None
        loop.rests = loop.rests or rests
        at = at if at is not None and _goes_on(walk, at) else None
        loop = loop.parent


def _out_of(loop: Node | None, node: Node | None) -> Node | None:
    """The `loop` around a node if the usual round comes by that: no handler, no branch that ends the round."""
    while node is not None and loop is not None and node.id != loop.id:
        if node.type == "catch_clause" or ends_round(node):
            return None
        node = node.parent
    return loop if node is not None else None


def _goes_on(walk: Walk, loop: Node) -> bool:
    """Whether a loop usually runs: not one that goes on only while something is left to repeat."""
    test = loop.child_by_field_id(walk.fields.condition) if loop.type == "while_statement" else None
    return test is None or _GOES_ON.fullmatch(walk.text(test).strip("() ")) is not None


def _always(guard: Guard | None) -> bool:
    """Whether nothing but early exits in front of it decides that a statement of a function runs."""
    while guard is not None and guard.exits:
        guard = guard.parent
    return guard is None


def _turn(walk: Walk, node: Node) -> tuple[bool, bool]:
    """Whether awaiting `node` lets the event loop turn (`setImmediate()`, `sleep(0)`, `new Promise(setImmediate)`), and
    whether for the time of a timer.
    """
    if node.type == "call_expression":
        return _turn_of_call(walk, node)
    if node.type != "new_expression" or node.end_byte - node.start_byte > _PROMISE_SIZE:
        return False, False
    text = walk.source[node.start_byte : node.end_byte]
    turns = b"Promise" in text and any(timer in text for timer in _TIMERS)
    return turns, turns and b"setTimeout" in text and _AT_ONCE.search(text) is None


def _turn_of_call(walk: Walk, node: Node) -> tuple[bool, bool]:
    target = node.child_by_field_id(walk.fields.function)
    if target is None:
        return False, False
    name = target.child_by_field_id(walk.fields.property) if target.type == "member_expression" else target
    if name is None or name.end_byte - name.start_byte >= 60:
        return False, False
    called = walk.text(name)
    is_timer = target is name and called in walk.timers
    if not _MACROTASK.match(called) and not is_timer:
        return False, False
    listed = node.child_by_field_id(walk.fields.arguments)
    given = [walk.text(child) for child in listed.named_children] if listed is not None else []
    return True, bool(_RESTING.match(called) or is_timer) and bool(given) and given[0] != "0"
