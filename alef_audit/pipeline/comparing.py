"""Two trees: the report of one, with what has changed since the other."""

import time
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import msgspec

from alef_audit.auditing import report
from alef_audit.auditing.compare import Side, compared, introduced_pairs
from alef_audit.auditing.match import matched, worst_first
from alef_audit.auditing.phase import Lexicon as AuthLexicon
from alef_audit.auditing.relevel import relevelled, silencer
from alef_audit.callgraph.comments import on_lines, read_comments
from alef_audit.callgraph.program import Program
from alef_audit.config import is_config_file
from alef_audit.diagnostics import NothingToAudit
from alef_audit.git.changes import Changes
from alef_audit.pipeline.collector import without_collector
from alef_audit.pipeline.judging import Examined, Judged, advise, examine, judge_tree, roots_of, rules_of
from alef_audit.pipeline.progress import Progress
from alef_audit.pipeline.reporting import report_of
from alef_audit.pipeline.surveying import survey
from alef_audit.reachability.reach import Reachability
from alef_audit.request import AuditRequest
from alef_audit.rulepack.load import Rulepack
from alef_audit.rulepack.pattern import Pattern


class Between(NamedTuple):
    """The two revisions of a comparison as the user named them ("" for the work tree), and how their text differs."""

    base: str
    head: str
    changes: Changes


def compare(request: AuditRequest, base: Path, between: Between, progress: Progress) -> report.AuditReport:
    """The audit of `request`, with what has changed since the tree in the folder `base`. Raises as `audit` does.

    A base in which there is nothing to audit has no findings.
    """
    with without_collector():
        started = time.perf_counter()
        pack, patterns = rules_of(request)
        now = examine(request, pack, patterns, survey(request), progress)
        passing = msgspec.structs.replace(request, root=base, lasts=False)
        try:
            before = _side(*judge_tree(passing, pack, patterns, survey(passing), progress)[1:])
        except NothingToAudit:
            before = Side(None, (), ())
        after = _side(now.reached, now.judged)
        pairs = introduced_pairs(before, after, between.changes)
        new = _by_new_paths(request, pack, patterns, now, pairs)
        comparison = msgspec.structs.replace(
            compared((between.base, between.head), before, after, new, between.changes),
            said=_said(now.linked.graph.program, between.changes),
            configuration=tuple(path for path in sorted(between.changes.lines) if is_config_file(path)),
            heeded=not request.disregarded,
        )
        return msgspec.structs.replace(report_of(request, patterns, now, started), comparison=comparison)


def _side(reached: Reachability, judged: Judged) -> Side:
    return Side(reached.graph, roots_of(reached), judged.findings)


def _said(program: Program, changes: Changes) -> tuple[report.Said, ...]:
    """The comments to this tool on changed lines."""
    found = on_lines(read_comments(program), program, changes.lines)
    return tuple(
        report.Said(program.units[one.unit].path, one.directive.line, f"audit: {one.directive.text}") for one in found
    )


def _by_new_paths(
    request: AuditRequest, pack: Rulepack, patterns: list[Pattern], now: Examined, pairs: Mapping[str, int]
) -> tuple[report.Finding, ...]:
    """The findings of `pairs` as they are by the worst path from one of these roots, worst first."""
    kinds = tuple(root.kind for root in now.reached.roots)
    auth, packages = AuthLexicon(pack.lexicon.auth, pack.lexicon.tests), now.linked.followed.packages
    silenced = silencer(kinds, request.config.levels)
    found: list[report.Finding] = []
    for pattern in patterns:
        names = {
            site: one.fingerprint for site, one in matched(now.reached, pattern, pack.kinds, auth, packages).items()
        }
        only = {site: pairs[name] for site, name in names.items() if name in pairs}
        again = matched(now.judged.left, pattern, pack.kinds, auth, packages, silenced, only)
        found += [msgspec.structs.replace(one, fingerprint=names[site]) for site, one in again.items()]
    levelled = relevelled(worst_first(found), kinds, request.config.levels, pack.kinds.score)
    return advise(request, pack, patterns, now.linked, now.judged.left, levelled, now.points)
