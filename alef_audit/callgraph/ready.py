"""Waits that are over before they begin: `if future.done(): return future.result()`."""

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from alef_audit.callgraph.graph import CallGraph, SinkSite
from alef_audit.callgraph.keeping import chain
from alef_audit.callgraph.loops import loops_around
from alef_audit.callgraph.predicates import NOTHING, comparison, implied, parse
from alef_audit.facts.file import FileFacts

_ASKED: Final = re.compile(r"(?P<of>[\w.]+)\.(?P<member>\w+)(?:\(\))?")
_NOT: Final = "not "


def unready(graph: CallGraph) -> CallGraph:
    """`graph` without the calls that wait for what their function has seen to be there."""
    if not any(sink.ready for sink in graph.sinks):
        return graph
    return replace(graph, sinks=tuple(sink for sink in graph.sinks if not sink.ready or not _is_ready(graph, sink)))


def _is_ready(graph: CallGraph, sink: SinkSite) -> bool:
    receiver = graph.table.text(sink.call).rpartition(".")[0]
    if not receiver:
        return False
    for atom, outcome in _known(graph, sink):
        subject, there = _asked_for(atom, outcome)
        asked = _ASKED.fullmatch(subject)
        if asked and asked["of"] == receiver and (asked["member"] if there else _NOT + asked["member"]) in sink.ready:
            return True
    return False


def _asked_for(atom: str, outcome: bool) -> tuple[str, bool]:
    """What an atom that gave `outcome` asks for, and whether it is so, or there: `worker.poll() is not None`."""
    compared = comparison(atom)
    if compared is None:
        return atom, outcome
    if compared.right in NOTHING or compared.right == "0":
        return compared.left, outcome is (compared.sign in ("!=", ">"))
    return "", False


def _known(graph: CallGraph, sink: SinkSite) -> Iterator[tuple[str, bool]]:
    """The tests that the call stands under, and those that end the loops in front of it, each with what it gave."""
    facts = graph.program.unit_of(sink.function).facts
    for at in chain(facts.conditions, graph.table.condition(sink.call)):
        test = facts.conditions[at]
        if not test.handler:
            yield from implied(parse(test.text), test.holds)
    yield from _waited(graph, sink, facts)


def _waited(graph: CallGraph, sink: SinkSite, facts: FileFacts) -> Iterator[tuple[str, bool]]:
    """What is so after the loops that stand before the call: `while not future.done(): await sleep(0.1)`."""
    function = sink.function - graph.program.unit_of(sink.function).functions
    line, around = graph.table.line(sink.call), set(loops_around(graph.table, sink.call))
    for number, loop in enumerate(facts.loops):
        if loop.function == function and loop.test and not loop.over and loop.line < line and number not in around:
            yield from implied(parse(loop.test), False)
