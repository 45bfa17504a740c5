"""The trace that is shown: a shortest path from a root to a blocking call, by the way that was judged."""

from collections import deque
from collections.abc import Mapping

from alef_audit.callgraph.graph import Edge
from alef_audit.callgraph.guards import OFFLOAD

# A function, the loops and whether a mark lies between it and the target, gates that must not be decided on entry.
_State = tuple[int, int, bool, int]


def shortest_path(
    incoming: Mapping[int, list[Edge]],
    function_guards: Mapping[int, int],
    is_async: frozenset[int],
    target: int,
    roots: frozenset[int],
    way: int,
    loops: int = 0,
    longest: int = 1 << 30,
    marks: frozenset[int] | None = None,
    closed: int = 0,
    entered: Mapping[int, int] | None = None,
) -> tuple[int, list[Edge]] | None:
    """The nearest of `roots` to `target` by a path of at most `longest` edges.

    The path crosses no guard outside `way`, at least `loops` (0 to 2) multiplying loops, and a function of `marks`. It
    enters no function by arguments that close its next edge; `closed` does for the target, `entered` decides at roots.

    Gives the root and the edges, root first.  Ties are broken by the order of edges (caller, line), so the same input
    gives the same path.
    """
    entered = entered or {}
    start: _State = (target, 0, marks is None or target in marks, closed)
    if target in roots and not loops and start[2] and not entered.get(target, 0) & closed:
        return target, []
    next_edge: dict[_State, tuple[Edge, _State]] = {}
    seen = {start}
    queue = deque([(start, 0)])
    while queue:
        state, length = queue.popleft()
        current, crossed, marked, barred = state
        if length >= longest:
            break
        for edge in incoming.get(current, ()):
            function = edge.caller
            if edge.decides & barred:
                continue
            is_marked = marked or (marks is not None and function in marks)
            caller = (function, min(loops, crossed + edge.depth), is_marked, edge.closed)
            if caller in seen or (edge.guards | function_guards.get(current, 0)) & ~way:
                continue
            if current in is_async and way & OFFLOAD and edge.guards & OFFLOAD:
                continue
            seen.add(caller)
            next_edge[caller] = (edge, state)
            if function in roots and caller[1] >= loops and is_marked and not entered.get(function, 0) & edge.closed:
                return function, _follow(next_edge, caller, start)
            queue.append((caller, length + 1))
    return None


def _follow(next_edge: dict[_State, tuple[Edge, _State]], current: _State, end: _State) -> list[Edge]:
    path = []
    while current != end:
        edge, current = next_edge[current]
        path.append(edge)
    return path
