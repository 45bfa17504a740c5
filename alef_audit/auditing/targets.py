"""What matching looks at: blocking calls of the program, and its calls into followed packages that block in there."""

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

from alef_audit.auditing.levels import Judge
from alef_audit.callgraph.graph import HOW, Edge, SinkSite
from alef_audit.callgraph.guards import BIT, DOUBT, LOW, OFFLOAD
from alef_audit.callgraph.loops import gives_turns, loops_around
from alef_audit.reachability.reach import Reachability
from alef_audit.reachability.ways import Ways, minimal
from alef_audit.rulepack.kinds import COSTS, SinkKind

_DYNAMIC_HOW: Final = HOW.index("dynamic")
_NOT_INSIDE: Final = "blocking.user-code"  # what a package runs of the program is analysed with the program


@dataclass(frozen=True, slots=True)
class Target:
    """A blocking call, and where in front of it the search for a root starts.

    In the program's own code that is the function with the call. In a package it is the program's function that calls
    into the package (by the first of `inner`), or a function of the package that is hot itself.
    """

    sink: SinkSite
    start: int
    ways: Ways  # by which roots reach `start`
    local: int  # guards and doubts from there to the call
    inner: tuple[Edge, ...] = ()
    door: Edge | None = None  # the program's call that leads into the package; None for its own blocking calls
    others: tuple[SinkSite, ...] = ()  # blocking calls of the same kind behind the same door
    closed: int = 0  # gates of `start` that must not be decided on entry
    kept: SinkSite | None = None  # the call as those meet it who do not ask for the work whatever is kept

    def met_by(self, way: int) -> "Target":
        """The blocking call as it is for those who come by `way`."""
        if self.kept is None or not way & self.kept.bypass:
            return self
        return replace(self, sink=self.kept, closed=self.kept.closed, local=self.local | self.kept.guards, kept=None)


class _Inner(NamedTuple):
    """The blocking calls of one kind below a function of a package: the worst, the way to it, and all."""

    rank: tuple[int, int, int, int, int]
    sink: SinkSite
    bits: int
    edges: tuple[Edge, ...]
    sinks: frozenset[SinkSite]


_ByKind = Mapping[SinkKind, _Inner]


def own_targets(reach: Reachability) -> Iterator[Target]:
    """The blocking calls of the program's own code that a root reaches."""
    for sink in reach.sinks:
        ways = reach.ways.get(sink.function)
        if not ways and sink.kind == "missed-await" and sink.function in reach.standing:
            ways = {0: 1 << reach.standing[sink.function]}
        if ways and sink.function not in reach.inside:
            target = _own_target(reach, sink, minimal(ways))
            if target is not None:
                yield target


def _own_target(reach: Reachability, sink: SinkSite, ways: Ways) -> Target | None:
    """The blocking call as the worst of its callers' arguments leave it; None if they all rule it out."""
    open_ways = {way: roots for way, roots in ways.items() if not way & sink.closed}
    if not open_ways:
        return None
    target = Target(sink, sink.function, open_ways, _at_call(reach, sink), closed=sink.closed)
    if all(way & sink.bypass for way in open_ways) or not sink.bypass:
        return target
    # somebody asks for the work whatever is kept; the others find what is kept
    plain = replace(sink, guards=sink.plain)
    met = {way | (sink.guards if way & sink.bypass else 0): roots for way, roots in open_ways.items()}
    return replace(
        target, sink=plain, ways=met, local=_at_call(reach, plain), closed=sink.closed | sink.bypass, kept=sink
    )


def package_targets(reach: Reachability, judge: Judge, is_async: frozenset[int]) -> Iterator[Target]:
    """One for every call into a package and kind of blocking call behind it, in the order of the calls."""
    if not reach.inside:
        return
    known: dict[int, _ByKind] = {}
    found: dict[tuple[int, int, int, SinkKind], Target] = {}

    def add(door: Edge, start: int, ways: Ways, local: int, first: tuple[Edge, ...], function: int) -> None:
        if function not in known:
            known[function] = _below(reach, judge, is_async, function)
        for kind, inner in known[function].items():
            key = (door.caller, door.call, door.line if door.call < 0 else 0, kind)
            target = Target(
                inner.sink, start, ways, local | inner.bits, (*first, *inner.edges), door, tuple(inner.sinks)
            )
            found[key] = _worse(judge, found[key], target) if key in found else target

    for caller in sorted(reach.outgoing):
        if caller in reach.ways and caller not in reach.inside:
            for edge in reach.outgoing[caller]:
                if edge.callee in reach.inside:
                    local = edge.guards | reach.graph.function_guards.get(edge.callee, 0)
                    add(edge, caller, minimal(reach.ways[caller]), local, (edge,), edge.callee)
    for number, root in enumerate(reach.roots):
        if root.function in reach.doors:
            add(reach.doors[root.function], root.function, {0: 1 << number}, 0, (), root.function)
    for key in sorted(found, key=lambda key: (key[0], key[1], key[2], key[3])):
        target = found[key]
        yield replace(target, others=_without(target.others, target.sink))


def _without(sinks: tuple[SinkSite, ...], chosen: SinkSite) -> tuple[SinkSite, ...]:
    return tuple(sorted((sink for sink in set(sinks) if sink != chosen), key=lambda sink: (sink.function, sink.call)))


def _worse(judge: Judge, one: Target, other: Target) -> Target:
    """The worse of two behind the same call, with the blocking calls of both."""

    def rank(target: Target) -> tuple[int, ...]:
        return (*judge.rank(target.local), -COSTS.index(target.sink.cost), len(target.inner), target.sink.call)

    chosen = one if rank(one) <= rank(other) else other
    return replace(chosen, others=(*one.others, *other.others))


def _at_call(reach: Reachability, sink: SinkSite) -> int:
    """Doubts and guards at the call itself."""
    way = sink.guards | (LOW if sink.how == _DYNAMIC_HOW else 0)
    loops = reach.graph.program.unit_of(sink.function).facts.loops
    if any(gives_turns(loops[at]) for at in loops_around(reach.graph.table, sink.call)):
        way |= BIT["yield"]
    return way


def _below(reach: Reachability, judge: Judge, is_async: frozenset[int], start: int) -> _ByKind:
    """The blocking calls that `start` reaches without leaving packages, by kind: exposed, sure, costly, near ones."""
    paths = _paths(reach, is_async, start)
    best: dict[SinkKind, _Inner] = {}
    for number, sink in enumerate(reach.sinks):
        found = paths.get(sink.function)
        if found is None or sink.kind == _NOT_INSIDE:
            continue
        bits, edges = found
        bits |= _at_call(reach, sink)
        rank = (*judge.rank(bits), -COSTS.index(sink.cost), len(edges), number)
        known = best.get(sink.kind)
        sinks = known.sinks | {sink} if known is not None else frozenset((sink,))
        if known is None or rank < known.rank:
            best[sink.kind] = _Inner(rank, sink, bits, edges, sinks)
        else:
            best[sink.kind] = known._replace(sinks=sinks)
    return best


def _paths(reach: Reachability, is_async: frozenset[int], start: int) -> dict[int, tuple[int, tuple[Edge, ...]]]:
    """For every function of packages below `start`, guards and edges of the shortest of the least guarded paths."""
    found: dict[int, tuple[int, tuple[Edge, ...]]] = {start: (0, ())}
    for allowed in (0, DOUBT, -1):  # first what is certain and unguarded, then what is doubtful, then the rest
        queue = deque(sorted(found))
        while queue:
            function = queue.popleft()
            bits, edges = found[function]
            for edge in reach.outgoing.get(function, ()):
                callee = edge.callee
                crossed = bits | edge.guards | reach.graph.function_guards.get(callee, 0)
                if callee in found or callee not in reach.inside or crossed & ~allowed:
                    continue
                if crossed & OFFLOAD and callee in is_async:
                    continue
                found[callee] = (crossed, (*edges, edge))
                queue.append(callee)
    return found
