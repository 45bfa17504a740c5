"""How the edges of two graphs agree, between the functions that both know."""

from collections import defaultdict
from collections.abc import Iterable
from typing import NamedTuple

from alef_audit.callgraph.graph import HOW
from tests.benchmarks.graphs import Graph
from tests.benchmarks.matching import Matching, bodies, match_functions

CALLBACK = "callback"
# How far a callback is followed from the function that passes it: the helper, and what the helper hands it on to.
_HANDED_ON = 2
PLACES = ("same file", "other file")

Pair = tuple[int, int]


class Found(NamedTuple):
    """An edge between two of our functions: its kind, whether both have it, and the line of the call if known."""

    caller: int
    callee: int
    kind: str  # our `how`, or one of PLACES if only they have it
    agreement: str  # "both"; "passing site": ours is where the function is passed, theirs where it is called; or "one"
    line: int


class Agreement(NamedTuple):
    """Both edge sets, each with what the other makes of it; edges that load modules are only counted."""

    ours: tuple[Found, ...]
    theirs: tuple[Found, ...]
    matching: Matching
    loading: int


def agreement(ours: Graph, theirs: Graph) -> Agreement:
    """Match the functions of both graphs and compare the edges between those that both know.

    A function called through a parameter has its edge at the site that passes it in our graph (passing -> function),
    and at the call in other graphs (helper -> function).  Such a pair agrees if we have passing -> helper as well, or
    passing -> another -> helper, since helpers hand on what they are given; a function written in the helper may call.
    """
    matching = match_functions(ours, theirs)
    modules = bodies(ours.functions)
    mine = _lines((e.caller, e.callee, e.line, e.how) for e in ours.edges)
    mine = {pair: kinds for pair, kinds in _between(mine, matching.ours).items() if pair[1] not in modules}
    known = _between(_lines((e.caller, e.callee, e.line, "") for e in theirs.edges), matching.theirs)
    other = {pair: kinds for pair, kinds in known.items() if pair[1] not in modules}
    callbacks = {pair for pair, kinds in mine.items() if CALLBACK in kinds}
    placed = _placed(ours, callbacks, set(mine), set(other))
    return Agreement(
        tuple(
            Found(*pair, how, _word(pair in other, pair in placed.ours), kinds[how])
            for pair, kinds in sorted(mine.items())
            for how in [min(kinds, key=HOW.index)]
        ),
        tuple(
            Found(*pair, _place(ours, pair), _word(pair in mine, pair in placed.theirs), kinds[""])
            for pair, kinds in sorted(other.items())
        ),
        matching,
        len(known) - len(other),
    )


class _Placed(NamedTuple):
    ours: frozenset[Pair]
    theirs: frozenset[Pair]


def _placed(ours: Graph, callbacks: set[Pair], mine: set[Pair], other: set[Pair]) -> _Placed:
    """Our callback edges that stand for one of theirs at the helper, and those of theirs that are stood for."""
    helpers: defaultdict[int, set[int]] = defaultdict(set)
    for helper, function in other:
        helpers[function].add(helper)
    called: defaultdict[int, set[int]] = defaultdict(set)
    for caller, callee in mine:
        called[caller].add(callee)
    by_caller: defaultdict[int, set[int]] = defaultdict(set)
    for caller, function in callbacks:
        if function in helpers:
            by_caller[caller].add(function)
    around = _written_in(ours)
    meant = {
        ((caller, function), (helper, function))
        for caller, passed in by_caller.items()
        for reached in [_reached(called, caller)]
        for function in passed
        for helper in helpers[function] - {caller}
        if not reached.isdisjoint(around[helper])
    }
    return _Placed(frozenset(our for our, _ in meant), frozenset(their for _, their in meant))


def _reached(called: dict[int, set[int]], start: int) -> set[int]:
    """What a function calls, and what these call in turn, as far as a callback is followed."""
    reached: set[int] = set()
    rim = {start}
    for _ in range(_HANDED_ON):
        rim = {callee for caller in rim for callee in called.get(caller, ())} - reached
        reached |= rim
    return reached


def _written_in(ours: Graph) -> tuple[frozenset[int], ...]:
    """Every function with those that it is written in."""
    named = {(function.path, function.name): index for index, function in enumerate(ours.functions)}
    return tuple(
        frozenset(
            named[function.path, name[:end]]
            for name in [function.name]
            for end in (*(at for at, sign in enumerate(name) if sign == "."), len(name))
            if (function.path, name[:end]) in named
        )
        | {index}
        for index, function in enumerate(ours.functions)
    )


def _word(both: bool, placed: bool) -> str:
    return "both" if both else "passing site" if placed else "one"


def _place(ours: Graph, pair: Pair) -> str:
    caller, callee = (ours.functions[index].path for index in pair)
    return PLACES[caller != callee]


def _lines(edges: Iterable[tuple[int, int, int, str]]) -> dict[Pair, dict[str, int]]:
    """The first line of every pair of functions and kind."""
    found: defaultdict[Pair, dict[str, int]] = defaultdict(dict)
    for caller, callee, line, kind in edges:
        kinds = found[caller, callee]
        kinds[kind] = min(line, kinds.get(kind, line))
    return found


def _between(edges: dict[Pair, dict[str, int]], known: dict[int, int]) -> dict[Pair, dict[str, int]]:
    """The edges between functions that both know, in our numbers."""
    return dict(
        _lines(
            (known[caller], known[callee], line, kind)
            for (caller, callee), kinds in edges.items()
            if caller in known and callee in known
            for kind, line in kinds.items()
        )
    )
