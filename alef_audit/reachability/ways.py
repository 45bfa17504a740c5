"""The domain: ways from roots to functions.

A *way* is the set of guards (and doubts) that a path crosses, as a bit set.  For every function, `Ways` maps each minimal
way to the set of roots that reach the function by it; roots are bits of a Python integer.  A way that crosses fewer
guards dominates one that crosses more, so one bad path is never hidden by a good one.  Join is union, edges add their
guards: the lattice is finite, so the fixpoint ends (Infer's starvation domain has the same shape: locks held, event).
"""

from collections import deque
from collections.abc import Iterable, Mapping

from alef_audit.callgraph.graph import Edge

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
    starts: Iterable[tuple[int, int]],
    stops: int,
    is_async: frozenset[int],
) -> dict[int, Ways]:
    """Ways by which roots reach every function.

    `starts` are (function, root bit).  A way that crosses a guard of `stops` (an offload) ends at asynchronous functions:
    calling one from another thread only makes a coroutine, its body runs on whichever loop awaits it.
    """
    reached: dict[int, Ways] = {}
    queue: deque[tuple[int, int, int]] = deque()
    for function, bit in starts:
        fresh = join(reached.setdefault(function, {}), 0, bit)
        if fresh:
            queue.append((function, 0, fresh))
    while queue:
        function, way, roots = queue.popleft()
        for edge in outgoing.get(function, ()):
            callee = edge.callee
            here = way | edge.guards | function_guards.get(callee, 0)
            if way & stops and callee in is_async:
                continue
            fresh = join(reached.setdefault(callee, {}), here, roots)
            if fresh:
                queue.append((callee, here, fresh))
    return reached


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
