"""`--format=json`, version `alef-audit/v1`.

These structs are a contract of their own: what the rest of the tool renames does not rename a key here.  Keys may be
added, never renamed or moved.
"""

from typing import Final

import msgspec
from msgspec.structs import replace

from alef_audit.auditing import report as inner
from alef_audit.reporting.encode import to_json
from alef_audit.reporting.json_comparison import Comparison, comparison_v1
from alef_audit.reporting.json_findings import Evidence, Finding, Root, evidence_v1, finding_v1, root_v1
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


class FixPoint(msgspec.Struct, frozen=True, omit_defaults=True):
    function: str
    path: str
    line: int
    archetype: str
    heals: tuple[str, ...]
    mitigates: tuple[str, ...] = ()
    why: str = ""


class Diagnostic(msgspec.Struct, frozen=True):
    path: str
    line: int
    kind: str
    message: str


class Unresolved(msgspec.Struct, frozen=True):
    root: int
    calls: int
    examples: tuple[str, ...]


class MissedAlarm(msgspec.Struct, frozen=True):
    call: str
    function: str
    path: str
    line: int
    why: str
    evidence: Evidence
    stack: tuple[str, ...]


class RuntimeWindow(msgspec.Struct, frozen=True):
    """As `windows` of `alef-audit/evidence/v1`."""

    start: str | None
    end: str | None
    verdict: str
    run_seconds: float | None
    auth_seconds: float | None
    auth_share: float | None
    utilisation: float | None
    delay_seconds: float | None
    closures: int
    warm_ups: int
    late_timers: int
    where: tuple[str, ...]


class RuntimeEvidence(msgspec.Struct, frozen=True):
    files: tuple[str, ...]
    verdict: str
    holds: tuple[str, ...]
    missing: tuple[str, ...]
    stacks: int
    outside: int
    missed: tuple[MissedAlarm, ...]
    notes: tuple[str, ...] = ()
    windows: tuple[RuntimeWindow, ...] = ()
    windows_left_out: int = 0


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
    comparison: Comparison | None = None  # with --since and of audit compare only
    runtime: RuntimeEvidence | None = None  # with --evidence only


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
        comparison=comparison_v1(report.comparison) if report.comparison is not None else None,
        runtime=_runtime(report.runtime) if report.runtime is not None else None,
    )


def _runtime(runtime: inner.RuntimeEvidence) -> RuntimeEvidence:
    return RuntimeEvidence(
        files=runtime.files,
        verdict=runtime.verdict,
        holds=runtime.holds,
        missing=runtime.missing,
        stacks=runtime.stacks,
        outside=runtime.outside,
        missed=tuple(
            MissedAlarm(m.call, m.function, m.path, m.line, m.why, evidence_v1(m.evidence), m.stack)
            for m in runtime.missed
        ),
        notes=runtime.notes,
        windows=msgspec.convert(runtime.windows, tuple[RuntimeWindow, ...], from_attributes=True),
        windows_left_out=runtime.windows_left_out,
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


def fix_point_v1(point: inner.FixPoint) -> FixPoint:
    return FixPoint(point.function, point.path, point.line, point.archetype, point.heals, point.mitigates, point.why)
