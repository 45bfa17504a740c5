"""One line: why it is reported, or not."""

from alef_audit.auditing.answer import Answer
from alef_audit.auditing.why import Audited, answer, not_read, unit_at
from alef_audit.callgraph.configured import selected
from alef_audit.discovery.unread import why_not_read
from alef_audit.pipeline.collector import without_collector
from alef_audit.pipeline.judging import complete, judge, reach_sinks, rules_of
from alef_audit.pipeline.linking import link_program
from alef_audit.pipeline.progress import Progress
from alef_audit.pipeline.surveying import survey
from alef_audit.request import AuditRequest


def why(request: AuditRequest, path: str, line: int, progress: Progress) -> Answer:
    """Why `line` of the file `path` (relative to the root) is reported or not, by the first pattern asked for.

    Raises as `audit` does.
    """
    with without_collector():
        pack, asked = rules_of(request)
        patterns = asked[:1]
        linked = link_program(request, pack, survey(request), progress)
        progress("reaching", 0, 1)
        reached = reach_sinks(pack, linked)
        unit = unit_at(reached, path)
        if unit is None:
            reason = why_not_read(linked.inventory, request.config, path)
            return not_read(path, line, reason)
        judged = judge(request, pack, patterns, linked, reached)
        _, findings = complete(request, pack, patterns, linked, judged, path)
        excluded = selected(linked.graph.program, request.config).not_roots
        left_out = frozenset(function for functions in excluded for function in functions)
        muting = tuple(one for one in judged.muting if patterns[0].id in one.patterns)
        about = Audited(
            reached,
            patterns[0],
            pack.kinds,
            findings,
            muting,
            left_out,
            request.platform,
            request.config.include_tests,
        )
        return answer(about, unit, line)
