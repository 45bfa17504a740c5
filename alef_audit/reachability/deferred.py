"""What functions of a package put off to the next turn of the loop: part of each call of them, not of a start."""

from collections.abc import Iterable
from typing import Final

from alef_audit.callgraph.closure import inverted
from alef_audit.callgraph.graph import CallGraph, RootSite
from alef_audit.facts.file import FunctionFlag
from alef_audit.reachability.ways import Callees
from alef_audit.rulepack.kinds import RootKind

_WHY: Final = "part of the package's surface, what it puts off to the next turn of the loop included"


def with_callers(graph: CallGraph, callees: Callees, hot: list[RootSite], roles: Iterable[str]) -> list[RootSite]:
    """`hot` with the exported functions, in files of the `roles`, in place of the callbacks that these put off.

    `exports.networks = () => new Promise((resolve) => process.nextTick(() => resolve(scan())))`
    """
    if not graph.exported or not any(root.soon for root in hot):
        return hot
    callers = inverted(callees)
    doors = {function for function in graph.exported if graph.program.unit_of(function).role in roles}
    known = {root.function for root in hot if not root.soon}
    kept: list[RootSite] = []
    found: dict[int, RootSite] = {}
    for root in hot:
        above = _nearest(callers, graph.table.function(root.call), doors) if root.soon and root.call >= 0 else set()
        for function in above - known:
            found[function] = RootSite(function, _kind(graph, function), _WHY, root.runs_on)
        if not above:
            kept.append(root)
    return [*kept, *(found[function] for function in sorted(found))]


def _kind(graph: CallGraph, function: int) -> RootKind:
    return "coroutine" if graph.program.functions[function].flags & FunctionFlag.ASYNC else "api"


def _nearest(callers: dict[int, list[int]], function: int, doors: set[int]) -> set[int]:
    """The doors through which a function is reached, and not through another door on the way."""
    found: set[int] = set()
    seen, pending = {function}, [function]
    while pending:
        current = pending.pop()
        if current in doors:
            found.add(current)
            continue
        for caller in callers.get(current, ()):
            if caller not in seen:
                seen.add(caller)
                pending.append(caller)
    return found
