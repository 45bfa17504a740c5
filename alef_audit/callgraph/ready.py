"""Waits that are over before they begin: `if future.done(): return future.result()`, and in what a future calls."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Final

from alef_audit.callgraph.graph import CALLBACK, PROPERTY, CallGraph, Edge, SinkSite
from alef_audit.callgraph.keeping import chain
from alef_audit.callgraph.loops import loops_around
from alef_audit.callgraph.predicates import NOTHING, comparison, implied, parse
from alef_audit.facts import flows
from alef_audit.facts.file import FileFacts, Handler, ParameterKind

_ASKED: Final = re.compile(r"(?P<of>[\w.]+)\.(?P<member>\w+)(?:\(\))?")
_NOT: Final = "not "
_HANDED: Final = 4  # how many functions may hand on what is waited for


def unready(graph: CallGraph) -> CallGraph:
    """`graph` without the calls that wait for what their function has seen to be there, or is handed when it is."""
    if not any(sink.ready for sink in graph.sinks):
        return graph
    known = _Known(graph)
    return replace(graph, sinks=tuple(sink for sink in graph.sinks if not sink.ready or not known.is_over(sink)))


class _Known:
    """What is known of futures and the like where they are waited for."""

    __slots__ = ("_graph", "_incoming", "_roots")

    def __init__(self, graph: CallGraph) -> None:
        self._graph = graph
        self._incoming: dict[int, list[Edge]] = {}
        for edge in graph.edges:
            self._incoming.setdefault(edge.callee, []).append(edge)
        self._roots: dict[int, list[int]] = {}
        for root in graph.roots:
            self._roots.setdefault(root.function, []).append(root.call)

    def is_over(self, sink: SinkSite) -> bool:
        """Whether what a call waits for is there when it begins."""
        receiver = self._graph.table.text(sink.call).rpartition(".")[0]
        return bool(receiver) and self._is_ready(sink, sink.call, receiver, _HANDED)

    def _is_ready(self, sink: SinkSite, call: int, name: str, depth: int) -> bool:
        """Whether what `name` holds at `call` is ready: that is tested there, or all who hand it over have seen it."""
        if any(_says(atom, outcome, name, sink.ready) for atom, outcome in _known(self._graph, call)):
            return True
        function = self._graph.table.function(call)
        position = _position(self._graph, function, name) if depth else -1
        if position < 0:
            return False
        table, roots, edges = self._graph.table, self._roots.get(function, ()), self._incoming.get(function, ())
        if not (roots or edges) or any(each < 0 or table.member(each) not in sink.afterwards for each in roots):
            return False
        return (position == 0 or not roots) and all(self._is_handed(sink, edge, position, depth) for edge in edges)

    def _is_handed(self, sink: SinkSite, edge: Edge, position: int, depth: int) -> bool:
        """Whether the edge hands over, at `position`, something that is ready."""
        if edge.call < 0:
            return False
        if edge.how == CALLBACK:
            return position == 0 and self._graph.table.member(edge.call) in sink.afterwards
        handed = _argument(self._graph, edge.call, position) if edge.how <= PROPERTY else ""
        return bool(handed) and self._is_ready(sink, edge.call, handed, depth - 1)


def _position(graph: CallGraph, function: int, name: str) -> int:
    """Where a function takes the parameter `name`; -1 if it has none of that name."""
    names = graph.program.unit_of(function).facts.names
    for position, parameter in enumerate(graph.program.functions[function].parameters):
        if names[parameter.name] == name and parameter.kind == ParameterKind.POSITIONAL:
            return position
    return -1


def _argument(graph: CallGraph, call: int, position: int) -> str:
    """The name of the variable that a call hands over at `position`; "" for anything else."""
    arguments = graph.table.arguments(call)
    if position >= len(arguments) or any(label != flows.NO_NAME for label, _, _ in arguments[: position + 1]):
        return ""
    literal = graph.program.names[arguments[position][2]]
    return flows.handed_path(literal) or flows.tested_path(literal)


def _says(atom: str, outcome: bool, name: str, ready: Iterable[str]) -> bool:
    """Whether an atom of a test that gave `outcome` tells that what `name` holds is ready."""
    subject, there = _asked_for(atom, outcome)
    asked = _ASKED.fullmatch(subject)
    return asked is not None and asked["of"] == name and (asked["member"] if there else _NOT + asked["member"]) in ready


def _asked_for(atom: str, outcome: bool) -> tuple[str, bool]:
    """What an atom that gave `outcome` asks for, and whether it is so, or there: `worker.poll() is not None`."""
    compared = comparison(atom)
    if compared is None:
        return atom, outcome
    if compared.right in NOTHING or compared.right == "0":
        return compared.left, outcome is (compared.sign in ("!=", ">"))
    return "", False


def _known(graph: CallGraph, call: int) -> Iterator[tuple[str, bool]]:
    """The tests that a call stands under, and those that end the loops in front of it, each with what it gave."""
    facts = graph.program.unit_of(graph.table.function(call)).facts
    for at in chain(facts.conditions, graph.table.condition(call)):
        test = facts.conditions[at]
        if not test.handler & Handler.CATCHES:
            yield from implied(parse(test.text), test.holds)
    yield from _waited(graph, call, facts)


def _waited(graph: CallGraph, call: int, facts: FileFacts) -> Iterator[tuple[str, bool]]:
    """What is so after the loops that stand before the call: `while not future.done(): await sleep(0.1)`."""
    function = graph.table.function(call)
    number_in_file = function - graph.program.unit_of(function).functions
    line, around = graph.table.line(call), set(loops_around(graph.table, call))
    for number, loop in enumerate(facts.loops):
        if loop.function == number_in_file and loop.test and not loop.over and loop.line < line:
            if number not in around:
                yield from implied(parse(loop.test), False)
