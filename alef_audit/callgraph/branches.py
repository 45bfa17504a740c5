"""What conditions put around calls: guards, where they ask for what is kept; gates, where arguments decide them."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Final, NamedTuple

from msgspec import structs

from alef_audit.callgraph.clearing import cleared_per_dispatch
from alef_audit.callgraph.created import created
from alef_audit.callgraph.environment import without_tests
from alef_audit.callgraph.established import established
from alef_audit.callgraph.failures import after_failures
from alef_audit.callgraph.gates import Gates, find_gates
from alef_audit.callgraph.graph import CallGraph, Edge, SinkSite
from alef_audit.callgraph.guards import BIT, LASTING, MEDIUM
from alef_audit.callgraph.handed_over import Surroundings
from alef_audit.callgraph.keeping import Keeping, asked_locals, chain, keeping
from alef_audit.callgraph.kept_with import graded, kept_with_objects, without
from alef_audit.callgraph.keywords import Keywords
from alef_audit.callgraph.latches import latched
from alef_audit.callgraph.leading import leading
from alef_audit.callgraph.lifetimes import DISPATCH, PROCESS, SESSION, UNKNOWN, Lifetimes
from alef_audit.callgraph.looked_up import looked_up_locals
from alef_audit.callgraph.makers import Makers
from alef_audit.callgraph.memos import Memo, memos
from alef_audit.callgraph.named_literals import NamedLiterals
from alef_audit.callgraph.off_loop import without_other_threads
from alef_audit.callgraph.program import Program, is_body
from alef_audit.callgraph.reached import Reached
from alef_audit.callgraph.recall import FRESH, KEYED, SAME
from alef_audit.callgraph.records import Records
from alef_audit.callgraph.remade import remade
from alef_audit.callgraph.renewed import renewed
from alef_audit.callgraph.repairs import repairs
from alef_audit.callgraph.second import second_choices
from alef_audit.callgraph.state import State
from alef_audit.callgraph.swept import swept
from alef_audit.rulepack.guards import GuardWords
from alef_audit.rulepack.kinds import GuardKind, Kinds

_KINDS: Final[Mapping[int, GuardKind]] = {
    DISPATCH: "memoise.dispatch",
    UNKNOWN: "memoise.unknown",
    SESSION: "memoise.session",
    PROCESS: "memoise.process",
}
# Gates of the caller that one call hands on: each doubles its edges.
_HANDED: Final = 3
# Methods that are kept with objects that methods make which are kept with objects …
_ROUNDS: Final = 2
_EMPTY: Final = BIT["empty"]
# What a dispatch keeps for itself holds nothing off: that it asks tells when a path is taken.
_FORGOTTEN: Final = BIT["memoise.dispatch"]
_Memos = Mapping[tuple[int, int], Memo]


class Rules(NamedTuple):
    """What the rules say of branches: vocabulary, kinds, and from how many seconds on a time to live lasts."""

    words: GuardWords
    kinds: Kinds
    lasting: int


def guard_branches(graph: CallGraph, state: State, rules: Rules) -> CallGraph:
    """`graph` with the guards that its conditions are, with the branches told apart that arguments decide, and without
    those that only test runs enter.
    """
    kept = keeping(graph.program)
    graph = without_other_threads(without_tests(graph, kept, rules.words), kept)
    around = leading(graph)
    looked_up = looked_up_locals(kept, {edge.caller for edge in graph.edges})
    graph = replace(
        graph, asked=asked_locals(kept, around.conditions), held=kept.held, looked_up=looked_up, chosen=kept.chosen
    )
    calls = {call for edge in graph.edges for call in edge.via}
    calls |= {call for sink in graph.sinks for call in (sink.call, *sink.via)}
    found = created(graph.program, kept, rules.words)
    found |= memos(graph.program, graph.table, graph.edges, calls, kept, rules.words)
    graph, bits = _graded_in_rounds(graph, state, kept, found, rules)
    records = Records(state, graph.table, kept, frozenset(rules.words.record_bases))
    literals, keywords = NamedLiterals(graph.program, state.modules, kept), Keywords(graph.program, kept)
    surroundings = Surroundings(graph, kept, state.links, records, literals, keywords)
    gates = find_gates(surroundings, found.values(), around.above)
    makers = Makers(graph, rules.words)
    mended = repairs(graph, kept, rules.words, around, makers)
    latches = latched(graph, kept, rules.words, around)
    for key in established(graph, kept, rules.words, around, makers) | mended.conditions | latches:
        bits[key] = bits.get(key, 0) | BIT["established"]
    for key in renewed(graph, rules.words, around):
        bits[key] = bits.get(key, 0) | BIT["memoise.unknown"] | MEDIUM
    reached = Reached(graph)
    rare = dict.fromkeys(second_choices(graph, reached, bits, around), BIT["fallback"])
    for call in after_failures(graph, rules.words, reached, around):
        rare[call] = rare.get(call, 0) | BIT["exceptional"]
    for call in mended.calls:
        rare[call] = rare.get(call, 0) | BIT["established"]
    if not (bits or gates.closing or gates.empty or rare):
        return graph
    return swept(_applied(graph, bits, gates, rare), found, bits)


def _graded_in_rounds(
    graph: CallGraph, state: State, kept: Keeping, found: _Memos, rules: Rules
) -> tuple[CallGraph, dict[tuple[int, int], int]]:
    """The guard bits of memos, and the graph with those of methods that are kept with their objects: what variables of
    modules keep first, for an object that is made behind such a guard lives as long as the guard says.
    """
    decorated = kept_with_objects(graph, state)
    if not (found or decorated):
        return graph, {}
    modules = {key: memo for key, memo in found.items() if _in_modules(graph.program, memo)}
    plain = Lifetimes(without(graph, decorated), state, kept, rules.kinds, rules.words, {}, {})
    kept_first = _graded(modules, plain, rules)
    first, behind = _by_call(graph, kept_first), _by_function(kept_first)
    cleared = cleared_per_dispatch(graph, kept, found.values(), rules.kinds) | remade(graph, found.values())
    alive = {key: memo for key, memo in found.items() if key not in cleared}
    graphs = [without(graph, decorated)]
    for _ in range(_ROUNDS if decorated else 0):
        lifetimes = Lifetimes(graphs[-1], state, kept, rules.kinds, rules.words, first, behind)
        graphs.append(graded(graph, decorated, lifetimes))
    bits = _graded(alive, Lifetimes(graphs[-1], state, kept, rules.kinds, rules.words, first, behind), rules)
    return graphs[-1], bits | dict.fromkeys(cleared, BIT["memoise.dispatch"])


def _by_function(bits: Mapping[tuple[int, int], int]) -> dict[int, dict[int, int]]:
    found: dict[int, dict[int, int]] = {}
    for (function, condition), each in bits.items():
        found.setdefault(function, {})[condition] = each
    return found


def _in_modules(program: Program, memo: Memo) -> bool:
    return all(place.owner >= 0 and is_body(program, place.owner) for place in memo.recalled.places)


def _graded(found: _Memos, lifetimes: Lifetimes, rules: Rules) -> dict[tuple[int, int], int]:
    """The guard bits of memos."""
    bits = {}
    for key, memo in found.items():
        lifetime = min(lifetimes.of(place, memo.function) for place in memo.recalled.places)
        bits[key] = _bits(memo, lifetime, rules.lasting)
    return bits


def _bits(memo: Memo, lifetime: int, lasting: int) -> int:
    asked = memo.recalled
    if memo.is_flight:
        return BIT["single-flight"]
    if lifetime == DISPATCH:
        return BIT["memoise.dispatch"]
    if asked.needs & (SAME | KEYED):
        return BIT["memoise.checked"]
    doubt = MEDIUM if lifetime == UNKNOWN else 0
    if asked.needs & FRESH:
        lasts = asked.is_token_bound or (asked.seconds is not None and asked.seconds >= lasting)
        return BIT["memoise.ttl"] | doubt | (LASTING if lasts and memo.is_firm and not doubt else 0)
    if not memo.is_firm:
        return BIT["memoise.unknown"] | MEDIUM
    return BIT[_KINDS[lifetime]] | doubt


def _by_call(graph: CallGraph, bits: Mapping[tuple[int, int], int]) -> dict[int, int]:
    """The bits around every call that stands below a condition that has some."""
    table, program = graph.table, graph.program
    functions = {function for function, _ in bits}
    found: dict[int, int] = {}
    if not functions:
        return found
    rows = zip(table.functions, table.conditions, strict=True)
    for call, (function, condition) in enumerate(rows):
        if condition >= 0 and function in functions:
            crossed = 0
            for index in chain(program.unit_of(function).facts.conditions, condition):
                crossed |= bits.get((function, index), 0)
            if crossed:
                found[call] = crossed
    return found


class _Around(NamedTuple):
    """What holds around calls, by call."""

    guards: dict[int, int]
    plain: dict[int, int]  # the guards that no argument bypasses
    closed: dict[int, int]
    bypass: dict[int, int]
    empty: dict[int, int]

    def at(self, call: int, via: tuple[int, ...]) -> int:
        """The guards around a call, or of a callback around the calls by which it gets to be run."""
        bits = self.guards.get(call, 0)
        for passing in via:
            bits |= self.plain.get(passing, 0)
        return bits

    def plain_at(self, call: int, via: tuple[int, ...]) -> int:
        bits = self.plain.get(call, 0)
        for passing in via:
            bits |= self.plain.get(passing, 0)
        return bits


def _applied(graph: CallGraph, bits: Mapping[tuple[int, int], int], gates: Gates, rare: Mapping[int, int]) -> CallGraph:
    """The graph with guards and gates on its edges and blocking calls; `rare` are the guards of calls that run in few
    cases.

    A guard that an argument bypasses stands on one of two edges: the other one, without it, is closed to whoever did
    not ask for new work.
    """
    bypassing = {key: gate for key, gate in gates.bypassing.items() if key in bits}
    around = _Around(
        _by_call(graph, bits),
        _by_call(graph, {key: each for key, each in bits.items() if key not in bypassing}),
        _by_call(graph, gates.closing),
        _by_call(graph, bypassing),
        _by_call(graph, gates.empty),
    )
    for call, bit in rare.items():
        around.guards[call] = around.guards.get(call, 0) | bit
        around.plain[call] = around.plain.get(call, 0) | bit
    edges: list[Edge] = []
    for number, edge in enumerate(graph.edges):
        decides = gates.decides.get(number, 0)
        handing = gates.handing.get(number)
        for decided, closed in _handed(decides, handing) if handing else ((decides, 0),):
            edges.extend(_edges(edge, around, decided, closed))
    return replace(
        graph,
        edges=tuple(edges),
        sinks=tuple(_sink(sink, around) for sink in graph.sinks),
        untold=graph.untold | frozenset(key for key, each in bits.items() if each != _FORGOTTEN),
        gated=frozenset((*gates.closing, *bypassing, *gates.empty)),
        entered=gates.entered,
    )


def _handed(decides: int, handing: Mapping[int, int]) -> Iterator[tuple[int, int]]:
    """What an edge decides and by what it is closed, for every way in which its caller may have been entered.

    Who entered by a gate of the caller finds closed all edges that do not decide what follows from it.
    """
    gates = sorted(handing)[:_HANDED]
    for chosen in range(1 << len(gates)):
        decided, closed = decides, 0
        for position, gate in enumerate(gates):
            if chosen >> position & 1:
                decided |= handing[gate]
            else:
                closed |= gate
        yield decided, closed


def _edges(edge: Edge, around: _Around, decides: int, handed: int) -> Iterator[Edge]:
    call = edge.call
    guards, closed = around.at(call, edge.via), around.closed.get(call, 0) | handed
    if not (guards or closed or decides or call in around.empty):
        yield edge
        return
    made = structs.replace(
        edge, guards=edge.guards | guards, closed=edge.closed | closed, decides=edge.decides | decides
    )
    yield from _told_apart(made, around.empty.get(call, 0))
    if call in around.bypass:
        unguarded = edge.guards | around.plain_at(call, edge.via)
        made = structs.replace(made, guards=unguarded, closed=made.closed | around.bypass[call])
        yield from _told_apart(made, around.empty.get(call, 0))


def _told_apart(edge: Edge, empty: int) -> Iterator[Edge]:
    """An edge, once for those who enter its branch for nothing only, once for all others."""
    if empty:
        yield structs.replace(edge, guards=edge.guards | _EMPTY)
    yield structs.replace(edge, closed=edge.closed | empty) if empty else edge


def _sink(sink: SinkSite, around: _Around) -> SinkSite:
    call = sink.call
    guards, closed = around.at(call, sink.via), around.closed.get(call, 0)
    empty = around.empty.get(call, 0)
    if not (guards or closed or empty):
        return sink
    bypass = around.bypass.get(call, 0)
    plain = sink.guards | around.plain_at(call, sink.via)
    if empty and not bypass:
        guards, bypass = guards | _EMPTY, empty
    return replace(sink, guards=sink.guards | guards, closed=sink.closed | closed, bypass=bypass, plain=plain)
