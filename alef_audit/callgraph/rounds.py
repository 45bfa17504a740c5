"""What a coroutine that goes round for ever does once, before and after its rounds.

Whoever awaits it waits for that, too; the task that it runs in does it when it starts, and is a tick from then on.  So
those calls are closed (a gate, as in `gates.py`) to the entry point that the coroutine itself is.
"""

from dataclasses import replace

from alef_audit.callgraph import guards
from alef_audit.callgraph.closing import closed_calls
from alef_audit.callgraph.graph import CallGraph
from alef_audit.callgraph.loops import is_timer, loops_around
from alef_audit.callgraph.timers import loops_for_ever
from alef_audit.rulepack.kinds import SERVING


def rounds_alone(graph: CallGraph) -> CallGraph:
    """`graph` in which a coroutine with an endless loop that rests is an entry point of what that loop does only."""
    serving = {root.function for root in graph.roots if root.kind in SERVING}
    known = {edge.callee for edge in graph.edges if edge.decides & guards.KNOWN}
    coroutines = loops_for_ever(graph.program) - serving - known
    if not coroutines:
        return graph

    def is_once(call: int) -> bool:
        return graph.table.function(call) in coroutines and not _in_rounds(graph, call)

    edges, sinks = closed_calls(graph.edges, graph.sinks, is_once)
    entered = {function: graph.entered.get(function, 0) | guards.KNOWN for function in coroutines}
    return replace(graph, edges=tuple(edges), sinks=tuple(sinks), entered={**graph.entered, **entered})


def _in_rounds(graph: CallGraph, call: int) -> bool:
    loops = graph.program.unit_of(graph.table.function(call)).facts.loops
    return any(is_timer(loops[at]) for at in loops_around(graph.table, call))
