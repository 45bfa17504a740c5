"""Comments `audit: ignore[035] reason`: which of them count, and what is left of the findings without what they mute.

A comment takes something out of the call graph: the calls of its statement, or, at the head of a function, the
function.  The roots of the whole graph are then followed through the rest.  A finding that another path still reaches
stays, by that path; one that is gone is suppressed.  So a suppression never adds a finding, and without it the same
ones are back.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

import msgspec

from alef_audit.auditing.levels import LEVELS, Judge
from alef_audit.auditing.match import Silenced, Site, matched, worst_first
from alef_audit.auditing.phase import Lexicon
from alef_audit.auditing.report import Finding, SuppressedBy
from alef_audit.callgraph.boundaries import lines_of
from alef_audit.callgraph.comments import Comment, Comments, nearest, remark
from alef_audit.callgraph.graph import Edge
from alef_audit.callgraph.program import Program
from alef_audit.diagnostics import Diagnostic
from alef_audit.reachability.reach import Reachability
from alef_audit.reachability.without import Removal, leading_to, removes_edge, removes_root, removes_sink, without
from alef_audit.rulepack.kinds import Kinds
from alef_audit.rulepack.pattern import Pattern

_PREFIX: Final = "alef-pat-"
_EXAMPLE: Final = "audit: ignore[035] the file is read once, at start-up"


@dataclass(frozen=True, slots=True)
class Suppression:
    """A comment that counts: the patterns it names, what it mutes, and where it stands."""

    patterns: frozenset[str]  # ids
    removal: Removal
    reason: str
    path: str
    comment: Comment


class Audited(NamedTuple):
    findings: tuple[Finding, ...]
    unused: tuple[Suppression, ...]  # that mute nothing


def suppressions(
    program: Program, comments: Comments, patterns: Iterable[Pattern]
) -> tuple[tuple[Suppression, ...], tuple[Diagnostic, ...]]:
    """The suppressions that count, and remarks on those that do not. `patterns` are all that exist."""
    named = _spellings(patterns)
    found: list[Suppression] = []
    remarks: list[Diagnostic] = []
    for comment in comments.known:
        if comment.word != "ignore":
            continue
        ids = {named[_plain(name)] for name in comment.arguments if _plain(name) in named}
        remarks.extend(remark(program, comment, text) for text in _mistakes(comment, named))
        if ids and comment.reason:
            unit = program.units[comment.unit]
            found.append(Suppression(frozenset(ids), _removal(program, comment), comment.reason, unit.path, comment))
    return tuple(found), tuple(remarks)


def audited(
    reach: Reachability,
    pattern: Pattern,
    kinds: Kinds,
    lexicon: Lexicon,
    packages: Mapping[str, str],
    muting: tuple[Suppression, ...],
    silenced: Silenced | None,
) -> Audited:
    """The findings of `pattern`, worst first; muted ones with status `suppressed`.

    `muting` are the suppressions of this pattern, `silenced` gives what the configuration switches off.
    """
    whole = matched(reach, pattern, kinds, lexicon, packages)
    if not muting and silenced is None:
        return Audited(worst_first(whole.values()), ())
    rest = without(reach, joined(muting)) if muting else reach
    left = matched(rest, pattern, kinds, lexicon, packages, silenced)
    findings = worst_first(_after(reach, site, finding, left, muting) for site, finding in whole.items())
    return Audited(findings, tuple(_unused(reach, pattern, muting, whole.values())) if muting else ())


def idle(program: Program, one: Suppression) -> Diagnostic:
    """The remark on a suppression that mutes nothing."""
    names = ", ".join(one.comment.arguments)
    message = f"audit: ignore[{names}] mutes nothing: no path to a blocking call leads through here; remove the comment"
    return remark(program, one.comment, message)


def joined(muting: Iterable[Suppression]) -> Removal:
    """All that some suppressions mute."""
    parts = [one.removal for one in muting]
    return Removal(
        frozenset().union(*(part.functions for part in parts)), frozenset().union(*(part.lines for part in parts))
    )


def muted_by(reach: Reachability, finding: Finding, muting: Iterable[Suppression]) -> Suppression | None:
    """The suppression on the trace of a finding that is nearest to the blocking call."""
    root = reach.roots[finding.root]
    places = [(frame.path, frame.line, frame.def_line, frame.function) for frame in reversed(finding.trace)]
    if root.call >= 0:
        at = reach.graph.table.function(root.call)
        places.append((reach.graph.program.unit_of(at).path, reach.graph.table.line(root.call), -1, ""))
    heads = [(one, _heads(reach.graph.program, one)) for one in muting]
    for path, line, def_line, label in places:
        for one, functions in heads:
            if one.path == path and (any(at == line for _, at in one.removal.lines) or (def_line, label) in functions):
                return one
    return None


def _unused(
    reach: Reachability, pattern: Pattern, muting: tuple[Suppression, ...], whole: Iterable[Finding]
) -> Iterator[Suppression]:
    """The suppressions that lie on no path from a root to a blocking call that would be reported."""
    judge = Judge(pattern)
    places = {(f.sink.path, f.sink.line, f.sink.column, f.sink.call) for f in whole if f.verdict != "discharged"}
    sinks = [sink for sink in reach.sinks if _place(reach, sink.function, sink.call, sink.text) in places]
    ahead = leading_to(reach, (sink.function for sink in sinks), judge.discharging)
    hot = set(reach.standing) | {
        f for f, ways in reach.ways.items() if any(not way & judge.discharging for way in ways)
    }
    edges = [edge for caller in hot & ahead for edge in reach.outgoing.get(caller, ()) if edge.callee in ahead]
    roots = [number for number, root in enumerate(reach.roots) if root.function in ahead]
    for one in muting:
        if not (
            one.removal.functions & hot & ahead
            or any(removes_sink(reach, one.removal, sink) and sink.function in hot for sink in sinks)
            or any(removes_edge(reach, one.removal, edge) and not _stops(reach, edge, judge) for edge in edges)
            or any(removes_root(reach, one.removal, number) for number in roots)
        ):
            yield one


def _after(
    reach: Reachability,
    site: Site,
    finding: Finding,
    left: Mapping[Site, Finding],
    muting: tuple[Suppression, ...],
) -> Finding:
    """What becomes of a finding when only `left` is left."""
    if finding.verdict == "discharged":
        return finding  # nothing to mute
    other = left.get(site)
    if other is None or other.verdict == "discharged":
        by = muted_by(reach, finding, muting)
        reason = by.reason if by is not None else "switched off by the configuration (levels)"
        place = SuppressedBy(by.path, by.comment.directive.line) if by is not None else None
        return msgspec.structs.replace(finding, status="suppressed", status_reason=reason, suppressed_by=place)
    gone = _roots(finding) - _roots(other)
    # a longer path may look worse than the one that was judged: what is muted never makes a finding rise
    return msgspec.structs.replace(
        other,
        fingerprint=finding.fingerprint,
        level=min(other.level, finding.level, key=LEVELS.index),
        score=min(other.score, finding.score),
        muted_roots=tuple(sorted(gone)),
    )


def _roots(finding: Finding) -> set[int]:
    return {finding.root, *(one.root for one in finding.also_reached_from)}


def _heads(program: Program, one: Suppression) -> set[tuple[int, str]]:
    return {(program.functions[f].line, program.functions[f].label) for f in one.removal.functions}


def _place(reach: Reachability, function: int, call: int, text: str) -> tuple[str, int, int, str]:
    table = reach.graph.table
    return reach.graph.program.unit_of(function).path, table.line(call), table.column(call), text


def _stops(reach: Reachability, edge: Edge, judge: Judge) -> bool:
    return bool((edge.guards | reach.graph.function_guards.get(edge.callee, 0)) & judge.discharging)


def _removal(program: Program, comment: Comment) -> Removal:
    function = comment.directive.function
    return Removal(
        frozenset((program.units[comment.unit].functions + function,)) if function >= 0 else frozenset(),
        frozenset((comment.unit, line) for line in lines_of(comment)),
    )


def _plain(name: str) -> str:
    """A pattern's name without what may be left out: `35`, `035` and `ALEF-PAT-035` are one."""
    number = name.strip().lower().removeprefix(_PREFIX)
    return number.lstrip("0") if number.isdecimal() else name.strip().lower()


def _spellings(patterns: Iterable[Pattern]) -> dict[str, str]:
    return {
        spelling: pattern.id
        for pattern in patterns
        for spelling in (_plain(pattern.number), _plain(pattern.id), pattern.slug.lower())
    }


def _mistakes(comment: Comment, named: Mapping[str, str]) -> Iterator[str]:
    """What is wrong with a comment `ignore`."""
    if not comment.arguments:
        yield f"audit: ignore names no pattern and does not count; write {_EXAMPLE}"
    for name in comment.arguments:
        if _plain(name) not in named:
            near = nearest(name, tuple(named))
            yield f"audit: ignore[{name}]: no such pattern; {near}audit patterns lists them"
    if comment.arguments and not comment.reason:
        yield f"audit: ignore without a reason does not count; write why, as in {_EXAMPLE}"
