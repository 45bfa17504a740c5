"""Which code belongs to followed packages, and by which calls of the program it is entered."""

from collections import Counter, deque
from collections.abc import Collection, Iterable
from typing import Final

from alef_audit.callgraph.graph import CallGraph, Edge, RootSite
from alef_audit.callgraph.program import Program

ROLE: Final = "dependency"
# A call inside a package that registers more of the program's functions is a general-purpose helper through which
# everything flows (`defer(fn)`): no evidence that any of them is registered by it.
_HANDED_OVER: Final = 4


def dependency_functions(program: Program) -> frozenset[int]:
    """The functions of followed packages."""
    return frozenset(
        function
        for unit in program.units
        if unit.role == ROLE
        for function in range(unit.functions, unit.functions + len(unit.facts.functions))
    )


def entered_roots(
    graph: CallGraph, edges: list[Edge], roots: Collection[RootSite], inside: frozenset[int]
) -> tuple[list[RootSite], dict[int, Edge]]:
    """`roots` without those of packages that no call of the program's own code leads to.

    A function of a package is hot if the program reaches the call that registers it, or, where its class makes it hot,
    another method of that class. Also gives, by function, the program's call that leads there (the nearest).
    """
    if not inside:
        return list(roots), {}
    doors = _doors(edges, inside)
    handed = Counter(root.call for root in roots if root.call >= 0)
    kept: list[RootSite] = []
    entered: dict[int, Edge] = {}
    for root in roots:
        if root.function not in inside:
            if handed[root.call] <= _HANDED_OVER or graph.table.function(root.call) not in inside:
                kept.append(root)
            continue
        door = next((doors[function] for function in _registering(graph, root) if function in doors), None)
        if door is not None:
            kept.append(root)
            entered.setdefault(root.function, door)
    return kept, entered


def _doors(edges: list[Edge], inside: frozenset[int]) -> dict[int, Edge]:
    """For every function of a package that the program reaches, the call of the program that is nearest to it."""
    outgoing: dict[int, list[Edge]] = {}
    queue: deque[tuple[int, Edge]] = deque()
    for edge in edges:
        if edge.callee in inside:
            if edge.caller in inside:
                outgoing.setdefault(edge.caller, []).append(edge)
            else:
                queue.append((edge.callee, edge))
    doors: dict[int, Edge] = {}
    while queue:
        function, door = queue.popleft()
        if function not in doors:
            doors[function] = door
            queue.extend((edge.callee, door) for edge in outgoing.get(function, ()))
    return doors


def _registering(graph: CallGraph, root: RootSite) -> Iterable[int]:
    """The functions of which one has to be reached for `root` to be hot."""
    if root.call >= 0:
        return (graph.table.function(root.call),)
    unit = graph.program.unit_of(root.function)
    owner = graph.program.functions[root.function].owner
    if root.by_name or owner < 0:
        return ()
    return tuple(unit.functions + offset for offset, facts in enumerate(unit.facts.functions) if facts.owner == owner)
