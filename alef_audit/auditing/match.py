"""Pattern matching: every blocking call that some root reaches becomes one finding."""

from collections import Counter
from hashlib import blake2b
from typing import Final, NamedTuple

from alef_audit.auditing import report
from alef_audit.auditing.archetypes import propose
from alef_audit.auditing.levels import LEVELS, SWEEP, Judge, lifted, score
from alef_audit.auditing.phase import Lexicon
from alef_audit.callgraph.graph import HOW, CallGraph, Edge, RootSite, SinkSite
from alef_audit.callgraph.guards import BIT, DOUBT, LOW, confidence_of, guards_of
from alef_audit.callgraph.loops import loops_around, multiplies
from alef_audit.callgraph.platforms import platform_tests
from alef_audit.facts.file import Function
from alef_audit.reachability.reach import Reachability
from alef_audit.reachability.surface import async_functions
from alef_audit.reachability.ways import Ways, bits, minimal
from alef_audit.reachability.witness import shortest_path
from alef_audit.rulepack.kinds import Confidence, Heat, Kinds, Verdict
from alef_audit.rulepack.pattern import Pattern

# How many calls longer than the shortest a path may be to be preferred, because it sweeps or passes the auth phase.
_DETOUR: Final = 3
_DYNAMIC_HOW: Final = HOW.index("dynamic")
HEATS: Final[tuple[Heat, ...]] = ("dispatch", "periodic", "surface", "never")


class Matcher:
    """What matching needs at hand; read-only once made."""

    __slots__ = (
        "auth_functions",
        "graph",
        "is_async",
        "judge",
        "lexicon",
        "pattern",
        "reach",
        "root_functions",
        "roots_by_heat",
    )

    def __init__(self, reach: Reachability, pattern: Pattern, kinds: Kinds, lexicon: Lexicon) -> None:
        self.reach = reach
        self.graph: CallGraph = reach.graph
        self.pattern = pattern
        self.judge = Judge(pattern)
        self.lexicon = lexicon
        self.is_async = async_functions(reach.graph.program)
        functions = reach.graph.program.functions
        self.auth_functions = frozenset(f for f in reach.ways if lexicon.words_of(functions[f].label))
        self.root_functions: dict[int, list[int]] = {}
        self.roots_by_heat: dict[Heat, int] = dict.fromkeys(HEATS, 0)
        for number, root in enumerate(reach.roots):
            self.root_functions.setdefault(root.function, []).append(number)
            self.roots_by_heat[kinds.root[root.kind].heat] |= 1 << number


def match(reach: Reachability, pattern: Pattern, kinds: Kinds, lexicon: Lexicon) -> tuple[report.Finding, ...]:
    """All findings of `pattern`, discharged ones included, worst first. Root indices are those of `reach.roots`."""
    matcher = Matcher(reach, pattern, kinds, lexicon)
    wanted = frozenset(pattern.sinks)
    ordinals: Counter[str] = Counter()
    findings = []
    for sink in reach.sinks:
        if sink.kind not in wanted:
            continue
        found = _finding(matcher, sink, ordinals)
        if found is not None:
            findings.append(found)
    findings.sort(
        key=lambda f: (-LEVELS.index(f.level), -f.score, f.sink.path, f.sink.line, f.sink.column, f.sink.call)
    )
    return tuple(findings)


def root_of(graph: CallGraph, site: RootSite) -> report.Root:
    path, facts = graph.program.place(site.function)
    line, where = 0, ""
    if site.call >= 0:
        line = graph.table.line(site.call)
        where = graph.program.unit_of(graph.table.function(site.call)).path
    return report.Root(site.kind, _label(facts, path), path, facts.line, site.runs_on, site.why, line, where)


def _label(facts: Function, path: str) -> str:
    return facts.label if facts.parent >= 0 else f"<module {path.rsplit('/', 1)[-1]}>"


def _sink_way(matcher: Matcher, sink: SinkSite) -> int:
    """Doubts and guards at the call itself."""
    way = LOW if sink.how == _DYNAMIC_HOW else 0
    loop = matcher.graph.table.loop(sink.call)
    loops = matcher.graph.program.unit_of(sink.function).facts.loops
    while loop >= 0:
        if loops[loop].yields:
            way |= BIT["yield"]
        loop = loops[loop].parent
    return way


def _finding(matcher: Matcher, sink: SinkSite, ordinals: Counter[str]) -> report.Finding | None:
    ways = matcher.reach.ways.get(sink.function)
    if not ways:
        return None
    local = _sink_way(matcher, sink)
    groups = _groups(matcher, minimal(ways), local)
    best = groups[0]
    nearest = frozenset(matcher.reach.roots[number].function for number in bits(best.roots))
    for way in best.ways:
        found = _path(matcher, sink, nearest, way)
        if found is not None:
            return _build(matcher, sink, found, groups, way | local, ordinals)
    return None


def _path(matcher: Matcher, sink: SinkSite, roots: frozenset[int], way: int) -> tuple[int, list[Edge]] | None:
    """The shortest path; or a somewhat longer one that is worse: it passes the auth phase, or runs in two loops."""
    graph, reach = matcher.graph, matcher.reach

    def search(
        loops: int = 0, longest: int = 1 << 30, marks: frozenset[int] | None = None
    ) -> tuple[int, list[Edge]] | None:
        return shortest_path(
            reach.incoming,
            graph.function_guards,
            matcher.is_async,
            sink.function,
            roots,
            way,
            loops=loops,
            longest=longest,
            marks=marks,
        )

    shortest = search()
    if shortest is None:
        return None
    functions = {shortest[0], sink.function, *(edge.callee for edge in shortest[1])}
    best = shortest
    marks: frozenset[int] | None = matcher.auth_functions
    if not functions & matcher.auth_functions:
        authenticating = search(longest=len(shortest[1]) + _DETOUR, marks=marks)
        best, marks = (authenticating, marks) if authenticating is not None else (shortest, None)
    if sum(edge.depth for edge in best[1]) >= SWEEP:
        return best
    return search(SWEEP, len(best[1]) + _DETOUR, marks) or best


class _Group(NamedTuple):
    """Roots that reach a sink with the same verdict, confidence and heat, worst group first."""

    rank: tuple[int, int, int]
    ways: tuple[int, ...]
    roots: int
    verdict: Verdict
    confidence: Confidence
    heat: Heat


def _groups(matcher: Matcher, ways: Ways, local: int) -> list[_Group]:
    """Sort the roots of a sink by how bad their worst way is; every root is in exactly one group."""
    judge = matcher.judge
    found: dict[tuple[int, int, int], tuple[list[int], int, Heat]] = {}
    taken = 0
    for way in sorted(ways, key=lambda w: (judge.rank(w | local), w)):
        roots = ways[way] & ~taken
        taken |= roots
        for order, heat in enumerate(HEATS):
            members = roots & matcher.roots_by_heat[heat]
            if members:
                key = (*judge.rank(way | local), order)
                known = found.get(key)
                found[key] = ([way], members, heat) if known is None else ([*known[0], way], known[1] | members, heat)
    groups = []
    for key in sorted(found):
        group_ways, roots, heat = found[key]
        way = group_ways[0] | local
        groups.append(_Group(key, tuple(group_ways), roots, judge.verdict(way), confidence_of(way), heat))
    return groups


def _build(
    matcher: Matcher,
    sink: SinkSite,
    path: tuple[int, list[Edge]],
    groups: list[_Group],
    way: int,
    ordinals: Counter[str],
) -> report.Finding:
    function, edges = path
    frames = _frames(matcher, sink, edges)
    best = groups[0]
    primary = min(n for n in matcher.root_functions[function] if best.roots >> n & 1)
    loops = tuple(name for frame in frames for name in frame.loop)
    depth = sum(multiplies(name) for name in loops)
    words = _phase_words(matcher, frames)
    auth = sink.kind == "blocking.auth" or bool(words)
    library = not matcher.reach.has_dispatch
    level = matcher.judge.level(
        verdict=best.verdict,
        heat=best.heat,
        auth=auth,
        cost=lifted(sink.cost, depth),
        confidence=best.confidence,
        library=library,
    )
    others: list[report.Reach] = []
    for group in groups:
        other = matcher.judge.level(
            verdict=group.verdict,
            heat=group.heat,
            auth=auth,
            cost=lifted(sink.cost, sum(multiplies(name) for name in frames[-1].loop)),
            confidence=group.confidence,
            library=library,
        )
        others.extend(report.Reach(n, group.verdict, other) for n in bits(group.roots) if n != primary)
    site = _sink(matcher, sink)
    return report.Finding(
        pattern=matcher.pattern.id,
        rule="blocking-call-on-hot-path",
        fingerprint=_fingerprint(matcher, sink, ordinals),
        status="open",
        status_reason="",
        level=level,
        score=score(
            verdict=best.verdict, heat=best.heat, auth=auth, cost=sink.cost, confidence=best.confidence, loops=depth
        ),
        confidence=confidence_of(way),
        phase="auth" if auth else sink.kind.removeprefix("blocking."),
        phase_words=words,
        verdict=best.verdict,
        multiplicity=loops,
        conditions=_conditions(matcher, sink, edges),
        message=_message(site, matcher.reach.roots[primary], auth=auth, loops=loops),
        root=primary,
        sink=site,
        trace=frames,
        also_reached_from=tuple(sorted(others, key=lambda reach: reach.root)),
        archetypes=propose(matcher.pattern, sink, frames, auth=auth, heat=best.heat, loops=len(loops)),
    )


def _sink(matcher: Matcher, sink: SinkSite) -> report.Sink:
    path, facts = matcher.graph.program.place(sink.function)
    table = matcher.graph.table
    return report.Sink(
        sink.kind,
        sink.text,
        _label(facts, path),
        path,
        table.line(sink.call),
        table.column(sink.call),
        sink.cost,
        sink.instead,
    )


def _frames(matcher: Matcher, sink: SinkSite, edges: list[Edge]) -> tuple[report.Frame, ...]:
    graph = matcher.graph
    frames = []
    for edge in edges:
        path, facts = graph.program.place(edge.caller)
        read = edge.call < 0
        guard_bits = (edge.guards | graph.function_guards.get(edge.callee, 0)) & ~DOUBT
        frames.append(
            report.Frame(
                function=_label(facts, path),
                path=path,
                def_line=facts.line,
                line=edge.line,
                column=1 if read else graph.table.column(edge.call),
                call=graph.program.functions[edge.callee].label if read else graph.table.text(edge.call),
                how=HOW[edge.how],
                loop=(() if read else loops_around(graph.table, edge.call)) + edge.loops,
                guards=guards_of(guard_bits),
            )
        )
    path, facts = graph.program.place(sink.function)
    frames.append(
        report.Frame(
            function=_label(facts, path),
            path=path,
            def_line=facts.line,
            line=graph.table.line(sink.call),
            column=graph.table.column(sink.call),
            call=graph.table.text(sink.call),
            how=HOW[sink.how],
            loop=loops_around(graph.table, sink.call) + sink.loops,
            guards=(),
        )
    )
    return tuple(frames)


def _conditions(matcher: Matcher, sink: SinkSite, edges: list[Edge]) -> tuple[str, ...]:
    """Tests of the platform under which the calls of the path run."""
    graph = matcher.graph
    found: list[str] = []
    for call in (*(edge.call for edge in edges if edge.call >= 0), sink.call):
        conditions = graph.program.unit_of(graph.table.function(call)).facts.conditions
        for test in platform_tests(conditions, graph.table.condition(call)):
            text = test.text if test.holds else f"not ({test.text})"
            if text not in found:
                found.append(text)
    return tuple(found)


def _phase_words(matcher: Matcher, frames: tuple[report.Frame, ...]) -> tuple[str, ...]:
    words: list[str] = []
    for frame in frames:
        for word in (*matcher.lexicon.words_of(frame.function), *matcher.lexicon.words_of(frame.call)):
            if word not in words:
                words.append(word)
    return tuple(words)


def _fingerprint(matcher: Matcher, sink: SinkSite, ordinals: Counter[str]) -> str:
    path, facts = matcher.graph.program.place(sink.function)
    key = "\0".join((matcher.pattern.id, "blocking-call-on-hot-path", path, facts.qualname, sink.text))
    ordinals[key] += 1
    return blake2b(f"{key}\0{ordinals[key]}".encode(), digest_size=8).hexdigest()


_KIND_WORDS: Final = {
    "attempt": "attempt",
    "request": "request",
    "message": "message",
    "rpc": "RPC call",
    "tool": "tool call",
    "tick": "tick",
    "warmup": "warm-up",
    "lifecycle": "set-up or reload",
    "coroutine": "await of the coroutine",
    "api": "call of the package",
}


def _message(sink: report.Sink, root: RootSite, *, auth: bool, loops: tuple[str, ...]) -> str:
    often = f"once per {' per '.join(loops)} " if loops and all(len(name) < 30 for name in loops) else ""
    phase = " in the auth phase" if auth else ""
    return f"{sink.call} blocks the event loop {often}on every {_KIND_WORDS.get(root.kind, root.kind)}{phase}"
