"""Which loops multiply: a loop over data does, a retry loop or a loop over three literals does not."""

import re
from typing import Final

from alef_audit.callgraph.calls import CallTable

WHILE: Final = "while"
_FEW: Final = re.compile(r"\[.*|\(.*|range\(\d\)|new Set\(\[.*")


def multiplies(over: str) -> bool:
    """Whether a loop over `over` (source text, "while" for loops without a collection) runs as often as
    there is data.
    """
    return bool(over) and over != WHILE and not _FEW.match(over)


def loops_around(table: CallTable, call: int) -> tuple[str, ...]:
    """What the loops around a call range over, outermost first."""
    loops = table.program.unit_of(table.function(call)).facts.loops
    names: list[str] = []
    at = table.loop(call)
    while at >= 0:
        names.append(loops[at].over or WHILE)
        at = loops[at].parent
    return tuple(reversed(names))
