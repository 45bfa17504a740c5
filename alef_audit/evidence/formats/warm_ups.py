"""Warm-ups of provider authentication: `provider auth state pre-warmed in 81793ms eventLoopMax=46170.9ms`."""

from collections.abc import Iterator
from typing import Final

import re2

from alef_audit.evidence.observations import Record, WarmUp

WORDS: Final = ("provider auth state",)
BEGINS: Final = r"provider auth state"
FRAGMENT: Final = r"eventLoopMax=\S*"

_WARM_UP: Final = re2.compile(
    r"provider auth state (pre|re)-warmed(?: \([^)]{0,80}\))?\s+in\s+(\d{1,12})ms"
    r"(?:\s+eventLoopMax=(\d{1,12}(?:\.\d{1,6})?)ms)?"
)


def read_warm_up(record: Record) -> Iterator[WarmUp]:
    if "provider auth state" not in record.text:
        return
    for found in _WARM_UP.finditer(record.text):
        yield WarmUp(record.place, record.moment, found[1] == "re", float(found[2]), float(found[3] or 0))
