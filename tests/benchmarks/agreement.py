"""`python -m tests.benchmarks.agreement TREE OTHER.json`: our call graph of TREE beside one that another tool made.

OTHER.json is Jelly's `--callgraph-json`, PyCG's adjacency list or an `audit graph --format=json`, of the same tree.
"""

import argparse
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from alef_audit.callgraph.graph import HOW
from alef_audit.diagnostics import NothingToAudit
from alef_audit.pipeline.linking import graph
from tests.benchmarks.comparison import PLACES, Agreement, Found, agreement
from tests.benchmarks.graphs import FORMATS, Format, Function, Graph, UnknownFormat, from_view, read_graph
from tests.requests import request_for


def main(arguments: Sequence[str]) -> int:
    """Print the table and the examples asked for; 0, or 2 if there is nothing to compare."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.agreement", description=__doc__)
    parser.add_argument("tree", type=Path)
    parser.add_argument("other", type=Path)
    parser.add_argument("--format", choices=("auto", *FORMATS), default="auto")
    parser.add_argument("--examples", type=int, default=0, metavar="N", help="edges to show of each difference")
    given = parser.parse_args(arguments)
    wanted: Format | None = None if given.format == "auto" else given.format
    try:
        theirs = read_graph(given.other.read_bytes(), wanted)
        ours = graph_of(given.tree)
    except (OSError, UnknownFormat, NothingToAudit) as error:
        print(error, file=sys.stderr)
        return 2
    found = agreement(ours, theirs)
    for line in (*table(ours, theirs, found), *examples(ours, theirs, found, given.examples)):
        print(line)
    return 0


def graph_of(tree: Path) -> Graph:
    """Our call graph of a folder, as `audit graph` gives it without a configuration. Raises NothingToAudit."""
    return from_view(graph(request_for(tree), lambda *_: None))


def table(ours: Graph, theirs: Graph, found: Agreement) -> Iterator[str]:
    """Functions, their edges by place, our edges by kind, as lines of text."""
    matching = found.matching
    yield f"{'functions':<14}{'all':>9}{'known to both':>15}{'to one':>17}{'not read':>11}"
    sides = (
        ("ours", ours, matching.ours, matching.ours_alone, matching.ours_elsewhere),
        ("theirs", theirs, matching.theirs, matching.theirs_alone, matching.theirs_elsewhere),
    )
    for name, side, known, alone, elsewhere in sides:
        yield f"  {name:<12}{len(side.functions):>9}{len(known):>15}{len(alone):>17}{elsewhere:>11}"
    yield ""
    yield from _rows("their edges", PLACES, found.theirs, "found by us", "recall")
    yield f"  not compared: {found.loading} that load a module"
    yield ""
    yield from _rows("our edges", HOW, found.ours, "found by them", "share")


def _rows(title: str, kinds: Sequence[str], edges: Sequence[Found], both: str, share: str) -> Iterator[str]:
    counted = Counter((kind, edge.agreement) for edge in edges for kind in (edge.kind, "all"))
    yield f"{title:<14}{'edges':>9}{both:>15}{'at passing site':>17}{'not found':>11}{share:>9}"
    for kind in (*kinds, "all"):
        same, placed, alone = (counted[kind, word] for word in ("both", "passing site", "one"))
        total = same + placed + alone
        part = f"{(same + placed) / total:.1%}" if total else "-"
        yield f"  {kind:<12}{total:>9}{same:>15}{placed:>17}{alone:>11}{part:>9}"


def examples(ours: Graph, theirs: Graph, found: Agreement, most: int) -> Iterator[str]:
    """Up to `most` of every difference, spread over all of its kind: edges that one side has, unmatched functions."""
    differences = [(f"only theirs, {kind}", kind, found.theirs) for kind in PLACES]
    differences += [(f"only ours, {kind}", kind, found.ours) for kind in HOW]
    for title, kind, edges in differences:
        alone = [edge for edge in edges if edge.kind == kind and edge.agreement == "one"]
        yield from _listed(title, [_shown(ours, edge) for edge in sorted(alone, key=lambda e: _order(ours, e))], most)
    for title, side, unmatched in (
        ("functions only ours", ours, found.matching.ours_alone),
        ("functions only theirs", theirs, found.matching.theirs_alone),
    ):
        yield from _listed(title, [_named(one) for one in sorted(map(side.functions.__getitem__, unmatched))], most)


def _listed(title: str, lines: list[str], most: int) -> Iterator[str]:
    if lines and most > 0:
        step = max(len(lines) / most, 1)
        yield from ("", f"{title} ({len(lines)})")
        yield from (f"  {lines[int(number * step)]}" for number in range(min(most, len(lines))))


def _order(ours: Graph, edge: Found) -> tuple[str, int, str, int]:
    caller, callee = ours.functions[edge.caller], ours.functions[edge.callee]
    return caller.path, edge.line or caller.line, callee.path, callee.line


def _shown(ours: Graph, edge: Found) -> str:
    caller = ours.functions[edge.caller]
    return f"{_named(caller._replace(line=edge.line or caller.line))} -> {_named(ours.functions[edge.callee])}"


def _named(function: Function) -> str:
    return f"{function.path}:{function.line} {function.name}".rstrip() if function.path else function.name


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
