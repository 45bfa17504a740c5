"""Caches that every dispatch empties: whatever they keep, the next dispatch pays again."""

from collections.abc import Iterable

from alef_audit.callgraph.closure import callees_of, closure
from alef_audit.callgraph.graph import CallGraph
from alef_audit.callgraph.keeping import CONSTRUCTORS, Keeping, Place
from alef_audit.callgraph.memos import Memo, method_class
from alef_audit.facts import kept
from alef_audit.rulepack.kinds import Kinds

_Identity = tuple[int, int, str]


def cleared_per_dispatch(
    graph: CallGraph, keeping: Keeping, memos: Iterable[Memo], kinds: Kinds
) -> set[tuple[int, int]]:
    """The memos, by function and condition, of places that a dispatch empties on its way, without a condition."""
    emptied: dict[_Identity, set[int]] = {}
    for function, touches in keeping.clears.items():
        is_new = graph.program.functions[function].name in CONSTRUCTORS  # how long that lives is told elsewhere
        for touch in touches:
            if touch.condition < 0 and not touch.place.key and not (is_new and touch.place.owner == kept.RECEIVER):
                emptied.setdefault(_identity(graph, touch.place, function), set()).add(function)
    if not emptied:
        return set()
    always, outgoing = _always(graph), callees_of(graph)
    roots = [root.function for root in graph.roots if kinds.root[root.kind].heat == "dispatch"]
    passed = {root: closure(always, (root,)) for root in roots}
    found = set()
    for memo in memos:
        emptying: set[int] = set()
        for place in memo.recalled.places:
            emptying |= emptied.get(_identity(graph, place, memo.function), set())
        clearing = (root for root in roots if emptying & passed[root]) if emptying else ()
        if memo.function in closure(outgoing, clearing):
            found.add((memo.function, memo.condition))
    return found


def _identity(graph: CallGraph, place: Place, function: int) -> _Identity:
    """What makes two places the same wherever they are spelled."""
    if place.owner == kept.RECEIVER:
        return kept.RECEIVER, method_class(graph.program, function), place.subject
    return place.owner, -1, place.subject


def _always(graph: CallGraph) -> dict[int, list[int]]:
    """Which functions a function calls whatever the circumstances."""
    found: dict[int, list[int]] = {}
    for edge in graph.edges:
        if edge.call >= 0 and graph.table.condition(edge.call) < 0 and graph.table.loop(edge.call) < 0:
            found.setdefault(edge.caller, []).append(edge.callee)
    return found
