"""Plain lines: what stands in front of the message, put there by journals, containers and the console itself."""

import re
from typing import Final

import msgspec

from alef_audit.evidence.carriers.timestamps import stamp_at
from alef_audit.evidence.moment import Moment

# In front of a message, in any order: docker compose (`gateway-1  | `), PM2 (`0|gateway  | `), the priority of syslog
# (`<13>`), the stream of a container runtime (`stdout F `), host and unit of a journal (`host openclaw[812]: `).
_PREFIXES: Final = (
    re.compile(r"(?:\d+\|)?[A-Za-z0-9][\w.-]*\s*\| ?"),
    re.compile(r"<\d{1,3}>"),
    re.compile(r"std(?:out|err) [FP] "),
)
_UNIT: Final = re.compile(r"[\w.-]+ [\w@.:/-]+?\[\d+\]: ")
_TAG: Final = re.compile(r"\[[a-z][\w/@.:-]*\]")
_MOST_PREFIXES: Final = 6
_SEEN: Final = 160  # characters of a line that prefixes can take


class Line(msgspec.Struct, frozen=True):
    """A line without what its carrier added."""

    moment: Moment | None
    body: str
    starts: bool  # something in front of it says that a record begins here
    whole: bool = False  # nothing that follows can belong to it


def read_console(text: str, log: int) -> Line:
    """Split a line into its time and its message. The time nearest to the message is the program's own; one with a
    date wins over one without."""
    moments: list[Moment] = []
    at = _blank(text, 0)
    starts = False
    for _ in range(_MOST_PREFIXES):
        behind = _bracketed(text, at, log, moments) or _prefix(text, at, bool(moments))
        if behind is None:
            break
        starts = True
        at = _blank(text, behind)
    starts = starts or _TAG.match(text[at : at + _SEEN]) is not None
    return Line(best_of(moments), text[at:] if starts else text, starts)


def best_of(moments: list[Moment]) -> Moment | None:
    """Of the times that one line carries, outermost first: the innermost of those that say most."""
    for clock in ("zoned", "local", "year", "day"):
        for moment in reversed(moments):
            if moment.clock == clock:
                return moment
    return None


def _bracketed(text: str, at: int, log: int, moments: list[Moment]) -> int | None:
    """The position behind a timestamp, in brackets or not."""
    inside = at + 1 if text[at : at + 1] in ("[", "(") else at
    stamp = stamp_at(text, inside, log)
    if stamp is None:
        return None
    closing = text[stamp.end : stamp.end + 1] in ("]", ")")
    if (inside > at) != closing and inside > at:
        return None
    moments.append(stamp.moment)
    return stamp.end + (1 if closing and inside > at else 0)


def _prefix(text: str, at: int, timed: bool) -> int | None:
    piece = text[at : at + _SEEN]
    piece = piece if piece.isascii() else piece.encode("ascii", "replace").decode("ascii")
    for prefix in (*_PREFIXES, _UNIT) if timed else _PREFIXES:
        found = prefix.match(piece)
        if found is not None and found.end():
            return at + int(found.end())
    return None


def _blank(text: str, at: int) -> int:
    while at < len(text) and text[at] in " \t":
        at += 1
    return at
