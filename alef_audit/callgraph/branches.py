"""Guards that conditions put around calls: caches written by hand, as guard bits on the edges and sinks below them."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Final, NamedTuple

from alef_audit.callgraph.calls import CallTable
from alef_audit.callgraph.clearing import cleared_per_dispatch
from alef_audit.callgraph.graph import CallGraph
from alef_audit.callgraph.guards import BIT, LASTING, MEDIUM
from alef_audit.callgraph.keeping import chain, keeping
from alef_audit.callgraph.lifetimes import DISPATCH, PROCESS, SESSION, UNKNOWN, Lifetimes
from alef_audit.callgraph.memos import Memo, memos
from alef_audit.callgraph.program import Program
from alef_audit.callgraph.recall import FRESH, KEYED, SAME
from alef_audit.callgraph.state import State
from alef_audit.facts import flows
from alef_audit.rulepack.guards import GuardWords
from alef_audit.rulepack.kinds import GuardKind, Kinds

_KINDS: Final[Mapping[int, GuardKind]] = {
    DISPATCH: "memoise.dispatch",
    UNKNOWN: "memoise.unknown",
    SESSION: "memoise.session",
    PROCESS: "memoise.process",
}
_Memos = Mapping[tuple[int, int], Memo]


class Rules(NamedTuple):
    """What the rules say of branches: vocabulary, kinds, and from how many seconds on a time to live lasts."""

    words: GuardWords
    kinds: Kinds
    lasting: int


def guard_branches(graph: CallGraph, state: State, rules: Rules) -> CallGraph:
    """`graph` with the guards that its conditions are: on edges, on sinks.

    In two rounds: what variables of modules keep first, for an object that is made behind such a guard lives as long
    as the guard says.
    """
    program, table = graph.program, graph.table
    kept = keeping(program)
    found = memos(program, table, graph.edges, kept, rules.words)
    if not found:
        return graph
    modules = {key: memo for key, memo in found.items() if _in_modules(program, memo)}
    plain = Lifetimes(graph, state, kept, rules.kinds, rules.words, {})
    first = _by_call(program, table, _graded(modules, plain, rules))
    cleared = cleared_per_dispatch(graph, kept, found.values(), rules.kinds)
    alive = {key: memo for key, memo in found.items() if key not in cleared}
    graded = _graded(alive, Lifetimes(graph, state, kept, rules.kinds, rules.words, first), rules)
    return _guarded(graph, _by_call(program, table, graded | dict.fromkeys(cleared, BIT["memoise.dispatch"])))


def _in_modules(program: Program, memo: Memo) -> bool:
    return all(place.owner >= 0 and program.functions[place.owner].parent < 0 for place in memo.recalled.places)


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


def _by_call(program: Program, table: CallTable, bits: Mapping[tuple[int, int], int]) -> dict[int, int]:
    """The guards around every call that stands below a guarded condition."""
    functions = {function for function, _ in bits}
    found: dict[int, int] = {}
    rows = zip(table.all(flows.IN_FUNCTION), table.all(flows.CONDITION), strict=True)
    for call, (function, condition) in enumerate(rows):
        if condition >= 0 and function in functions:
            crossed = 0
            for index in chain(program.unit_of(function).facts.conditions, condition):
                crossed |= bits.get((function, index), 0)
            if crossed:
                found[call] = crossed
    return found


def _guarded(graph: CallGraph, by_call: Mapping[int, int]) -> CallGraph:
    edges = tuple(
        replace(edge, guards=edge.guards | by_call[edge.call]) if edge.call in by_call else edge for edge in graph.edges
    )
    sinks = tuple(
        replace(sink, guards=sink.guards | by_call[sink.call]) if sink.call in by_call else sink for sink in graph.sinks
    )
    return replace(graph, edges=edges, sinks=sinks)
