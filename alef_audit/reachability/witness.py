"""The trace that is shown: a shortest path from a root to a blocking call, by the way that was judged."""

from collections.abc import Iterator, Mapping
from typing import Final

from alef_audit.callgraph.graph import Edge
from alef_audit.callgraph.guards import OFFLOAD

# A function, the loops and whether a mark lies between it and the target, in one integer; above them the gates by which
# the function must not be entered.
_SHIFT: Final = 3
_LOOPS: Final = 1  # where the loops start in it
_MARKED: Final = 1
_ALL: Final = (1 << _SHIFT) - 1
_GATES: Final = 40
_FUNCTIONS: Final = (1 << (_GATES - _SHIFT)) - 1


def shortest_paths(
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
    barred: frozenset[tuple[int, int]] = frozenset(),
) -> Iterator[tuple[int, list[Edge]]]:
    """The nearest of `roots` to `target` by paths of at most `longest` edges, one path from each, the nearest first.

    The path crosses no guard outside `way`, at least `loops` (0 to 2) multiplying loops, and a function of `marks`.  It
    enters no function by arguments that close its next edge; `closed` does for the target, `entered` decides at roots.
    It takes none of `barred`: calls, and what they run.

    Gives the root and the edges, root first.  Ties are broken by the order of edges (caller, line), so the same input
    gives the same paths.
    """
    entered = entered or {}
    start = closed << _GATES | target << _SHIFT | (marks is None or target in marks)
    if target in roots and not loops and start & _MARKED and not entered.get(target, 0) & closed:
        yield target, []
        return
    enough = loops << _LOOPS | _MARKED
    came_by: dict[int, tuple[Edge, int] | None] = {start: None}
    level, length = [start], 0
    while level and length < longest:
        length += 1
        following: list[int] = []
        for state in level:
            current, crossed, shut = (state >> _SHIFT) & _FUNCTIONS, (state >> _LOOPS) & 3, state >> _GATES
            stops = ~way | (OFFLOAD if way & OFFLOAD and current in is_async else 0)
            if function_guards.get(current, 0) & ~way:
                continue
            for edge in incoming.get(current, ()):
                if edge.guards & stops or edge.decides & shut or (barred and (edge.call, edge.callee) in barred):
                    continue
                function = edge.caller
                marked = state & _MARKED or (marks is not None and function in marks)
                around = min(loops, crossed + edge.depth) if loops else 0
                caller = edge.closed << _GATES | function << _SHIFT | around << _LOOPS | marked
                if caller in came_by:
                    continue
                came_by[caller] = (edge, state)
                if function in roots and caller & _ALL >= enough and not entered.get(function, 0) & edge.closed:
                    yield function, _follow(came_by, caller)
                    continue
                following.append(caller)
        level = following


def _follow(came_by: Mapping[int, tuple[Edge, int] | None], state: int) -> list[Edge]:
    path = []
    while (step := came_by[state]) is not None:
        edge, state = step
        path.append(edge)
    return path
