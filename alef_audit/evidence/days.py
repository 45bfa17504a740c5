"""Which day a time of day belongs to, counted from the first line of a log that is written without dates.

Every line that starts with a time counts, not only those of interest: a day has passed when a morning (1 to 10 o'clock)
follows an afternoon (13 to 22 o'clock).  The hours in between are left out, for lines are not always in order.
"""

from typing import Final, Literal

import re2

from alef_audit.evidence.logs import Block
from alef_audit.evidence.moment import DAY, Moment

_FRONT: Final = r"(?:\x1b\[[\d;]*m|\[)*"
_MORNING: Final = re2.compile(rf"\n{_FRONT}(?:0[1-9]|10):[0-5]\d:[0-5]\d".encode())
_AFTERNOON: Final = re2.compile(rf"\n{_FRONT}(?:1[3-9]|2[0-2]):[0-5]\d:[0-5]\d".encode())
_NOON: Final = DAY / 2


class Days:
    """Follows one log from block to block."""

    def __init__(self) -> None:
        self._half: Literal["", "morning", "afternoon"] = ""
        self._day = 0
        self._changes: list[tuple[int, str, int]] = []

    def enter(self, block: Block) -> None:
        """Note where in `block` the days and their halves begin."""
        self._changes = [(-1, self._half, self._day)]
        offset = 0
        data = block.data if block.first_line > 1 else b"\n" + block.data
        shift = len(block.data) - len(data)
        while True:
            found = self._next(data, offset)
            if found < 0 or found + shift >= block.take:
                return
            if self._half == "afternoon":
                self._day += 1
            self._half = "morning" if self._half != "morning" and self._is_morning(data, found) else "afternoon"
            self._changes.append((found + shift, self._half, self._day))
            offset = found + 1

    def dated(self, moment: Moment, offset: int) -> Moment:
        """A time of day at `offset` of the block that was entered last, with its day."""
        if moment.clock != "day":
            return moment
        _, half, day = next(change for change in reversed(self._changes) if change[0] <= offset)
        if half == "afternoon" and moment.seconds < _NOON:
            day += 1
        return Moment("day", moment.seconds + day * DAY, moment.log)

    def _next(self, data: bytes, offset: int) -> int:
        """Where the other half of a day begins; -1 if it does not."""
        wanted = {"": (_MORNING, _AFTERNOON), "morning": (_AFTERNOON,), "afternoon": (_MORNING,)}[self._half]
        starts = [found.start() for one in wanted if (found := one.search(data, offset)) is not None]
        return min(starts, default=-1)

    @staticmethod
    def _is_morning(data: bytes, offset: int) -> bool:
        return _MORNING.match(data, offset) is not None
