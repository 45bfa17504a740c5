"""What lies below some functions, by whatever calls lead there."""

from collections.abc import Collection, Iterable, Mapping

from alef_audit.callgraph.graph import CallGraph


def closure(callees: Mapping[int, Iterable[int]], starts: Iterable[int], beyond: Collection[int] = ()) -> set[int]:
    """`starts` and everything below them, but for what is reached through functions of `beyond` only."""
    found = set(starts)
    pending = list(found)
    while pending:
        for callee in callees.get(pending.pop(), ()):
            if callee not in found and callee not in beyond:
                found.add(callee)
                pending.append(callee)
    return found


def callers_of(graph: CallGraph) -> dict[int, list[int]]:
    """The functions that call a function, by that."""
    callers: dict[int, list[int]] = {}
    for edge in graph.edges:
        callers.setdefault(edge.callee, []).append(edge.caller)
    return callers
