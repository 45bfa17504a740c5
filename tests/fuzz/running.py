"""Campaigns: one target after the other until the time is up, each in a process of its own.

So an input that ends the process, or takes all memory, is one failure, and the next process goes on behind it.
"""

import multiprocessing
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from itertools import count
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Final, NamedTuple

from tests.fuzz.campaign import Tried, attempt, attempts, input_of, material
from tests.fuzz.mutators import Seed
from tests.fuzz.shrinking import smaller
from tests.fuzz.targets import Target, target_called

_MEMORY: Final = 6 << 30  # bytes of address space of one process
_PROCESSOR: Final = 240  # seconds after which an input that nothing else stops ends the process
_SLOWEST: Final = 10
_SHRINKING: Final = 15.0  # seconds for one failing input
_SMALL: Final = 4_096  # bytes; of smaller inputs the time says nothing about growth
_CONTEXT: Final = multiprocessing.get_context("spawn")


class Settings(NamedTuple):
    folders: tuple[Path, ...]
    seed: str
    output: Path


class Tally:
    """The counts of one target."""

    def __init__(self) -> None:
        self.inputs = self.bytes = self.refused = 0
        self.seconds = 0.0
        self.failures: Counter[str] = Counter()
        self.slowest: list[tuple[float, float, int, int, str]] = []  # µs per byte, seconds, bytes, number, name

    def take(self, one: Tried) -> None:
        self.inputs += 1
        self.bytes += one.size
        self.refused += bool(one.refusal)
        self.seconds += one.seconds
        if one.failure:
            self.failures[one.failure] += 1
        self.slowest.append((1e6 * one.seconds / max(one.size, _SMALL), one.seconds, one.size, one.number, one.name))
        self.slowest = sorted(self.slowest, reverse=True)[:_SLOWEST]

    def lines(self, target: str) -> Iterator[str]:
        failed = sum(self.failures.values())
        yield (
            f"{target:<14}{self.inputs:>9,} inputs {self.bytes / 1e6:>9,.1f} MB {self.refused:>8,} refused "
            f"{failed:>5,} failures {self.seconds:>8,.0f} s"
        )
        yield from (f"    {number:>5,} × {what}" for what, number in self.failures.most_common())


def campaign(target: Target, settings: Settings, until: float) -> Tally:
    tally, first = Tally(), 0
    while time.monotonic() < until:
        here, there = _CONTEXT.Pipe(duplex=False)
        process = _CONTEXT.Process(target=_work, args=(there, target.name, settings, first, until))
        process.start()
        there.close()
        for tried in _received(here):
            tally.take(tried)
            first = tried.number + 1
            if tried.failure and tally.failures[tried.failure] <= 2:
                _save(target, settings, tried)
        process.join()
        here.close()
        if process.exitcode:
            died = Tried(first, "", 0, 0.0, "", f"the process ended with {process.exitcode}", "")
            tally.take(died)
            _save(target, settings, died)
            first += 1
    return tally


def _received(connection: Connection) -> Iterator[Tried]:
    while True:
        try:
            yield connection.recv()
        except EOFError:
            return


def _work(connection: Connection, name: str, settings: Settings, first: int, until: float) -> None:
    """In a process of its own: try inputs from number `first` on, and tell of each."""
    target = target_called(name)
    of = material(target, settings.folders)
    with tempfile.TemporaryDirectory() as folder:
        for tried in attempts(target, of, settings.seed, _limited(count(first)), Path(folder)):
            connection.send(tried)
            if time.monotonic() > until:
                break
    connection.close()


def _limited(numbers: Iterator[int]) -> Iterator[int]:
    """The same numbers; in front of each the process gets some more seconds, where the system can count them."""
    try:
        import resource
    except ImportError:
        yield from numbers
        return
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, resource.RLIM_INFINITY))
    for number in numbers:
        used = int(time.process_time()) + _PROCESSOR
        resource.setrlimit(resource.RLIMIT_CPU, (used, resource.RLIM_INFINITY))
        yield number


def _save(target: Target, settings: Settings, tried: Tried) -> None:
    """Write a failing input as small as it can be made, with what it led to."""
    given = input_of(target, material(target, settings.folders), settings.seed, tried.number)
    folder = settings.output / target.name / str(tried.number)
    folder.mkdir(parents=True, exist_ok=True)
    if tried.details and "slow" not in tried.failure.lower():
        with tempfile.TemporaryDirectory() as place:

            def fails(data: bytes) -> bool:
                return attempt(target, Seed(given.name, data), Path(place)).failure == tried.failure

            given = given._replace(data=smaller(given.data, fails, _SHRINKING))
    (folder / "failure.txt").write_text(f"{tried.failure}\n{tried.details}\n", encoding="utf-8", errors="replace")
    file = folder / given.name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(given.data)
    print(f"{target.name} {tried.number}: {tried.failure}: {file} ({len(given.data)} bytes)", flush=True)
