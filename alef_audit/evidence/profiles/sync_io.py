"""`node --trace-sync-io`: a warning and a stack, innermost first, for each synchronous call after the first turn."""

from typing import Final

import re2

from alef_audit.evidence.observations import Place
from alef_audit.evidence.profiles.loop import on_node_loop
from alef_audit.evidence.stacks import Spot, Stack

STARTS: Final = "Detected use of sync API"
_FRAME: Final = re2.compile(
    r"^\s*at (?:(?:async )?(.{0,200}?) \()?((?:file://|node:|/|[A-Za-z]:\\)[^()]*?):(\d{1,9}):(\d{1,9})\)?\s*$"
)


def read_sync_io(lines: list[str], place: Place) -> Stack | None:
    """The stack below the warning on the first of `lines`."""
    spots: list[Spot] = []
    for line in lines[1:]:
        found = _FRAME.match(line)
        if found is None:
            break
        spots.append(Spot(found[1] or "", found[2], int(found[3]), 0, int(found[4])))
    spots.reverse()
    own = next((index for index in range(len(spots), 0, -1) if not spots[index - 1].file.startswith("node:")), 0)
    if not own or not on_node_loop(spots):
        return None
    blocking = spots[own].function if own < len(spots) else ""
    return Stack("trace-sync-io", place, tuple(spots[:own]), blocking, 0.0, 1)
