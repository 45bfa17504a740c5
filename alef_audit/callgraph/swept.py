"""Caches by key of what a sweep asks for: it pays for every key, and again for all of them when their time is over.

`for (const task of tasks) check(task.url)` with a cache of five minutes by url makes one call after the other, as many
as there are tasks.  To those who ask for one key the cache holds off what it promises: the calls of a function are told
apart (a gate, as in `gates.py`).
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Final

from msgspec import structs

from alef_audit.callgraph.graph import PROPERTY, CallGraph, Edge, SinkSite
from alef_audit.callgraph.guards import LASTING, SINGLY
from alef_audit.callgraph.keeping import chain
from alef_audit.callgraph.memos import Memo
from alef_audit.callgraph.values import literal_of
from alef_audit.facts import flows

# Functions between a loop and the cache that only hand the key on.
_HANDED: Final = 2
_Key = tuple[int, int]


def swept(graph: CallGraph, memos: Mapping[_Key, Memo], bits: Mapping[_Key, int]) -> CallGraph:
    """`graph` in which a cache by key that lasts for a while does so only for those who do not go through keys."""
    keyed = {
        key: positions
        for key, memo in memos.items()
        # what is valid for as long as it says is not asked for again by the next sweep
        if bits.get(key, 0) & LASTING
        and not memo.recalled.is_token_bound
        and (positions := _key_parameters(graph, memo))
    }
    if not keyed:
        return graph
    incoming: dict[int, list[Edge]] = {}
    for edge in graph.edges:
        incoming.setdefault(edge.callee, []).append(edge)
    sweeping: dict[int, set[Edge]] = {}
    for (function, _), positions in keyed.items():
        found = {e for e in incoming.get(function, ()) if _is_swept(graph, incoming, e, positions, _HANDED)}
        if found:
            sweeping.setdefault(function, set()).update(found)
    told = {key for key in keyed if key[0] in sweeping}
    if not told:
        return graph
    return replace(
        graph,
        edges=tuple(each for edge in graph.edges for each in _edges(graph, edge, sweeping, told)),
        sinks=tuple(_sink(graph, sink, told) for sink in graph.sinks),
        entered={**graph.entered, **{f: graph.entered.get(f, 0) | SINGLY for f in sweeping}},
    )


def _key_parameters(graph: CallGraph, memo: Memo) -> frozenset[int]:
    """The positions of the parameters that the keys of a memo are made of."""
    names = graph.program.unit_of(memo.function).facts.names
    parameters = [names[each.name] for each in graph.program.functions[memo.function].parameters]
    keys = [place.key for place in memo.recalled.places]
    return frozenset([at for at, name in enumerate(parameters) if name and name in keys]) if all(keys) else frozenset()


def _is_swept(
    graph: CallGraph, incoming: Mapping[int, list[Edge]], edge: Edge, positions: frozenset[int], deeper: int
) -> bool:
    """Whether an edge is crossed once for each of many keys."""
    if edge.loops and graph.loops.depth(edge.loops):
        return True
    if edge.call < 0 or edge.how > PROPERTY:
        return False
    handed = [_handed(graph, edge, position) for position in sorted(positions)]
    if graph.loops.around(edge.call).depth and not all(map(_is_literal, handed)):
        return True
    parameters = graph.program.functions[edge.caller].parameters
    names = graph.program.unit_of(edge.caller).facts.names
    above = frozenset(
        at
        for at, parameter in enumerate(parameters)
        for spelled in handed
        if parameter.name and flows.handed_path(spelled).partition(".")[0] == names[parameter.name]
    )
    callers = [each for each in incoming.get(edge.caller, ()) if each.caller != edge.caller]
    if not above or not callers or not deeper:
        return False
    return all(_is_swept(graph, incoming, each, above, deeper - 1) for each in callers)


def _is_literal(spelled: str) -> bool:
    return spelled.startswith('"') or literal_of(spelled) is not None


def _handed(graph: CallGraph, edge: Edge, position: int) -> str:
    """What a call hands over for the parameter at a position, as `flows` spells it."""
    names, own = graph.program.names, graph.program.unit_of(edge.callee).facts.names
    name = own[graph.program.functions[edge.callee].parameters[position].name]
    positional = []
    for label, _, literal in graph.table.arguments(edge.call):
        if label == flows.NO_NAME:
            positional.append(names[literal])
        elif label > 0 and names[label] == name:
            return names[literal]
    return positional[position] if position < len(positional) else ""


def _edges(graph: CallGraph, edge: Edge, sweeping: Mapping[int, set[Edge]], told: set[_Key]) -> Iterable[Edge]:
    if edge.callee in sweeping and edge not in sweeping[edge.callee]:
        edge = structs.replace(edge, decides=edge.decides | SINGLY)
    yield edge
    if edge.guards & LASTING and _is_behind(graph, edge.caller, edge.call, told):
        yield structs.replace(edge, guards=edge.guards & ~LASTING, closed=edge.closed | SINGLY)


def _sink(graph: CallGraph, sink: SinkSite, told: set[_Key]) -> SinkSite:
    if not sink.guards & LASTING or sink.bypass or not _is_behind(graph, sink.function, sink.call, told):
        return sink
    return replace(sink, bypass=SINGLY, plain=sink.guards & ~LASTING)


def _is_behind(graph: CallGraph, function: int, call: int, told: set[_Key]) -> bool:
    """Whether a call stands behind one of these caches."""
    if call < 0:
        return False
    conditions = graph.program.unit_of(function).facts.conditions
    return any((function, index) in told for index in chain(conditions, graph.table.condition(call)))
