"""`python -m tests.benchmarks.logs [--megabytes N]`: how fast `audit evidence` reads a log, and in how much memory.

Two shapes: one line in a hundred of interest, and nothing but lines of interest (a tenth as many).  Lines are those of
the formats that the tests know, on the console and as JSON by turns, each day of the log like the one before.  The last
row is what the regular-expression engine alone takes to find the lines of interest in the first log: no reader can be
faster.
"""

import argparse
import itertools
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from pathlib import Path

import msgspec

from alef_audit.evidence.formats.read import WORDS
from alef_audit.evidence.logs import read_blocks
from alef_audit.evidence.screen import find_hits, screen_for
from alef_audit.rulepack.load import bundled_rules, load_rulepack
from tests.ecosystem import measure
from tests.ecosystem.run import Took
from tests.evidence import gateway_logs as gateway

_TIMEOUT = 3_600  # seconds
_DAY_BYTES = 8_000_000
_APART = 0.5  # seconds between two lines
_MB = 1_000_000

_INTERESTING: tuple[Callable[[float, int], gateway.Line], ...] = (
    lambda at, n: gateway.run(at, 9_000 + n % 40_000, 800 + n * 37 % 30_000),
    lambda at, n: gateway.sample(at, f"0.{900 + n % 100}", f"{1_000 + n % 30_000}.4"),
    lambda at, n: gateway.closure(at),
    lambda at, n: gateway.webchat(at),
)


def main(arguments: Sequence[str]) -> int:
    """Print a row for each log; 0, or 1 if one could not be read."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.logs", description=__doc__)
    parser.add_argument(
        "--megabytes", type=int, default=1_000, metavar="N", help="size of the first log; default: 1000"
    )
    size = parser.parse_args(arguments).megabytes * _MB
    with tempfile.TemporaryDirectory(prefix="alef-audit-") as name:
        usual, busy = Path(name) / "usual.log", Path(name) / "busy.log"
        _write(usual, size, 100)
        _write(busy, size // 10, 1)
        print(f"{'':<34}{'size':>9}{'processor':>12}{'speed':>12}{'peak':>10}")
        done = [_row("one line in 100 of interest", usual), _row("nothing but lines of interest", busy)]
        seconds = _found_alone(usual)
        print(
            f"{'finding the lines alone':<34}{_mb(usual):>6.0f} MB{seconds:>10.1f} s{_mb(usual) / seconds:>7.0f} MB/s"
        )
    return 0 if all(done) else 1


def _write(file: Path, size: int, every: int) -> None:
    """A log of about `size` bytes; each of its days is the same but for the date."""
    day, first = "".join(_day(every)).encode(), gateway.START.date()
    with file.open("wb") as stream:
        for number in itertools.count():
            stream.write(day.replace(str(first).encode(), str(first + timedelta(days=number)).encode()))
            if stream.tell() >= size:
                return


def _day(every: int) -> Iterator[str]:
    size = 0
    for number in itertools.count():
        at = number * _APART % 32_000
        if number % every == 0:
            line = _INTERESTING[number // every % len(_INTERESTING)](at, number)
        else:
            line = (
                at,
                "ws",
                f"sessions.list 12ms conn=c{number} ok=true bytes={number * 7_919 % 100_000} agent=main idle=0",
            )
        text = (gateway.tslog if number % 2 else gateway.console)(line) + "\n"
        size += len(text)
        if size > _DAY_BYTES:
            return
        yield text


def _row(title: str, log: Path) -> bool:
    """What reading one log took."""
    took = log.with_suffix(".took")
    command = (sys.executable, "-P", "-m", "alef_audit", "evidence", str(log), "--format=json", "-o", os.devnull)
    done = subprocess.run((sys.executable, measure.__file__, str(took), str(_TIMEOUT), *command), check=False)
    if done.returncode:
        print(f"{title:<34}failed with exit code {done.returncode}")
        return False
    used = msgspec.json.decode(took.read_bytes(), type=Took)
    speed, peak = _mb(log) / used.cpu, used.peak_bytes / _MB
    print(f"{title:<34}{_mb(log):>6.0f} MB{used.cpu:>10.1f} s{speed:>7.1f} MB/s{peak:>7.0f} MB")
    return True


def _found_alone(log: Path) -> float:
    """The processor time of finding the lines of interest, and of reading none of them."""
    (pattern,) = load_rulepack([bundled_rules()]).patterns
    screen = screen_for(WORDS, (pattern.signature.log_regex, *pattern.signature.alt_regex))
    started = time.process_time()
    for block in read_blocks(str(log)):
        find_hits(block, screen)
    return time.process_time() - started


def _mb(file: Path) -> float:
    return file.stat().st_size / _MB


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
