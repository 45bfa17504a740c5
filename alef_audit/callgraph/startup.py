"""What start-up code leaves running beside the server: tasks, loops at intervals, calls that nobody awaits.

Start-up code is no root: nothing is served before it ends.  What it starts and does not wait for goes on when the
server does.  The same calls in code that is hot itself are part of that code.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Final

from alef_audit.callgraph.graph import CallGraph, Edge, RootSite
from alef_audit.callgraph.loops import is_timer
from alef_audit.callgraph.mains import calls_of
from alef_audit.callgraph.timers import scheduling_themselves, setting_themselves
from alef_audit.facts import flows
from alef_audit.facts.file import FunctionFlag
from alef_audit.rulepack.kinds import COLD, SERVING

_WAITED: Final = flows.AWAITED | flows.RETURNED
_CHAINED: Final = ("catch", "then", "finally")
_AT_INTERVALS: Final = "loop at intervals that start-up code leaves running beside the server"
_AGAIN: Final = "task that schedules itself again, at intervals"
_ANEW: Final = "timer that sets itself again, at intervals"
_AT_START: Final = "scheduled by start-up code for the first turns of the loop"
_AFTER_LISTEN: Final = "started when the server already listens, and not waited for"


@dataclass(frozen=True, slots=True)
class _Phases:
    """Functions that start-up code runs in a program that serves, and functions that roots run."""

    started: set[int]
    hot: set[int]
    outgoing: dict[int, list[int]]

    def starts_up(self, function: int) -> bool:
        return function in self.started and function not in self.hot


def left_running(graph: CallGraph, roots: list[RootSite]) -> list[RootSite]:
    """`roots` with what start-up code leaves running; without the tasks that other code starts."""
    anew = setting_themselves(graph, roots)
    roots = [
        replace(root, kind="tick", why=_ANEW) if root.function in anew and root.delayed else root for root in roots
    ]
    timers = _timers(graph)
    listening = _listening(graph)
    if not timers and not listening and not any(root.beside or root.soon for root in roots):
        return roots
    phases = _phases(graph, [root for root in roots if not root.beside and not root.soon])
    roots = [_at_start(graph, root, listening, phases) if root.soon else root for root in roots]
    again = scheduling_themselves(graph, roots, phases.outgoing) if any(root.beside for root in roots) else ()
    roots = [_again(root) if root.beside and root.function in again else root for root in roots]
    found = {
        (root.function, root.kind): root
        for root in roots
        if not root.beside or phases.starts_up(graph.table.function(root.call))
    }
    for root in (*_unawaited(graph, timers, listening, phases), *(r for r in found.values() if r.beside)):
        found.pop((root.function, root.kind), None)
        left = replace(root, kind="tick", why=_AT_INTERVALS) if root.function in timers else root
        found.setdefault((left.function, left.kind), left)
    return sorted(found.values(), key=lambda root: (root.function, root.kind))


def _again(root: RootSite) -> RootSite:
    return replace(root, kind="tick", why=_AGAIN, beside=False)


def _at_start(graph: CallGraph, root: RootSite, listening: dict[int, list[int]], phases: _Phases) -> RootSite:
    """What start-up code has the loop run on its next turn is part of the start, unless the program serves by then."""
    caller = graph.table.function(root.call)
    before = all(graph.table.line(root.call) <= graph.table.line(call) for call in listening.get(caller, ()))
    return replace(root, kind="startup", why=_AT_START) if before and phases.starts_up(caller) else root


def _timers(graph: CallGraph) -> set[int]:
    """The functions that loop for ever and rest between the rounds."""
    return {
        unit.functions + loop.function for unit in graph.program.units for loop in unit.facts.loops if is_timer(loop)
    }


def _listening(graph: CallGraph) -> dict[int, list[int]]:
    """By function, its calls after which the program serves."""
    found: dict[int, list[int]] = {}
    for call, node in graph.externals:
        if node in graph.api.serving:
            found.setdefault(graph.table.function(call), []).append(call)
    return found


def _unawaited(
    graph: CallGraph, timers: set[int], listening: dict[int, list[int]], phases: _Phases
) -> Iterator[RootSite]:
    """Async functions that start-up code calls and does not wait for: timers, and whatever follows listen."""
    functions = graph.program.functions
    chained = {graph.table.receiver(call) for call in graph.table.named(*_CHAINED)}
    for edge in graph.edges:
        after = listening.get(edge.caller, ())
        if edge.call < 0 or not (after or edge.callee in timers):
            continue
        if not functions[edge.callee].flags & FunctionFlag.ASYNC:
            continue
        if graph.table.flags(edge.call) & _WAITED or graph.program.unit_of(edge.caller).facts.language != "ecmascript":
            continue  # in Python a coroutine that is not awaited runs as a task, which has rows of its own
        if graph.table.result(edge.call) and graph.table.result(edge.call) not in chained:
            continue  # kept, and perhaps waited for later: `Promise.race([closed, poll()])`
        if phases.starts_up(edge.caller) and (edge.callee in timers or _follows(graph, edge, after)):
            yield RootSite(edge.callee, "warmup", _AFTER_LISTEN, "event-loop", edge.call)


def _follows(graph: CallGraph, edge: Edge, after: Iterable[int]) -> bool:
    """Whether a call stands behind one of the calls `after`, and not in another branch."""
    table = graph.table
    conditions = graph.program.unit_of(edge.caller).facts.conditions
    chain = {-1}
    at = table.condition(edge.call)
    while at >= 0:
        chain.add(at)
        at = conditions[at].parent
    return any(edge.line > table.end_line(call) and table.condition(call) in chain for call in after)


def _phases(graph: CallGraph, roots: list[RootSite]) -> _Phases:
    calls = calls_of(graph.program, graph.edges)
    serving = calls.above(
        graph.table.function(root.call)
        for root in roots
        if root.call >= 0 and root.kind in SERVING and not root.general
    )
    commands = {root.function for root in roots if root.kind == "cli" and not root.by_name}
    mains = {unit.functions for unit in graph.program.units} | commands
    starts = {root.function for root in roots if root.kind == "startup"} | (mains & serving)
    return _Phases(
        started=calls.below(starts),
        hot=calls.below(root.function for root in roots if root.kind not in COLD),
        outgoing=calls.outgoing,
    )
