"""The calls that lead to something that is reported: guards matter around these, and around no others."""

from collections.abc import Mapping, Set
from typing import Final, NamedTuple

from alef_audit.callgraph.closure import callers_of, closure
from alef_audit.callgraph.graph import CALLBACK, CallGraph, Edge
from alef_audit.callgraph.keeping import chain
from alef_audit.facts import flows
from alef_audit.facts.file import FunctionFlag

_ASYNCHRONOUS: Final = FunctionFlag.ASYNC | FunctionFlag.PROMISE


class Leading(NamedTuple):
    """Calls that come to a blocking call or to a promise that is tested in place of its answer, or are one."""

    above: Set[int]  # functions that come to a blocking call
    calls: frozenset[int]
    conditions: Mapping[int, Set[int]]  # by function, those around the calls


def leading(graph: CallGraph) -> Leading:
    """The calls of `graph` that lead to something that is reported, and the conditions around them."""
    tested = [edge for edge in graph.edges if _may_be_missed(graph, edge)]
    callers = callers_of(graph)
    above = closure(callers, {sink.function for sink in graph.sinks})
    near = above | closure(callers, {edge.caller for edge in tested}, above)
    calls = {call for sink in graph.sinks for call in (sink.call, *sink.via)}
    for edge in (*tested, *(edge for edge in graph.edges if edge.callee in near)):
        calls.add(edge.call)
        calls.update(edge.via)
    calls.discard(-1)
    return Leading(above, frozenset(calls), _around(graph, calls))


def _may_be_missed(graph: CallGraph, edge: Edge) -> bool:
    """Whether a call may take a promise for an answer, see `missed_await.py`."""
    if edge.call < 0 or not graph.program.functions[edge.callee].flags & _ASYNCHRONOUS:
        return False
    flags = graph.table.flag_sets[edge.call]
    return not flags & flows.AWAITED and (edge.how == CALLBACK or bool(flags & (flows.IN_TEST | flows.JUDGED)))


def _around(graph: CallGraph, calls: Set[int]) -> dict[int, set[int]]:
    table, units, unit_of = graph.table, graph.program.units, graph.program.function_unit
    found: dict[int, set[int]] = {}
    for call in calls:
        function, innermost = table.functions[call], table.conditions[call]
        if innermost < 0:
            continue
        known = found.setdefault(function, set())
        if innermost not in known:
            known.update(chain(units[unit_of[function]].facts.conditions, innermost))
    return found
