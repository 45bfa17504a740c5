"""Which path to a blocking call is shown: the nearest, or one a few calls longer that is worse.

Of paths that are about as near, the one for which least has to come together.
"""

from collections.abc import Iterator
from itertools import islice
from typing import Final, NamedTuple

from alef_audit.auditing.conditions import probes_at, tests_at
from alef_audit.auditing.levels import SWEEP
from alef_audit.auditing.matcher import Matcher
from alef_audit.auditing.phase import Step
from alef_audit.auditing.targets import Target
from alef_audit.callgraph.graph import Edge
from alef_audit.callgraph.keeping import chain
from alef_audit.callgraph.loop_text import words_in
from alef_audit.reachability.witness import shortest_paths
from alef_audit.rulepack.kinds import Heat

# How many calls longer than the shortest a path may be to be preferred, because it sweeps or passes the auth phase.
_DETOUR: Final = 3
# How many roots are looked at that are about as near as the nearest, and how much longer their paths may be.
_ROOTS: Final = 6
_LONGER: Final = 1


class Path(NamedTuple):
    root: int  # a function
    edges: list[Edge]


class Wanted(NamedTuple):
    """What is asked of a path, apart from where it ends."""

    roots: int  # bit set: one of these
    heat: Heat  # of all of them
    way: int  # crosses no guard outside of this
    barred: frozenset[tuple[int, int]] = frozenset()  # takes none of these: a call, and what it runs


def chosen_path(matcher: Matcher, target: Target, wanted: Wanted) -> Path | None:
    """A path from one of the roots, searched once for all blocking calls of a function; None if there is none."""
    key = (target.start, target.closed, wanted.roots, wanted.way, wanted.barred)
    if key not in matcher.paths:
        matcher.paths[key] = _search(matcher, target, wanted)
    found = matcher.paths[key]
    return None if found is None else Path(*found)


def steps_of(matcher: Matcher, edges: list[Edge], end: int) -> list[Step]:
    """The functions along `edges`, `end` last, and what each calls."""
    functions, table = matcher.graph.program.functions, matcher.graph.table
    steps = [
        Step(functions[edge.caller].label, functions[edge.callee].label if edge.call < 0 else table.text(edge.call))
        for edge in edges
    ]
    return [*steps, Step(functions[end].label, "")]


def _search(matcher: Matcher, target: Target, wanted: Wanted) -> Path | None:
    """The shortest path; or a somewhat longer one that is worse: it passes the auth phase, or runs in two loops."""
    graph, reach = matcher.graph, matcher.reach
    roots = matcher.functions_of(wanted.roots)

    def search(loops: int = 0, longest: int = 1 << 30, marks: frozenset[int] | None = None) -> Path | None:
        found = shortest_paths(
            reach.incoming,
            graph.function_guards,
            matcher.is_async,
            target.start,
            roots,
            wanted.way,
            loops=loops,
            longest=longest,
            marks=marks,
            closed=target.closed,
            entered=graph.entered,
            barred=wanted.barred,
        )
        return _most_general(matcher, found, wanted)

    def is_auth(path: Path) -> bool:
        steps = steps_of(matcher, path.edges, target.start)
        return bool(matcher.auth_words(target.sink, steps, handler=wanted.heat == "dispatch"))

    best = search()
    if best is None:
        return None
    auth = is_auth(best)
    if not auth:
        authenticating = search(longest=len(best.edges) + _DETOUR, marks=matcher.auth_functions)
        if authenticating is not None and is_auth(authenticating):
            best, auth = authenticating, True
    if sum(edge.depth for edge in best.edges) >= SWEEP:
        return best
    sweep = search(SWEEP, len(best.edges) + _DETOUR, matcher.auth_functions if auth else None)
    return sweep if sweep is not None and (not auth or is_auth(sweep)) else best


def _most_general(matcher: Matcher, found: Iterator[tuple[int, list[Edge]]], wanted: Wanted) -> Path | None:
    """Of the paths that are about as short as the first the one for which least has to come together, and which starts
    where that is not once in a while; none for which more has to come together than for the first.
    """
    best: Path | None = None
    nearest, least = 0, (False, 0)
    for root, edges in islice(found, _ROOTS):
        if best is not None and len(edges) > nearest + _LONGER:
            break
        general = [_most_general_call(matcher, edge, wanted) for edge in edges]
        needed = 2 * len(edges) + sum(tests_at(matcher.graph, edge.call) for edge in general)
        rank = _is_occasional(matcher, root), needed
        if best is None:
            nearest = len(edges)
        if best is None or (rank < least and needed <= least[1]):
            best, least = Path(root, general), rank
    return best


def _is_occasional(matcher: Matcher, root: int) -> bool:
    """Whether the name of an entry point says that it runs once in a while."""
    words = words_in(matcher.graph.program.functions[root].label)
    return not matcher.occasional.isdisjoint(words)


def _most_general_call(matcher: Matcher, edge: Edge, wanted: Wanted) -> Edge:
    """Of the calls by which one function runs the other alike, the one that fewest tests decide."""
    table, program = matcher.graph.table, matcher.graph.program
    if edge.call < 0 or table.condition(edge.call) < 0:
        return edge
    conditions = program.unit_of(edge.caller).facts.conditions
    alike = [
        each
        for each in matcher.reach.incoming[edge.callee]
        if each.caller == edge.caller
        and each.call >= 0
        and (each.call, each.callee) not in wanted.barred
        and each.depth >= edge.depth
        and not each.closed & ~edge.closed
        and (each.guards, each.decides, each.how) == (edge.guards, edge.decides, edge.how)
    ]
    return min(
        alike,
        key=lambda each: (
            # who finds what is asked for there leaves as a rule: that counts for more than a test
            tests_at(matcher.graph, each.call) + 2 * probes_at(matcher.graph, each.call, matcher.lexicon.tests),
            sum(1 for _ in chain(conditions, table.condition(each.call))),
        ),
    )
