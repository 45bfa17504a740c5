"""Tries a target with one mutated file after the other, and keeps the time."""

import signal
import sys
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from random import Random
from time import process_time
from typing import Final, NamedTuple

from tests.fuzz.mutators import Material, Seed, mutate
from tests.fuzz.projects import settings
from tests.fuzz.targets import Target

LARGEST: Final = 400_000  # bytes of an input
# What an input may cost: far more than any costs, and far less than what grows with a square.
_SECONDS: Final = 5.0
_SECONDS_PER_BYTE: Final = 150e-6
_PACKAGE: Final = "alef_audit"


class _TooSlow(BaseException):
    """Not an Exception, so that nothing but the campaign catches it."""


class Tried(NamedTuple):
    """What became of one input. `failure` names the kind of error and where it was raised, "" without one."""

    number: int
    name: str
    size: int  # bytes
    seconds: float  # of the processor
    refusal: str
    failure: str
    details: str


def material(target: Target, folders: Sequence[Path]) -> Material:
    return Material(target.seeds(folders), target.words, target.nests)


def input_of(target: Target, of: Material, seed: str, number: int) -> Seed:
    """The input of that number: always the same for the same seeds."""
    return mutate(Random(f"{seed}/{target.name}/{number}"), of, LARGEST)


def attempts(target: Target, of: Material, seed: str, numbers: Iterator[int], folder: Path) -> Iterator[Tried]:
    """One input after the other, in a folder of their own."""
    for number in numbers:
        yield attempt(target, input_of(target, of, seed, number), folder, number)


def attempt(target: Target, given: Seed, folder: Path, number: int = 0) -> Tried:
    """Try one input; a second time if it took too long, for other programs may have been in the way."""
    tried = _once(target, given, folder, number)
    if tried.seconds > _allowed(tried.size) and not tried.failure:
        tried = _once(target, given, folder, number)
        if tried.seconds > _allowed(tried.size) and not tried.failure:
            return tried._replace(failure="too slow", details=f"{tried.seconds:.1f} s for {tried.size} bytes")
    return tried


def _allowed(size: int) -> float:
    return _SECONDS + _SECONDS_PER_BYTE * size


def _once(target: Target, given: Seed, folder: Path, number: int) -> Tried:
    refusal = failure = details = ""
    limit = sys.getrecursionlimit()
    started = process_time()
    try:
        with settings(folder / "cache"), _given_up_after(2 * _allowed(len(given.data))):
            refusal = target.check(given, folder)
    except _TooSlow as error:
        failure, details = _told(error), "".join(traceback.format_exception(error))[-6_000:]
    except Exception as error:
        failure, details = _told(error), "".join(traceback.format_exception(error))[-6_000:]
    finally:
        sys.setrecursionlimit(limit)
    seconds = process_time() - started
    return Tried(number, given.name, len(given.data), seconds, refusal, failure, details)


@contextmanager
def _given_up_after(seconds: float) -> Iterator[None]:
    """Ends what takes too long, as soon as the interpreter comes to a next step."""
    if not hasattr(signal, "SIGPROF"):
        yield
        return

    def give_up(number: int, frame: object) -> None:
        raise _TooSlow

    before = signal.signal(signal.SIGPROF, give_up)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def _told(error: BaseException) -> str:
    """The kind of an error, and the innermost place in the tool that it was raised at; that of a check otherwise."""
    text = str(error)
    if "Traceback (most recent call last)" in text:  # what the command line printed
        lines = text.splitlines()
        places = [line.strip() for line in lines if line.lstrip().startswith("File ") and f"/{_PACKAGE}/" in line]
        kind = next((line for line in lines if line.startswith("audit: error: internal error")), "")
        where = places[-1].rpartition("/")[2] if places else ""
        return f"{kind.removeprefix('audit: error: internal error: ')[:80]} at {where}"
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if f"/{_PACKAGE}/" in frame.filename] or frames
    return f"{type(error).__name__}: {text[:60]} at {Path(own[-1].filename).name}:{own[-1].lineno}"
