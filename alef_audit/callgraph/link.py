"""The last step of linking: from solved values to edges, blocking calls and registered roots."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Final, get_args

from alef_audit.callgraph import graph, guards, tokens
from alef_audit.callgraph.calls import CallTable
from alef_audit.callgraph.collect import Collector, functions_in, how_of, thread_of
from alef_audit.callgraph.collected import called_back
from alef_audit.callgraph.containers import stores_only
from alef_audit.callgraph.graph import CallGraph, Edge, SinkSite
from alef_audit.callgraph.imports import import_edges
from alef_audit.callgraph.narrow import awaitable, builtin_constructor, enters, keeps_arguments, with_bodies
from alef_audit.callgraph.overflow import certain_callees
from alef_audit.callgraph.platforms import ruled_out
from alef_audit.callgraph.selecting import selected
from alef_audit.callgraph.settle import settle_parameters
from alef_audit.callgraph.state import State
from alef_audit.callgraph.tokens import MASK, SHIFT
from alef_audit.facts import flows
from alef_audit.facts.file import FunctionFlag
from alef_audit.rulepack.kinds import Cost
from alef_audit.rulepack.lexicon import Lexicon
from alef_audit.rulepack.model import GuardRow
from alef_audit.rulepack.paths import Selector, parse_selector

# A site hands over one callback, or the few that its own branches choose from.
_HANDED_OVER: Final = 4
# More callees than this at one site are an approximation rather than a dispatch table.
_CALLED: Final = 8
# Timers run their callback later, but on the same loop: a hot caller keeps it hot.
_LATER_KINDS: Final = frozenset(("tick", "warmup"))


def link(
    state: State, table: CallTable, lexicon: Lexicon, executors: frozenset[str] = frozenset(), platform: str = "any"
) -> CallGraph:
    """Build the call graph from a solved state.

    `executors` are callees (as written, or the end of it after a dot) that run their callable arguments off the loop;
    calls that `platform` rules out are left out.
    """
    linked: defaultdict[int, list[int]] = defaultdict(list)
    for call, function in state.links:
        linked[call].append(function)
    outside: defaultdict[int, list[int]] = defaultdict(list)
    for call, node in state.externals:
        outside[call].append(node)
    collector = Collector(state, table, lexicon, executors)
    for call in range(len(table)):
        if platform != "any" and _is_ruled_out(state, table, call, platform):
            continue
        _visit(collector, call, sorted(linked.get(call, ())), outside.get(call, []))
    for function, body, line in import_edges(state.program, state.modules):
        collector.edges[function, body, -line] = Edge(function, body, -1, line, graph.IMPORT, guards.BIT["once"])
    for function, line, getter in state.getters:
        collector.edges[function, getter, -line] = Edge(function, getter, -1, line, graph.PROPERTY, 0)
    settle_parameters(collector)
    offloaders = {edge.caller for edge in collector.edges.values() if edge.guards & guards.OFFLOAD}
    for slot, row, call in collector.registered:
        for function in collector.unwrapped(slot, offloaders):
            is_async = bool(state.program.functions[function].flags & FunctionFlag.ASYNC)
            collector.root(function, row.kind, row.why, thread_of(row.runs_on, is_async=is_async), call)
    edges = sorted(collector.edges.values(), key=lambda e: (e.caller, e.line, e.call, e.callee))
    return CallGraph(
        program=state.program,
        table=table,
        api=state.api,
        edges=tuple(edges),
        sinks=_one_per_call(collector.sinks.values()),
        roots=tuple(sorted(collector.roots.values(), key=lambda r: (r.function, r.kind))),
        function_guards=collector.function_guards,
        externals=tuple(sorted(state.externals)),
        unresolved=tuple(collector.unresolved),
    )


def _one_per_call(sinks: Iterable[SinkSite]) -> tuple[SinkSite, ...]:
    """Of the rows that fit one call (a receiver of several possible types) the costliest."""
    costs: tuple[Cost, ...] = get_args(Cost)
    chosen: dict[int, SinkSite] = {}
    for sink in sorted(sinks, key=lambda s: (-costs.index(s.cost), s.how, s.text)):
        chosen.setdefault(sink.call, sink)
    return tuple(sorted(chosen.values(), key=lambda s: (s.function, s.call)))


def _is_ruled_out(state: State, table: CallTable, call: int, platform: str) -> bool:
    condition = table.condition(call)
    return condition >= 0 and ruled_out(
        state.program.unit_of(table.function(call)).facts.conditions, condition, platform
    )


def _visit(collector: Collector, call: int, functions: list[int], nodes: list[int]) -> None:
    state, table = collector.state, collector.table
    if state.overflowed(table.callee(call)):
        # which functions made it into a full set depends on the order of arrival: none of them is evidence
        functions, nodes = certain_callees(state, table, call)
    if enters(table, call, collector.generated):
        return
    functions = with_bodies(state, awaitable(state, table, call, functions, collector.returning_calls))
    if not collector.uses(call, table.callee(call), functions, 0, ()):
        is_guess = table.callee(call) in collector.approximate
        doubt = guards.MEDIUM if len(functions) > _CALLED or is_guess else 0
        for function in functions:
            how = graph.DYNAMIC if is_guess else how_of(state, table, call, function)
            collector.edge(call, function, how, doubt)
    settled: set[int] = set()
    if collector.executors and _is_executor(table.text(call), collector.executors):
        settled |= _guard(collector, call, _EXECUTOR, parse_selector(_EXECUTOR.runs), is_decorator=False)
    for node in nodes:
        settled |= _external(collector, call, node)
    _user_code(collector, call, functions, nodes)
    if functions:
        _registration(collector, call)
        if collector.table.member(call) in collector.loops and not nodes:
            _callbacks(collector, call, settled, known=True)
        return
    if nodes:
        if all(builtin_constructor(state, node) for node in nodes):
            return
        modelled = call in state.stock.installed or any(node in state.api.modelled for node in nodes)
        _callbacks(collector, call, settled, known=modelled)
        return
    if keeps_arguments(state, table, call):
        return
    if call in state.stock.installed:
        _callbacks(collector, call, settled, known=True)
        return
    settled |= _offload_by_name(collector, call)
    guessed = bool(settled) or _dynamic(collector, call)
    handed = _callbacks(collector, call, settled, known=False)
    if not guessed and not handed and not table.flags(call) & flows.IMPLICIT and not _is_standard(collector, call):
        collector.unresolved.append(call)


def _is_standard(collector: Collector, call: int) -> bool:
    """Whether a call reads like one of a method of the language's own types: `text.trim()`, `rows.append(row)`."""
    table = collector.table
    language = collector.state.program.unit_of(table.function(call)).facts.language
    return "." in table.text(call) and table.member(call) in collector.standard[language]


def _offload_by_name(collector: Collector, call: int) -> set[int]:
    """`x.run_in_executor(None, f)` on an unknown `x`: names that only offloaders have decide by themselves."""
    found: set[int] = set()
    for row, selector in collector.offloaders.get(collector.table.member(call), ()):
        found |= _guard(collector, call, row, selector, is_decorator=False)
    return found


_EXECUTOR: Final = GuardRow(kind="offload.executor", form="call", runs="Argument[*]", members=("configured",))


def _is_executor(text: str, executors: frozenset[str]) -> bool:
    return any(text == name or text.endswith("." + name) for name in executors)


def _user_code(collector: Collector, call: int, functions: list[int], nodes: list[int]) -> None:
    """A user's plain callable run on the loop: nothing is known of it, but for adapters that the library
    itself made.
    """
    shape = collector.user_code.site(call)
    if shape is None or any(node in collector.state.api.modelled for node in nodes):
        return
    facts = collector.state.program.functions
    name = collector.table.text(call).rpartition(".")[2]
    if any(facts[function].name == name for function in functions):
        return  # called by its own name: no callable that a user handed over
    adapters = FunctionFlag.ANONYMOUS | FunctionFlag.ASYNC
    if all(facts[function].flags & adapters for function in functions):
        collector.sinks[call, shape.text] = shape


def _external(collector: Collector, call: int, node: int) -> set[int]:
    """Apply the rows of an API node to a call; gives the argument slots that a row has claimed."""
    state, table, api = collector.state, collector.table, collector.state.api
    settled: set[int] = set()
    _sink(collector, call, node)
    if api.text[node] in collector.looking or (api.text[node] == "iter" and len(table.arguments(call)) == 1):
        return {slot for _, slot, _ in table.arguments(call)}
    is_decorator = bool(table.flags(call) & flows.DECORATOR)
    # `@app.get("/")`: the rows stand on `app.get`, the decorator is what calling it gave
    row_nodes = (node, api.parent[node]) if is_decorator else (node,)
    for selector in api.values.get(node, ()):
        # what is only handed on runs where the result is called
        settled.update(selected(state, table, call, selector))
    for selector in api.kept.get(node, ()):
        settled.update(selected(state, table, call, selector))
    for row_node in row_nodes:
        for guard_row, guard_selector in api.guards.get(row_node, ()):
            if guard_row.form == "wrapper" and row_node in api.values:
                # it hands back what it wraps: the calls of that are the ones that are guarded
                settled |= _guard_function(collector, call, guard_row, guard_selector)
            else:
                settled |= _guard(collector, call, guard_row, guard_selector, is_decorator=is_decorator)
        for root_row, root_selector in api.roots.get(row_node, ()):
            if root_row.form == "decorator" and is_decorator:
                slots = [slot for _, slot, _ in table.arguments(call)]
            elif root_row.form == "argument" and root_selector is not None and row_node == node:
                slots = selected(state, table, call, root_selector)
            else:
                continue
            for slot in slots:
                if root_row.kind not in _LATER_KINDS:
                    settled.add(slot)
                collector.registered.append((slot, root_row, call))
    return settled


def _guard_function(collector: Collector, call: int, row: GuardRow, selector: Selector | None) -> set[int]:
    """Put the guard around the functions that a wrapper is given."""
    slots = selected(collector.state, collector.table, call, selector) if selector is not None else []
    for slot in slots:
        for function in functions_in(collector.state, slot):
            collector.guard_function(function, guards.BIT[row.kind])
    return set(slots)


def _guard(
    collector: Collector, call: int, row: GuardRow, selector: Selector | None, *, is_decorator: bool
) -> set[int]:
    """Apply a guard row: edges under the guard, or a guard around the decorated function."""
    state, table = collector.state, collector.table
    bit = guards.BIT[row.kind]
    if row.form == "decorator":
        if is_decorator:
            for _, slot, _ in table.arguments(call):
                for function in functions_in(state, slot):
                    collector.guard_function(function, bit)
        return set()
    slots = selected(state, table, call, selector) if selector is not None else []
    for slot in slots:
        found = functions_in(state, slot)
        if not collector.uses(call, slot, found, bit, ()):
            for function in found:
                collector.edge(call, function, graph.CALLBACK, bit)
    if bit & guards.OFFLOAD:
        body = collector.entries.body_of(call)
        if body is not None:
            collector.edge(call, body, graph.CALLBACK, bit)
    return set(slots)


def _sink(collector: Collector, call: int, node: int) -> None:
    state, table, api = collector.state, collector.table, collector.state.api
    if table.flags(call) & flows.DECORATOR or node in api.neutral:
        return
    language = state.program.unit_of(table.function(call)).facts.language
    if language == "python" and table.flags(call) & flows.AWAITED:
        # awaiting what is no awaitable raises: this is the asynchronous twin of what the model knows
        return
    found = api.sinks.get(node)
    text = api.text[node]
    if found is not None:
        row, _ = found
        if row.unless_awaited and table.flags(call) & flows.AWAITED:
            return
        if table.flags(call) & flows.IMPLICIT and row.kind != "blocking.wait":
            # leaving `with session:` adds nothing to the calls made inside it; waiting for a lock or a pool does
            return
        if row.kind == "blocking.import" and (table.function(call), table.line(call)) in collector.resolved_imports:
            return  # the module's body is analysed instead
        if row.inside and state.program.functions[table.function(call)].name not in row.inside:
            return
        if node in collector.local_nodes and functions_in(state, table.callee(call)):
            # the library's own source: the function's body is analysed instead
            return
        how = graph.METHOD if table.receiver(call) else graph.DIRECT
        site = SinkSite(table.function(call), call, text, row.kind, row.cost, row.instead, how)
        collector.sinks.setdefault((call, text), site)
    elif text.endswith("Sync") and node not in api.modelled and not functions_in(state, table.callee(call)):
        function = table.function(call)
        if language == "ecmascript" and not table.flags(call) & flows.AWAITED:
            site = SinkSite(function, call, text, "blocking.filesystem", "milliseconds", "", graph.DYNAMIC)
            collector.sinks.setdefault((call, text), site)


def _registration(collector: Collector, call: int) -> None:
    """Listeners handed to the program's own `onX(...)`: something later calls them from the loop."""
    state, table = collector.state, collector.table
    member = table.member(call)
    row = collector.registration_row(member)
    if row is None or table.flags(call) & flows.DECORATOR:
        return
    for _, slot, _ in table.arguments(call):
        for function in functions_in(state, slot) if slot else ():
            collector.root(function, row.kind, row.why, "event-loop", call)


def _callbacks(collector: Collector, call: int, settled: set[int], *, known: bool) -> bool:
    """Function values handed to code outside the program may be run by it. True if there were any."""
    state, table = collector.state, collector.table
    member = table.member(call)
    if member in ("send", "asend") and any(value & MASK == tokens.OBJECT for value in state.held(table.receiver(call))):
        return False  # a generator takes it
    looping = member in collector.loops
    over = (_receiver_text(table.text(call)),) if looping else ()
    found = False
    known_slots = state.stock.installed.get(call)
    if known_slots is None and stores_only(state, table, call):
        _registration(collector, call)
        return False
    slots = [slot for _, slot, _ in table.arguments(call)] if known_slots is None else known_slots
    for slot in slots:
        if not slot or slot in settled:
            continue
        handed = functions_in(state, slot) if known_slots is None else called_back(state, table, call, slot)
        if len(handed) > _HANDED_OVER:
            # whatever flowed into a general-purpose helper: no evidence that any of them is called here
            continue
        doubt = 0 if known or looping else guards.MEDIUM
        if collector.uses(call, slot, handed, doubt, over):
            found = True
            continue
        for function in handed:
            found = True
            collector.edge(call, function, graph.CALLBACK, doubt, over)
        if looping or known_slots is not None or member in collector.callers:
            for value in state.held(slot):
                if value & MASK == tokens.EXTERNAL and value >> SHIFT in state.api.sinks:
                    found = True
                    collector.handed_sink(call, value >> SHIFT, over)
    if found and not known and not looping:
        _registration(collector, call)
    return found


def _receiver_text(text: str) -> str:
    return text.rsplit(".", 1)[0][-60:] if "." in text else text


def _dynamic(collector: Collector, call: int) -> bool:
    """Guess by a member name that few methods of the program carry. True if there was a guess."""
    table = collector.table
    if not table.receiver(call) and not table.callee(call):
        return False
    if "." not in table.text(call) or not table.member(call):
        return False
    held = collector.state.held(table.receiver(call)) if table.receiver(call) else ()
    if any(value & MASK == tokens.EXTERNAL for value in held):
        return False
    language = collector.state.program.unit_of(table.function(call)).facts.language
    guesses = collector.methods.candidates(
        language, table.member(call), awaited=bool(table.flags(call) & flows.AWAITED)
    )
    for function in guesses:
        collector.edge(call, function, graph.DYNAMIC, guards.LOW)
    return bool(guesses)
