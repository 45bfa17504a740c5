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


def callees_of(graph: CallGraph, without: int = 0) -> dict[int, list[int]]:
    """The functions that a function calls, by that; not across guards of the bit set `without`."""
    callees: dict[int, list[int]] = {}
    for edge in graph.edges:
        if not edge.guards & without:
            callees.setdefault(edge.caller, []).append(edge.callee)
    return callees


def callers_of(graph: CallGraph, without: int = 0) -> dict[int, list[int]]:
    """The functions that call a function, by that; not across guards of the bit set `without`."""
    callers: dict[int, list[int]] = {}
    for edge in graph.edges:
        if not edge.guards & without:
            callers.setdefault(edge.callee, []).append(edge.caller)
    return callers


def inverted(callees: Mapping[int, Iterable[int]]) -> dict[int, list[int]]:
    """The callers of every function, by what functions call."""
    callers: dict[int, list[int]] = {}
    for caller, below in callees.items():
        for callee in below:
            callers.setdefault(callee, []).append(caller)
    return callers
