"""What an audit looked at: files, calls, packages, patterns."""

from typing import Final

from alef_audit.auditing.report import Coverage, Dependencies, PatternHead, Remedy, RuleHead
from alef_audit.callgraph.graph import CallGraph, calls_to_program
from alef_audit.dependencies.follow import Followed
from alef_audit.discovery.inventory import Inventory, SourceFile
from alef_audit.facts.file import FileFacts
from alef_audit.rulepack.kinds import RuleId
from alef_audit.rulepack.pattern import Pattern

_BLOCKING: Final[RuleId] = "blocking-call-on-hot-path"  # the rule that a pattern's own description tells of
# As `discovery/unread.py` says it of one file.
_SERVED: Final = "script below no package.json"


def head_of(pattern: Pattern) -> PatternHead:
    return PatternHead(
        pattern.id,
        pattern.slug,
        pattern.title,
        pattern.severity,
        pattern.stage,
        pattern.pathology,
        pattern.confidence,
        pattern.reference,
        pattern.cite,
        (
            _rule(pattern, _BLOCKING, pattern.description),
            *(_rule(pattern, one.id, one.summary) for one in pattern.rules),
        ),
    )


def _rule(pattern: Pattern, rule: RuleId, summary: str) -> RuleHead:
    remedies = (Remedy(a.id, a.cost, a.summary.strip()) for a in pattern.archetypes if rule in a.when.rules)
    return RuleHead(rule, summary.strip(), tuple(remedies))


def coverage_of(
    inventory: Inventory,
    served: int,
    facts: list[tuple[SourceFile, FileFacts]],
    graph: CallGraph,
    followed: Followed | None,
    seconds: float,
) -> Coverage:
    """What was looked at, in how many seconds.

    `served` counts scripts that only browsers load; `followed` is None if packages were not to be followed.
    """
    not_read = inventory.not_read | ({_SERVED: served} if served else {})
    own = sum(len(file_facts.functions) for _, file_facts in facts)  # functions of packages come after these
    resolved, unresolved = calls_to_program(graph, own)
    return Coverage(
        files=len(facts),
        lines=sum(f.lines for _, f in facts),
        not_read=dict(sorted(not_read.items())),
        parse_errors=sum(1 for _, f in facts if any(p.kind == "parse-error" for p in f.problems)),
        calls=sum(graph.table.function(call) < own for call in range(len(graph.table))),
        unresolved_calls=sum(graph.table.function(call) < own for call in graph.unresolved),
        calls_to_program=resolved,
        unresolved_to_program=unresolved,
        seconds=round(seconds, 2),
        dependencies=_packages(followed) if followed is not None else None,
    )


def _packages(followed: Followed) -> Dependencies:
    return Dependencies(
        tuple(sorted(set(followed.packages.values()))),
        len(followed.files),
        sum(file_facts.lines for file_facts in followed.facts),
        dict(followed.not_read),
    )
