"""Paths to one function: from the roots that reach it, or, where none does, from whatever calls it."""

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from typing import Final, NamedTuple

from alef_audit.auditing.levels import Judge
from alef_audit.auditing.matcher import HEATS
from alef_audit.callgraph.graph import CallGraph, Edge
from alef_audit.callgraph.guards import DOUBT
from alef_audit.reachability.reach import Reachability
from alef_audit.reachability.surface import async_functions
from alef_audit.reachability.without import Removal, removes_edge, removes_root
from alef_audit.reachability.witness import shortest_paths
from alef_audit.rulepack.kinds import Heat, RootKind, Verdict

NEAREST: Final = 3
_TEST: Final = "test"


class PathFromRoot(NamedTuple):
    root: int  # number of the root
    edges: tuple[Edge, ...]
    verdict: Verdict


class Origin(NamedTuple):
    """A function above another one that nothing leads to any more, or that says why it is cold."""

    function: int
    edges: tuple[Edge, ...]  # from there down


def incoming_edges(graph: CallGraph, *, all_of_them: bool) -> dict[int, list[Edge]]:
    """The edges by callee: those that reachability follows, or also those from tests and into start-up code."""
    found: dict[int, list[Edge]] = {}
    unit_of = graph.program.unit_of
    for edge in (*graph.edges, *graph.cut) if all_of_them else graph.edges:
        if all_of_them or unit_of(edge.caller).role != _TEST:
            found.setdefault(edge.callee, []).append(edge)
    return found


class Searched(NamedTuple):
    """A program in which paths are looked for, and what guards and roots are worth there."""

    reach: Reachability
    judge: Judge
    heat: Mapping[RootKind, Heat]


def paths_from_roots(searched: Searched, function: int, removal: Removal | None = None) -> Iterator[PathFromRoot]:
    """Paths to `function` from up to three roots: the nearest of each heat, hottest first, then the next nearest.

    Guarded and doubtful paths are given only if there are no others. What `removal` takes out does not count.
    """
    reach, judge, heat_of = searched
    graph = reach.graph
    incoming = incoming_edges(graph, all_of_them=False)
    if removal is not None:
        incoming = {
            callee: [edge for edge in edges if not removes_edge(reach, removal, edge)]
            for callee, edges in incoming.items()
        }
    is_async = async_functions(graph.program)
    numbers: dict[int, int] = {}
    for number, root in enumerate(reach.roots):
        if removal is None or not removes_root(reach, removal, number):
            numbers.setdefault(root.function, number)
    left = frozenset(numbers)
    groups = [frozenset(f for f in left if heat_of[reach.roots[numbers[f]].kind] == heat) for heat in HEATS]
    for allowed in (0, DOUBT, ~judge.discharging, -1):
        for candidates in (*groups, *[left] * (NEAREST - 1)):
            if len(numbers) - len(left) == NEAREST:
                break
            starts = candidates & left
            paths = shortest_paths(incoming, graph.function_guards, is_async, function, starts, allowed)
            found = next(paths, None)
            if found is not None:
                left -= {found[0]}
                yield PathFromRoot(numbers[found[0]], tuple(found[1]), judge.verdict(guards_along(graph, found[1])))
        if len(left) < len(numbers):
            return


def guards_along(graph: CallGraph, edges: list[Edge]) -> int:
    way = 0
    for edge in edges:
        way |= edge.guards | graph.function_guards.get(edge.callee, 0)
    return way


def origins(graph: CallGraph, function: int, is_end: Callable[[int], bool]) -> Iterator[Origin]:
    """Where the callers of `function` end, nearest first: functions without callers, and those that `is_end`."""
    incoming = incoming_edges(graph, all_of_them=True)
    next_edge: dict[int, Edge] = {}
    seen = {function}
    queue = deque([function])
    while queue:
        current = queue.popleft()
        closed = next_edge[current].closed if current in next_edge else 0
        callers = [edge for edge in incoming.get(current, ()) if edge.caller != current]
        # an import runs nothing of what the imported file does as a program
        callers = [edge for edge in callers if edge.call >= 0 or not edge.decides & closed]
        if not callers or is_end(current):
            yield Origin(current, _down(next_edge, current, function))
            continue
        for edge in callers:
            if edge.caller not in seen:
                seen.add(edge.caller)
                next_edge[edge.caller] = edge
                queue.append(edge.caller)


def _down(next_edge: Mapping[int, Edge], start: int, end: int) -> tuple[Edge, ...]:
    path = []
    while start != end:
        edge = next_edge[start]
        path.append(edge)
        start = edge.callee
    return tuple(path)
