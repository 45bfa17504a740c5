"""The loops around calls, and which of them multiply: a loop over data does, a retry or three literals do not."""

import re
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from alef_audit.callgraph import guards
from alef_audit.callgraph.calls import CallTable
from alef_audit.callgraph.loop_text import Core, core_of, words_in
from alef_audit.facts import flows
from alef_audit.facts.file import FunctionFlag, Loop
from alef_audit.rulepack.lexicon import LoopWords

WHILE: Final = "while"
# A range or a slice up to this many elements is a handful, whatever the data: it is not worth a class of cost.
_HANDFUL: Final = 16
_INTEGERS: Final = re.compile(r"range\(\s*(-?\d+)(?:\s*,\s*(-?\d+))?(?:\s*,\s*-?\d+)?\s*\)")
_CUT: Final = re.compile(
    r"\.slice\(\s*(?:0\s*,\s*|-)(\d+)\s*\)|\[\s*0?\s*:\s*(\d+)\s*\]$|\[\s*-(\d+)\s*:\s*\]$|length:\s*(\d+)\s*\}"
)
_CONSTANT: Final = re.compile(r"[A-Z][A-Z0-9_]*[A-Z0-9]")
_SIZE: Final = re.compile(r"([A-Za-z_$][\w$.]*)\.(?:length|size)\b(?!\s*(?:<|=))")
_LEN: Final = re.compile(r"\blen\(\s*([\w.]+)\s*\)(?!\s*(?:<|=))")
_EMPTY: Final = re.compile(r"\bnot\s+([\w.]+)\.empty\(\)|!\s*([\w$.]+)\.isEmpty\(\)")
_NAME: Final = re.compile(r"\(?\s*([A-Za-z_$][\w$.]*)\s*\)?")


class Ranged(NamedTuple):
    """A loop, as written and shortened; empty where it has no such part."""

    over: str  # what it ranges over
    each: str = ""  # what one round binds
    test: str = ""  # what decides about another round
    few: bool = False  # see `Loop`
    searches: bool = False  # see `Loop`


def is_timer(loop: Loop) -> bool:
    """Whether a loop does its work at intervals: `while True: …; await asyncio.sleep(60)`."""
    return loop.rests and not loop.over


def gives_turns(loop: Loop) -> bool:
    """Whether a loop lets the event loop turn between two units of work.

    Each round of a timer stands for itself, as those of `setInterval` do: its pause is between sweeps, not in one.
    """
    return loop.yields and not is_timer(loop)


def loops_around(table: CallTable, call: int) -> Iterator[int]:
    """The loops around a call in its function, from the innermost on, as numbered in its file."""
    loops, at = table.program.unit_of(table.functions[call]).facts.loops, table.loops[call]
    while at >= 0:
        yield at
        at = loops[at].parent


class Around(NamedTuple):
    """The loops around a call in its function."""

    loops: tuple[Ranged, ...]  # outermost first
    depth: int  # how many of them multiply
    guard: int  # `yield` when one of them gives the event loop a turn between its rounds


NO_LOOPS: Final = Around((), 0, 0)


class Multiplicity:
    """Tells retries, handfuls and loops over data apart."""

    __slots__ = ("_known", "words")

    def __init__(self, words: LoopWords) -> None:
        self.words = words
        self._known: dict[Ranged, bool] = {}

    def multiplies(self, loop: Ranged) -> bool:
        """Whether a loop runs as often as there is data: over a collection, or until a queue is empty.

        A search that stops at the first hit multiplies like any other: it is the miss that takes long. Not so a retry,
        which usually runs once; a literal, a constant of the program or a range of a handful, which do not grow; and a
        loop of which it is not known how often it runs.
        """
        known = self._known.get(loop)
        if known is None:
            known = self._known[loop] = self._decide(loop)
        return known

    def retries(self, loop: Ranged) -> bool:
        """Whether a loop does the same again where it failed."""
        if not loop.over or loop.over.startswith(("range(", "itertools.count(", "count(")):
            spoken = {*words_in(loop.each), *words_in(loop.over), *words_in(loop.test)}
        else:
            spoken = set(words_in(loop.test))  # what counts up to the length of something: `attempt < delays.length`
        return not spoken.isdisjoint(self.words.retries)

    def queue(self, test: str) -> str:
        """The queue that a loop works off, "" if it waits for something else."""
        for pattern in (_SIZE, _LEN, _EMPTY):
            found = pattern.search(test)
            if found is not None:
                return found[found.lastindex or 0]
        named = _NAME.fullmatch(test)
        return named[1] if named and not set(words_in(named[1])[-1:]).isdisjoint(self.words.queues) else ""

    def text(self, loop: Ranged) -> str:
        """What a report calls the loop: the source text of what it ranges over."""
        return loop.over or self.queue(loop.test) or WHILE

    def core(self, over: str) -> Core:
        return core_of(over, self.words)

    def _decide(self, loop: Ranged) -> bool:
        over = loop.over or self.queue(loop.test)
        if loop.few or not over or self.retries(loop):
            return False
        cut = _CUT.search(over)
        if cut and int(cut[cut.lastindex or 0]) <= _HANDFUL:
            return False
        integers = _INTEGERS.fullmatch(over)
        if integers:
            first, second = int(integers[1]), integers[2]
            return abs(int(second) - first if second else first) > _HANDFUL
        core = self.core(over)
        return not core.literal and not _CONSTANT.fullmatch(core.name)


def turning_loops(table: CallTable, links: Iterable[tuple[int, int]]) -> frozenset[tuple[int, int]]:
    """The loops (file, loop) that await a function which lets the event loop turn; `links` are calls with callees."""
    program = table.program
    told: dict[int, bool] = {}  # awaited call in a loop -> whether all that it can mean lets the loop turn
    for call, function in links:
        if table.loops[call] >= 0 and table.flag_sets[call] & flows.AWAITED:
            turns = bool(program.functions[function].flags & FunctionFlag.TURNS)
            told[call] = turns and told.get(call, True)
    found: set[tuple[int, int]] = set()
    for call, turns in told.items():
        unit, at = program.function_unit[table.functions[call]], table.loops[call] if turns else -1
        while at >= 0 and (unit, at) not in found:
            found.add((unit, at))
            at = program.units[unit].facts.loops[at].parent
    return frozenset(found)


class Loops:
    """The loops around calls, worked out once per loop."""

    __slots__ = ("_known", "_table", "_turning", "multiplicity")

    def __init__(self, table: CallTable, multiplicity: Multiplicity, turning: frozenset[tuple[int, int]]) -> None:
        self._table = table
        self._turning = turning
        self.multiplicity = multiplicity
        self._known: dict[tuple[int, int], Around] = {}

    def around(self, call: int) -> Around:
        at = self._table.loops[call]
        if at < 0:
            return NO_LOOPS
        unit = self._table.program.function_unit[self._table.functions[call]]
        found = self._known.get((unit, at))
        if found is None:
            found = self._known[unit, at] = self._chain(unit, at)
        return found

    def depth(self, loops: tuple[Ranged, ...]) -> int:
        return sum(map(self.multiplicity.multiplies, loops)) if loops else 0

    def _chain(self, unit: int, at: int) -> Around:
        facts = self._table.program.units[unit].facts.loops
        loops: list[Ranged] = []
        guard = 0
        while at >= 0:
            loop = facts[at]
            loops.append(Ranged(loop.over, loop.each, loop.test, loop.few, loop.searches))
            if gives_turns(loop) or ((unit, at) in self._turning and not is_timer(loop)):
                guard |= guards.BIT["yield"]
            at = loop.parent
        loops.reverse()
        return Around(tuple(loops), self.depth(tuple(loops)), guard)
