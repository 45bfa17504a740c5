"""`python -m tests.benchmarks.extraction TREE`: extraction of TREE beside the floor, only parsing the same files.

Both run on as many processes, in turns, so that what else the machine does meets both; the best time of each counts.
Processor time is that of all processes together (not known on Windows): it says more on a machine that is shared.
"""

import argparse
import gc
import multiprocessing
import os
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import NamedTuple

import tree_sitter_python
from tree_sitter import Language, Parser

from alef_audit.config import Config
from alef_audit.discovery.assets import browser_assets
from alef_audit.discovery.discover import discover
from alef_audit.discovery.inventory import Inventory, SourceFile
from alef_audit.frontends.ecmascript.tables import language
from alef_audit.frontends.extract import extract_all
from alef_audit.frontends.processes import in_chunks

_UNREAD = frozenset(("types", "test"))  # roles that an audit leaves out unless asked

Timed = Callable[[], object]


def main(arguments: Sequence[str]) -> int:
    """Print floor, extraction and their ratio; 0, or 2 if the tree has no files to read."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.extraction", description=__doc__)
    parser.add_argument("tree", type=Path)
    parser.add_argument("--jobs", type=int, default=multiprocessing.cpu_count(), metavar="N")
    parser.add_argument("--rounds", type=int, default=3, metavar="N", help="how often both are timed")
    given = parser.parse_args(arguments)
    config = Config()
    inventory = discover(given.tree, config)
    served = browser_assets(inventory)
    files = [file for file in inventory.files if file.role not in _UNREAD and file.path not in served]
    if not files:
        print(f"no files to read below {given.tree}", file=sys.stderr)
        return 2
    gc.disable()  # as an audit does
    floor, extraction = best_of(
        given.rounds,
        lambda: parse_all(inventory, files, given.jobs),
        lambda: extract_all(inventory.root, files, given.jobs, config.max_file_size, lambda *_: None),
    )
    print(f"{len(files)} files, {sum(file.size for file in files) / 1e6:.1f} MB, {given.jobs} processes")
    print(f"{'':<12}{'wall':>9}{'processor':>12}")
    print(f"{'floor':<12}{floor.wall:>7.2f} s{floor.processor:>10.2f} s")
    print(f"{'extraction':<12}{extraction.wall:>7.2f} s{extraction.processor:>10.2f} s")
    share = extraction.processor / floor.processor if floor.processor else 0.0
    print(f"{'ratio':<12}{extraction.wall / floor.wall:>7.2f} x{share:>10.2f} x")
    return 0


class Times(NamedTuple):
    """Seconds."""

    wall: float
    processor: float


def best_of(rounds: int, *timed: Timed) -> tuple[Times, ...]:
    """The shortest times of each function, run in turns."""
    taken = [[_times(each) for each in timed] for _ in range(rounds)]
    of_each = zip(*taken, strict=True)
    return tuple(Times(min(one.wall for one in own), min(one.processor for one in own)) for own in of_each)


def _times(timed: Timed) -> Times:
    wall, processor = time.perf_counter(), _processor()
    timed()
    return Times(time.perf_counter() - wall, _processor() - processor)


def _processor() -> float:
    """Processor time of this process and of its children that have ended."""
    spent = os.times()
    return spent.user + spent.system + spent.children_user + spent.children_system


def parse_all(inventory: Inventory, files: Sequence[SourceFile], jobs: int) -> int:
    """Only read and parse `files`, dealt out as for extraction; gives their number."""
    work = [[(str(inventory.root / files[i].path), files[i].grammar) for i in chunk] for chunk in in_chunks(files)]
    if jobs <= 1:
        return sum(map(_parse, work))
    with ProcessPoolExecutor(max_workers=jobs) as pool:
        return sum(pool.map(_parse, work))


def _parse(work: Sequence[tuple[str, str]]) -> int:
    python = Language(tree_sitter_python.language())
    for path, grammar in work:
        Parser(python if grammar == "python" else language(grammar)).parse(Path(path).read_bytes())
    return len(work)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
