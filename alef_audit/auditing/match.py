"""Pattern matching: every blocking call that some root reaches, and every misuse beside it, becomes one finding."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from hashlib import blake2b
from operator import attrgetter
from typing import Final, NamedTuple

from alef_audit.auditing import report
from alef_audit.auditing.choice import Path, Wanted, chosen_path
from alef_audit.auditing.conditions import PathContext, occasion_of, shown_conditions, steps_on
from alef_audit.auditing.contradiction import contradicted
from alef_audit.auditing.last_coroutine import behind_coroutine
from alef_audit.auditing.levels import LEVELS, Weighed, certain, score
from alef_audit.auditing.matcher import HEATS, Matcher
from alef_audit.auditing.message import message
from alef_audit.auditing.misuse import MISUSES, message_of, weight
from alef_audit.auditing.naming import RETRY
from alef_audit.auditing.pending_send import KIND as PENDING_SEND
from alef_audit.auditing.pending_send import pending_sends
from alef_audit.auditing.phase import Lexicon, Step
from alef_audit.auditing.rounds import single_rounds
from alef_audit.auditing.sweeps import untested_loops
from alef_audit.auditing.targets import Target, own_targets, package_targets
from alef_audit.auditing.trace import frame_of, frames_of, label_of, multiplying, own_frames
from alef_audit.callgraph.graph import CallGraph, Edge, RootSite, SinkSite
from alef_audit.callgraph.guards import BIT, confidence_of
from alef_audit.reachability.reach import Reachability
from alef_audit.rulepack.kinds import Confidence, Cost, Heat, Kinds, Level, SinkKind, Verdict
from alef_audit.rulepack.pattern import Pattern

_NAMED_PACKAGES: Final = 2
# Paths that are looked at to find one whose tests do not exclude each other.
_TRIED: Final = 8
_FAILING: Final = BIT["exceptional"] | BIT["fallback"]
_PAUSES: Final = ("blocking.sleep", "blocking.wait")
_ALWAYS_AUTH: Final = MISUSES | {"blocking.auth"}
# The call that a finding is about, whatever path leads there.
Site = tuple[int, int, int, str]
# A kind of blocking call and a path -> bit set of roots
Silenced = Callable[[SinkKind, str], int]


def matched(
    reach: Reachability,
    pattern: Pattern,
    kinds: Kinds,
    lexicon: Lexicon,
    packages: Mapping[str, str],
    silenced: Silenced | None = None,
    only: Mapping[Site, int] | None = None,
) -> dict[Site, report.Finding]:
    """All findings of `pattern` by the call they are about, discharged ones included.

    Root indices are those of `reach.roots`. `packages` names the package of every followed file. The roots that
    `silenced` gives for a kind of blocking call and a path do not count there; nor do, of what `only` is given for,
    others than these bit sets of roots (fingerprints then count the findings that are left).
    """
    matcher = Matcher(reach, pattern, kinds, lexicon, packages)
    wanted = matcher.judges.keys()
    ordinals: Counter[str] = Counter()
    findings: dict[Site, report.Finding] = {}

    def add(target: Target) -> None:
        found = _finding(matcher, _heard(matcher, _limited(target, only), silenced), ordinals)
        if found is not None:
            findings[_site(target)] = found

    sends: list[Target] = []
    for target in (*own_targets(reach), *package_targets(reach, matcher.judge, matcher.is_async)):
        if target.sink.kind == PENDING_SEND:
            sends.append(target)
        elif target.sink.kind in wanted:
            add(target)
    if sends and PENDING_SEND in wanted:
        known = [((site[0], site[1]), finding) for site, finding in findings.items()]
        for target in pending_sends(reach, matcher.judge, lexicon, sends, known):
            add(target)
    return findings


def worst_first(findings: Iterable[report.Finding]) -> tuple[report.Finding, ...]:
    return tuple(
        sorted(
            findings,
            key=lambda f: (
                -LEVELS.index(f.level),
                -f.score,
                *_place(f),
                f.sink.path,
                f.sink.line,
                f.sink.column,
                f.sink.call,
            ),
        )
    )


def _site(target: Target) -> Site:
    door = target.door
    if door is None:
        return target.sink.function, target.sink.call, 0, target.sink.kind if target.sink.kind in MISUSES else ""
    return door.caller, door.call, door.line if door.call < 0 else 0, target.sink.kind


def _limited(target: Target, only: Mapping[Site, int] | None) -> Target:
    """The target with the roots that it is to be looked at for."""
    if only is None:
        return target
    wanted = only.get(_site(target), 0)
    return replace(target, ways={way: held & wanted for way, held in target.ways.items()})


def _heard(matcher: Matcher, target: Target, silenced: Silenced | None) -> Target:
    """The target without the roots that are silenced there."""
    if silenced is None:
        return target
    function = target.sink.function if target.door is None else target.door.caller
    roots = silenced(target.sink.kind, matcher.graph.program.place(function)[0])
    return replace(target, ways={way: held & ~roots for way, held in target.ways.items()}) if roots else target


def _place(finding: report.Finding) -> tuple[str, int, int]:
    where = report.location(finding)
    return where.path, where.line, where.column


def root_of(graph: CallGraph, site: RootSite) -> report.Root:
    path, facts = graph.program.place(site.function)
    line, where = 0, ""
    if site.call >= 0:
        line = graph.table.line(site.call)
        where = graph.program.unit_of(graph.table.function(site.call)).path
    return report.Root(site.kind, label_of(facts, path), path, facts.line, site.runs_on, site.why, line, where)


class _Group(NamedTuple):
    """Roots that reach a sink with the same verdict, confidence and heat, worst group first."""

    rank: tuple[int, int, int]
    ways: tuple[int, ...]
    crossed: int  # what is crossed on the worst of these ways, up to the call itself
    roots: int
    verdict: Verdict
    confidence: Confidence
    heat: Heat


def _groups(matcher: Matcher, target: Target) -> list[_Group]:
    """Sort the roots of a sink by how bad their worst way is; every root is in exactly one group."""
    judge = matcher.judges[target.sink.kind]
    ways, local = target.ways, target.local
    found: dict[tuple[int, int, int], tuple[list[int], int, Heat]] = {}
    taken = 0
    for way in _worst_first(matcher, target):
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
        groups.append(_Group(key, tuple(group_ways), way, roots, judge.verdict(way), confidence_of(way), heat))
    groups.sort(key=lambda group: -LEVELS.index(_least_level(matcher, target, group)))
    return groups


def _worst_first(matcher: Matcher, target: Target) -> list[int]:
    """The ways to a sink, worst first; of those that are as bad and no guess, one taken where something fails comes
    last: "only after an exception" is not to be said where the same root makes the call in any case.
    """
    judge, ways, local = matcher.judges[target.sink.kind], target.ways, target.local
    ordered = sorted(ways, key=lambda way: (judge.rank(way | local), way))
    if all(way & _FAILING for way in ways) or not any(way & _FAILING for way in ways):
        return ordered

    def as_bad(way: int) -> tuple[int, bool, int]:
        heat = next((heat for heat in HEATS if ways[way] & matcher.roots_by_heat[heat]), HEATS[-1])
        way |= local
        group = _Group((0, 0, 0), (way,), way, 0, judge.verdict(way), confidence_of(way), heat)
        return judge.rank(way)[0], group.confidence == "low", -LEVELS.index(_least_level(matcher, target, group))

    return sorted(ordered, key=lambda way: (as_bad(way), bool(way & _FAILING)))


def _least_level(matcher: Matcher, target: Target, group: _Group) -> Level:
    """The level that a group's roots give for what the call costs alone, whatever loops and words the path adds.

    A surer path from a root that fires once in a while does not hide one from a root that fires all the time.
    """
    kind = target.sink.kind
    return _level(matcher, group, target.sink.cost, 0, kind, auth=kind in _ALWAYS_AUTH)


class _Shown(NamedTuple):
    """The path that a finding shows."""

    target: Target  # as it is met by that path
    root: int
    edges: list[Edge]
    frames: tuple[report.Frame, ...]
    own: tuple[report.Frame, ...]  # those of the program's own code
    per: tuple[str, ...]  # the loops that multiply
    loops: int  # how many of them count for the level
    most: bool  # one of which ends at the first hit
    words: tuple[str, ...]  # that make it the auth phase
    auth: bool
    confidence: Confidence


def _shown(matcher: Matcher, target: Target, path: Path, best: _Group, way: int) -> _Shown:
    graph = matcher.graph
    edges = [*path.edges, *target.inner]
    frames = frames_of(graph, target.sink, edges)
    own = own_frames(matcher.reach, target, frames, len(path.edges))
    steps = [Step(frame.function, frame.call) for frame in own]
    single = single_rounds(matcher.reach, target.sink, edges)
    words = matcher.auth_words(target.sink, steps, handler=best.heat == "dispatch")
    loops = multiplying(graph, target.sink, edges, single)
    brief = target.sink.cost == "microseconds"
    return _Shown(
        target=target,
        root=min(n for n in matcher.root_functions[path.root] if best.roots >> n & 1),
        edges=edges,
        frames=frames,
        own=own,
        per=tuple(name for name, _ in loops),
        loops=untested_loops(graph, target.sink, edges, single, matcher.lexicon.tests) if brief else len(loops),
        most=any(loop.searches for _, loop in loops),
        words=words,
        auth=target.sink.kind in _ALWAYS_AUTH or bool(words),
        confidence=_certain(matcher, target.sink, edges, confidence_of(way)),
    )


def _finding(matcher: Matcher, target: Target, ordinals: Counter[str]) -> report.Finding | None:
    """The finding by its worst path. The length of a path tells on its level, so that of a group which promises most
    may turn out less than that of the next.
    """
    groups = _groups(matcher, target)
    chosen: tuple[_Shown, _Group, Level] | None = None
    for group in groups:
        least = _least_level(matcher, target, group)
        if chosen is not None and LEVELS.index(least) <= LEVELS.index(chosen[2]):
            break
        shown = _shown_of(matcher, target, group)
        if shown is not None:
            sure = group._replace(confidence=_certain(matcher, target.sink, shown.edges, group.confidence))
            level = _level(matcher, sure, target.sink.cost, shown.loops, target.sink.kind, auth=shown.auth)
            shown, sure, level = _as_coroutine(matcher, shown, sure, level)
            if chosen is None or LEVELS.index(level) > LEVELS.index(chosen[2]):
                chosen = shown, sure, level
    return None if chosen is None else _build(matcher, *chosen, groups, ordinals)


def _as_coroutine(matcher: Matcher, shown: _Shown, group: _Group, level: Level) -> tuple[_Shown, _Group, Level]:
    """The path with the level that its last coroutine alone is worth, where that is more than the whole is."""
    target = shown.target
    rest = behind_coroutine(matcher.graph, target.sink, shown.edges, matcher.is_async, matcher.kinds.steps)
    if rest is None or matcher.language(target.sink) != "python":
        return shown, group, level
    alone = group._replace(confidence=rest.confidence, heat="surface")
    loops = len(multiplying(matcher.graph, target.sink, rest.edges))
    surer = _level(matcher, alone, target.sink.cost, loops, target.sink.kind, auth=shown.auth)
    if LEVELS.index(surer) <= LEVELS.index(level):
        return shown, group, level
    return shown._replace(confidence=rest.confidence), group._replace(confidence=rest.confidence), surer


def _shown_of(matcher: Matcher, target: Target, group: _Group) -> _Shown | None:
    """A path from one of the group's roots, by the worst of its ways that there is a path for."""
    for way in group.ways:
        met = target.met_by(way)
        barred: frozenset[tuple[int, int]] = frozenset()
        for _ in range(_TRIED):
            found = chosen_path(matcher, met, Wanted(group.roots, group.heat, way, barred))
            if found is None:
                break
            edges = [*found.edges, *met.inner]
            excluded = contradicted(matcher.graph, met.sink, edges)
            if excluded < 0:
                excluded = matcher.receivers.excluded(edges)
            if excluded < 0:
                return _shown(matcher, met, found, group, way | met.local)
            barred |= {(edge.call, edge.callee) for edge in edges if edge.call == excluded}
    return None


def _build(
    matcher: Matcher,
    shown: _Shown,
    best: _Group,
    level: Level,
    groups: list[_Group],
    ordinals: Counter[str],
) -> report.Finding:
    target, auth, depth = shown.target, shown.auth, len(shown.per)
    sink = target.sink
    root = matcher.reach.roots[shown.root]
    site = _sink(matcher, sink)
    inside, more = _in_package(matcher, target)
    choices = tuple(matcher.dispatch.choices(shown.edges))
    context = PathContext(matcher.alike(sink), choices, -1 if root.again else root.call)
    tests = shown_conditions(matcher.reach, sink, shown.edges, matcher.lexicon.tests, context)
    when = occasion_of(tests)
    return report.Finding(
        pattern=matcher.pattern.id,
        rule=matcher.rule(sink),
        fingerprint=_fingerprint(matcher, target, ordinals),
        status="open",
        status_reason="",
        level=level,
        score=score(
            matcher.kinds,
            Weighed(
                level=level,
                rate=matcher.kinds.root[root.kind].rate,
                cost=weight(sink),
                loops=depth,
                auth=auth,
                backoff=sink.kind in _PAUSES and RETRY in shown.frames[-1].per,
                confidence=best.confidence,
                verdict=best.verdict,
            ),
        ),
        confidence=shown.confidence,
        phase="auth" if auth else sink.kind.removeprefix("blocking."),
        phase_words=shown.words,
        verdict=best.verdict,
        multiplicity=tuple(name for frame in shown.frames for name in frame.loop),
        conditions=tuple(test.text for test in tests),
        message=message_of(sink, matcher.language(sink))
        or message(site.call + inside, root, matcher.kinds, auth=auth, per=shown.per, most=shown.most, when=when)
        + more,
        root=shown.root,
        sink=site,
        trace=shown.frames,
        also_reached_from=_also_reached_from(matcher, target, shown, level, groups),
        archetypes=(),  # see `advice.py`
        location=_location(target, shown.own[-1]),
        dependency=matcher.packages.get(site.path, ""),
        more=len(target.others),
        per=shown.per,
    )


def _certain(matcher: Matcher, sink: SinkSite, edges: list[Edge], weakest: Confidence) -> Confidence:
    """The confidence of the path along `edges`, whose weakest step has the confidence `weakest`."""
    return certain(weakest, steps_on(matcher.graph, sink, edges), matcher.kinds.steps)


def _level(matcher: Matcher, group: _Group, cost: Cost, loops: int, kind: SinkKind, *, auth: bool) -> Level:
    return matcher.judges[kind].level(
        group.crossed,
        verdict=group.verdict,
        heat=group.heat,
        kind=kind,
        auth=auth,
        cost=cost,
        loops=loops,
        confidence=group.confidence,
        library=not matcher.reach.has_dispatch,
    )


def _also_reached_from(
    matcher: Matcher, target: Target, shown: _Shown, most: Level, groups: list[_Group]
) -> tuple[report.Reach, ...]:
    """Every other root, each with its own verdict and level, `most` at most; their paths are not searched, so only the
    loops around the call itself count.
    """
    loops = len(multiplying(matcher.graph, target.sink, []))
    found: list[report.Reach] = []
    for group in groups:
        level = _level(matcher, group, target.sink.cost, loops, target.sink.kind, auth=shown.auth)
        level = min(level, most, key=LEVELS.index)
        found.extend(matcher.reached_from(group.roots & ~(1 << shown.root), group.verdict, level))
    found.sort(key=attrgetter("root"))
    return tuple(found)


def _sink(matcher: Matcher, sink: SinkSite) -> report.Sink:
    path, facts = matcher.graph.program.place(sink.function)
    table = matcher.graph.table
    return report.Sink(
        sink.kind,
        sink.text,
        label_of(facts, path),
        path,
        table.line(sink.call),
        table.column(sink.call),
        sink.cost,
        sink.instead,
    )


def _location(target: Target, frame: report.Frame) -> report.Location | None:
    return None if target.door is None else report.Location(frame.function, frame.path, frame.line, frame.column)


def _in_package(matcher: Matcher, target: Target) -> tuple[str, str]:
    """Words on where a blocking call of a package lies, and on how many others stand behind the same call."""
    package = matcher.packages.get(matcher.graph.program.place(target.sink.function)[0], "")
    if target.door is None or not package:
        return "", ""
    elsewhere = {matcher.packages.get(matcher.graph.program.place(one.function)[0], "") for one in target.others}
    if not elsewhere:
        return f" in {package}", ""
    named = ", ".join(sorted(elsewhere)) if len(elsewhere) <= _NAMED_PACKAGES else f"{len(elsewhere)} packages"
    return f" in {package}", f" (and {len(target.others)} more in {named})"


def _fingerprint(matcher: Matcher, target: Target, ordinals: Counter[str]) -> str:
    """Of a package's blocking call the identity is the program's call that leads there: packages change."""
    sink, door = target.sink, target.door
    path, facts = matcher.graph.program.place(sink.function if door is None else door.caller)
    what = (sink.text,) if door is None else (frame_of(matcher.graph, door).call, sink.kind)
    key = "\0".join((matcher.pattern.id, matcher.rule(sink), path, facts.qualname, *what))
    ordinals[key] += 1
    return blake2b(f"{key}\0{ordinals[key]}".encode(), digest_size=8).hexdigest()
