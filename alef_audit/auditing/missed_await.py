"""Asynchronous checks of authentication whose promise is tested in place of its answer: the answer is always yes.

A promise and a coroutine are true whatever they will give.  So `if (isAuthorized(request))` lets everybody in, and
`tokens.filter(async (token) => verify(token))` keeps every token.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Final, NamedTuple

from alef_audit.auditing.phase import Lexicon
from alef_audit.callgraph.graph import CALLBACK, DYNAMIC, CallGraph, Edge, RootSite, SinkSite
from alef_audit.callgraph.guards import DOUBT
from alef_audit.facts import flows
from alef_audit.facts.file import FunctionFlag
from alef_audit.reachability.reach import COLD_ROLES, Reachability
from alef_audit.rulepack.kinds import RootKind, SinkKind

KIND: Final[SinkKind] = "missed-await"
_ASKED: Final = flows.IN_TEST | flows.JUDGED
_OTHERWISE: Final = flows.AWAITED | flows.IMPLICIT | flows.NEW | flows.OPTIONAL | flows.DECORATOR
_ASYNCHRONOUS: Final = FunctionFlag.ASYNC | FunctionFlag.PROMISE
_FUNCTIONS: Final = flows.choice(flows.FUNCTION)
_NOT_READ: Final = COLD_ROLES | {"dependency", "vendored"}
_WHY: Final = "unknown; a missed await is reported wherever it stands"


class _Leads(NamedTuple):
    """Where the calls that are looked at lead: to functions of the program, and whether also out of it."""

    edges: Mapping[int, list[Edge]]
    outside: Mapping[int, int]  # call -> API node
    wrapped: frozenset[int]  # functions that a decorator from outside the program may have replaced


def missed_awaits(graph: CallGraph, lexicon: Lexicon, predicates: Iterable[str]) -> tuple[SinkSite, ...]:
    """The calls of the program that test the promise of an authentication check, in the order of the calls.

    `predicates` are the members that take what their function gives for a yes or a no.
    """
    table = graph.table
    taking = frozenset(table.named(*predicates))
    asked = {
        call
        for call, flags in enumerate(table.flag_sets)
        if (flags & _ASKED or call in taking) and not flags & _OTHERWISE
    }
    edges: dict[int, list[Edge]] = {}
    for edge in graph.edges:
        if edge.call in asked:
            edges.setdefault(edge.call, []).append(edge)
    outside = {call: node for call, node in graph.externals if call in edges}
    leads = _Leads(edges, outside, _wrapped(graph, {edge.callee for found in edges.values() for edge in found}))
    sites = [
        site
        for call in sorted(edges)
        if graph.program.unit_of(table.function(call)).role not in _NOT_READ
        for site in (_predicate(graph, leads, call) if call in taking else _check(graph, leads, call))
    ]
    inner = _asked_inside(graph, {edge.callee for site in sites for edge in edges[site.call]})
    return tuple(site for site in sites if _is_auth(graph, lexicon, site, edges[site.call], inner))


def _asked_inside(graph: CallGraph, callees: set[int]) -> Mapping[int, list[str]]:
    """What is called in the functions without a name among `callees`: their names are those of what they ask."""
    table, functions = graph.table, graph.program.functions
    found: dict[int, list[str]] = {f: [] for f in callees if functions[f].flags & FunctionFlag.ANONYMOUS}
    for call, function in enumerate(table.functions) if found else ():
        if function in found:
            found[function].append(table.member(call))
    return found


def _wrapped(graph: CallGraph, callees: set[int]) -> frozenset[int]:
    """Those of `callees` to which a decorator is applied that does not lead to the program: it may run them."""
    program, table = graph.program, graph.table
    held: dict[int, int] = {}  # slot -> the function that is defined, or decorated, there
    for number in {program.function_unit[callee] for callee in callees}:
        unit = program.units[number]
        for _, slot, function, _, _ in flows.chosen(unit.facts.flows, _FUNCTIONS):
            held[table.aliases[unit.slots + slot]] = unit.functions + function
    applied: dict[int, int] = {}  # call -> what it decorates
    for call, flags in enumerate(table.flag_sets) if held else ():
        decorated = held.get(table.argument_slots(call)[0], -1) if flags & flows.DECORATOR else -1
        if decorated >= 0:
            held[table.result(call)] = applied[call] = decorated
    known = {edge.call for edge in graph.edges if edge.call in applied} - {call for call, _ in graph.externals}
    return frozenset(function for call, function in applied.items() if call not in known and function in callees)


def _check(graph: CallGraph, leads: _Leads, call: int) -> Iterator[SinkSite]:
    """A call that is tested, if all that it can mean is asynchronous and known by that name, or imported under it."""
    table, functions = graph.table, graph.program.functions
    text, member = table.text(call), table.member(call)
    imports = graph.program.unit_of(table.function(call)).facts.imports
    if call in leads.outside or "?." in text:
        return
    for edge in leads.edges[call]:
        facts = functions[edge.callee]
        if edge.how in (CALLBACK, DYNAMIC) or edge.guards & DOUBT:
            return
        if facts.name != member and all(item.name != facts.name for item in imports):
            return
        if not facts.flags & _ASYNCHRONOUS or facts.flags & FunctionFlag.GENERATOR or edge.callee in leads.wrapped:
            return
    yield SinkSite(table.function(call), call, text, KIND, "microseconds", f"await {text}(…)", leads.edges[call][0].how)


def _predicate(graph: CallGraph, leads: _Leads, call: int) -> Iterator[SinkSite]:
    """`xs.filter(check)`, if all that is handed over is asynchronous and nothing else is known of what takes it."""
    table, functions = graph.table, graph.program.functions
    text = table.text(call)
    if graph.program.unit_of(table.function(call)).facts.language == "python":
        if text != "filter" or graph.api.text[leads.outside.get(call, 0)] != "filter":
            return
    elif call in leads.outside or "." not in text or len(table.arguments(call)) != 1:
        return
    for edge in leads.edges[call]:
        flags = functions[edge.callee].flags
        if edge.how != CALLBACK or not flags & _ASYNCHRONOUS or flags & FunctionFlag.GENERATOR:
            return
        if edge.callee in leads.wrapped:
            return
    instead = "await all checks first, then choose by their answers"
    yield SinkSite(table.function(call), call, text, KIND, "microseconds", instead, CALLBACK)


def _is_auth(
    graph: CallGraph, lexicon: Lexicon, site: SinkSite, edges: list[Edge], inner: Mapping[int, list[str]]
) -> bool:
    """Whether the check, the function that asks it, or a file of either speaks of authentication."""
    functions = graph.program.functions
    callees = [edge.callee for edge in edges]
    names = [site.text, *(functions[callee].label for callee in callees), functions[site.function].label]
    checks = [name for callee in callees for name in (functions[callee].name, *inner.get(callee, ()))]
    if any(lexicon.words_of(name) for name in names) or any(lexicon.words_of_check(name) for name in checks):
        return True
    paths = {graph.program.place(function)[0] for function in (site.function, *callees)}
    return any(lexicon.words_of(part) for path in paths for part in path.rsplit(".", 1)[0].split("/"))


def standing(reach: Reachability) -> Reachability:
    """`reach` with a root for every missed await that no root reaches: it is wrong whoever comes by."""
    roots = list(reach.roots)
    numbers: dict[int, int] = {}
    functions = reach.graph.program.functions
    for sink in reach.sinks:
        if sink.kind == KIND and sink.function not in reach.ways and sink.function not in numbers:
            kind: RootKind = "coroutine" if functions[sink.function].flags & FunctionFlag.ASYNC else "api"
            numbers[sink.function] = len(roots)
            roots.append(RootSite(sink.function, kind, _WHY, "event-loop"))
    return replace(reach, roots=tuple(roots), standing=numbers) if numbers else reach
