"""Findings and roots in `alef-audit/v1`: frozen types, additions allowed, renames not."""

import msgspec

from alef_audit.auditing import report as inner


class Root(msgspec.Struct, frozen=True):
    kind: str
    function: str
    path: str
    line: int
    runs_on: str
    why: str


class Sink(msgspec.Struct, frozen=True):
    kind: str
    call: str
    function: str
    path: str
    line: int
    column: int
    cost: str
    instead: str


class Location(msgspec.Struct, frozen=True):
    function: str
    path: str
    line: int
    column: int


class Frame(msgspec.Struct, frozen=True, omit_defaults=True):
    function: str
    path: str
    def_line: int
    line: int
    column: int
    call: str
    how: str
    loop: tuple[str, ...]
    guards: tuple[str, ...]
    per: tuple[str, ...] = ()  # the same loops in words


class Reach(msgspec.Struct, frozen=True):
    root: int
    verdict: str
    level: str


class Archetype(msgspec.Struct, frozen=True, omit_defaults=True):
    id: str
    cost: str
    why: str
    where: str
    applies_to: str = ""
    key: tuple[str, ...] = ()
    single_flight: str = ""
    ttl: str = ""
    remains: str = ""


class SuppressedBy(msgspec.Struct, frozen=True):
    path: str
    line: int


class Evidence(msgspec.Struct, frozen=True):
    kind: str
    path: str
    line: int
    text: str
    milliseconds: float
    count: int = 1


class Finding(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    pattern: str
    rule: str
    fingerprint: str
    status: str
    status_reason: str = ""
    level: str
    score: float
    confidence: str
    phase: str
    phase_words: tuple[str, ...]
    verdict: str
    multiplicity: tuple[str, ...]
    conditions: tuple[str, ...]
    message: str
    root: int
    sink: Sink
    trace: tuple[Frame, ...]
    also_reached_from: tuple[Reach, ...]
    archetypes: tuple[Archetype, ...]
    evidence: tuple[Evidence, ...]
    location: Location | None = None  # these three when the sink lies in a followed package only
    dependency: str = ""
    more: int = 0
    suppressed_by: SuppressedBy | None = None  # the comment; absent where the configuration switches it off
    muted_roots: tuple[int, ...] = ()  # roots that reach it by muted paths only
    per: tuple[str, ...] = ()  # the loops that multiply, in words


def root_v1(root: inner.Root) -> Root:
    return Root(root.kind, root.function, root.path, root.line, root.runs_on, root.why)


def evidence_v1(one: inner.Evidence) -> Evidence:
    return Evidence(one.kind, one.path, one.line, one.text, one.milliseconds, one.count)


def finding_v1(finding: inner.Finding) -> Finding:
    sink, at, by = finding.sink, finding.location, finding.suppressed_by
    return Finding(
        pattern=finding.pattern,
        rule=finding.rule,
        fingerprint=finding.fingerprint,
        status=finding.status,
        status_reason=finding.status_reason,
        level=finding.level,
        score=finding.score,
        confidence=finding.confidence,
        phase=finding.phase,
        phase_words=finding.phase_words,
        verdict=finding.verdict,
        multiplicity=finding.multiplicity,
        conditions=finding.conditions,
        message=finding.message,
        root=finding.root,
        sink=Sink(sink.kind, sink.call, sink.function, sink.path, sink.line, sink.column, sink.cost, sink.instead),
        trace=tuple(frame_v1(frame) for frame in finding.trace),
        also_reached_from=tuple(Reach(r.root, r.verdict, r.level) for r in finding.also_reached_from),
        archetypes=tuple(_archetype(one) for one in finding.archetypes),
        evidence=tuple(evidence_v1(e) for e in finding.evidence),
        location=Location(at.function, at.path, at.line, at.column) if at is not None else None,
        dependency=finding.dependency,
        more=finding.more,
        suppressed_by=SuppressedBy(by.path, by.line) if by is not None else None,
        muted_roots=finding.muted_roots,
        per=finding.per,
    )


def _archetype(one: inner.ProposedArchetype) -> Archetype:
    return Archetype(
        id=one.id,
        cost=one.cost,
        why=one.why,
        where=one.where,
        applies_to=one.applies_to,
        key=one.key,
        single_flight=one.single_flight,
        ttl=one.ttl,
        remains=one.remains,
    )


def frame_v1(frame: inner.Frame) -> Frame:
    return Frame(
        function=frame.function,
        path=frame.path,
        def_line=frame.def_line,
        line=frame.line,
        column=frame.column,
        call=frame.call,
        how=frame.how,
        loop=frame.loop,
        guards=frame.guards,
        per=frame.per,
    )
