"""One tree, held against what was seen of it at run time."""

import msgspec

from alef_audit.auditing.report import AuditReport
from alef_audit.discovery.development import project_names
from alef_audit.evidence.join import Tree, join
from alef_audit.evidence.observing import observe
from alef_audit.pipeline.judging import examine, roots_of
from alef_audit.pipeline.progress import Progress
from alef_audit.pipeline.reporting import report_of
from alef_audit.pipeline.surveying import Survey
from alef_audit.request import AuditRequest
from alef_audit.rulepack.load import Rulepack
from alef_audit.rulepack.pattern import Pattern


def report_with_evidence(
    request: AuditRequest, pack: Rulepack, patterns: list[Pattern], surveyed: Survey, progress: Progress, started: float
) -> AuditReport:
    """The report of the tree with the evidence that was named. Raises UsageError, NothingToAudit for the evidence."""
    progress("reading evidence", 0, 1)
    observed = observe(request.evidence, patterns[0])
    examined = examine(request, pack, patterns, surveyed, progress)
    reached = examined.reached
    hot = tuple(root.function for root in reached.roots)
    root, names = request.root.resolve().as_posix(), project_names(surveyed.inventory, surveyed.read)
    tree = Tree(reached.graph, roots_of(reached), hot, examined.findings, root, names)
    findings, runtime = join(tree, observed, patterns[0])
    report = report_of(request, patterns, examined._replace(findings=findings), started)
    return msgspec.structs.replace(report, runtime=runtime)
