"""`--format=json`, version `alef-audit/v1`.

These structs are a contract of their own: what the rest of the tool renames does not rename a key here.  Keys may be
added, never renamed or moved.
"""

from typing import Final

import msgspec
from msgspec.structs import replace

from alef_audit.auditing import report as inner
from alef_audit.reporting.encode import to_json
from alef_audit.reporting.select import counted, per_level

SCHEMA = "alef-audit/v1"


class Tool(msgspec.Struct, frozen=True):
    name: str
    version: str


class Pattern(msgspec.Struct, frozen=True):
    id: str
    slug: str
    severity: int
    title: str
    stage: str
    pathology: str
    confidence: float
    reference: str
    cite: tuple[str, ...]


class Counts(msgspec.Struct, frozen=True):
    error: int
    warning: int
    note: int


class Dependencies(msgspec.Struct, frozen=True):
    packages: int
    files: int
    lines: int
    not_read: dict[str, int]


class Coverage(msgspec.Struct, frozen=True, omit_defaults=True):
    files: int
    lines: int
    not_read: dict[str, int]
    parse_errors: int
    calls: int
    unresolved_calls: int
    calls_to_program: int
    unresolved_to_program: int
    seconds: float
    dependencies: Dependencies | None = None  # with --follow-dependencies only


class Summary(msgspec.Struct, frozen=True):
    findings: Counts
    suppressed: int
    baselined: int
    discharged: int
    coverage: Coverage


class Root(msgspec.Struct, frozen=True):
    kind: str
    function: str
    path: str
    line: int
    runs_on: str
    why: str


class FixPoint(msgspec.Struct, frozen=True, omit_defaults=True):
    function: str
    path: str
    line: int
    archetype: str
    heals: tuple[str, ...]
    mitigates: tuple[str, ...] = ()
    why: str = ""


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


class Diagnostic(msgspec.Struct, frozen=True):
    path: str
    line: int
    kind: str
    message: str


class Unresolved(msgspec.Struct, frozen=True):
    root: int
    calls: int
    examples: tuple[str, ...]


class Document(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    schema: str
    tool: Tool
    patterns: tuple[Pattern, ...]
    summary: Summary
    roots: tuple[Root, ...]
    fix_points: tuple[FixPoint, ...]
    findings: tuple[Finding, ...]
    diagnostics: tuple[Diagnostic, ...]
    unresolved: tuple[Unresolved, ...] = ()  # with --explain-unresolved only
    unknown_packages: tuple[str, ...] = ()  # with --follow-dependencies and --explain-unresolved only


# Where a finding's roots go in the text: a line break and this key occur in no string of a JSON document.
_REACHES: Final = '\n      "also_reached_from": []'
_REACH_INDENT: Final = "\n        "


def render_json(report: inner.AuditReport, whole: inner.AuditReport | None = None) -> str:
    """The report as JSON text. `whole`: the report that the summary counts, when `report` lists only part of it.

    Large programs reach a call from hundreds of roots: one line per root keeps the document readable, and half as
    long.  Those lines are most of it, and the same ones again and again: they are put into the text as text.
    """
    before, *pieces = to_json(_document(report, whole or report)).split(_REACHES)
    lines: dict[inner.Reach, str] = {}
    parts = [before]
    for finding, piece in zip(report.findings, pieces, strict=True):
        parts += (_reaches(finding.also_reached_from, lines), piece)
    return "".join(parts)


def _reaches(reaches: tuple[inner.Reach, ...], lines: dict[inner.Reach, str]) -> str:
    """The entry of a finding's roots, a line each; `lines` keeps those that were written already."""
    if not reaches:
        return _REACHES
    for reach in set(reaches) - lines.keys():
        lines[reach] = f'{{"root": {reach.root}, "verdict": "{reach.verdict}", "level": "{reach.level}"}}'
    inside = ("," + _REACH_INDENT).join([lines[reach] for reach in reaches])
    return f"{_REACHES[:-1]}{_REACH_INDENT}{inside}\n      ]"


def _document(report: inner.AuditReport, whole: inner.AuditReport) -> Document:
    """The interchange document that lists what `report` holds and counts what `whole` holds, without the roots of
    findings.
    """
    return Document(
        schema=SCHEMA,
        tool=Tool("alef-audit", report.tool_version),
        patterns=tuple(_pattern(head) for head in report.patterns),
        summary=_summary(whole),
        roots=tuple(root_v1(root) for root in report.roots),
        fix_points=tuple(fix_point_v1(point) for point in report.fix_points),
        findings=tuple(finding_v1(replace(finding, also_reached_from=())) for finding in report.findings),
        diagnostics=tuple(Diagnostic(d.path, d.line, d.kind, d.message) for d in report.diagnostics),
        unresolved=tuple(Unresolved(u.root, u.calls, u.examples) for u in report.unresolved),
        unknown_packages=report.unknown_packages,
    )


def _pattern(head: inner.PatternHead) -> Pattern:
    return Pattern(
        id=head.id,
        slug=head.slug,
        severity=head.severity,
        title=head.title,
        stage=head.stage,
        pathology=head.pathology,
        confidence=head.confidence,
        reference=head.reference,
        cite=head.cite,
    )


def _summary(report: inner.AuditReport) -> Summary:
    coverage = report.coverage
    levels = per_level(counted(report))
    return Summary(
        findings=Counts(levels["error"], levels["warning"], levels["note"]),
        suppressed=sum(f.status == "suppressed" for f in report.findings),
        baselined=sum(f.status == "baselined" for f in report.findings),
        discharged=report.discharged,
        coverage=Coverage(
            files=coverage.files,
            lines=coverage.lines,
            not_read=dict(sorted(coverage.not_read.items())),
            parse_errors=coverage.parse_errors,
            calls=coverage.calls,
            unresolved_calls=coverage.unresolved_calls,
            calls_to_program=coverage.calls_to_program,
            unresolved_to_program=coverage.unresolved_to_program,
            seconds=round(coverage.seconds, 3),
            dependencies=_dependencies(coverage.dependencies),
        ),
    )


def _dependencies(found: inner.Dependencies | None) -> Dependencies | None:
    if found is None:
        return None
    return Dependencies(len(found.packages), found.files, found.lines, dict(sorted(found.not_read.items())))


def root_v1(root: inner.Root) -> Root:
    return Root(root.kind, root.function, root.path, root.line, root.runs_on, root.why)


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
        evidence=tuple(Evidence(e.kind, e.path, e.line, e.text, e.milliseconds) for e in finding.evidence),
        location=Location(at.function, at.path, at.line, at.column) if at is not None else None,
        dependency=finding.dependency,
        more=finding.more,
        suppressed_by=SuppressedBy(by.path, by.line) if by is not None else None,
        muted_roots=finding.muted_roots,
        per=finding.per,
    )


def fix_point_v1(point: inner.FixPoint) -> FixPoint:
    return FixPoint(point.function, point.path, point.line, point.archetype, point.heals, point.mitigates, point.why)


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
