"""Stage traces of embedded runs: `phase=… totalMs=15973 stages=workspace:0ms@0ms,auth:4264ms@12775ms,…`.

`@` is the time from the start of the run to the end of the stage.  People paste stages one per line, without it, or
with a stage that is longer than the time at its end.
"""

import re
from collections.abc import Iterator
from typing import Final

from alef_audit.evidence.formats.fields import number, word
from alef_audit.evidence.observations import Record, Run, Stage

WORDS: Final = ("totalMs", "stages=", "stages:", "auth:")
BEGINS: Final = r"totalMs=|stages[:=]"  # a line with one of these is not the rest of the line before it
FRAGMENT: Final = r"[A-Za-z][\w.-]*:\s*\d+(?:\.\d+)?ms(?:@\d+(?:\.\d+)?ms)?,?"  # a stage, and nothing else

_STAGE: Final = re.compile(
    r"(?:^|[\s,=])([A-Za-z][\w.-]*):\s*(\d{1,15}(?:\.\d{1,6})?)ms(?:@(\d{1,15}(?:\.\d{1,6})?)ms)?", re.ASCII
)
_TRACED: Final = ("totalMs", "stages", "ms@")
_TRACE: Final = re.compile(r"totalMs\b|stages[:=]|ms@\d", re.ASCII)
_PARTS: Final = re.compile(r"[._-]")
_MOST_STAGES: Final = 200


def read_run(record: Record) -> Iterator[Run]:
    """The run that a record traces, if it is a trace."""
    traced = any(word in record.text for word in _TRACED)
    if not traced or "eventLoop" in record.text or _TRACE.search(record.text) is None:
        return
    stages = tuple(_stages(record.text))
    told = number(record.text, "totalMs")
    if not stages and told is None:
        return
    auth = [stage for stage in stages if "auth" in _PARTS.split(stage.name.lower())]
    offsets = [stage.at_ms for stage in stages if stage.at_ms is not None]
    yield Run(
        place=record.place,
        moment=record.moment,
        phase=word(record.text, "phase"),
        total_ms=told if told is not None else max(offsets, default=None),
        stages=stages,
        auth_ms=sum(_least(stage) for stage in auth) if auth else None,
        consistent=all(_least(stage) == stage.ms for stage in stages),
    )


def _stages(text: str) -> Iterator[Stage]:
    for count, found in enumerate(_STAGE.finditer(text)):
        if count == _MOST_STAGES:
            return
        yield Stage(found[1], float(found[2]), float(found[3]) if found[3] else None)


def _least(stage: Stage) -> float:
    """How long a stage took at least: never longer than the run had lasted when it ended."""
    return stage.ms if stage.at_ms is None else min(stage.ms, stage.at_ms)
