"""`python -m tests.benchmarks.extraction TREE`: extraction of TREE beside the floor, only parsing the same files.

Both run on as many processes, in turns, so that what else the machine does meets both; the best time of each counts.
"""

import argparse
import gc
import multiprocessing
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import tree_sitter_python
from tree_sitter import Language, Parser

from alef_audit.config import Config
from alef_audit.discovery.discover import discover
from alef_audit.discovery.inventory import Inventory, SourceFile
from alef_audit.frontends.ecmascript.tables import language
from alef_audit.frontends.extract import extract_all, in_chunks

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
    files = [file for file in inventory.files if file.role not in _UNREAD]
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
    print(f"{'floor':<12}{floor:>8.2f} s")
    print(f"{'extraction':<12}{extraction:>8.2f} s{extraction / floor:>8.2f} x")
    return 0


def best_of(rounds: int, *timed: Timed) -> tuple[float, ...]:
    """The shortest wall time of each function, run in turns."""
    return tuple(min(times) for times in zip(*([_seconds(each) for each in timed] for _ in range(rounds)), strict=True))


def _seconds(timed: Timed) -> float:
    started = time.perf_counter()
    timed()
    return time.perf_counter() - started


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
