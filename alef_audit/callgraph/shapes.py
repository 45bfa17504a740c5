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


class UserCode:
    """What one pass over all calls tells about callables that are treated as either synchronous or not."""

    __slots__ = ("_awaited", "_inspecting", "_program", "_python", "_table")

    def __init__(self, program: Program, table: CallTable) -> None:
        self._program = program
        self._table = table
        self._inspecting: set[int] = set()
        self._awaited: set[tuple[int, str]] = set()
        self._python = frozenset(i for i, unit in enumerate(program.units) if unit.facts.language == "python")
        inspections = {program.name_ids[name] for name in _INSPECTIONS if name in program.name_ids}
        if not self._python:
            return
        flags, members = table.flag_sets, table.members
        for call, (flag, member) in enumerate(zip(flags, members, strict=True)):
            if member in inspections:
                self._inspecting.add(table.function(call))
            if flag & flows.AWAITED and not flag & flows.IMPLICIT:
                self._awaited.add((table.function(call), table.text(call)))

    def site(self, call: int) -> SinkSite | None:
        """The sink that an unresolved call is, if it runs a user's plain callable on the loop."""
        table = self._table
        function = table.function(call)
        if self._program.function_unit[function] not in self._python:
            return None
        if not self._program.functions[function].flags & FunctionFlag.ASYNC:
            return None
        text = table.text(call)
        if table.flags(call) & (flows.AWAITED | flows.IMPLICIT | flows.DECORATOR | flows.IN_TEST):
            return None
        if not _CALLABLE_TEXT.fullmatch(text) or table.member(call) in _INSPECTIONS:
            return None
        if function not in self._inspecting and (function, text) not in self._awaited:
            return None
        return SinkSite(function, call, text, "blocking.user-code", "milliseconds", "run it in a thread", DIRECT)
