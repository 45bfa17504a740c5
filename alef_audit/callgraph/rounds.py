"""What a coroutine that goes round for ever does once, before and after its rounds.

Whoever awaits it waits for that, too; the task that it runs in does it when it starts, and is a tick from then on.  So
those calls are closed (a gate, as in `gates.py`) to the entry point that the coroutine itself is.
"""

from dataclasses import replace
from typing import Final

from msgspec import structs

from alef_audit.callgraph import guards
from alef_audit.callgraph.graph import CallGraph
from alef_audit.callgraph.loops import is_timer
from alef_audit.callgraph.timers import loops_for_ever
from alef_audit.rulepack.kinds import RootKind

# Entry points that do all of it for somebody who waits.
_SERVING: Final[frozenset[RootKind]] = frozenset(("attempt", "request", "message", "rpc", "tool"))


def rounds_alone(graph: CallGraph) -> CallGraph:
    """`graph` in which a coroutine with an endless loop that rests is an entry point of what that loop does only."""
    serving = {root.function for root in graph.roots if root.kind in _SERVING}
    known = {edge.callee for edge in graph.edges if edge.decides & guards.KNOWN}
    coroutines = loops_for_ever(graph.program) - serving - known
    if not coroutines:
        return graph
    edges = tuple(
        structs.replace(edge, closed=edge.closed | guards.KNOWN)
        if edge.caller in coroutines and edge.call >= 0 and not _in_rounds(graph, edge.call)
        else edge
        for edge in graph.edges
    )
    sinks = tuple(
        replace(sink, closed=sink.closed | guards.KNOWN)
        if sink.function in coroutines and not _in_rounds(graph, sink.call)
        else sink
        for sink in graph.sinks
    )
    entered = {function: graph.entered.get(function, 0) | guards.KNOWN for function in coroutines}
    return replace(graph, edges=edges, sinks=sinks, entered={**graph.entered, **entered})


def _in_rounds(graph: CallGraph, call: int) -> bool:
    loops, at = graph.program.unit_of(graph.table.function(call)).facts.loops, graph.table.loop(call)
    while at >= 0:
        if is_timer(loops[at]):
            return True
        at = loops[at].parent
    return False
