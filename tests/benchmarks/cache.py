"""`python -m tests.benchmarks.cache TREE`: audits of a copy of TREE without the cache, filling it, and with it.

Processor time is that of all processes together: it says more than wall time on a machine that is shared.  The ratio is
that of processor times to an audit without the cache.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.benchmarks.audits import State, agree, copied, states


def main(arguments: Sequence[str]) -> int:
    """Print a row for each audit; 0, or 1 if two reports of the same tree differ."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.cache", description=__doc__)
    parser.add_argument("tree", type=Path)
    parser.add_argument("--jobs", type=int, metavar="N", help="processes; default: one per core")
    given = parser.parse_args(arguments)
    print(f"{'':<24}{'wall':>9}{'processor':>12}{'ratio':>8}{'peak':>10}")
    found: list[State] = []
    with copied(given.tree) as copy:
        for state in states(copy, ["--jobs", str(given.jobs)] if given.jobs else []):
            found.append(state)
            took, ratio = state.took, state.took.cpu / found[0].took.cpu
            figures = f"{took.wall:>7.2f} s{took.cpu:>10.2f} s{ratio:>7.2f}x{took.peak_bytes / 1e6:>7.0f} MB"
            print(f"{state.title:<24}{figures}", flush=True)
    same = agree(found)
    print("reports are the same" if same else "REPORTS DIFFER")
    return 0 if same else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
