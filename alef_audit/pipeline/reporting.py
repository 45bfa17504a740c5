"""From the findings to the report."""

import time

import msgspec

from alef_audit import __version__
from alef_audit.auditing import report
from alef_audit.auditing.coverage import coverage_of, head_of
from alef_audit.auditing.unresolved import unresolved_below
from alef_audit.diagnostics import Diagnostic
from alef_audit.discovery.assets import browser_assets
from alef_audit.pipeline.judging import Examined, roots_of
from alef_audit.pipeline.linking import Linked
from alef_audit.request import AuditRequest
from alef_audit.rulepack.pattern import Pattern


def report_of(request: AuditRequest, patterns: list[Pattern], examined: Examined, started: float) -> report.AuditReport:
    """The report of a tree; `started` is when its audit began, by `time.perf_counter`."""
    linked, reached, judged, points, findings = examined
    shown = findings if request.include_discharged else tuple(map(_undischarged, filter(_is_listed, findings)))
    coverage = coverage_of(
        linked.inventory,
        len(browser_assets(linked.inventory)),
        linked.facts,
        linked.graph,
        linked.followed if request.follow is not None else None,
        time.perf_counter() - started,
    )
    unresolved = unresolved_below(reached) if request.explain_unresolved else ()
    return report.AuditReport(
        tool_version=__version__,
        patterns=tuple(head_of(pattern) for pattern in patterns),
        roots=roots_of(reached),
        fix_points=points,
        findings=shown,
        discharged=sum(1 for f in judged.findings if f.verdict == "discharged"),
        coverage=coverage,
        diagnostics=_diagnostics(linked, judged.remarks),
        unresolved=unresolved,
        unknown_packages=linked.followed.missing if request.explain_unresolved else (),
    )


def _is_listed(finding: report.Finding) -> bool:
    """Whether a call blocks the loop at all: not what runs elsewhere, and of what is kept only what takes its time.

    Where a result is kept, the call that made it has blocked the loop once all the same.
    """
    if finding.verdict != "discharged":
        return True
    crossed = {guard for frame in finding.trace for guard in frame.guards}
    return finding.sink.cost != "microseconds" and not any(guard.startswith("offload.") for guard in crossed)


def _undischarged(finding: report.Finding) -> report.Finding:
    """The finding without the roots that reach it behind a guard only, unless all do."""
    if finding.verdict == "discharged":
        return finding
    reach = tuple(one for one in finding.also_reached_from if one.verdict != "discharged")
    return msgspec.structs.replace(finding, also_reached_from=reach)


def _diagnostics(linked: Linked, remarks: tuple[Diagnostic, ...]) -> tuple[report.ReportDiagnostic, ...]:
    """All remarks by file and line; last those on files of packages that were left out.

    How the other files of packages parsed is nothing that the program's authors can change.
    """
    found = {*linked.inventory.diagnostics, *linked.remarks, *remarks}
    for file, file_facts in linked.facts:
        found.update(Diagnostic(file.path, p.line, p.kind, p.message) for p in file_facts.problems)
    ordered = (*sorted(found), *linked.followed.diagnostics)
    return tuple(report.ReportDiagnostic(d.path, d.line, d.kind, d.message) for d in ordered)
