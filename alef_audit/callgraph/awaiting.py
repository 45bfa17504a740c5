"""What asyncio waits for: results handed to `gather`, `create_task` and the like are awaitable, whatever made them, and
what `async for` iterates over is asynchronous.

A client with one surface for both forms (`run_async=True`) gives such a result in its asynchronous form only.
"""

import re
from typing import Final

from alef_audit.callgraph import tokens
from alef_audit.callgraph.calls import CallTable
from alef_audit.callgraph.parameters import Spelled
from alef_audit.callgraph.state import State
from alef_audit.callgraph.tokens import MASK, SHIFT
from alef_audit.facts import flows

_WAITING: Final = ("gather", "wait", "wait_for", "as_completed", "shield")
# These take a coroutine, of whatever library they are.
_STARTING: Final = ("ensure_future", "run_coroutine_threadsafe", "async_create_task", "async_create_background_task")
_TASK: Final = "create_task"
# What hands out tasks, by its name: task trackers have a `create_task`, too.
_STARTER: Final = re.compile(r"(?:.*[._])?(?:tg|task_?group|nursery|loop)\.create_task", re.IGNORECASE)
_VIEWS: Final = ("values", "copy")
_COLLECTIONS: Final = ("list", "tuple", "set")
_ADDING: Final = ("append", "add")


def awaited_results(state: State, table: CallTable, spelled: Spelled) -> frozenset[int]:
    """The slots whose values asyncio waits for: arguments of its functions, elements of collections among them, and
    those of `async for`.
    """
    waiting = [call for call in table.named(*_WAITING, *_STARTING, _TASK) if _is_waiting(state, table, call)]
    iterating = [call for call in table.named("__anext__") if table.flags(call) & flows.AWAITED]
    if not waiting and not iterating:
        return frozenset()
    made = {table.result(call): call for call in table.named(*_VIEWS, *_COLLECTIONS) if table.result(call)}
    added: dict[int, list[int]] = {}
    for call in table.named(*_ADDING):
        added.setdefault(table.receiver(call), []).extend(filter(None, table.argument_slots(call)))
    found: set[int] = set()
    pending = [(call, slot) for call in waiting for slot in table.argument_slots(call) if slot]
    pending.extend((call, table.receiver(call)) for call in iterating)
    while pending:
        call, slot = pending.pop()
        if not slot or slot in found or slot in spelled.paths:
            continue
        found.add(slot)
        literals = spelled.literals(call)
        sources = [*added.get(slot, ()), *(source for _, source in literals.stored.get(slot, ()))]
        if slot in literals.copies and slot not in literals.rewritten:
            sources.append(literals.copies[slot])
        if slot in made:
            sources.append(_viewed(table, made[slot]))
        pending.extend((call, source) for source in sources)
    return frozenset(found)


def _viewed(table: CallTable, call: int) -> int:
    """The collection that a call gives the elements of."""
    if table.member(call) in _VIEWS:
        return table.receiver(call)
    slots = table.argument_slots(call)
    return slots[0] if slots else 0


def _is_waiting(state: State, table: CallTable, call: int) -> bool:
    """Whether a call of one of the names is what the name says."""
    member = table.member(call)
    if member in _STARTING or (member == _TASK and _STARTER.fullmatch(table.text(call))):
        return True
    texts = state.api.text
    held = state.held(table.callee(call)) if table.callee(call) else []
    return any(value & MASK == tokens.EXTERNAL and texts[value >> SHIFT].startswith("asyncio.") for value in held)
