"""`python -m tests.benchmarks [TREE]`: what an audit costs, as ratios taken in one run, as Markdown.

Floor (only parsing the same files), audits in every state of the cache, other tools that are on the path, and trees of
growing size.  Without TREE, that is a published package; packages come from their registries and are never run.
"""

import argparse
import gc
import multiprocessing
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import platformdirs

from alef_audit.diagnostics import NothingToAudit
from tests.benchmarks.audits import CHANGED, COLD, WARM, State, agree, cold, copied, states
from tests.benchmarks.floor import Times, best_of, files_of, parse_all
from tests.benchmarks.measured import CommandFailed
from tests.benchmarks.others import Rival, rivals
from tests.benchmarks.plot import Point, plot
from tests.benchmarks.scaling import Size, grown, size_of
from tests.ecosystem.obtain import NotObtained, download, obtain
from tests.ecosystem.packages import SHIPPED, NoSuchPackage, chosen, read_packages
from tests.ecosystem.run import Took

_TREE: Final = ("openclaw@2026.5.22",)
_GROWN: Final = ("modelcontextprotocol/sdk", "fastify", "mcp@1.25.0", "jupyter_server")
_MIB: Final = 1 << 20


def main(arguments: Sequence[str]) -> int:
    """Print the tables; 0, 1 if two reports of the same tree differ, 2 if something cannot be had or measured."""
    given = _parser().parse_args(arguments)
    try:
        return _run(given)
    except (CommandFailed, NothingToAudit, NoSuchPackage, NotObtained, OSError, ValueError) as error:
        print(error, file=sys.stderr)
        return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("tree", type=Path, nargs="?")
    parser.add_argument("--jobs", type=int, default=multiprocessing.cpu_count(), metavar="N", help="processes")
    parser.add_argument("--rounds", type=int, default=3, metavar="N", help="of floor and other tools; the best counts")
    parser.add_argument(
        "--lines", type=int, nargs="*", default=(50_000, 500_000, 5_000_000), metavar="N", help="sizes of grown trees"
    )
    parser.add_argument("--svg", type=Path, metavar="FILE", help="write a plot of time over size")
    return parser


def _run(given: argparse.Namespace) -> int:
    tree = given.tree or _obtained(_TREE)[0]
    inventory, files = files_of(tree)
    size = size_of(tree)
    options = ["--jobs", str(given.jobs)]
    print(
        f"{size.files:,} files, {size.lines:,} lines, {size.bytes / 1e6:.1f} MB; {given.jobs} processes\n", flush=True
    )
    gc.disable()  # as an audit does
    (floor,) = best_of(given.rounds, lambda: parse_all(inventory, files, given.jobs))
    gc.enable()
    with copied(tree) as copy:
        found = list(states(copy, options))
    _print(audits_table(floor, found))
    by_title = {state.title: state.took for state in found}
    _print(rivals_table(by_title[COLD], by_title[WARM], list(rivals(tree, given.jobs, given.rounds))))
    points = [Point(tree.resolve().name, size.lines, by_title[COLD].wall / size.lines * 1000)] if given.tree else []
    grown_rows = [_grown(lines, options) for lines in given.lines]
    _print(scaling_table(grown_rows))
    points += [Point("copies of packages", one.lines, took.wall / one.lines * 1000) for one, took in grown_rows]
    if given.svg and points:
        given.svg.write_text(plot("Seconds per thousand lines, cold audit", points), encoding="utf-8")
    changed = by_title[CHANGED].wall / by_title[COLD].wall
    print(f"cold / floor {by_title[COLD].wall / floor.wall:.1f}, changed / cold {changed:.2f}")
    print("reports are the same" if agree(found) else "REPORTS DIFFER")
    return 0 if agree(found) else 1


def audits_table(floor: Times, found: Sequence[State]) -> Iterator[str]:
    """A row for the floor and for every state of the cache."""
    yield "| | wall s | CPU s | wall / floor | wall / cold | peak MiB |"
    yield "|---|---:|---:|---:|---:|---:|"
    yield f"| parsing only (floor) | {floor.wall:.2f} | {floor.processor:.2f} | 1.0 | | |"
    cold_wall = next(state.took.wall for state in found if state.title == COLD)
    for title, took, _ in found:
        ratios = f"{took.wall / floor.wall:.1f} | {took.wall / cold_wall:.2f}"
        yield f"| {title} | {took.wall:.2f} | {took.cpu:.2f} | {ratios} | {took.peak_bytes / _MIB:.0f} |"


def rivals_table(cold: Took, warm: Took, found: Sequence[Rival]) -> Iterator[str]:
    """A row for every other tool, and what an audit takes in its time."""
    yield "| tool | asked | wall s | CPU s | peak MiB | our cold / its wall | our warm / its wall |"
    yield "|---|---|---:|---:|---:|---:|---:|"
    for title, asked, took, why in found:
        if took is None:
            yield f"| {title} | {asked} | {' '.join(why.split())} | | | | |"
            continue
        ratios = f"{cold.wall / took.wall:.2f} | {warm.wall / took.wall:.2f}"
        yield f"| {title} | {asked} | {took.wall:.2f} | {took.cpu:.2f} | {took.peak_bytes / _MIB:.0f} | {ratios} |"


def scaling_table(rows: Sequence[tuple[Size, Took]]) -> Iterator[str]:
    """A row for every grown tree."""
    yield "| lines | files | wall s | CPU s | wall ms / 1000 lines | peak MiB |"
    yield "|---:|---:|---:|---:|---:|---:|"
    for size, took in rows:
        each = took.wall / size.lines * 1e6
        peak = took.peak_bytes / _MIB
        yield f"| {size.lines:,} | {size.files:,} | {took.wall:.1f} | {took.cpu:.1f} | {each:.1f} | {peak:.0f} |"


def _grown(lines: int, options: Sequence[str]) -> tuple[Size, Took]:
    with tempfile.TemporaryDirectory(prefix="alef-audit-") as name:
        tree = Path(name) / "grown"
        tree.mkdir()
        grown(_obtained(_GROWN), lines, tree)
        return size_of(tree), cold(tree, options).took


def _obtained(names: Sequence[str]) -> list[Path]:
    cache = platformdirs.user_cache_path("alef-audit") / "ecosystem"
    return [obtain(package, cache, download) for package in chosen(read_packages(SHIPPED), tuple(names))]


def _print(lines: Iterator[str]) -> None:
    print("\n".join(lines), end="\n\n", flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
