"""What waiting for a lock of threads costs: as long as another thread holds it, and that is what it does meanwhile.

A lock that only ever surrounds work in memory is given back after microseconds: taking it is no finding to act on.  One
that a thread holds over a blocking call makes the event loop wait for that call.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Final, NamedTuple

from alef_audit.callgraph.calls import CallTable
from alef_audit.callgraph.closure import callees_of, callers_of, closure
from alef_audit.callgraph.graph import CallGraph, SinkSite
from alef_audit.callgraph.guards import LOW, OFFLOAD
from alef_audit.callgraph.program import Program
from alef_audit.facts import flows
from alef_audit.rulepack.kinds import COSTS, Cost

_LONG: Final = COSTS[1:]
_READS: Final = flows.choice(flows.LOAD, flows.ATTRIBUTE)
# These stand for code that is analysed itself, or for code that nobody knows.
_UNTOLD: Final = frozenset(("blocking.import", "blocking.user-code"))
_ANY: Final = -1  # every guard
_LEAVING: Final = ("__exit__", "release")

_Lock = tuple[int, ...]


class _Region(NamedTuple):
    """The lines of a function in which it holds a lock."""

    lock: _Lock
    function: int
    first: int
    last: int


def contended(graph: CallGraph) -> CallGraph:
    """`graph` in which every call that takes a lock of threads costs as much as what other threads do with it.

    Where none is known to do anything of milliseconds or more the call stays one of low confidence.
    """
    taking = [sink for sink in graph.sinks if sink.contended]
    if not taking:
        return graph
    locks = dict(zip((sink.call for sink in taking), _locks(graph, taking), strict=True))
    costs = _held(graph, [_region(graph.table, graph.program, sink.call, locks[sink.call]) for sink in taking])

    def weighed(sink: SinkSite) -> SinkSite:
        cost = costs.get(locks[sink.call]) if sink.contended else None
        if not sink.contended:
            return sink
        return replace(sink, cost=cost) if cost is not None else replace(sink, guards=sink.guards | LOW)

    return replace(graph, sinks=tuple(map(weighed, graph.sinks)))


def _locks(graph: CallGraph, taking: Iterable[SinkSite]) -> Iterator[_Lock]:
    """What tells the lock of each call from others: the class and the name of the attribute, or the variable."""
    program, table = graph.program, graph.table
    named: dict[int, dict[int, int]] = {}  # unit -> slot of a read -> name that is read
    for sink in taking:
        number = program.function_unit[sink.function]
        if number not in named:
            unit, names = program.units[number], program.name_maps[number]
            slots = table.slots_of(unit)
            rows = flows.chosen(unit.facts.flows, _READS)
            named[number] = {slots[a]: names[c] for _, a, _, c, _ in rows}
        slot = table.receiver(sink.call)
        name = named[number].get(slot, 0)
        yield (number, _owner(program, sink.function), name) if name else (slot,)


def _owner(program: Program, function: int) -> int:
    """The class (as numbered in its file) of a method, or of the method that a function is nested in; -1 if none."""
    unit = program.unit_of(function)
    while program.functions[function].owner < 0 and program.functions[function].parent >= 0:
        function = unit.functions + program.functions[function].parent
    return program.functions[function].owner


def _region(table: CallTable, program: Program, call: int, lock: _Lock) -> _Region:
    """From where `call` takes the lock to where it is given back; to the end of the function if that is not seen."""
    function = table.function(call)
    base = table.text(call).rpartition(".")[0]
    last = 0
    unit = program.function_unit[function]
    for other in range(call + 1, len(table)):
        if program.function_unit[table.function(other)] != unit:
            break
        if table.function(other) != function or table.member(other) not in _LEAVING:
            continue
        if table.member(other) == "__exit__" and table.receiver(other) == table.receiver(call):
            last = table.end_line(other)
            break
        if base and table.text(other) == f"{base}.release":
            last = max(last, table.line(other))
    return _Region(lock, function, table.line(call), last or program.functions[function].end_line)


def _held(graph: CallGraph, regions: list[_Region]) -> dict[_Lock, Cost]:
    """By lock, the costliest blocking call that threads make while they hold it."""
    threads = _on_threads(graph)
    by_function: dict[int, list[_Region]] = {}
    for region in regions:
        if region.function in threads:
            by_function.setdefault(region.function, []).append(region)
    found: dict[_Lock, Cost] = {}
    for cost in _LONG:
        sinks = [sink for sink in graph.sinks if sink.cost == cost and _counts(sink)]
        places = [(sink.function, graph.table.line(sink.call)) for sink in sinks]
        leading = _leading_to(graph, {sink.function for sink in sinks})
        places += [(edge.caller, edge.line) for edge in graph.edges if not edge.guards and edge.callee in leading]
        for function, line in places:
            for region in by_function.get(function, ()):
                if region.first <= line <= region.last:
                    found[region.lock] = cost
    return found


def _counts(sink: SinkSite) -> bool:
    return not (sink.contended or sink.releases) and not sink.guards and sink.kind not in _UNTOLD


def _on_threads(graph: CallGraph) -> set[int]:
    """The functions that run on other threads than the event loop's."""
    starts = {edge.callee for edge in graph.edges if edge.guards & OFFLOAD}
    starts |= {root.function for root in graph.roots if root.runs_on == "thread"}
    starts |= {function for function, bits in graph.function_guards.items() if bits & OFFLOAD}
    return closure(callees_of(graph), starts)


def _leading_to(graph: CallGraph, functions: set[int]) -> set[int]:
    """The functions that surely come to one of `functions`, these included."""
    return closure(callers_of(graph, _ANY), functions)
