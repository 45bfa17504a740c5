"""What of a report is counted and shown.  All pure: a report goes in, findings or a smaller report come out."""

from typing import get_args

import msgspec

from alef_audit.auditing.report import AuditReport, Finding
from alef_audit.rulepack.kinds import Confidence, Level

_LEVELS: tuple[Level, ...] = get_args(Level)  # worst first
_CONFIDENCES: tuple[Confidence, ...] = get_args(Confidence)  # surest first


def at_least(level: Level, threshold: Level) -> bool:
    return _LEVELS.index(level) <= _LEVELS.index(threshold)


def counted(report: AuditReport) -> tuple[Finding, ...]:
    """The findings that count: open ones that still block."""
    return tuple(f for f in report.findings if f.status == "open" and f.verdict != "discharged")


def per_level(findings: tuple[Finding, ...]) -> dict[Level, int]:
    """How many findings each level has; every level is a key, worst first."""
    return {level: sum(f.level == level for f in findings) for level in _LEVELS}


def failing(report: AuditReport, threshold: Level) -> tuple[Finding, ...]:
    """The findings that make a run fail with `--fail-on threshold`."""
    return tuple(f for f in counted(report) if at_least(f.level, threshold))


def confident(report: AuditReport, threshold: Confidence) -> AuditReport:
    """The report as if nothing below `threshold` had been found."""
    lowest = _CONFIDENCES.index(threshold)
    return _keep(report, tuple(f for f in report.findings if _CONFIDENCES.index(f.confidence) <= lowest))


def listed(report: AuditReport, threshold: Level) -> AuditReport:
    """The report with the findings from `threshold` up only."""
    return _keep(report, tuple(f for f in report.findings if at_least(f.level, threshold)))


def shortfalls(report: AuditReport) -> list[str]:
    """Why the audit is incomplete, one clause per reason; empty when every source file was read in full."""
    coverage = report.coverage
    reasons = [f"{files} not read ({reason})" for reason, files in sorted(coverage.not_read.items()) if files]
    return reasons + ([f"{coverage.parse_errors} with syntax errors"] if coverage.parse_errors else [])


def _keep(report: AuditReport, findings: tuple[Finding, ...]) -> AuditReport:
    kept = {f.fingerprint for f in findings}
    points = tuple(
        msgspec.structs.replace(point, heals=tuple(h for h in point.heals if h in kept)) for point in report.fix_points
    )
    return msgspec.structs.replace(report, findings=findings, fix_points=tuple(p for p in points if p.heals))
