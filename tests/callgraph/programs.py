"""Small programs, one language construct each, and the call graph that their comments expect of them.

A program is a file, or a folder of files, below `tests/fixtures/callgraph/<language>/<feature>/`.  Its comments write
down every edge: `call=` names the callee on the line of the call, `sink=` the kind of a blocking call.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from alef_audit.callgraph.graph import CallGraph
from alef_audit.pipeline.linking import call_graph
from alef_audit.rulepack.load import Rulepack
from tests.expectations import Expectation, Fact, compare, expectations
from tests.requests import request_for

PROGRAMS = Path(__file__).resolve().parent.parent / "fixtures" / "callgraph"
LISTEN = ("call", "sink")
SUFFIXES = frozenset((".py", ".js", ".mjs", ".cjs", ".jsx", ".ts", ".mts", ".cts", ".tsx"))


class Program(NamedTuple):
    """One program: its language and feature, and the file or folder that holds it."""

    language: str
    feature: str
    path: Path

    @property
    def id(self) -> str:
        return f"{self.language}/{self.feature}/{self.path.stem}"


class Outcome(NamedTuple):
    """How a program's graph compares with its comments: numbers of edges, and sentences on what disagrees."""

    expected: int  # true of the code, found or not
    found: int  # expected ones that were found
    spurious: int  # found, and not true
    complaints: tuple[str, ...]


def programs() -> tuple[Program, ...]:
    """All programs, sorted by language, feature and name."""
    return tuple(
        Program(feature.parent.name, feature.name, path)
        for feature in sorted(PROGRAMS.glob("*/*"))
        if feature.is_dir()
        for path in sorted(feature.iterdir())
        if path.is_dir() or path.suffix in SUFFIXES
    )


def outcome(program: Program, pack: Rulepack) -> Outcome:
    """Link the program and compare every edge and blocking call with the comments."""
    root = program.path if program.path.is_dir() else program.path.parent
    only = () if program.path.is_dir() else (Path(program.path.name),)
    found = _found(call_graph(request_for(root, only=only), pack, lambda *_: None))
    expected = known = spurious = 0
    complaints: list[str] = []
    for path, written in _written(program).items():
        facts = found.pop(path, set())
        true = {entry.fact for entry in written if entry.status != "false-alarm" and entry.tag in LISTEN}
        expected += len(true)
        known += len(true & facts)
        spurious += len(facts - true)
        complaints.extend(f"{path}: {complaint}" for complaint in compare(written, facts, listen=LISTEN))
    assert not found, f"{program.id}: edges in files without a place: {sorted(found)}"
    return Outcome(expected, known, spurious, tuple(complaints))


def _written(program: Program) -> dict[str, tuple[Expectation, ...]]:
    """The expectations of every file of a program, by the path that the graph knows it by."""
    if not program.path.is_dir():
        return {program.path.name: expectations(program.path.read_text(encoding="utf-8"))}
    return {
        path.relative_to(program.path).as_posix(): expectations(path.read_text(encoding="utf-8"))
        for path in sorted(program.path.rglob("*"))
        if path.suffix in SUFFIXES
    }


def _found(graph: CallGraph) -> dict[str, set[Fact]]:
    """Edges and blocking calls of a graph by path, in the words of the expectations."""
    program = graph.program
    facts: dict[str, set[Fact]] = {}
    for edge in graph.edges:
        unit = program.unit_of(edge.caller)
        facts.setdefault(unit.path, set()).add(Fact(edge.line, "call", _name(graph, edge.callee, unit.path)))
    for sink in graph.sinks:
        path = program.unit_of(sink.function).path
        facts.setdefault(path, set()).add(Fact(graph.table.line(sink.call), "sink", sink.kind))
    return facts


def _name(graph: CallGraph, function: int, caller: str) -> str:
    """A function as comments name it: `Class.method` in its own file, `module.Class.method` elsewhere, `@line` for one
    without a name of its own, `@line.inner` for what is nested in such a one.
    """
    unit = graph.program.unit_of(function)
    own = graph.program.functions[function].qualname
    ancestor = function
    while ancestor > unit.functions:
        facts = graph.program.functions[ancestor]
        if not facts.name:
            own = f"@{facts.line}" + own.removeprefix(facts.qualname)
            break
        ancestor = unit.functions + facts.parent
    if unit.path == caller:
        return own or unit.module
    return f"{unit.module}.{own}" if own else unit.module


def lines(programs_and_outcomes: list[tuple[Program, Outcome]]) -> Iterator[str]:
    """A table of recall and precision per language and feature."""
    totals: dict[tuple[str, str], list[int]] = {}
    for program, result in programs_and_outcomes:
        for key in ((program.language, program.feature), (program.language, "all")):
            row = totals.setdefault(key, [0, 0, 0, 0])
            for column, value in enumerate((1, result.expected, result.found, result.spurious)):
                row[column] += value
    yield f"{'feature':<34}{'programs':>9}{'edges':>7}{'found':>7}{'recall':>9}{'spurious':>10}{'precision':>11}"
    for language, feature in sorted(totals, key=lambda key: (key[0], key[1] == "all", key[1])):
        count, expected, found, spurious = totals[language, feature]
        recall = found / expected if expected else 1.0
        precision = found / (found + spurious) if found + spurious else 1.0
        name = f"{language}/{feature}"
        yield f"{name:<34}{count:>9}{expected:>7}{found:>7}{recall:>9.1%}{spurious:>10}{precision:>11.1%}"
