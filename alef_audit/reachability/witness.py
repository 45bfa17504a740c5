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
) -> tuple[int, list[Edge]] | None:
    """The nearest of `roots` to `target` by edges whose guards are part of `way`, and the edges root first.

    Ties are broken by the order of edges (caller, line), so the same input gives the same path.
    """
    if target in roots:
        return target, []
    next_edge: dict[int, Edge] = {}
    seen = {target}
    queue = deque([target])
    while queue:
        current = queue.popleft()
        for edge in incoming.get(current, ()):
            caller = edge.caller
            if caller in seen or (edge.guards | function_guards.get(current, 0)) & ~way:
                continue
            if current in is_async and way & OFFLOAD and edge.guards & OFFLOAD:
                continue
            seen.add(caller)
            next_edge[caller] = edge
            if caller in roots:
                return caller, _follow(next_edge, caller, target)
            queue.append(caller)
    return None


def _follow(next_edge: dict[int, Edge], start: int, target: int) -> list[Edge]:
    path = []
    current = start
    while current != target:
        edge = next_edge[current]
        path.append(edge)
        current = edge.callee
    return path
