"""The trace that is shown: a shortest path from a root to a blocking call, by the way that was judged."""

from collections import deque
from collections.abc import Mapping

from alef_audit.callgraph.graph import Edge
from alef_audit.callgraph.guards import OFFLOAD, loops_of


def shortest_path(
    incoming: Mapping[int, list[Edge]],
    function_guards: Mapping[int, int],
    is_async: frozenset[int],
    target: int,
    roots: frozenset[int],
    way: int,
) -> tuple[int, list[Edge]] | None:
    """The nearest of `roots` to `target` by a path that crosses no guard outside `way` and as many loops as `way` says.

    Gives the root and the edges, root first.  Ties are broken by the order of edges (caller, line), so the same input
    gives the same path.
    """
    wanted = loops_of(way)
    if target in roots and not wanted:
        return target, []
    # a state is a function and the loops (0, 1, 2 or more) between it and the target
    next_edge: dict[tuple[int, int], tuple[Edge, tuple[int, int]]] = {}
    start = (target, 0)
    seen = {start}
    queue = deque([start])
    while queue:
        state = queue.popleft()
        current, loops = state
        for edge in incoming.get(current, ()):
            caller = (edge.caller, min(2, loops + edge.depth))
            if caller in seen or (edge.guards | function_guards.get(current, 0)) & ~way:
                continue
            if current in is_async and way & OFFLOAD and edge.guards & OFFLOAD:
                continue
            seen.add(caller)
            next_edge[caller] = (edge, state)
            if edge.caller in roots and caller[1] >= wanted:
                return edge.caller, _follow(next_edge, caller, start)
            queue.append(caller)
    return None


def _follow(
    next_edge: dict[tuple[int, int], tuple[Edge, tuple[int, int]]], current: tuple[int, int], end: tuple[int, int]
) -> list[Edge]:
    path = []
    while current != end:
        edge, current = next_edge[current]
        path.append(edge)
    return path
