"""Which path to a blocking call is shown: the nearest, or one a few calls longer that is worse."""

from typing import Final, NamedTuple

from alef_audit.auditing.levels import SWEEP
from alef_audit.auditing.matcher import Matcher
from alef_audit.auditing.phase import Step
from alef_audit.auditing.targets import Target
from alef_audit.callgraph.graph import Edge
from alef_audit.reachability.witness import shortest_path
from alef_audit.rulepack.kinds import Heat

# How many calls longer than the shortest a path may be to be preferred, because it sweeps or passes the auth phase.
_DETOUR: Final = 3


class Path(NamedTuple):
    root: int  # a function
    edges: list[Edge]


class Wanted(NamedTuple):
    """What is asked of a path, apart from where it ends."""

    roots: int  # bit set: one of these
    heat: Heat  # of all of them
    way: int  # crosses no guard outside of this
    barred: frozenset[int] = frozenset()  # makes none of these calls


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
        found = shortest_path(
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
        return None if found is None else Path(*found)

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
