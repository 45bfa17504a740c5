"""Reads `alef-audit/v1` back, for commands that work on a report which another job has made.

Everything in it is untrusted: reporters escape it as they escape what comes from the audited tree.
"""

from collections.abc import Iterator
from typing import Final, TypeVar

import msgspec

from alef_audit import json_text
from alef_audit.auditing import report as inner
from alef_audit.diagnostics import UsageError
from alef_audit.reporting.escape import leaves
from alef_audit.reporting.json_v1 import SCHEMA, Document

T = TypeVar("T")
_REMEDY: Final = "Write one: audit --format=json --output FILE"


def read_report(text: bytes, name: str) -> inner.AuditReport:
    """The report in a JSON document called `name`. Raises UsageError."""
    try:
        document = json_text.decode(text, Document)
    except json_text.NotJson as error:
        raise UsageError(f"{name} is no report: {error}", _REMEDY) from None
    if document.schema != SCHEMA:
        raise UsageError(f"{name} has version {document.schema}", f"This version reads {SCHEMA}")
    try:
        found = _report(document)
    except msgspec.ValidationError as error:
        raise UsageError(f"{name} is no report: {error}", _REMEDY) from None
    _check(found, name)
    return found


def _report(document: Document) -> inner.AuditReport:
    coverage = document.summary.coverage
    return inner.AuditReport(
        tool_version=document.tool.version,
        patterns=_as(document.patterns, tuple[inner.PatternHead, ...]),
        roots=_as(document.roots, tuple[inner.Root, ...]),
        fix_points=_as(document.fix_points, tuple[inner.FixPoint, ...]),
        findings=_as(document.findings, tuple[inner.Finding, ...]),
        discharged=document.summary.discharged,
        coverage=inner.Coverage(
            files=coverage.files,
            lines=coverage.lines,
            not_read=coverage.not_read,
            parse_errors=coverage.parse_errors,
            calls=coverage.calls,
            unresolved_calls=coverage.unresolved_calls,
            calls_to_program=coverage.calls_to_program,
            unresolved_to_program=coverage.unresolved_to_program,
            seconds=coverage.seconds,
        ),
        diagnostics=_as(document.diagnostics, tuple[inner.ReportDiagnostic, ...]),
        unresolved=_as(document.unresolved, tuple[inner.Unresolved, ...]),
        unknown_packages=document.unknown_packages,
        runtime=_as(document.runtime, inner.RuntimeEvidence | None),
        comparison=_as(document.comparison, inner.Comparison | None),
    )


def _as(value: object, kind: type[T] | object) -> T:
    """The same fields in the types that reporters know."""
    found: T = msgspec.convert(value, kind, from_attributes=True)
    return found


def _check(report: inner.AuditReport, name: str) -> None:
    """What findings name has to be there: reporters look it up.

    Paths lie below the audited folder: others would be links to anywhere.
    """
    patterns = {pattern.id for pattern in report.patterns}
    introduced = report.comparison.introduced if report.comparison is not None else ()
    for finding in (*report.findings, *(one.finding for one in introduced)):
        numbers = (finding.root, *(one.root for one in finding.also_reached_from))
        if not finding.trace or any(not 0 <= number < len(report.roots) for number in numbers):
            raise UsageError(f"{name} is no report: a finding without path or root", _REMEDY)
        if finding.pattern not in patterns:
            raise UsageError(f"{name} is no report: a finding by a pattern that it does not name", _REMEDY)
    for path in _paths(report):
        if leaves(path):
            raise UsageError(f"{name} is no report: it names the path {path}", _REMEDY)


def _paths(report: inner.AuditReport) -> Iterator[str]:
    introduced = report.comparison.introduced if report.comparison is not None else ()
    yield from (root.path for root in report.roots)
    yield from (point.path for point in report.fix_points)
    for finding in (*report.findings, *(one.finding for one in introduced)):
        yield from (finding.sink.path, *(frame.path for frame in finding.trace))
    yield from (one.cause.path for one in introduced)
