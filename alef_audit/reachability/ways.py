"""The domain: ways from roots to functions.

A *way* is the set of guards (and doubts) that a path crosses, as a bit set.  For every function, `Ways` maps each
minimal way to the set of roots that reach the function by it; roots are bits of a Python integer.  A way that crosses
fewer
guards dominates one that crosses more, so one bad path is never hidden by a good one.  Join is union, edges add their
guards: the lattice is finite, so the fixpoint ends (Infer's starvation domain has the same shape: locks held, event).
"""

from collections.abc import Iterable, Mapping
from heapq import heappop, heappush

from alef_audit.callgraph.graph import Edge
from alef_audit.callgraph.guards import ALL_GATES

Ways = dict[int, int]  # way -> bit set of roots


def join(ways: Ways, way: int, roots: int) -> int:
    """Add `roots` under `way`; gives those that were new, i.e. not already there by a way with no more guards."""
    for known, held in ways.items():
        if known & ~way == 0:
            roots &= ~held
            if not roots:
                return 0
    ways[way] = ways.get(way, 0) | roots
    return roots


def propagate(
    outgoing: Mapping[int, list[Edge]],
    function_guards: Mapping[int, int],
    starts: Iterable[tuple[int, int, int]],
    stops: int,
    is_async: frozenset[int],
) -> dict[int, Ways]:
    """Ways by which roots reach every function.

    `starts` are (function, way, root bit).  A way that crosses a guard of `stops` (an offload) ends at asynchronous
    functions: calling one from another thread only makes a coroutine, its body runs on whichever loop awaits it.

    Functions are visited callers first (by strongly connected components), so that each is settled before its callees.
    """
    reached: dict[int, Ways] = {}
    rank = {function: number for number, function in enumerate(callers_first(outgoing))}
    pending: dict[int, Ways] = {}
    queue: list[tuple[int, int]] = []

    def arrive(function: int, way: int, roots: int) -> None:
        fresh = join(reached.setdefault(function, {}), way, roots)
        if fresh:
            waiting = pending.get(function)
            if waiting is None:
                waiting = pending[function] = {}
                heappush(queue, (rank.get(function, len(rank)), function))
            waiting[way] = waiting.get(way, 0) | fresh

    for function, way, bit in starts:
        arrive(function, way, bit)
    while queue:
        _, function = heappop(queue)
        ways = pending.pop(function)
        for edge in outgoing.get(function, ()):
            callee = edge.callee
            crossed = edge.guards | function_guards.get(callee, 0)
            for way, roots in ways.items():
                if not (way & edge.closed or (way & stops and callee in is_async)):
                    arrive(callee, way & ~ALL_GATES | crossed | edge.decides, roots)
    return reached


def callers_first(outgoing: Mapping[int, list[Edge]]) -> list[int]:
    """Functions in an order in which callers come before callees, cycles aside (reverse postorder, iterative)."""
    seen: set[int] = set()
    postorder: list[int] = []
    for start in sorted(outgoing):
        if start in seen:
            continue
        seen.add(start)
        stack = [(start, iter(outgoing.get(start, ())))]
        while stack:
            function, edges = stack[-1]
            for edge in edges:
                if edge.callee not in seen:
                    seen.add(edge.callee)
                    stack.append((edge.callee, iter(outgoing.get(edge.callee, ()))))
                    break
            else:
                postorder.append(function)
                stack.pop()
    postorder.reverse()
    return postorder


def minimal(ways: Ways) -> Ways:
    """Drop from every way the roots that also come by a way with fewer guards."""
    result: Ways = {}
    for way in sorted(ways, key=lambda w: (w.bit_count(), w)):
        roots = ways[way]
        for known, held in result.items():
            if known & ~way == 0:
                roots &= ~held
        if roots:
            result[way] = roots
    return result


def bits(roots: int) -> Iterable[int]:
    """The root numbers in a bit set, ascending."""
    while roots:
        low = roots & -roots
        yield low.bit_length() - 1
        roots ^= low
