"""Pattern matching: every blocking call that some root reaches becomes one finding."""

from collections import Counter
from hashlib import blake2b
from typing import Final

from alef_audit.auditing import report
from alef_audit.auditing.archetypes import propose
from alef_audit.auditing.levels import LEVELS, Judge, lifted, score
from alef_audit.auditing.phase import Lexicon
from alef_audit.callgraph.graph import HOW, CallGraph, Edge, RootSite, SinkSite
from alef_audit.callgraph.guards import BIT, DOUBT, LOW, MEDIUM, confidence_of, guards_of
from alef_audit.facts.file import Function
from alef_audit.reachability.reach import Reachability
from alef_audit.reachability.surface import async_functions
from alef_audit.reachability.ways import bits, minimal
from alef_audit.reachability.witness import shortest_path
from alef_audit.rulepack.kinds import Heat, Kinds
from alef_audit.rulepack.pattern import Pattern

_DYNAMIC_HOW: Final = HOW.index("dynamic")
_CALLBACK_HOW: Final = HOW.index("callback")


class Matcher:
    """What matching needs at hand; read-only once made."""

    __slots__ = ("graph", "is_async", "judge", "kinds", "lexicon", "pattern", "reach", "root_functions")

    def __init__(self, reach: Reachability, pattern: Pattern, kinds: Kinds, lexicon: Lexicon) -> None:
        self.reach = reach
        self.graph: CallGraph = reach.graph
        self.pattern = pattern
        self.judge = Judge(pattern)
        self.kinds = kinds
        self.lexicon = lexicon
        self.is_async = async_functions(reach.graph.program)
        self.root_functions: dict[int, list[int]] = {}
        for number, root in enumerate(reach.roots):
            self.root_functions.setdefault(root.function, []).append(number)

    def heat(self, root: int) -> Heat:
        return self.kinds.root[self.reach.roots[root].kind].heat


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
    findings.sort(key=lambda f: (-LEVELS.index(f.level), -f.score, f.sink.path, f.sink.line, f.sink.column, f.sink.call))
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
    way_of_root = {root: way for way, roots in sorted(minimal(ways).items(), reverse=True) for root in bits(roots)}
    for way, roots in minimal(ways).items():
        for root in bits(roots):
            if matcher.judge.rank(way | local) < matcher.judge.rank(way_of_root[root] | local):
                way_of_root[root] = way
    best = min(_order(matcher, root, way | local) for root, way in way_of_root.items())
    nearest = frozenset(
        matcher.reach.roots[root].function
        for root, way in way_of_root.items()
        if _order(matcher, root, way | local) == best
    )
    chosen_way = next(w for r, w in sorted(way_of_root.items()) if _order(matcher, r, w | local) == best)
    path = None
    for way in sorted({w for r, w in way_of_root.items() if _order(matcher, r, w | local) == best}):
        path = shortest_path(
            matcher.reach.incoming, matcher.graph.function_guards, matcher.is_async, sink.function, nearest, way
        )
        if path is not None:
            chosen_way = way
            break
    if path is None:
        return None
    return _build(matcher, sink, path, way_of_root, chosen_way | local, best, ordinals, local)


def _order(matcher: Matcher, root: int, way: int) -> tuple[tuple[int, int], int]:
    heat = matcher.heat(root)
    return matcher.judge.rank(way), ("dispatch", "periodic", "surface", "never").index(heat)


def _build(
    matcher: Matcher,
    sink: SinkSite,
    path: tuple[int, list[Edge]],
    way_of_root: dict[int, int],
    way: int,
    best: tuple[tuple[int, int], int],
    ordinals: Counter[str],
    local: int,
) -> report.Finding:
    function, edges = path
    frames = _frames(matcher, sink, function, edges)
    primary = min(
        number
        for number in matcher.root_functions[function]
        if number in way_of_root and _order(matcher, number, way_of_root[number] | local) == best
    )
    loops = tuple(name for frame in frames for name in frame.loop)
    words = _phase_words(matcher, sink, frames)
    auth = sink.kind == "blocking.auth" or bool(words)
    cost = lifted(sink.cost, len(loops))
    own_cost = lifted(sink.cost, len(frames[-1].loop))
    library = not matcher.reach.has_dispatch
    verdict, confidence, heat = matcher.judge.verdict(way), confidence_of(way), matcher.heat(primary)
    level = matcher.judge.level(
        verdict=verdict, heat=heat, auth=auth, cost=cost, confidence=confidence, library=library
    )
    others = []
    for number, other in sorted(way_of_root.items()):
        if number == primary:
            continue
        other_way = other | local
        other_level = matcher.judge.level(
            verdict=matcher.judge.verdict(other_way),
            heat=matcher.heat(number),
            auth=auth,
            cost=own_cost,
            confidence=confidence_of(other_way),
            library=library,
        )
        others.append(report.Reach(number, matcher.judge.verdict(other_way), other_level))
    site = _sink(matcher, sink)
    root = matcher.reach.roots[primary]
    return report.Finding(
        pattern=matcher.pattern.id,
        rule="blocking-call-on-hot-path",
        fingerprint=_fingerprint(matcher, sink, ordinals),
        status="open",
        status_reason="",
        level=level,
        score=score(verdict=verdict, heat=heat, auth=auth, cost=sink.cost, confidence=confidence, loops=len(loops)),
        confidence=confidence,
        phase="auth" if auth else sink.kind.removeprefix("blocking."),
        phase_words=words,
        verdict=verdict,
        multiplicity=loops,
        conditions=(),
        message=_message(site, root, auth=auth, loops=loops),
        root=primary,
        sink=site,
        trace=frames,
        also_reached_from=tuple(others),
        archetypes=propose(matcher.pattern, sink, frames, auth=auth, heat=heat, loops=len(loops)),
    )


def _sink(matcher: Matcher, sink: SinkSite) -> report.Sink:
    path, facts = matcher.graph.program.place(sink.function)
    table = matcher.graph.table
    return report.Sink(
        sink.kind, sink.text, _label(facts, path), path, table.line(sink.call), table.column(sink.call), sink.cost, sink.instead
    )


def _frames(matcher: Matcher, sink: SinkSite, start: int, edges: list[Edge]) -> tuple[report.Frame, ...]:
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
                how=HOW[edge.how],  # type: ignore[arg-type]
                loop=(() if read else _loops(graph, edge.caller, edge.call)) + edge.loops,
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
            how=HOW[sink.how],  # type: ignore[arg-type]
            loop=_loops(graph, sink.function, sink.call) + sink.loops,
            guards=(),
        )
    )
    del start
    return tuple(frames)


def _loops(graph: CallGraph, function: int, call: int) -> tuple[str, ...]:
    """What the loops around a call range over, outermost first."""
    loops = graph.program.unit_of(function).facts.loops
    found = []
    at = graph.table.loop(call)
    while at >= 0:
        found.append(loops[at].over or "while")
        at = loops[at].parent
    return tuple(reversed(found))


def _phase_words(matcher: Matcher, sink: SinkSite, frames: tuple[report.Frame, ...]) -> tuple[str, ...]:
    words: list[str] = []
    for frame in frames:
        for word in (*matcher.lexicon.words_of(frame.function), *matcher.lexicon.words_of(frame.call)):
            if word not in words:
                words.append(word)
    del sink
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


__all__ = ["LOW", "MEDIUM", "Matcher", "match", "root_of", "_CALLBACK_HOW"]
