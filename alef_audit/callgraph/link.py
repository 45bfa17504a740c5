"""The last step of linking: from solved values to edges, blocking calls and registered roots."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Final

from alef_audit.callgraph import graph, guards, open_bases, tokens
from alef_audit.callgraph.calls import CallTable
from alef_audit.callgraph.collect import Collector, functions_among, functions_in, thread_of
from alef_audit.callgraph.collected import called_back
from alef_audit.callgraph.containers import stores_only
from alef_audit.callgraph.drawn import without_repeated
from alef_audit.callgraph.fallbacks import preferred
from alef_audit.callgraph.graph import CallGraph, Edge, SinkSite
from alef_audit.callgraph.imports import import_edges
from alef_audit.callgraph.keyed_edges import settle_keyed
from alef_audit.callgraph.loops import Ranged
from alef_audit.callgraph.made_coroutines import handed_coroutines
from alef_audit.callgraph.mains import behind_starts
from alef_audit.callgraph.narrow import awaitable, keeps_arguments, with_bodies
from alef_audit.callgraph.outside import (
    Outside,
    configured_offload,
    leave,
    offload_by_name,
    register_computed,
)
from alef_audit.callgraph.overflow import Written, certain_callees
from alef_audit.callgraph.platform_tables import platform_edges
from alef_audit.callgraph.platforms import ruled_out
from alef_audit.callgraph.settle import settle_parameters
from alef_audit.callgraph.state import State
from alef_audit.callgraph.tokens import MASK, SHIFT
from alef_audit.callgraph.wrapped import Wrapped
from alef_audit.facts import flows
from alef_audit.facts.file import FunctionFlag
from alef_audit.rulepack.kinds import COSTS, Cost
from alef_audit.rulepack.lexicon import Lexicon

_BASE: Final = re.compile(r"[^\w]")
# A site hands over one callback, or the few that its own branches choose from.
_HANDED_OVER: Final = 4


def link(
    state: State, table: CallTable, lexicon: Lexicon, executors: frozenset[str] = frozenset(), platform: str = "any"
) -> CallGraph:
    """Build the call graph from a solved state.

    `executors` are callees (as written, or the end of it after a dot) that run their callable arguments off the loop;
    calls that `platform` rules out are left out.
    """
    collector = Collector(state, table, lexicon, executors)
    _visit_calls(collector, lexicon, platform)
    settle_parameters(collector)
    settle_keyed(collector)
    _register(collector)
    edges = [*collector.edges.values(), *collector.further, *_edges_without_call(state)]
    edges, sinks = behind_starts(state.program, table, edges, collector.sinks.values(), lexicon.main_tests)
    on_platform = platform_edges(state, table, edges)
    if platform != "any":
        edges = [edge for edge in edges if on_platform.get((edge.call, edge.callee), platform) == platform]
    # by call and callee, then by caller and line: two sorts by one integer take half as long as one by four
    edges.sort(key=lambda edge: (edge.call + 1) << 32 | edge.callee)
    edges.sort(key=lambda edge: edge.caller << 32 | edge.line)
    return CallGraph(
        program=state.program,
        table=table,
        api=state.api,
        edges=tuple(edges),
        sinks=_one_per_call(without_repeated(sinks, table, collector.arguments), collector.opened),
        roots=tuple(sorted(collector.roots.values(), key=lambda r: (r.function, r.kind))),
        function_guards=collector.function_guards,
        lives_with=collector.lives_with,
        externals=tuple(state.externals),
        unresolved=tuple(collector.unresolved),
        loops=collector.loops,
        handed=collector.handed,
        recursive=frozenset(edge.caller for edge in edges if _is_recursive(collector, edge)),
        on_platform=on_platform,
        orders={index: _order(state, index) for index in range(len(state.program.classes))},
    )


def _is_recursive(collector: Collector, edge: Edge) -> bool:
    """Whether a function calls itself; one that has itself run on a later turn of the loop does not wait for that."""
    later = edge.how == graph.CALLBACK and collector.table.members[edge.call] in collector.words.callers
    return edge.caller == edge.callee and not later


def _order(state: State, index: int) -> tuple[int, ...]:
    return tuple(each >> SHIFT for each in state.classes.order(index) if each & MASK == tokens.CLASS)


def _visit_calls(collector: Collector, lexicon: Lexicon, platform: str) -> None:
    state, table = collector.state, collector.table
    linked = _by_call(state.links)
    leaving = _by_call(state.externals)
    nothing: list[int] = []
    written = Written(state, table, collector.overflowed)
    outside = Outside(state, lexicon)
    for call in range(len(table)):
        if call in collector.entering or (platform != "any" and _is_ruled_out(state, table, call, platform)):
            continue
        if call in collector.overflowed:
            # which functions made it into a full set depends on the order of arrival: none of them is evidence
            _visit(collector, outside, call, *certain_callees(state, table, call, written))
        else:
            _visit(collector, outside, call, linked.get(call, nothing), leaving.get(call, nothing))


def _by_call(pairs: Iterable[tuple[int, int]]) -> dict[int, list[int]]:
    found: dict[int, list[int]] = {}
    for call, target in pairs:
        known = found.get(call)
        if known is None:
            found[call] = [target]
        else:
            known.append(target)
    return found


def _is_ruled_out(state: State, table: CallTable, call: int, platform: str) -> bool:
    condition = table.condition(call)
    return condition >= 0 and ruled_out(
        state.program.unit_of(table.function(call)).facts.conditions, condition, platform
    )


def _visit(collector: Collector, outside: Outside, call: int, linked: list[int], nodes: list[int]) -> None:
    """Edges, blocking calls, roots of one call, whose callee holds the functions `linked` and the API `nodes`."""
    callee = collector.table.callees[call]
    held = bool(linked or nodes)
    linked = collector.class_tests.fitting(call, linked)
    if nodes and collector.class_tests.is_of_program(call):
        nodes = []
    if held and not linked and not nodes:
        return  # nothing that it holds fits the class that its receiver was tested for
    functions = _lead(collector, call, callee, linked) if linked or callee in collector.paths else linked
    settled = configured_offload(collector, call) if collector.executors else set()
    modelled, named, constructs = False, False, True
    for number in nodes:
        node = outside.node(number)
        modelled = modelled or node.modelled
        named = named or node.named
        constructs = constructs and node.constructs
        if not node.silent:
            settled |= leave(collector, outside, call, number)
    if call in collector.user_code and not named and call not in collector.overflowed:
        _user_code(collector, call, functions)
    if not functions:
        register_computed(collector, call)
    if functions:
        if any(collector.table.argument_slots(call)):
            _register_arguments(collector, call)
        if collector.table.members[call] in collector.words.loops and not nodes:
            _callbacks(collector, call, settled, known=True)
    elif not nodes:
        _unknown(collector, call, settled)
    elif not constructs:
        if not modelled:
            settled |= offload_by_name(collector, call)
        _callbacks(collector, call, settled, known=modelled or call in collector.state.stock.installed)


def _lead(collector: Collector, call: int, callee: int, functions: list[int]) -> list[int]:
    """Add the edges of a call; gives those of the functions in its callee that it can mean."""
    state, table = collector.state, collector.table
    if functions and table.flag_sets[call] & flows.AWAITED:
        functions = awaitable(state, table, call, sorted(functions), collector.returning_calls)
    if not collector.stubs.isdisjoint(functions):
        functions = with_bodies(state.program, functions, collector.stubs)
    functions = preferred(state, table, call, functions)
    if callee in collector.paths:
        collector.use(call, callee, functions, open_bases.doubt(state, table, call) if functions else 0)
        return functions
    functions = collector.function_kinds.fitting(call, _BASE.split(table.text(call), maxsplit=1)[0], functions)
    collector.call_edges(call, functions)
    return functions


def _unknown(collector: Collector, call: int, settled: set[int]) -> None:
    """A call that leads neither to a function of the program nor to a node of a library."""
    state, table = collector.state, collector.table
    if keeps_arguments(state, table, call):
        return
    if call in state.stock.installed:
        _callbacks(collector, call, settled, known=True)
        return
    settled |= offload_by_name(collector, call)
    guessed = bool(settled) or _dynamic(collector, call)
    handed = _callbacks(collector, call, settled, known=False)
    if not guessed and not handed and not table.flags(call) & flows.IMPLICIT and not _is_standard(collector, call):
        collector.unresolved.append(call)


def _is_standard(collector: Collector, call: int) -> bool:
    """Whether a call reads like one of a method of the language's own types: `text.trim()`, `rows.append(row)`."""
    table = collector.table
    return table.members[call] in collector.words.standard[collector.language(call)] and "." in table.text(call)


def _user_code(collector: Collector, call: int, functions: list[int]) -> None:
    """A user's plain callable run on the loop: nothing is known of it, but for adapters that the library
    itself made.  (Where too much is known, it is the program that hands its functions over.)
    """
    shape = collector.user_code[call]
    facts = collector.state.program.functions
    name = shape.text.rpartition(".")[2]
    if any(facts[function].name == name for function in functions):
        return  # called by its own name: no callable that a user handed over
    if collector.table.result(call) in collector.awaited:
        return  # what it gives is waited for: it is asynchronous
    adapters = FunctionFlag.ANONYMOUS | FunctionFlag.ASYNC
    if all(facts[function].flags & adapters for function in functions):
        collector.sinks[call, shape.text] = shape


def _register_arguments(collector: Collector, call: int) -> None:
    """Listeners handed to the program's own `onX(...)`: something later calls them from the loop."""
    state, table = collector.state, collector.table
    rows = collector.registrations.of_member(table.members[call])
    if not rows or table.flags(call) & flows.DECORATOR:
        return
    for slot in table.argument_slots(call):
        for function in functions_in(state, slot) if slot else ():
            row = next((each for each in rows if collector.registrations.fits(each, function, call)), None)
            if row is not None:
                collector.root(function, row.kind, row.why, "event-loop", call)


def _callbacks(collector: Collector, call: int, settled: set[int], *, known: bool) -> bool:
    """Function values handed to code outside the program may be run by it. True if there were any."""
    state, table, words = collector.state, collector.table, collector.words
    installed = state.stock.installed.get(call)
    is_installed = installed is not None
    slots = [slot for slot in (table.argument_slots(call) if installed is None else installed) if slot]
    if not slots:
        return False
    member = table.members[call]
    if member in words.sending and _is_sent(state, table, call):
        return False
    if table.flag_sets[call] & flows.DECORATOR and (
        collector.language(call) == "ecmascript" or state.program.functions[table.function(call)].parent >= 0
    ):
        return False  # decorators note what they are applied to; they do not run it there and then
    if not is_installed and member in words.storing and stores_only(state, table, call):
        _register_arguments(collector, call)
        return False
    looping = member in words.loops
    over = (Ranged(_receiver_text(table.text(call))),) if looping else ()
    doubt = 0 if known or looping else guards.MEDIUM
    found = False
    for slot in slots:
        if slot in settled:
            continue
        values = state.held(slot) if state.points_to[slot] else []
        handed = called_back(state, table, call, slot) if is_installed else functions_among(values)
        if len(handed) > _HANDED_OVER:
            # whatever flowed into a general-purpose helper: no evidence that any of them is called here
            continue
        if slot in collector.paths:
            collector.use(call, slot, handed, doubt, over)
            found = True
            continue
        for function in handed:
            found = True
            collector.edge(call, function, graph.CALLBACK, doubt, over)
        if looping or is_installed or member in words.callers:
            for value in values:
                if value & MASK == tokens.EXTERNAL and value >> SHIFT in state.api.sinks:
                    found = True
                    collector.handed_sink(call, value >> SHIFT, over)
    if found and not known and not looping:
        _register_arguments(collector, call)
    return found


def _is_sent(state: State, table: CallTable, call: int) -> bool:
    """Whether a generator takes the arguments of a `send`."""
    return any(value & MASK == tokens.OBJECT for value in state.held(table.receiver(call)))


def _receiver_text(text: str) -> str:
    return text.rsplit(".", 1)[0] if "." in text else text


def _dynamic(collector: Collector, call: int) -> bool:
    """Guess by a member name that few methods of the program carry. True if there was a guess."""
    table = collector.table
    guesses = collector.methods.candidates(
        collector.language(call), table.member(call), awaited=bool(table.flags(call) & flows.AWAITED)
    )
    if not guesses or "." not in table.text(call) or not (table.receiver(call) or table.callee(call)):
        return False
    held = collector.state.held(table.receiver(call)) if table.receiver(call) else ()
    if any(value & MASK == tokens.EXTERNAL for value in held):
        return False
    for function in guesses:
        collector.edge(call, function, graph.DYNAMIC, guards.LOW)
    return True


def _register(collector: Collector) -> None:
    """The functions that calls hand over for registration are roots, now that offloading wrappers are known."""
    offloaders = {edge.caller for edge in collector.edges.values() if edge.guards & guards.OFFLOAD}
    wrapped = Wrapped(collector.state, collector.table)
    for slot, row, call in collector.registered:
        handed = collector.unwrapped(slot, offloaders) or wrapped.functions(slot)
        for function in collector.of_chosen_kind(call, slot, handed):
            is_async = bool(collector.state.program.functions[function].flags & FunctionFlag.ASYNC)
            thread = thread_of(row.runs_on, is_async=is_async)
            collector.root(function, row.kind, row.why, thread, call, row)
            # one wrapper for many handlers: what it was made around is the handler of this registration
            for inner in () if function in offloaders else _made_around(collector, slot, function):
                collector.root(inner, row.kind, row.why, thread, call, row)
    _end_with_shutdown(collector)
    for row, call, function in handed_coroutines(collector):
        collector.root(function, row.kind, row.why, "event-loop", call, row)


def _made_around(collector: Collector, slot: int, closure: int) -> list[int]:
    """The functions that the calls were handed which made the closure in a variable, if those calls are known."""
    state, table = collector.state, collector.table
    makers = state.makers.get(closure, {}).get(slot) or ()
    given = [held for call in sorted(makers) for label, held, _ in table.arguments(call) if label == flows.NO_NAME]
    return list(dict.fromkeys(function for held in given if held for function in functions_in(state, held)))


def _end_with_shutdown(collector: Collector) -> None:
    """What is registered for the end of the process is no tick, whatever its decorator says of the thread."""
    for function in [function for function, kind in collector.roots if kind == "shutdown"]:
        tick = collector.roots.get((function, "tick"))
        if tick is not None and tick.call >= 0 and collector.table.flags(tick.call) & flows.DECORATOR:
            del collector.roots[function, "tick"]


def _edges_without_call(state: State) -> Iterable[Edge]:
    """Imports inside functions, and reads that run a getter."""
    imports = dict.fromkeys(import_edges(state.program, state.modules))
    for function, body, line in imports:
        yield Edge(function, body, -1, line, graph.IMPORT, guards.BIT["once"])
    for function, line, getter in state.getters:
        yield Edge(function, getter, -1, line, graph.PROPERTY, 0)


def _one_per_call(sinks: Iterable[SinkSite], opened: Mapping[int, Cost]) -> tuple[SinkSite, ...]:
    """Of the rows that fit one call (a receiver of several possible types) the costliest; what only opens something
    costs no more than `opened` says.
    """
    chosen: dict[int, SinkSite] = {}
    for sink in sorted(sinks, key=lambda s: (-COSTS.index(s.cost), s.how, s.text)):
        chosen.setdefault(sink.call, sink)
    for call, cost in opened.items():
        if call in chosen and COSTS.index(chosen[call].cost) > COSTS.index(cost):
            chosen[call] = replace(chosen[call], cost=cost)
    return tuple(sorted(chosen.values(), key=lambda s: (s.function, s.call)))
