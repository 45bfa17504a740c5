"""The trace that is shown: a shortest path from a root to a blocking call, by the way that was judged."""

from collections import deque
from collections.abc import Mapping

from alef_audit.callgraph.graph import Edge
from alef_audit.callgraph.guards import OFFLOAD


def shortest_path(
    incoming: Mapping[int, list[Edge]],
    function_guards: Mapping[int, int],
    is_async: frozenset[int],
    target: int,
    roots: frozenset[int],
    way: int,
    loops: int = 0,
    longest: int = 1 << 30,
) -> tuple[int, list[Edge]] | None:
    """The nearest of `roots` to `target` by a path of at most `longest` edges.

    The path crosses no guard outside `way` and at least `loops` (0 to 2) multiplying loops.

    Gives the root and the edges, root first.  Ties are broken by the order of edges (caller, line), so the same input
    gives the same path.
    """
    if target in roots and not loops:
        return target, []
    # a state is a function and the loops, as far as they are asked for, between it and the target
    next_edge: dict[tuple[int, int], tuple[Edge, tuple[int, int]]] = {}
    start = (target, 0)
    seen = {start}
    queue = deque([(start, 0)])
    while queue:
        state, length = queue.popleft()
        current, crossed = state
        if length >= longest:
            break
        for edge in incoming.get(current, ()):
            caller = (edge.caller, min(loops, crossed + edge.depth))
            if caller in seen or (edge.guards | function_guards.get(current, 0)) & ~way:
                continue
            if current in is_async and way & OFFLOAD and edge.guards & OFFLOAD:
                continue
            seen.add(caller)
            next_edge[caller] = (edge, state)
            if edge.caller in roots and caller[1] >= loops:
                return edge.caller, _follow(next_edge, caller, start)
            queue.append((caller, length + 1))
    return None


def _follow(
    next_edge: dict[tuple[int, int], tuple[Edge, tuple[int, int]]], current: tuple[int, int], end: tuple[int, int]
) -> list[Edge]:
    path = []
    while current != end:
        edge, current = next_edge[current]
        path.append(edge)
    return path
