"""Reads logs into observations and counts of matches, in one pass over each."""

from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import msgspec
import re2

from alef_audit.evidence.days import Days
from alef_audit.evidence.formats.read import WORDS, observed
from alef_audit.evidence.joining import Joined, join_at, later
from alef_audit.evidence.logs import STDIN, Block, CutShort, read_blocks
from alef_audit.evidence.observations import Observation, Place
from alef_audit.evidence.screen import Hits, LineNumbers, find_hits, screen_for

_FIRST = 5  # places that are named per expression


class LogRead(msgspec.Struct, frozen=True):
    """A log and how much of it was read; `problem` says why not all, "" if all."""

    name: str
    bytes: int
    lines: int
    problem: str = ""


class Matches(msgspec.Struct, frozen=True):
    """How often an expression of the pattern matches, and where first."""

    expression: str
    count: int
    first: tuple[Place, ...]


class _Count:
    def __init__(self, expression: str) -> None:
        self.expression = expression
        self.count = 0
        self.first: list[Place] = []

    def add(self, number: int, place: Place) -> None:
        self.count += number
        if number and len(self.first) < _FIRST:
            self.first.append(place)


def read_logs(
    logs: Sequence[str], expressions: Sequence[str], take: Callable[[Observation], None]
) -> tuple[tuple[LogRead, ...], tuple[Matches, ...]]:
    """Hand every observation in `logs` to `take`, in the order of their lines."""
    screen = screen_for(WORDS, expressions)
    counts = [_Count(expression) for expression in expressions]
    together = _Expressions(expressions)
    read: list[LogRead] = []
    for log, name in enumerate(logs):
        size, lines, problem = 0, 0, ""
        days, done = Days(), 0
        try:
            for block in read_blocks(name):
                days.enter(block)
                hits = find_hits(block, screen)
                done = _read_block(block, hits, done, days, (counts, together), take, (name, log)) - block.take
                size += block.take
                lines = block.first_line + block.data.count(b"\n", 0, block.take) - 1
        except CutShort as error:
            problem = str(error)
        read.append(LogRead("standard input" if name == STDIN else name, size, lines, problem))
    return tuple(read), tuple(Matches(one.expression, one.count, tuple(one.first)) for one in counts)


def _read_block(
    block: Block,
    hits: Hits,
    done: int,
    days: Days,
    counting: tuple[Sequence[_Count], "_Expressions"],
    take: Callable[[Observation], None],
    log: tuple[str, int],
) -> int:
    """Read the messages around the hits that start behind `done`; give the offset behind the last one."""
    numbers = LineNumbers(block)
    counts, expressions = counting
    for count, offsets in zip(counts, hits.matches, strict=True):
        for offset in offsets:
            count.add(1, Place(log[0], numbers.at(offset)))
    for offset in hits.offsets:
        if offset < done:
            continue
        joined = join_at(block, offset, numbers, *log)
        moment = joined.record.moment
        if moment is not None and moment.clock == "day":
            joined = later(joined, days.dated(moment, offset))
        _count_joined(joined, offset, hits, counts, expressions)
        for observation in observed(joined.record):
            take(observation)
        done = joined.behind
    return max(done, 0)


def _count_joined(
    joined: Joined, start: int, hits: Hits, counts: Sequence[_Count], expressions: "_Expressions"
) -> None:
    """Count the matches that show only once the lines are joined and without what their carrier added."""
    for number in expressions.matching(joined.record.text):
        offsets = hits.matches[number]
        first = bisect_left(offsets, start)
        if first == len(offsets) or offsets[first] >= joined.behind:
            counts[number].add(1, joined.record.place)


class _Expressions:
    """Expressions that are looked for together. One that matches the empty text matches everywhere: it is left out."""

    def __init__(self, expressions: Sequence[str]) -> None:
        self._numbers = [i for i, one in enumerate(expressions) if re2.compile(one).search("") is None]
        self._set: Any = re2.Set.SearchSet()
        for number in self._numbers:
            self._set.Add(expressions[number])
        self._set.Compile()

    def matching(self, text: str) -> Iterator[int]:
        """The numbers of those that match."""
        for at in self._set.Match(text) or ():
            yield self._numbers[at]
