"""All kinds of lines: the words by which they are found, and what a record says."""

import re
from collections.abc import Callable, Iterator
from typing import Final

from alef_audit.evidence.formats import closures, late_timers, liveness, stages, warm_ups
from alef_audit.evidence.observations import Observation, Record

_MODULES: Final = (stages, liveness, closures, warm_ups, late_timers)
_READERS: Final[tuple[Callable[[Record], Iterator[Observation]], ...]] = (
    stages.read_run,
    liveness.read_sample,
    liveness.read_run_age,
    closures.read_closure,
    closures.read_handshake_timeout,
    warm_ups.read_warm_up,
    late_timers.read_late_timer,
)
WORDS: Final = tuple(word for module in _MODULES for word in module.WORDS)

_BEGINS: Final = re.compile("|".join(module.BEGINS for module in _MODULES), re.ASCII)
_FRAGMENT: Final = re.compile(
    rf"(?:\[[a-z][\w/.-]*\] )?(?:{'|'.join(module.FRAGMENT for module in _MODULES)})", re.ASCII
)


def observed(record: Record) -> Iterator[Observation]:
    """What a record says; nothing if it is none of the lines that are known."""
    for read in _READERS:
        yield from read(record)


def begins(text: str) -> bool:
    """Whether a line without a time of its own is nevertheless a message of its own."""
    return _BEGINS.search(text) is not None


def is_fragment(text: str) -> bool:
    """Whether a text looks like the inside of a message: it starts with a stage or a field of one."""
    return _FRAGMENT.match(text.lstrip()) is not None
