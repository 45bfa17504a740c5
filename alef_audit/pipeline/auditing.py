"""One tree: the report of its findings."""

import time

import msgspec

from alef_audit.auditing.report import AuditReport
from alef_audit.pipeline.collector import without_collector
from alef_audit.pipeline.progress import Progress
from alef_audit.pipeline.recalling import keep_report, recall_report, state_of
from alef_audit.pipeline.surveying import survey
from alef_audit.request import AuditRequest


def audit(request: AuditRequest, progress: Progress) -> AuditReport:
    """Run every stage on `request.root`. Raises NothingToAudit, RulepackError, ConfigError."""
    with without_collector():
        started = time.perf_counter()
        surveyed = survey(request)
        state = state_of(request, surveyed)
        known = recall_report(request, surveyed, state)
        if known is not None:
            coverage = msgspec.structs.replace(known.coverage, seconds=time.perf_counter() - started)
            return msgspec.structs.replace(known, coverage=coverage)
        # imported late: none of it is needed where nothing has changed
        from alef_audit.pipeline.judging import examine, rules_of
        from alef_audit.pipeline.reporting import report_of

        pack, patterns = rules_of(request)
        if request.evidence:
            from alef_audit.pipeline.witnessing import report_with_evidence

            return report_with_evidence(request, pack, patterns, surveyed, progress, started)
        report = report_of(request, patterns, examine(request, pack, patterns, surveyed, progress), started)
        keep_report(request, surveyed, state, report)
        return report
