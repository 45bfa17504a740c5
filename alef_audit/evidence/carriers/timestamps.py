"""Timestamps at the start of a text, and the ones that JSON carries."""

import re
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final, NamedTuple

from alef_audit.evidence.moment import DAY, Moment

_TIME: Final = r"(\d\d):(\d\d):(\d\d)(?:[.,](\d{1,9}))?"
_ZONE: Final = r"(?: ?(Z|UTC|GMT|[+-]\d\d:?\d\d)(?:\W|$))?"
_DATED: Final = re.compile(rf"(\d{{4}})[-/](\d\d)[-/](\d\d)[T ]{_TIME}{_ZONE}")
_SYSLOG: Final = re.compile(rf"([A-Z][a-z]{{2}}) {{1,2}}(\d{{1,2}}) {_TIME}")
_OF_DAY: Final = re.compile(rf"{_TIME}(?:Z|[+-]\d\d:?\d\d)?")
_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_LEAP_YEAR: Final = 1972  # stands for a year that is not told: every month and day exists in it
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
# Seconds, milliseconds, microseconds and nanoseconds since 1970 are told apart by size: each range starts in 1973.
_SCALES: Final = ((1e17, 1e9), (1e14, 1e6), (1e11, 1e3), (1e8, 1.0))


class Stamp(NamedTuple):
    """A timestamp and the text position behind it."""

    moment: Moment
    end: int


def stamp_at(text: str, start: int, log: int) -> Stamp | None:
    """The timestamp that begins at `start`. `log` is the number of the log, whose clock it may be."""
    # the engine counts bytes of what it is given: a piece of ASCII keeps positions simple
    piece = text[start : start + 48]
    piece = piece if piece.isascii() else piece.encode("ascii", "replace").decode("ascii")
    found = _DATED.match(piece)
    if found is not None:
        year, month, day, *time = found.groups()[:7]
        moment = _dated((int(year), int(month), int(day)), time, found[8])
        end = found.end(8) if found[8] else found.end(7) if found[7] else found.end(6)
        return Stamp(moment, start + end) if moment is not None else None
    found = _SYSLOG.match(piece)
    if found is not None and found[1] in _MONTHS:
        moment = _dated((_LEAP_YEAR, _MONTHS.index(found[1]) + 1, int(found[2])), found.groups()[2:6], None)
        return Stamp(Moment("year", moment.seconds, log), start + found.end()) if moment is not None else None
    found = _OF_DAY.match(piece)
    if found is not None:
        moment = _dated((1970, 1, 1), found.groups()[:4], None)
        return Stamp(Moment("day", moment.seconds, log), start + found.end()) if moment is not None else None
    return None


def moment_of(value: object, log: int) -> Moment | None:
    """What a field of JSON that holds a time means: text in one of the forms above, or a number since 1970."""
    if value is None:
        return None
    match value:
        case str() if value.isdecimal():
            return moment_of(int(value), log) if len(value) < 20 else None
        case str():
            found = stamp_at(value, 0, log)
            return found.moment if found is not None else None
        case bool():
            return None
        case int() | float():
            return next((Moment("zoned", value / scale) for least, scale in _SCALES if least <= value < 1e20), None)
        case _:
            return None


def _dated(date: tuple[int, int, int], time: "list[str] | tuple[str, ...]", zone: str | None) -> Moment | None:
    hour, minute, second, fraction = (*time, None)[:4]
    midnight, east, hours, minutes = _midnight(date), _east(zone), int(hour or 0), int(minute or 0)
    if midnight is None or east is None or hours > 23 or minutes > 59:
        return None
    of_day = hours * 3600 + minutes * 60 + min(int(second or 0), 59)
    seconds = midnight + of_day - east + (float(f"0.{fraction}") if fraction else 0.0)
    return Moment("zoned" if zone else "local", seconds)


@lru_cache(maxsize=512)
def _midnight(date: tuple[int, int, int]) -> float | None:
    """When a day begins, in seconds since 1970; None if there is no such day."""
    try:
        return (datetime(*date, tzinfo=UTC) - _EPOCH).total_seconds()
    except ValueError:
        return None


@lru_cache(maxsize=512)
def _east(zone: str | None) -> float | None:
    """How many seconds the clocks of a zone are ahead of UTC; None if it is none."""
    if not zone or zone[0] not in "+-":
        return 0.0
    seconds = int(zone[1:3]) * 3600.0 + int(zone[-2:]) * 60.0
    return None if seconds >= DAY else -seconds if zone[0] == "-" else seconds
