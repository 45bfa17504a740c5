"""`python -m tests.benchmarks.extraction TREE`: extraction of TREE beside the floor, only parsing the same files.

Both run on as many processes, in turns, so that what else the machine does meets both; the best time of each counts.
Processor time is that of all processes together (not known on Windows): it says more on a machine that is shared.
"""

import argparse
import gc
import multiprocessing
import sys
from collections.abc import Sequence
from pathlib import Path

from alef_audit.frontends.extract import extract_all
from alef_audit.source import DEFAULT_LIMIT
from tests.benchmarks.floor import best_of, files_of, parse_all


def main(arguments: Sequence[str]) -> int:
    """Print floor, extraction and their ratio; 0, or 2 if the tree has no files to read."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.extraction", description=__doc__)
    parser.add_argument("tree", type=Path)
    parser.add_argument("--jobs", type=int, default=multiprocessing.cpu_count(), metavar="N")
    parser.add_argument("--rounds", type=int, default=3, metavar="N", help="how often both are timed")
    given = parser.parse_args(arguments)
    inventory, files = files_of(given.tree)
    if not files:
        print(f"no files to read below {given.tree}", file=sys.stderr)
        return 2
    gc.disable()  # as an audit does
    floor, extraction = best_of(
        given.rounds,
        lambda: parse_all(inventory, files, given.jobs),
        lambda: extract_all(inventory.root, files, given.jobs, DEFAULT_LIMIT, lambda *_: None),
    )
    print(f"{len(files)} files, {sum(file.size for file in files) / 1e6:.1f} MB, {given.jobs} processes")
    print(f"{'':<12}{'wall':>9}{'processor':>12}")
    print(f"{'floor':<12}{floor.wall:>7.2f} s{floor.processor:>10.2f} s")
    print(f"{'extraction':<12}{extraction.wall:>7.2f} s{extraction.processor:>10.2f} s")
    share = extraction.processor / floor.processor if floor.processor else 0.0
    print(f"{'ratio':<12}{extraction.wall / floor.wall:>7.2f} x{share:>10.2f} x")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
