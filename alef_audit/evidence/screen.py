"""Where in a log the few lines stand that may matter, found without looking at the others.

A block is searched for the words without which no line is of interest, and for the pattern's own expressions, by a
linear-time engine.
"""

from collections.abc import Iterator, Sequence
from typing import Any, Final, NamedTuple

import re2

from alef_audit.evidence.logs import Block

_LONGEST: Final = 1 << 16  # bytes that are read of one line


class Screen(NamedTuple):
    """What to look for: one expression for all words, and those of the pattern."""

    words: Any
    expressions: tuple[Any, ...]


class Hits(NamedTuple):
    """Offsets of what was found in a block, in order, and by expression of the pattern those of its matches."""

    offsets: tuple[int, ...]
    matches: tuple[tuple[int, ...], ...]


class Line(NamedTuple):
    """A line of a block: where it starts, where the next one does, its number and its text."""

    start: int
    behind: int
    number: int
    text: str


def screen_for(words: Sequence[str], expressions: Sequence[str]) -> Screen:
    """Expressions that match the empty text would match everywhere: they are left out."""
    words_only = re2.compile("|".join(re2.escape(word) for word in words).encode())
    return Screen(words_only, tuple(_compiled(expression) for expression in expressions))


def find_hits(block: Block, screen: Screen) -> Hits:
    matches = tuple(
        tuple(_starts(expression, block)) if expression is not None else () for expression in screen.expressions
    )
    words = _first_of_lines(screen.words, block)
    return Hits(tuple(sorted({*words, *(start for starts in matches for start in starts)})), matches)


def line_at(block: Block, offset: int, numbers: "LineNumbers") -> Line:
    """The line around `offset`; of an endless one a piece."""
    data = block.data
    start = data.rfind(b"\n", max(0, offset - _LONGEST), offset) + 1 or max(0, offset - _LONGEST)
    found = data.find(b"\n", offset)
    end = len(data) if found < 0 else found
    text = data[start : min(end, start + _LONGEST)].decode("utf-8", "replace")
    return Line(start, min(end + 1, len(data)), numbers.at(start), text)


class LineNumbers:
    """Numbers of lines by offset, counted onwards from the last one asked for."""

    def __init__(self, block: Block) -> None:
        self._block = block
        self._offset, self._number = 0, block.first_line

    def at(self, offset: int) -> int:
        if offset < self._offset:
            self._offset, self._number = 0, self._block.first_line
        self._number += self._block.data.count(b"\n", self._offset, offset)
        self._offset = offset
        return self._number


def _compiled(expression: str) -> Any | None:
    compiled = re2.compile(expression.encode())
    return None if compiled.search(b"") is not None else compiled


def _first_of_lines(expression: Any, block: Block) -> Iterator[int]:
    """The first match of each line."""
    at = 0
    while at >= 0 and (found := expression.search(block.data, at)) is not None and found.start() < block.take:
        yield found.start()
        at = block.data.find(b"\n", found.end())


def _starts(expression: Any, block: Block) -> Iterator[int]:
    for found in expression.finditer(block.data):
        if found.start() >= block.take:
            return
        yield found.start()
