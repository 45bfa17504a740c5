"""When something happened, as far as its line says so."""

from datetime import UTC, datetime, timedelta
from typing import Literal

import msgspec

# zoned: date, time and zone, in seconds since 1970 (UTC). local: the same without a zone. year: month, day and time.
# day: the time only. Seconds of different clocks have nothing to do with each other; those of the last two count from
# the first day of one log, so they mean nothing in another log either.
Clock = Literal["zoned", "local", "year", "day"]

DAY = 86_400.0
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Moment(msgspec.Struct, frozen=True):
    clock: Clock
    seconds: float
    log: int = -1  # the log whose clock it is, by its number; -1: the clock is the same in all logs


class Span(msgspec.Struct, frozen=True):
    """A stretch of one clock, in its seconds."""

    clock: Clock
    log: int
    start: float
    end: float

    @property
    def seconds(self) -> float:
        return self.end - self.start


def span_ending(at: Moment, seconds: float) -> Span:
    return Span(at.clock, at.log, at.seconds - seconds, at.seconds)


def comparable(one: Span | Moment, other: Span | Moment) -> bool:
    return (one.clock, one.log) == (other.clock, other.log)


def overlap(one: Span, other: Span) -> float:
    """Seconds that two spans have in common; below 0 what lies between them. Both are of one clock."""
    return min(one.end, other.end) - max(one.start, other.start)


def united(one: Span, other: Span) -> Span:
    return Span(one.clock, one.log, min(one.start, other.start), max(one.end, other.end))


def shown(clock: Clock, seconds: float) -> str:
    """A time as a reader writes it: ISO 8601 as far as it is known; `+1 day` where only the time of day is."""
    try:
        at = _EPOCH + timedelta(seconds=seconds)
    except OverflowError:
        return f"{seconds:.0f} s"
    kind: Literal["milliseconds", "seconds"] = "milliseconds" if at.microsecond >= 1000 else "seconds"
    if clock == "day":
        days = int(seconds // DAY)
        later = f" {days:+d} day{'s' * (abs(days) != 1)}" if days else ""
        return at.time().isoformat(kind) + later
    text = at.replace(tzinfo=None).isoformat(timespec=kind)
    return {"zoned": f"{text}Z", "local": text, "year": text[5:]}[clock]
