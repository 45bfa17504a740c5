"""Blocking calls that are known by shape: a plain callable of the library's user, called on the event loop.

A library that accepts both `def` and `async def` from its users tells them apart at run time: it asks
`iscoroutinefunction(fn)` first or `isawaitable(result)` afterwards, or awaits the same callable in another branch.
The call that is not awaited then runs the user's synchronous code on the loop.
"""

import re
from typing import Final

from alef_audit.callgraph.calls import CallTable
from alef_audit.callgraph.graph import DIRECT, SinkSite
from alef_audit.callgraph.program import Program
from alef_audit.facts import flows
from alef_audit.facts.file import FunctionFlag

_INSPECTIONS: Final = frozenset(
    [
        "iscoroutinefunction",
        "isawaitable",
        "iscoroutine",
        "isasyncgenfunction",
        "is_async_callable",
        "is_coroutine_function",
        "is_coroutine",
        "is_awaitable",
    ]
)
_CALLABLE_TEXT: Final = re.compile(r"(?:self\.)?[a-z_]\w*")

# A call with one of these flags is told apart already, or runs nothing of the user's.
_TOLD_APART: Final = flows.AWAITED | flows.IMPLICIT | flows.DECORATOR | flows.IN_TEST


def user_code(program: Program, table: CallTable) -> dict[int, SinkSite]:
    """By call, the sinks that unresolved calls are if they run a user's plain callable on the loop."""
    running = _coroutines(program)
    if not running:
        return {}
    inspecting = {table.functions[call] for call in table.named(*_INSPECTIONS)}
    rows = list(zip(table.functions, table.flag_sets, table.texts, strict=True))
    awaited = {
        (function, text)
        for function, flag, text in rows
        if flag & flows.AWAITED and not flag & flows.IMPLICIT and function in running
    }
    found = {}
    for call, (function, flag, text) in enumerate(rows):
        if function not in running or flag & _TOLD_APART:
            continue
        if function in inspecting or (function, text) in awaited:
            called = program.names[text]
            if _CALLABLE_TEXT.fullmatch(called) and table.member(call) not in _INSPECTIONS:
                found[call] = SinkSite(
                    function, call, called, "blocking.user-code", "milliseconds", "run it in a thread", DIRECT
                )
    return found


def _coroutines(program: Program) -> frozenset[int]:
    """The asynchronous functions of Python."""
    return frozenset(
        unit.functions + offset
        for unit in program.units
        if unit.facts.language == "python"
        for offset, facts in enumerate(unit.facts.functions)
        if facts.flags & FunctionFlag.ASYNC
    )
