"""Flags of an activation that the very work which they hold off begins anew.

`watch()` declares `let called = false`, its listener on "close" asks for it, sets it and calls what in the end calls
`watch()` again: for the next connection there is a new flag.  So the work runs once for each, and not once for all.
"""

from collections.abc import Iterable

from alef_audit.callgraph.closure import callees_of, closure
from alef_audit.callgraph.graph import CallGraph, Edge
from alef_audit.callgraph.guards import DOUBT
from alef_audit.callgraph.keeping import chain
from alef_audit.callgraph.memos import Memo
from alef_audit.callgraph.program import is_body


def remade(graph: CallGraph, memos: Iterable[Memo]) -> set[tuple[int, int]]:
    """The memos, by function and condition, whose variables belong to a function that the guarded work runs again."""
    captured = {(memo.function, memo.condition): owners for memo in memos if (owners := _owners(graph, memo))}
    if not captured:
        return set()
    functions = {function for function, _ in captured}
    below: dict[int, list[Edge]] = {}
    for edge in graph.edges:
        if edge.caller in functions and edge.call >= 0 and not edge.guards & DOUBT:
            below.setdefault(edge.caller, []).append(edge)
    outgoing = callees_of(graph, without=DOUBT)
    found = set()
    for (function, condition), owners in captured.items():
        conditions = graph.program.unit_of(function).facts.conditions
        starts = {
            edge.callee
            for edge in below.get(function, ())
            if condition in chain(conditions, graph.table.condition(edge.call))
        }
        if starts and not owners.isdisjoint(closure(outgoing, starts)):
            found.add((function, condition))
    return found


def _owners(graph: CallGraph, memo: Memo) -> set[int]:
    """The functions around that of a memo that declare what it keeps."""
    return {
        place.owner
        for place in memo.recalled.places
        if place.owner >= 0 and place.owner != memo.function and not is_body(graph.program, place.owner)
    }
