"""Reachability of blocking calls: contexts, roots of every kind, ways."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from msgspec.structs import replace

from alef_audit.callgraph import guards
from alef_audit.callgraph.closure import closure
from alef_audit.callgraph.cold import endless_functions
from alef_audit.callgraph.graph import CallGraph, Edge, RootSite, SinkSite
from alef_audit.callgraph.keeping import tests_around
from alef_audit.facts.file import Condition
from alef_audit.reachability import deferred, surface
from alef_audit.reachability.components import component_of
from alef_audit.reachability.contexts import contexts, leading_to
from alef_audit.reachability.dependencies import dependency_functions, entered_roots
from alef_audit.reachability.ways import Callees, Crossings, Ways, crossings, propagate, ranks
from alef_audit.rulepack.kinds import Kinds

# Roots in files of these roles are not hot: they run in development, or as programs of their own.
COLD_ROLES = frozenset(("test", "example", "docs", "build", "script", "development", "types", "browser"))


@dataclass(frozen=True, slots=True)
class Reachability:
    """`roots` are numbered as in the bit sets of `ways`; `incoming` is the call graph's edges by callee."""

    graph: CallGraph
    roots: tuple[RootSite, ...]
    ways: dict[int, Ways]
    outgoing: dict[int, list[Edge]]
    incoming: dict[int, list[Edge]]
    sinks: tuple[SinkSite, ...]
    has_dispatch: bool
    inside: frozenset[int] = frozenset()  # functions of followed packages
    doors: Mapping[int, Edge] = field(default_factory=dict)  # root in a package -> the program's call that leads to it
    standing: Mapping[int, int] = field(default_factory=dict)  # function that no root reaches -> number of its own root


def reach(graph: CallGraph, kinds: Kinds) -> Reachability:
    """Find by which ways the event loop's roots reach every function that matters."""
    is_async = surface.async_functions(graph.program)
    edges = _outside_tests(graph)
    callees = _callees(edges)
    sinks = {sink.function for sink in graph.sinks}
    relevant = leading_to(callees, sinks)
    leading = {caller: found for caller, below in callees.items() if (found := [c for c in below if c in relevant])}
    component = component_of(leading)
    outgoing = _without_circular_loops([edge for edge in edges if edge.callee in relevant], component)
    incoming = by_callee(graph, outgoing)
    calls = crossings(outgoing, graph.function_guards)
    rank = ranks(leading, component)
    inside = dependency_functions(graph.program)
    registered, doors = entered_roots(graph, edges, graph.roots, inside)
    registered = [root for root in registered if _role(graph, root.function) not in COLD_ROLES]
    hot = [root for root in registered if _is_hot(root, kinds)]
    cold = [root for root in registered if not _is_hot(root, kinds)]
    begun = _with_ticks(graph, callees)
    loops = contexts(graph, begun, hot, cold, kinds)
    hot = [root for root in hot if loops.serves(graph, root)]
    run_there = [root for root in cold if _is_run_by_caller(graph, callees, root)]
    told = [root for root in cold if root not in run_there]
    started = surface.started_functions(graph, begun, [root for root in told if not root.by_name])
    started |= loops.workers
    has_dispatch = any(
        kinds.root[root.kind].heat == "dispatch" and _is_application_root(graph, root, started)
        for root in hot
        if root.function not in inside and not root.general and _role(graph, root.function) != "vendored"
    )
    if not has_dispatch:
        hot = deferred.with_callers(graph, callees, hot, surface.SURFACE_ROLES)
    reached: dict[int, Ways] = {}
    propagate(reached, calls, rank, _numbered(graph, hot, 0), guards.OFFLOAD, is_async)
    exposed = _exposed(reached)
    off_loop = reached.keys() - exposed
    once = {root.function for root in told if root.by_name} - exposed
    started |= closure(begun, once, endless_functions(graph.program))
    started |= closure(begun, [one.function for one in run_there if graph.table.function(one.call) in off_loop])
    if not has_dispatch:
        # a command line beside a library takes nothing of its surface away
        started -= graph.exported - {root.function for root in told}
    started |= surface.ending_only(callees, graph)
    beside = _beside(callees, once)
    extra = surface.surface_roots(
        graph,
        beside,
        hot,
        started,
        reached=exposed | _cut_off(outgoing, reached),
        relevant=leading_to(beside, sinks - once) if once else relevant,
        is_async=is_async,
        has_dispatch=has_dispatch,
    )
    roots, calls = (*hot, *extra), _avoiding(calls, once)
    propagate(reached, calls, rank, _numbered(graph, extra, len(hot)), guards.OFFLOAD, is_async)
    return Reachability(graph, roots, reached, outgoing, incoming, graph.sinks, has_dispatch, inside, doors)


def _callees(edges: list[Edge]) -> dict[int, dict[int, None]]:
    found: dict[int, dict[int, None]] = {}
    for edge in edges:
        found.setdefault(edge.caller, {})[edge.callee] = None
    return found


def _with_ticks(graph: CallGraph, callees: Callees) -> Callees:
    """The calls, and what they have run at intervals: it belongs to the program that starts it, if to no call of it."""
    found = {caller: dict.fromkeys(below) for caller, below in callees.items()}
    for root in graph.roots:
        if root.kind == "tick" and root.call >= 0:
            found.setdefault(graph.table.function(root.call), {})[root.function] = None
    return found


def by_callee(graph: CallGraph, outgoing: dict[int, list[Edge]]) -> dict[int, list[Edge]]:
    """The edges by callee; of the calls of one function by another, those with fewer tests around them come first."""
    incoming: dict[int, list[Edge]] = {}
    for caller in sorted(outgoing):
        edges = outgoing[caller]
        if len({edge.callee for edge in edges}) < len(edges):
            conditions = graph.program.unit_of(caller).facts.conditions
            edges = sorted(edges, key=lambda edge: _tests(graph, edge, conditions))
        for edge in edges:
            incoming.setdefault(edge.callee, []).append(edge)
    return incoming


def _tests(graph: CallGraph, edge: Edge, conditions: tuple[Condition, ...]) -> int:
    return tests_around(conditions, graph.table.condition(edge.call)) if edge.call >= 0 else 0


def _avoiding(calls: Crossings, once: set[int]) -> Crossings:
    return {caller: [one for one in below if one[0] not in once] for caller, below in calls.items()} if once else calls


def _beside(callees: Callees, once: set[int]) -> Callees:
    """The calls, without those of functions that run once in a while: nothing is known of who else runs those."""
    if not once:
        return callees
    return {
        caller: below if once.isdisjoint(below) else [callee for callee in below if callee not in once]
        for caller, below in callees.items()
        if caller not in once
    }


def _outside_tests(graph: CallGraph) -> list[Edge]:
    is_test = [unit.role == "test" for unit in graph.program.units]
    if not any(is_test):
        return list(graph.edges)
    unit = graph.program.function_unit
    return [edge for edge in graph.edges if not is_test[unit[edge.caller]]]


def _without_circular_loops(edges: list[Edge], component: dict[int, int]) -> dict[int, list[Edge]]:
    """The edges by caller.

    Among functions that call each other in circles a loop could be counted any number of times: it counts none.
    """
    outgoing: dict[int, list[Edge]] = {}
    for edge in edges:
        is_circular = edge.depth and component[edge.callee] == component[edge.caller]
        outgoing.setdefault(edge.caller, []).append(replace(edge, depth=0) if is_circular else edge)
    return outgoing


def _is_hot(root: RootSite, kinds: Kinds) -> bool:
    return root.runs_on == "event-loop" and kinds.root[root.kind].heat != "never"


def _is_application_root(graph: CallGraph, root: RootSite, started: set[int]) -> bool:
    """Whether a root is registered by the program itself, not by code that waits for somebody to call it."""
    if root.call >= 0:
        return graph.table.function(root.call) in started
    return not root.by_name


def _is_run_by_caller(graph: CallGraph, callees: Callees, root: RootSite) -> bool:
    """Whether a root is the coroutine that a function makes and runs on a loop of its own: `asyncio.run(main())`.

    It is as cold as that function: a method of a library that does so has an asynchronous twin for everybody else.
    """
    return root.kind == "cli" and root.call >= 0 and root.function in callees.get(graph.table.function(root.call), ())


def _numbered(graph: CallGraph, roots: Iterable[RootSite], first: int) -> list[tuple[int, int, int]]:
    entered = graph.entered
    return [(root.function, entered.get(root.function, 0), 1 << number) for number, root in enumerate(roots, first)]


def _exposed(reached: dict[int, Ways]) -> set[int]:
    """Functions that some root reaches without leaving the loop."""
    return {function for function, ways in reached.items() if any(not way & guards.OFFLOAD for way in ways)}


def _cut_off(outgoing: dict[int, list[Edge]], reached: dict[int, Ways]) -> set[int]:
    """Functions below branches that no way enters: somebody calls them, only not like this."""
    pending = [
        edge.callee
        for caller in reached
        for edge in outgoing.get(caller, ())
        if edge.closed & ~guards.KNOWN and edge.callee not in reached
    ]
    found = set(pending)
    while pending:
        for edge in outgoing.get(pending.pop(), ()):
            if edge.callee not in found and edge.callee not in reached:
                found.add(edge.callee)
                pending.append(edge.callee)
    return found


def _role(graph: CallGraph, function: int) -> str:
    return graph.program.unit_of(function).role
