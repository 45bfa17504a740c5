"""Which loops multiply: a loop over data does, a retry loop or a loop over three literals does not."""

import re
from typing import Final, NamedTuple

from alef_audit.callgraph import guards
from alef_audit.callgraph.calls import CallTable

WHILE: Final = "while"
_FEW: Final = re.compile(r"\[.*|\(.*|range\(\d\)|new Set\(\[.*")


def multiplies(over: str) -> bool:
    """Whether a loop over `over` (source text, "while" for loops without a collection) runs as often as
    there is data.
    """
    return bool(over) and over != WHILE and not _FEW.match(over)


class Around(NamedTuple):
    """The loops around a call in its function."""

    names: tuple[str, ...]  # what they range over, outermost first
    depth: int  # how many of them multiply
    guard: int  # `yield` when one of them gives the event loop a turn between its rounds


NO_LOOPS: Final = Around((), 0, 0)


class Loops:
    """The loops around calls, worked out once per loop."""

    __slots__ = ("_known", "_table")

    def __init__(self, table: CallTable) -> None:
        self._table = table
        self._known: dict[tuple[int, int], Around] = {}

    def around(self, call: int) -> Around:
        at = self._table.loops[call]
        if at < 0:
            return NO_LOOPS
        unit = self._table.program.function_unit[self._table.functions[call]]
        found = self._known.get((unit, at))
        if found is None:
            found = self._known[unit, at] = self._chain(unit, at)
        return found

    def _chain(self, unit: int, at: int) -> Around:
        loops = self._table.program.units[unit].facts.loops
        names: list[str] = []
        guard = 0
        while at >= 0:
            names.append(loops[at].over or WHILE)
            guard |= guards.BIT["yield"] if loops[at].yields else 0
            at = loops[at].parent
        names.reverse()
        return Around(tuple(names), sum(map(multiplies, names)), guard)


def loops_around(table: CallTable, call: int) -> tuple[str, ...]:
    """What the loops around a call range over, outermost first."""
    return Loops(table).around(call).names
