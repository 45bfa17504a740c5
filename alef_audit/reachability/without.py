"""Reachability with parts of the call graph taken out: what is left when functions or calls do not count."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from alef_audit.callgraph import guards
from alef_audit.callgraph.graph import Edge, SinkSite
from alef_audit.reachability import surface
from alef_audit.reachability.reach import Reachability, by_callee
from alef_audit.reachability.ways import all_ways


@dataclass(frozen=True, slots=True)
class Removal:
    """What does not count: functions as a whole, and every call on some lines (unit, line) of the program."""

    functions: frozenset[int] = frozenset()
    lines: frozenset[tuple[int, int]] = frozenset()


def without(reach: Reachability, removal: Removal) -> Reachability:
    """`reach` by what is left. Roots keep their numbers and nothing becomes a root that was none: no way is added."""
    outgoing = {
        caller: [edge for edge in edges if not removes_edge(reach, removal, edge)]
        for caller, edges in reach.outgoing.items()
    }
    incoming = by_callee(reach.graph, outgoing)
    alone = frozenset(reach.standing.values())
    starts = [
        (root.function, reach.graph.entered.get(root.function, 0), 1 << number)
        for number, root in enumerate(reach.roots)
        if number not in alone and not removes_root(reach, removal, number)
    ]
    is_async = surface.async_functions(reach.graph.program)
    return replace(
        reach,
        ways=all_ways(outgoing, reach.graph.function_guards, starts, guards.OFFLOAD, is_async),
        outgoing=outgoing,
        incoming=incoming,
        sinks=tuple(sink for sink in reach.sinks if not removes_sink(reach, removal, sink)),
    )


def removes_edge(reach: Reachability, removal: Removal, edge: Edge) -> bool:
    if edge.caller in removal.functions or edge.callee in removal.functions:
        return True
    return (reach.graph.program.function_unit[edge.caller], edge.line) in removal.lines


def removes_sink(reach: Reachability, removal: Removal, sink: SinkSite) -> bool:
    return sink.function in removal.functions or _removes_call(reach, removal, sink.call)


def removes_root(reach: Reachability, removal: Removal, number: int) -> bool:
    """Whether a root does not count: itself, the call that registers it, or the call that leads to its package."""
    root = reach.roots[number]
    if root.function in removal.functions or (root.call >= 0 and _removes_call(reach, removal, root.call)):
        return True
    door = reach.doors.get(root.function)
    return door is not None and removes_edge(reach, removal, door)


def leading_to(reach: Reachability, targets: Iterable[int], stops: int) -> set[int]:
    """The functions from which a target is reached without a guard of `stops`, targets included."""
    found = set(targets)
    pending = sorted(found)
    around = reach.graph.function_guards
    while pending:
        callee = pending.pop()
        for edge in reach.incoming.get(callee, ()):
            if edge.caller not in found and not (edge.guards | around.get(callee, 0)) & stops:
                found.add(edge.caller)
                pending.append(edge.caller)
    return found


def led_to(reach: Reachability, starts: Iterable[int], stops: int) -> set[int]:
    """The functions that `starts` lead to without a guard of `stops`, they themselves included."""
    found = set(starts)
    pending = sorted(found)
    around = reach.graph.function_guards
    while pending:
        for edge in reach.outgoing.get(pending.pop(), ()):
            if edge.callee not in found and not (edge.guards | around.get(edge.callee, 0)) & stops:
                found.add(edge.callee)
                pending.append(edge.callee)
    return found


def _removes_call(reach: Reachability, removal: Removal, call: int) -> bool:
    table = reach.graph.table
    return (reach.graph.program.function_unit[table.function(call)], table.line(call)) in removal.lines
