"""From lines to messages: which lines belong together, and the text that they make.

A message goes on over lines that are indented, that start with a stage or a field, or that have nothing in front of
them by which a record begins.  A line that a terminal broke inside a word is put together again.
"""

from typing import Final, NamedTuple

from alef_audit.evidence.carriers.console import Line as Carried
from alef_audit.evidence.carriers.read import read_line
from alef_audit.evidence.formats.read import begins, is_fragment
from alef_audit.evidence.logs import Block
from alef_audit.evidence.moment import Moment
from alef_audit.evidence.observations import Place, Record
from alef_audit.evidence.screen import LineNumbers, line_at

_MOST_LINES: Final = 64
_TRACES: Final = ("embedded-run]", "stages:", "stages=", "phase=")


class Joined(NamedTuple):
    """A message, the number of its last line, and the offset behind it in the block."""

    record: Record
    last_line: int
    behind: int


def join_at(block: Block, offset: int, numbers: LineNumbers, name: str, log: int) -> Joined:
    """The message whose first line is the one around `offset`, in the log called `name`, number `log`."""
    line = line_at(block, offset, numbers)
    first = read_line(line.text, log)
    text, count, moment = first.body, 1, first.moment
    place = Place(name, line.number)
    while not first.whole and count < _MOST_LINES and line.behind < len(block.data):
        following = line_at(block, line.behind, numbers)
        carried = read_line(following.text, log) if following.text.strip() else None
        if carried is None or not _goes_on(text, carried):
            break
        text, line, count = _together(text, following.text, carried), following, count + 1
    return Joined(Record(place, moment, text), place.line + count - 1, line.behind)


def later(joined: Joined, moment: Moment) -> Joined:
    """The same message at another time."""
    record = joined.record
    return joined._replace(record=Record(record.place, moment, record.text))


def _goes_on(text: str, line: Carried) -> bool:
    """Whether `line` is the rest of a message that reads `text` so far."""
    if line.whole or line.body.lstrip().startswith("#"):
        return False
    if begins(line.body):
        return "totalMs" in line.body and "totalMs" not in text and any(word in text for word in _TRACES)
    return is_fragment(line.body) or not line.starts


def _together(text: str, raw: str, line: Carried) -> str:
    """Broken inside a word, two lines are put together without a blank: nothing else tells `0.9` + `91` from `0.9`."""
    whole = line.body.strip()
    inside = text[-1:].isalnum() or text[-1:] in "._-=@"
    broken = inside and not line.starts and raw[:1] == whole[:1] and not is_fragment(whole)
    return f"{text}{whole}" if broken and not text.endswith("ms") else f"{text}\n{whole}"
