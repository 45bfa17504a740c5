"""What start-up code leaves running: tasks that it starts and does not wait for, beside the server."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from alef_audit.callgraph.graph import CallGraph, RootSite
from alef_audit.callgraph.loops import is_timer
from alef_audit.callgraph.program import Program
from alef_audit.rulepack.kinds import RootKind

# What says that a program serves others. A message may come from anywhere: it counts if its row is no general one.
_SERVED: Final[frozenset[RootKind]] = frozenset(("attempt", "request", "message", "rpc", "tool"))
_COLD: Final[frozenset[RootKind]] = frozenset(("startup", "shutdown", "cli", "worker"))


def left_running(graph: CallGraph, roots: list[RootSite]) -> list[RootSite]:
    """`roots` without the tasks that code starts which is hot itself, or which serves nobody.

    Those tasks are part of what starts them. A task that works at intervals is a `tick`.
    """
    if not any(root.beside for root in roots):
        return roots
    outgoing: dict[int, list[int]] = {}
    incoming: dict[int, list[int]] = {}
    for edge in graph.edges:
        outgoing.setdefault(edge.caller, []).append(edge.callee)
        incoming.setdefault(edge.callee, []).append(edge.caller)
    sure = [root for root in roots if not root.beside]
    starts = {root.function for root in sure if root.kind == "startup"}
    serving = _reached(incoming, _registering(graph, sure))
    mains = {unit.functions for unit in graph.program.units} | {root.function for root in sure if root.kind == "cli"}
    started = _reached(outgoing, starts | (mains & serving))
    hot = _reached(outgoing, {root.function for root in sure if root.kind not in _COLD})
    return sorted(
        (
            _timed(graph.program, root)
            for root in roots
            if not root.beside or (_starter(graph, root) in started and _starter(graph, root) not in hot)
        ),
        key=lambda root: (root.function, root.kind),
    )


def _registering(graph: CallGraph, roots: Iterable[RootSite]) -> set[int]:
    return {
        graph.table.function(root.call)
        for root in roots
        if root.call >= 0 and root.kind in _SERVED and not root.general
    }


def _starter(graph: CallGraph, root: RootSite) -> int:
    return graph.table.function(root.call)


def _timed(program: Program, root: RootSite) -> RootSite:
    if not root.beside:
        return root
    unit = program.unit_of(root.function)
    own = root.function - unit.functions
    works_at_intervals = any(loop.function == own and is_timer(loop) for loop in unit.facts.loops)
    why = f"{root.why}, at intervals"
    return replace(root, kind="tick", why=why) if works_at_intervals else root


def _reached(outgoing: dict[int, list[int]], starts: Iterable[int]) -> set[int]:
    found = set(starts)
    pending = list(found)
    while pending:
        for callee in outgoing.get(pending.pop(), ()):
            if callee not in found:
                found.add(callee)
                pending.append(callee)
    return found
