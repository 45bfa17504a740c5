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
from alef_audit.reachability.components import component_of

Ways = dict[int, int]  # way -> bit set of roots
Callees = Mapping[int, Iterable[int]]  # by caller, each once, in the order of the calls


def join(ways: Ways, way: int, roots: int) -> int:
    """Add `roots` under `way`; gives those that were new, i.e. not already there by a way with no more guards."""
    for known, held in ways.items():
        if known & ~way == 0:
            roots &= ~held
            if not roots:
                return 0
    ways[way] = ways.get(way, 0) | roots
    return roots


# Caller -> (callee, guards and gates decided, gates that close the call), each once.
Crossings = dict[int, list[tuple[int, int, int]]]


def crossings(outgoing: Mapping[int, list[Edge]], function_guards: Mapping[int, int]) -> Crossings:
    """What calls cross on the way into each callee; of several calls of one function, those that others do not beat."""
    found: Crossings = {}
    for caller, edges in outgoing.items():
        least: dict[int, list[int]] = {}
        gated: list[tuple[int, int, int]] = []
        for edge in edges:
            crossed = edge.guards | edge.decides | function_guards.get(edge.callee, 0)
            if edge.closed:
                gated.append((edge.callee, crossed, edge.closed))
                continue
            known = least.get(edge.callee)
            if known is None:
                least[edge.callee] = [crossed]
            elif all(other & ~crossed for other in known):
                least[edge.callee] = [*(other for other in known if crossed & ~other), crossed]
        found[caller] = [(callee, crossed, 0) for callee, all_crossed in least.items() for crossed in all_crossed]
        found[caller].extend(gated)
    return found


def propagate(
    reached: dict[int, Ways],
    calls: Crossings,
    rank: Mapping[int, int],
    starts: Iterable[tuple[int, int, int]],
    stops: int,
    is_async: frozenset[int],
) -> None:
    """Add to `reached` the ways by which more roots reach every function.

    `starts` are (function, way, root bit).  A way that crosses a guard of `stops` (an offload) ends at asynchronous
    functions: calling one from another thread only makes a coroutine, its body runs on whichever loop awaits it.

    Functions are visited in the order of `rank`: callers first, so that each is settled before its callees.
    """
    pending: dict[int, Ways] = {}
    queue: list[tuple[int, int]] = []

    def arrive(function: int, way: int, roots: int) -> None:
        known = reached.get(function)
        if known is None:
            known = reached[function] = {}
        fresh = join(known, way, roots)
        if fresh:
            waiting = pending.get(function)
            if waiting is None:
                pending[function] = {way: fresh}
                heappush(queue, (rank.get(function, len(rank)), function))
            else:
                waiting[way] = waiting.get(way, 0) | fresh

    for function, way, bit in starts:
        arrive(function, way, bit)
    while queue:
        _, function = heappop(queue)
        ways = pending.pop(function)
        for callee, crossed, closed in calls.get(function, ()):
            stopped = closed | stops if callee in is_async else closed
            for way, roots in ways.items():
                if not way & stopped:
                    arrive(callee, way & ~ALL_GATES | crossed, roots)


def all_ways(
    outgoing: Mapping[int, list[Edge]],
    function_guards: Mapping[int, int],
    starts: Iterable[tuple[int, int, int]],
    stops: int,
    is_async: frozenset[int],
) -> dict[int, Ways]:
    """What `propagate` gives for these roots alone."""
    callees = {caller: dict.fromkeys([edge.callee for edge in edges]) for caller, edges in outgoing.items()}
    reached: dict[int, Ways] = {}
    rank = ranks(callees, component_of(callees))
    propagate(reached, crossings(outgoing, function_guards), rank, starts, stops, is_async)
    return reached


def ranks(callees: Callees, component: Mapping[int, int]) -> dict[int, int]:
    """By function, its place in an order in which callers come before callees, and circles of calls stay together."""
    functions = callers_first(callees)
    functions.sort(key=lambda function: -component[function])
    return {function: number for number, function in enumerate(functions)}


def callers_first(callees: Callees) -> list[int]:
    """Functions in an order in which callers come before callees, cycles aside (reverse postorder, iterative)."""
    seen: set[int] = set()
    postorder: list[int] = []
    for start in sorted(callees):
        if start in seen:
            continue
        seen.add(start)
        stack = [(start, iter(callees.get(start, ())))]
        while stack:
            function, left = stack[-1]
            for callee in left:
                if callee not in seen:
                    seen.add(callee)
                    stack.append((callee, iter(callees.get(callee, ()))))
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
    digits = f"{roots:b}"[::-1]
    at = digits.find("1")
    while at >= 0:
        yield at
        at = digits.find("1", at + 1)
