"""Edges to the members that call sites name (see `keyed.py`)."""

from alef_audit.callgraph import graph
from alef_audit.callgraph.collect import Collector, functions_in
from alef_audit.callgraph.keyed import names_handed
from alef_audit.callgraph.keyed_members import Keyed
from alef_audit.callgraph.loops import Ranged
from alef_audit.callgraph.nested import Closures


def settle_keyed(collector: Collector) -> None:
    """Carry the calls of members that parameters name back to the call sites that hand over the names."""
    state, table = collector.state, collector.table
    if not state.keyed:
        return
    closures = Closures(collector)
    explained: set[tuple[int, int]] = set()
    for keyed, site, variable in tuple(names_handed(state, table)):
        lost = state.overflowed(keyed.member.base)
        for run, _ in keyed.member.calls:
            # what an unknown name gives as well, an entry of a table, stays where it is
            anyhow = functions_in(state, table.callee(run))
            named = [function for function in functions_in(state, variable) if function not in anyhow]
            crossed = _crossed(collector, closures, keyed, run) if named and not lost else None
            if crossed is None and not lost:
                continue
            explained.update((run, function) for function in named)
            for function in named if crossed is not None else ():
                edge = collector.edges.get((run, function))
                if edge is not None and crossed is not None:
                    guard, loops, via = crossed
                    collector.edge(site, function, graph.CALLBACK, guard | edge.guards, loops + edge.loops, via)
    for key in explained & collector.edges.keys():
        del collector.edges[key]


def _crossed(
    collector: Collector, closures: Closures, keyed: Keyed, run: int
) -> tuple[int, tuple[Ranged, ...], tuple[int, ...]] | None:
    """The guards and loops between the call that names a member and the call `run` of it, and the tests there; None if
    it is run later.
    """
    table, function, guard = collector.table, keyed.function, 0
    loops: tuple[Ranged, ...] = ()
    via: tuple[int, ...] = ()
    for call, callee in (*keyed.route, (run, -1)):
        between = closures.between(function, table.function(call))
        if between is None:
            return None
        around = collector.loops.around(call)
        guard, loops = guard | between | around.guard, loops + around.loops
        via += (call,) if table.condition(call) >= 0 else ()
        function = callee
    return guard, loops, via
