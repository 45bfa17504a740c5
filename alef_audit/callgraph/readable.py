"""Reads that find something there: in what a loop calls when a descriptor has something, and behind a look for that.

`loop.add_reader(fd, self.on_readable)`, `if fd in select.select([fd], [], [], 0)[0]: os.read(fd, 4096)`, and the same
look made by a function that is called, be it in a thread, in front of the test.
"""

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from alef_audit.callgraph.graph import CallGraph, SinkSite
from alef_audit.callgraph.keeping import chain
from alef_audit.callgraph.loops import loops_around
from alef_audit.facts.file import Handler

_ITERATED: Final = "("  # a loop over what a call gives, which may be the look itself


def without_announced(graph: CallGraph) -> CallGraph:
    """`graph` without the reads of what is known to have something to read."""
    reads = [sink for sink in graph.sinks if sink.announced or sink.selected]
    if not reads:
        return graph
    called = _called_when_ready(graph, {sink.function for sink in reads})
    looks = _looks(graph, {name for sink in reads for name in sink.selected})

    def finds_something(sink: SinkSite) -> bool:
        if called.get(sink.function, {""}).issubset(sink.announced):
            return True
        return bool(sink.selected) and _is_behind(graph, sink, looks.get(sink.function, ()))

    return replace(graph, sinks=tuple(sink for sink in graph.sinks if not finds_something(sink)))


def _called_when_ready(graph: CallGraph, functions: set[int]) -> dict[int, set[str]]:
    """By function, the members that it is registered with, "" for other ways in which it is called."""
    found: dict[int, set[str]] = {}
    registered: dict[int, set[int]] = {}
    for root in graph.roots:
        if root.function in functions:
            found.setdefault(root.function, set()).add(graph.table.member(root.call) if root.call >= 0 else "")
            registered.setdefault(root.function, set()).add(root.call)
    for edge in graph.edges:
        if edge.callee in functions and edge.call not in registered.get(edge.callee, ()):
            found.setdefault(edge.callee, set()).add("")
    return found


def _looks(graph: CallGraph, names: set[str]) -> dict[int, list[int]]:
    """By function, the lines where it looks, or calls a function that does, whether there is something to read."""
    table, found = graph.table, dict[int, list[int]]()
    for call, node in graph.externals:
        if graph.api.text[node] in names:
            found.setdefault(table.function(call), []).append(table.line(call))
    for edge in graph.edges if found else ():
        if edge.callee in found and edge.caller != edge.callee:
            found.setdefault(edge.caller, []).append(edge.line)
    return found


def _is_behind(graph: CallGraph, sink: SinkSite, looks: Iterable[int]) -> bool:
    """Whether a look stands in front of a test that a read stands under, or is what a loop around it ranges over."""
    lines = list(looks)
    if not lines:
        return False
    facts = graph.program.unit_of(sink.function).facts
    tests = (facts.conditions[at] for at in chain(facts.conditions, graph.table.condition(sink.call)))
    decided = [test.line for test in tests if not test.handler & Handler.CATCHES]
    loops = (facts.loops[number] for number in loops_around(graph.table, sink.call))
    decided += [loop.line for loop in loops if _ITERATED in loop.over and loop.line in lines]
    return any(look <= line for look in lines for line in decided)
