"""Handlers that are registered behind a wrapper of which nothing is known: `router.get("/a", wrap(handler))`."""

from collections.abc import Iterator
from typing import Final

from alef_audit.callgraph import tokens
from alef_audit.callgraph.calls import CallTable
from alef_audit.callgraph.collect import functions_in
from alef_audit.callgraph.state import State
from alef_audit.callgraph.tokens import MASK, SHIFT
from alef_audit.facts import flows

# Wrappers around wrappers, and functions in an object that a wrapper takes.
_DEPTH: Final = 3
_FIELDS: Final = 8


class Wrapped:
    """Finds what calls out of the program were given whose value is registered."""

    __slots__ = ("_by_result", "_state", "_table")

    def __init__(self, state: State, table: CallTable) -> None:
        self._state = state
        self._table = table
        self._by_result: dict[int, int] | None = None

    def functions(self, slot: int) -> list[int]:
        """The functions that the wrapper was handed whose value is in `slot`; none if it is known what it does."""
        return list(dict.fromkeys(self._within(slot, _DEPTH)))

    def _within(self, slot: int, depth: int) -> Iterator[int]:
        call = self._call_of(slot)
        if call < 0 or not depth or not self._is_unknown(call):
            return
        for label, given, _ in self._table.arguments(call):
            if label != flows.NO_NAME or not given:
                continue
            found = functions_in(self._state, given)
            yield from found
            if not found:
                yield from self._within(given, depth - 1)
                yield from self._in_object(given)

    def _call_of(self, slot: int) -> int:
        if self._by_result is None:
            table = self._table
            self._by_result = {table.result(call): call for call in range(len(table)) if table.result(call)}
        return self._by_result.get(slot, -1)

    def _is_unknown(self, call: int) -> bool:
        """Whether a call leads to a library of which no model speaks, and nowhere else."""
        api, held = self._state.api, self._state.held(self._table.callee(call))
        nodes = [value >> SHIFT for value in held if value & MASK == tokens.EXTERNAL]
        if not nodes or len(nodes) < len(held) or self._table.flags(call) & flows.DECORATOR:
            return False
        return not any(map(api.is_described, nodes))

    def _in_object(self, slot: int) -> Iterator[int]:
        state = self._state
        for value in state.held(slot):
            fields = state.fields.get(value, {}) if value & MASK == tokens.OBJECT else {}
            if len(fields) <= _FIELDS:
                for variable in fields.values():
                    yield from functions_in(state, variable)
