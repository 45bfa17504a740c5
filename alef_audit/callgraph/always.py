"""What a function does in any case: the calls under no test and in no loop, which it waits for."""

from collections.abc import Iterable

from alef_audit.callgraph.closure import closure
from alef_audit.callgraph.graph import CALLBACK, CallGraph
from alef_audit.callgraph.guards import DOUBT
from alef_audit.facts import flows
from alef_audit.facts.file import FunctionFlag


def always_leading(graph: CallGraph, functions: Iterable[int]) -> set[int]:
    """`functions` and all that always run one of them and wait for it."""
    found = set(functions)
    callers: dict[int, list[int]] = {}
    for edge in graph.edges if found else ():
        if edge.call < 0 or edge.guards & DOUBT or edge.how == CALLBACK or not is_always_made(graph, edge.call):
            continue
        is_async = graph.program.functions[edge.callee].flags & FunctionFlag.ASYNC
        if not is_async or graph.table.flags(edge.call) & (flows.AWAITED | flows.RETURNED):
            callers.setdefault(edge.callee, []).append(edge.caller)
    return closure(callers, found)


def is_always_made(graph: CallGraph, call: int) -> bool:
    return graph.table.condition(call) < 0 and graph.table.loop(call) < 0
