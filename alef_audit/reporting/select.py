"""What of a report is counted and shown.  All pure: a report goes in, findings or a smaller report come out."""

from typing import get_args

import msgspec

from alef_audit.auditing.report import AuditReport, Comparison, Finding, counts
from alef_audit.reporting.words import count
from alef_audit.rulepack.kinds import Confidence, Level

_LEVELS: tuple[Level, ...] = get_args(Level)  # worst first
_CONFIDENCES: tuple[Confidence, ...] = get_args(Confidence)  # surest first

# Kinds of remarks on what was written for this tool, and what such a thing is called.
_VAIN = {
    "audit-comment": ("comment",),
    "configuration": ("entry of the configuration", "entries of the configuration"),
    "baseline": ("entry of the baseline", "entries of the baseline"),
}


def at_least(level: Level, threshold: Level) -> bool:
    return _LEVELS.index(level) <= _LEVELS.index(threshold)


def counted(report: AuditReport) -> tuple[Finding, ...]:
    """The findings that count: open ones that still block."""
    return tuple(filter(counts, report.findings))


def per_level(findings: tuple[Finding, ...]) -> dict[Level, int]:
    """How many findings each level has; every level is a key, worst first."""
    return {level: sum(f.level == level for f in findings) for level in _LEVELS}


def failing(report: AuditReport, threshold: Level) -> tuple[Finding, ...]:
    """The findings that make a run fail with `--fail-on threshold`: of a comparison those that are introduced."""
    found = counted(report)
    if report.comparison is not None:
        found = tuple(one.finding for one in report.comparison.introduced)
    return tuple(f for f in found if at_least(f.level, threshold))


def confident(report: AuditReport, threshold: Confidence) -> AuditReport:
    """The report as if nothing below `threshold` had been found."""
    lowest = _CONFIDENCES.index(threshold)
    return _keep(report, tuple(f for f in report.findings if _CONFIDENCES.index(f.confidence) <= lowest))


def listed(report: AuditReport, threshold: Level) -> AuditReport:
    """The report with the findings from `threshold` up only."""
    kept = _keep(report, tuple(f for f in report.findings if at_least(f.level, threshold)))
    if kept.comparison is None:
        return kept
    comparison = msgspec.structs.replace(
        kept.comparison,
        introduced=tuple(one for one in kept.comparison.introduced if at_least(one.finding.level, threshold)),
        healed=tuple(one for one in kept.comparison.healed if at_least(one.finding.level, threshold)),
    )
    return msgspec.structs.replace(kept, comparison=comparison)


def through(report: AuditReport, files: frozenset[str]) -> AuditReport:
    """The report as if only findings existed whose path passes through one of `files`."""
    return _keep(report, tuple(f for f in report.findings if any(frame.path in files for frame in f.trace)))


def shortfalls(report: AuditReport) -> list[str]:
    """Why the audit is not what was asked for, one clause per reason.

    Empty when every source file was read in full, and every comment and entry of the configuration has an effect.
    """
    coverage = report.coverage
    reasons = [f"{count(files, 'file')} not read ({why})" for why, files in sorted(coverage.not_read.items()) if files]
    reasons += [f"{count(coverage.parse_errors, 'file')} with syntax errors"] if coverage.parse_errors else []
    for kind, what in _VAIN.items():
        vain = sum(one.kind == kind for one in report.diagnostics)
        reasons += [f"{count(vain, *what)} without effect"] if vain else []
    return reasons


def _keep(report: AuditReport, findings: tuple[Finding, ...]) -> AuditReport:
    kept = {f.fingerprint for f in findings}
    points = tuple(
        msgspec.structs.replace(point, heals=tuple(h for h in point.heals if h in kept)) for point in report.fix_points
    )
    return msgspec.structs.replace(
        report,
        findings=findings,
        fix_points=tuple(p for p in points if p.heals),
        comparison=only_open(report.comparison, findings),
    )


def only_open(comparison: Comparison | None, findings: tuple[Finding, ...]) -> Comparison | None:
    """The comparison as if only those of `findings` that count had been found."""
    if comparison is None:
        return None
    kept = {f.fingerprint for f in findings if f.status == "open"}
    return msgspec.structs.replace(
        comparison,
        introduced=tuple(one for one in comparison.introduced if one.finding.fingerprint in kept),
        remaining=tuple(one for one in comparison.remaining if one in kept),
    )
