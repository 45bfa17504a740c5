"""Samples of the event loop: `liveness warning: … interval=30s … eventLoopDelayMaxMs=… eventLoopUtilization=…`.

Utilisation 1 is printed as `1`, what is not known as `unknown`.  The same line names the work that was under way.
"""

from collections.abc import Iterator
from typing import Final

import re2

from alef_audit.evidence.formats.fields import number
from alef_audit.evidence.observations import Record, RunAge, Sample

WORDS: Final = ("eventLoop", "liveness warning", "=embedded_run")
BEGINS: Final = r"liveness warning|(?:stalled|stuck|long-running) session"
FRAGMENT: Final = (
    r"(?:reasons|interval|eventLoopDelay(?:P99|Max)Ms|eventLoopUtilization|cpuCoreRatio|active|waiting|queued|phase|"
    r"recentPhases|work)=\S*"
)

_ACTIVE: Final = re2.compile(r"processing/embedded_run,[^)\s]{0,80}?age=(\d{1,9})s")
_STALLED: Final = re2.compile(r"\bage=(\d{1,9})s\b[\s\S]*?activeWorkKind=embedded_run\b")


def read_sample(record: Record) -> Iterator[Sample]:
    if "eventLoopUtilization" not in record.text and "eventLoopDelay" not in record.text:
        return
    yield Sample(
        place=record.place,
        moment=record.moment,
        interval_s=number(record.text, "interval"),
        utilisation=number(record.text, "eventLoopUtilization"),
        delay_p99_ms=number(record.text, "eventLoopDelayP99Ms"),
        delay_max_ms=number(record.text, "eventLoopDelayMaxMs"),
    )


def read_run_age(record: Record) -> Iterator[RunAge]:
    """How long embedded runs had been under way: the oldest that the record names."""
    if "embedded_run" not in record.text:
        return
    ages = [int(found[1]) for found in _ACTIVE.finditer(record.text)]
    stalled = _STALLED.search(record.text)
    if stalled is not None:
        ages.append(int(stalled[1]))
    if ages:
        yield RunAge(record.place, record.moment, float(max(ages)))
