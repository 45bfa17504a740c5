"""Requests given up too late: `fetch timeout after 10000ms (elapsed 43203ms) timer delayed 33203ms, likely …`."""

from collections.abc import Iterator
from typing import Final

import re2

from alef_audit.evidence.formats.fields import number
from alef_audit.evidence.observations import LateTimer, Record

WORDS: Final = ("timer delayed", "timerDelayMs")
BEGINS: Final = r"fetch timeout"
FRAGMENT: Final = r"(?:operation|url|timeoutMs|elapsedMs|timerDelayMs)=\S*"

_DELAYED: Final = re2.compile(r"timer delayed (\d{1,12})ms")


def read_late_timer(record: Record) -> Iterator[LateTimer]:
    if not any(word in record.text for word in WORDS):
        return
    found = _DELAYED.search(record.text)
    late = float(found[1]) if found is not None else number(record.text, "timerDelayMs")
    if late is not None:
        yield LateTimer(record.place, record.moment, late)
