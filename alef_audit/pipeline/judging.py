"""From the call graph to the findings, with what to do about them."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from alef_audit.auditing import report
from alef_audit.auditing.advice import Read, advised
from alef_audit.auditing.fixpoints import fix_points
from alef_audit.auditing.match import root_of
from alef_audit.auditing.missed_await import missed_awaits, standing
from alef_audit.auditing.pending_send import outbound_sends
from alef_audit.auditing.phase import Lexicon as AuthLexicon
from alef_audit.auditing.relevel import relevelled, silencer
from alef_audit.auditing.steps import Steps
from alef_audit.auditing.suppression import Suppression, audited, idle, joined, suppressions
from alef_audit.diagnostics import Diagnostic
from alef_audit.discovery.inventory import Inventory
from alef_audit.facts.inputs import Asked, FunctionInputs
from alef_audit.frontends.inputs import read_inputs
from alef_audit.pipeline.linking import Linked, link_program
from alef_audit.pipeline.progress import Progress
from alef_audit.pipeline.surveying import Survey
from alef_audit.reachability.reach import Reachability, reach
from alef_audit.reachability.without import without
from alef_audit.request import AuditRequest
from alef_audit.rulepack.load import Rulepack, bundled_rules, load_rulepack
from alef_audit.rulepack.pattern import Pattern
from alef_audit.source import read_source


class Judged(NamedTuple):
    """The findings, and what mutes them."""

    findings: tuple[report.Finding, ...]
    muting: tuple[Suppression, ...]
    left: Reachability  # without what comments mute for every pattern
    remarks: tuple[Diagnostic, ...]


class Examined(NamedTuple):
    """One tree after all stages."""

    linked: Linked
    reached: Reachability
    judged: Judged
    points: tuple[report.FixPoint, ...]
    findings: tuple[report.Finding, ...]


def rules_of(request: AuditRequest) -> tuple[Rulepack, list[Pattern]]:
    """All rules, and the patterns asked for."""
    pack = load_rulepack([bundled_rules(), *request.rules])
    return pack, [p for p in pack.patterns if not request.patterns or p.number in request.patterns]


def examine(
    request: AuditRequest, pack: Rulepack, patterns: list[Pattern], surveyed: Survey, progress: Progress
) -> Examined:
    """All stages on `request.root`, with these rules."""
    linked, reached, judged = judge_tree(request, pack, patterns, surveyed, progress)
    return Examined(linked, reached, judged, *complete(request, pack, patterns, linked, judged))


def judge_tree(
    request: AuditRequest, pack: Rulepack, patterns: list[Pattern], surveyed: Survey, progress: Progress
) -> tuple[Linked, Reachability, Judged]:
    """The stages up to the findings, without advice."""
    linked = link_program(request, pack, surveyed, progress)
    progress("reaching", 0, 1)
    reached = reach_sinks(pack, linked)
    return linked, reached, judge(request, pack, patterns, linked, reached)


def roots_of(reached: Reachability) -> tuple[report.Root, ...]:
    """The roots as a report lists them; their indices are those of the findings."""
    return tuple(root_of(reached.graph, root) for root in reached.roots)


def reach_sinks(pack: Rulepack, linked: Linked) -> Reachability:
    """The blocking calls and the misuses of the program, and what reaches them."""
    checks = missed_awaits(linked.graph, AuthLexicon(pack.lexicon.auth, pack.lexicon.tests), pack.lexicon.predicates)
    reached = standing(reach(replace(linked.graph, sinks=(*linked.graph.sinks, *checks)), pack.kinds))
    return replace(reached, sinks=(*reached.sinks, *outbound_sends(reached, pack.lexicon.connection_state)))


def judge(
    request: AuditRequest, pack: Rulepack, patterns: list[Pattern], linked: Linked, reached: Reachability
) -> Judged:
    """The findings of all patterns, suppressed ones included, and remarks on suppressions."""
    muting, remarks = suppressions(linked.graph.program, linked.comments, pack.patterns)
    kinds = tuple(root.kind for root in reached.roots)
    silenced = silencer(kinds, request.config.levels)
    lexicon = AuthLexicon(pack.lexicon.auth, pack.lexicon.tests)
    findings: list[report.Finding] = []
    needless: Counter[Suppression] = Counter()
    for pattern in patterns:
        own = tuple(one for one in muting if pattern.id in one.patterns)
        done = audited(reached, pattern, pack.kinds, lexicon, linked.followed.packages, own, silenced)
        findings += done.findings
        needless.update(done.unused)
    common = [one for one in muting if all(pattern.id in one.patterns for pattern in patterns)]
    left = without(reached, joined(common)) if common else reached
    # part of a program, or one platform's part, does not tell what is needless
    whole = not request.only and request.platform == "any"
    ids = {pattern.id for pattern in patterns}
    idle_ones = [one for one in muting if 0 < needless[one] == len(ids & one.patterns)] if whole else []
    told = tuple(idle(linked.graph.program, one) for one in idle_ones)
    levelled = relevelled(tuple(findings), kinds, request.config.levels, pack.kinds.score)
    return Judged(levelled, muting, left, (*remarks, *told))


def complete(
    request: AuditRequest, pack: Rulepack, patterns: list[Pattern], linked: Linked, judged: Judged, about: str = ""
) -> tuple[tuple[report.FixPoint, ...], tuple[report.Finding, ...]]:
    """The fix points, and the findings with what to do about them: of those through the file `about`, if given."""
    left, findings = judged.left, judged.findings
    auth, words = AuthLexicon(pack.lexicon.auth, pack.lexicon.tests), pack.lexicon
    steps = Steps(left, findings)
    points = fix_points(left, patterns, auth, words, findings, steps)
    read = _reader(request, linked.inventory)
    return points, advised(left, patterns, pack.kinds, auth, words, findings, points, steps, read, about)


def advise(
    request: AuditRequest,
    pack: Rulepack,
    patterns: list[Pattern],
    linked: Linked,
    left: Reachability,
    findings: tuple[report.Finding, ...],
    points: Sequence[report.FixPoint],
) -> tuple[report.Finding, ...]:
    """Other findings of the same program with what to do about them."""
    auth, steps = AuthLexicon(pack.lexicon.auth, pack.lexicon.tests), Steps(left, findings)
    read = _reader(request, linked.inventory)
    return advised(left, patterns, pack.kinds, auth, pack.lexicon, findings, points, steps, read)


def _reader(request: AuditRequest, inventory: Inventory) -> Read:
    """Reads what functions of the program's own files work with, when a fix is looked for."""
    grammars = {file.path: file.grammar for file in inventory.files}

    def read(path: str, asked: Sequence[Asked]) -> Sequence[FunctionInputs | None]:
        if path not in grammars:
            return (None,) * len(asked)
        data = read_source(inventory.root / path, request.config.max_file_size).data
        return read_inputs(data, grammars[path], asked)

    return read
