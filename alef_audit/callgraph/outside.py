"""Calls that leave the program: what the rows of library models say of them."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from alef_audit.callgraph import graph, guards, tokens
from alef_audit.callgraph.api import CALL
from alef_audit.callgraph.calling import loaded_module
from alef_audit.callgraph.collect import Collector, functions_in, thread_of
from alef_audit.callgraph.drawn import ENTER, NEXT, OF_THEMSELVES, drawn, draws_elements, is_certain
from alef_audit.callgraph.graph import SinkSite
from alef_audit.callgraph.joining import hand_over
from alef_audit.callgraph.narrow import builtin_constructor
from alef_audit.callgraph.selecting import selected
from alef_audit.callgraph.state import State
from alef_audit.callgraph.tokens import MASK, SHIFT
from alef_audit.facts import flows
from alef_audit.facts.file import FunctionFlag
from alef_audit.rulepack.lexicon import Lexicon
from alef_audit.rulepack.model import GuardRow, RootRow, SinkRow
from alef_audit.rulepack.paths import Selector, parse_selector

# Timers run their callback later, but on the same loop: a hot caller keeps it hot, unless they repeat by themselves.
_LATER_KINDS: Final = frozenset(("tick", "warmup"))
_VERB: Final = "post"  # the verb of HTTP that no router has another use for
# So many lists and dictionaries beside an object of a library, and the method they have is likelier meant.
_MANY: Final = 8
_EXECUTOR: Final = GuardRow(kind="offload.executor", form="call", runs="Argument[*]", members=("configured",))


class Node(NamedTuple):
    """What is asked of an API node for every call of it."""

    silent: bool  # no row speaks of it
    modelled: bool
    named: bool  # a function that the language or a library gives that name, nothing that a user hands over
    constructs: bool  # the constructor of one of Python's own classes
    draws: bool  # takes the elements of what it is given


class Outside:
    """API nodes as calls see them, each looked at once."""

    __slots__ = ("_alone", "_known", "_looking", "_state")

    def __init__(self, state: State, lexicon: Lexicon) -> None:
        self._state = state
        self._looking = frozenset(lexicon.looking)
        self._alone = frozenset(lexicon.looking_alone)
        self._known: dict[int, Node] = {}

    def node(self, number: int) -> Node:
        found = self._known.get(number)
        if found is None:
            modelled = number in self._state.api.modelled
            constructs = builtin_constructor(self._state, number)
            named = modelled or self._is_named(number)
            draws = self._state.api.language[number] == "python" and draws_elements(self._state.api.text[number])
            silent = not draws and self._is_silent(number)
            found = self._known[number] = Node(silent, modelled, named, constructs, draws)
        return found

    def _is_named(self, number: int) -> bool:
        api = self._state.api
        return CALL not in api.text[number] and number not in api.outside.values()

    def looks(self, number: int, arguments: int) -> bool:
        """Whether a call with so many arguments only looks at them."""
        text = self._state.api.text[number]
        if text in self._looking or (arguments == 1 and text in self._alone):
            return True
        return text.rpartition(".")[0] + ".*" in self._looking

    def _is_silent(self, number: int) -> bool:
        api = self._state.api
        if any(number in rows for rows in (api.sinks, api.values, api.kept, api.bags.entries)) or self.looks(number, 1):
            return False
        # a decorator is called by the rows of its parent
        if any(one in rows for one in (number, api.parent[number]) for rows in (api.guards, api.roots)):
            return False
        return not api.text[number].endswith("Sync")


def configured_offload(collector: Collector, call: int) -> set[int]:
    """The argument slots of a call that the configuration names as one that runs its callables off the loop."""
    if not collector.executors:
        return set()
    text = collector.table.text(call)
    if not any(text == name or text.endswith("." + name) for name in collector.executors):
        return set()
    return _guard(collector, call, _EXECUTOR, parse_selector(_EXECUTOR.runs), is_decorator=False)


def offload_by_name(collector: Collector, call: int) -> set[int]:
    """`x.run_in_executor(None, f)` on an unknown `x`: names that only offloaders have decide by themselves."""
    found: set[int] = set()
    for row, selector in collector.words.offloaders.get(collector.table.members[call], ()):
        found |= _guard(collector, call, row, selector, is_decorator=False)
    return found


def leave(collector: Collector, outside: Outside, call: int, node: int) -> set[int]:
    """Apply the rows of an API node to a call; gives the argument slots that a row has claimed."""
    state, table, api = collector.state, collector.table, collector.state.api
    settled: set[int] = set()
    _sink(collector, call, node)
    if outside.node(node).draws:
        for each in drawn(state, table, call, node):
            _sink(collector, call, each)
    arguments = table.arguments(call)
    if outside.looks(node, len(arguments)):
        return {slot for _, slot, _ in arguments}
    is_decorator = bool(table.flags(call) & flows.DECORATOR)
    # `@app.get("/")`, `app.get("/")(f)`: the rows stand on `app.get`, the decorator is what calling it gave
    row_nodes = (node, api.parent[node]) if is_decorator or api.registers_decorated(node) else (node,)
    for selector in (*api.values.get(node, ()), *api.kept.get(node, ())):
        # what is only handed on, or kept, runs where the result is called
        settled.update(selected(state, table, call, selector))
    for entry in api.bags.entries.get(node, ()):
        settled.update(selected(state, table, call, entry.value) if entry.value is not None else ())
        settled.update(slot for label, slot, _ in arguments if entry.keywords and label > 0)
    for row_node in row_nodes:
        for guard_row, guard_selector in api.guards.get(row_node, ()):
            if guard_row.form == "wrapper" and row_node in api.values:
                # it hands back what it wraps: the calls of that are the ones that are guarded
                settled |= _guard_function(collector, call, guard_row, guard_selector)
            else:
                settled |= _guard(collector, call, guard_row, guard_selector, is_decorator=is_decorator)
            if guards.BIT[guard_row.kind] & guards.OFFLOAD and guard_row.form == "call":
                hand_over(collector, call, row_node, guard_selector)
        for root_row, root_selector in _for_event(collector, call, api.roots.get(row_node, ())):
            slots = _rooted(collector, call, root_row, root_selector if row_node == node else None)
            collector.registered.extend((slot, root_row, call) for slot in slots)
            if root_row.coroutine:
                collector.coroutines.append((root_row, call))
            settled.update(slot for slot in slots if not _runs_on_loop(state, root_row, slot))
    return settled


def register_computed(collector: Collector, call: int) -> None:
    """`app[method](path, handler)`: whatever the verb, what is handed over serves requests."""
    state, table, api = collector.state, collector.table, collector.state.api
    receiver = table.receiver(call)
    if not receiver or table.members[call] != flows.NO_NAME or not table.text(call).endswith("]"):
        return
    for value in state.held(receiver):
        verb = api.existing(value >> SHIFT, _VERB) if value & MASK == tokens.EXTERNAL else 0
        for row, selector in api.roots.get(verb, ()) if verb else ():
            if row.kind == "request" and row.form == "argument" and selector is not None:
                collector.registered.extend((slot, row, call) for slot in selected(state, table, call, selector))


def _runs_on_loop(state: State, row: RootRow, slot: int) -> bool:
    """Whether what a row registers runs on the loop of the caller in the end, as part of what the caller does."""
    if row.kind not in _LATER_KINDS or row.repeats:
        return False
    facts = state.program.functions
    asynchronous = {bool(facts[function].flags & FunctionFlag.ASYNC) for function in functions_in(state, slot)}
    return not asynchronous or any(thread_of(row.runs_on, is_async=each) == "event-loop" for each in asynchronous)


def _for_event(
    collector: Collector, call: int, rows: Sequence[tuple[RootRow, Selector | None]]
) -> Sequence[tuple[RootRow, Selector | None]]:
    """Those of the rows that hold for the event that a call registers for: rows that name it, or that name none."""
    if not any(row.events for row, _ in rows):
        return rows
    told = collector.told_events(call)
    return [pair for pair in rows if not told.isdisjoint(pair[0].events)] or [
        pair for pair in rows if not pair[0].events
    ]


def _rooted(collector: Collector, call: int, row: RootRow, selector: Selector | None) -> list[int]:
    """The argument slots whose functions a row makes roots."""
    if row.form == "decorator":
        return _decorated(collector, call, row)
    if row.form == "argument" and selector is not None:
        return selected(collector.state, collector.table, call, selector)
    return []


def _decorated(collector: Collector, call: int, row: RootRow) -> list[int]:
    """The slot of what a decorator is applied to, be it by a plain call: `app.get("/")(f)`, `mcp.tool(f)`."""
    table = collector.table
    if not table.flags(call) & flows.DECORATOR:
        # a decorator of JavaScript may take functions that describe a type
        if collector.language(call) != "python":
            return []
        first = [slot for label, slot, _ in table.arguments(call)[:1] if label == flows.NO_NAME and slot]
        # what the decorator is made with may hold functions, too: `websocket_command({"id": validate})`
        return [slot for slot in first if functions_in(collector.state, slot)]
    return [slot for _, slot, _ in table.arguments(call)]


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
                    collector.guard_function(function, bit, row.lives_with)
        return set()
    slots = selected(state, table, call, selector) if selector is not None else []
    for slot in slots:
        found = functions_in(state, slot)
        if slot in collector.paths:
            collector.use(call, slot, found, bit)
            continue
        for function in found:
            collector.edge(call, function, graph.CALLBACK, bit)
    if not bit & guards.OFFLOAD:
        return set(slots)
    body = collector.entries.body_of(call)
    if body is not None:
        collector.edge(call, body, graph.CALLBACK, bit)
    # what else is passed by position is handed to the function that runs elsewhere, and called there if at all
    return {*slots, *(slot for label, slot, _ in table.arguments(call) if label == flows.NO_NAME)} if slots else set()


def _sink(collector: Collector, call: int, node: int) -> None:
    state, table, api = collector.state, collector.table, collector.state.api
    flags, function, text = table.flags(call), table.function(call), api.text[node]
    if flags & flows.DECORATOR or node in api.neutral:
        return
    language = collector.language(call)
    if language == "python" and (flags & flows.AWAITED or table.result(call) in collector.awaited):
        # awaiting what is no awaitable raises: this is the asynchronous twin of what the model knows
        return
    found = api.sinks.get(node)
    if found is not None:
        row = collector.arguments.chosen(call, found)
        if row is None or not _is_meant(collector, call, node, row):
            return
        how = graph.METHOD if table.receiver(call) else graph.DIRECT
        bits = guards.BIT[row.kept] if row.kept else 0
        made = collector.arguments.maker(call, table.receiver(call)) if row.joins or row.opened else -1
        site = SinkSite(
            function,
            call,
            text,
            row.kind,
            row.cost,
            row.instead,
            how,
            guards=bits,
            contended=row.contended,
            releases=row.releases,
            joins=row.joins,
            ready=row.ready,
            afterwards=row.afterwards,
            announced=row.announced,
            selected=row.selected,
            drawn=text.rpartition(".")[2] in row.drawn,
            made=made if row.joins else -1,
            code=row.code,
        )
        collector.sinks.setdefault((call, text), site)
        if row.opened:
            collector.opened[made] = row.opened
    elif text.endswith("Sync") and node not in api.modelled and not functions_in(state, table.callee(call)):
        if language == "ecmascript" and not flags & flows.AWAITED:
            site = SinkSite(function, call, text, "blocking.filesystem", "milliseconds", "", graph.DYNAMIC)
            collector.sinks.setdefault((call, text), site)


def _is_meant(collector: Collector, call: int, node: int, row: SinkRow) -> bool:
    """Whether a sink row holds for this call of its function."""
    state, table, api = collector.state, collector.table, collector.state.api
    flags, function = table.flags(call), table.function(call)
    if (row.unless_awaited and flags & flows.AWAITED) or (row.refuses and flags & flows.REFUSABLE):
        return False
    if row.idle and not _spins(collector, call):
        return False
    if flags & flows.IMPLICIT and not _is_meant_by(collector, call, row):
        return False
    if row.kind == "blocking.import" and (
        (function, table.line(call)) in collector.resolved_imports
        or (api.language[node] == "ecmascript" and loaded_module(state, table, call, node))
    ):
        return False  # the module's body is analysed instead; `require` of a package is an import like any other
    if node in api.by_pattern and _is_own_method(collector, call):
        return False  # a pattern knows no names: this one is the program's
    if row.common and _holds_many_collections(state, table.receiver(call)):
        return False  # what all comes together in the receiver is no evidence
    if row.inside and state.program.functions[function].name not in row.inside:
        return False
    # the library's own source: the function's body is analysed instead
    return not (node in collector.local_nodes and functions_in(state, table.callee(call)))


def _holds_many_collections(state: State, receiver: int) -> bool:
    values = state.held(receiver) if receiver else ()
    return sum(value & MASK == tokens.OBJECT for value in values or ()) >= _MANY


def _spins(collector: Collector, call: int) -> bool:
    """Whether a call stands in a loop that does nothing but test."""
    loop = collector.table.loop(call)
    return loop >= 0 and collector.state.program.unit_of(collector.table.function(call)).facts.loops[loop].idle


def _is_meant_by(collector: Collector, call: int, row: SinkRow) -> bool:
    """Whether a sink row holds for a call that nobody has written."""
    if row.kind in OF_THEMSELVES:
        return True
    # leaving `with session:` adds nothing to the calls made inside it
    member = collector.table.member(call)
    return member in (NEXT, ENTER) and is_certain(collector.state, collector.table.receiver(call), member)


def _is_own_method(collector: Collector, call: int) -> bool:
    """Whether a call's callee holds methods of the program that have the name that is called."""
    facts, member = collector.state.program.functions, collector.table.member(call)
    callee = collector.table.callee(call)
    return any(facts[f].owner >= 0 and facts[f].name == member for f in functions_in(collector.state, callee))
