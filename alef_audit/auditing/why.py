"""Answers `audit why FILE:LINE`: why a line is reported, or why it is not.

A line stands for the blocking calls on it, else for the function that it defines, else for what is called there.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from alef_audit.auditing.answer import Answer, Conclusion, NearRoot, NearSink, Place, Reason, Subject
from alef_audit.auditing.levels import Judge
from alef_audit.auditing.match import root_of
from alef_audit.auditing.misuse import MISUSES
from alef_audit.auditing.paths import Searched, paths_from_roots
from alef_audit.auditing.pending_send import KIND as PENDING_SEND
from alef_audit.auditing.report import Finding, location
from alef_audit.auditing.suppression import Suppression, joined
from alef_audit.auditing.trace import frames_to, label_of
from alef_audit.auditing.why_line import call_reasons, called_at, calls_at, innermost
from alef_audit.auditing.why_not import unreached
from alef_audit.callgraph.graph import SinkSite
from alef_audit.callgraph.program import Unit, qualified_name
from alef_audit.reachability.reach import Reachability
from alef_audit.reachability.without import led_to, removes_edge, removes_root
from alef_audit.rulepack.kinds import Kinds
from alef_audit.rulepack.pattern import Pattern

_SHOWN: Final = 5


@dataclass(frozen=True, slots=True)
class Audited:
    """An audited program. `findings` are all of `pattern`, discharged and suppressed ones included."""

    reach: Reachability
    pattern: Pattern
    kinds: Kinds
    findings: tuple[Finding, ...]
    muting: tuple[Suppression, ...]
    excluded: frozenset[int]  # functions that the configuration says are no roots
    platform: str
    tests_read: bool


def unit_at(reach: Reachability, path: str) -> Unit | None:
    """The file of the program at `path`, None if it was not read."""
    return next((unit for unit in reach.graph.program.units if unit.path == path), None)


def not_read(path: str, line: int, why: str) -> Answer:
    """The answer about a file that is no part of the audit."""
    reason = Reason("not-read", f"the file is not audited: {why}", path)
    return Answer(path=path, line=line, subject="file", conclusion="not-read", reasons=(reason,))


def answer(audited: Audited, unit: Unit, line: int) -> Answer:
    """What there is to say about `line` of a file that was read."""
    reach, asked = audited.reach, line
    line = _spoken_of(unit, line)
    sinks = [sink for sink in _sinks_at(reach, unit, line) if sink.kind != PENDING_SEND or _is_found(audited, sink)]
    defined = None if sinks else _defined_at(reach, unit, line)
    function = sinks[0].function if sinks else defined if defined is not None else innermost(unit, line)
    subject: Subject = "call" if sinks else "function" if defined is not None else "line"
    own = tuple(f for f in audited.findings if sinks and _is_about(f, unit.path, {s.call for s in sinks}, reach))
    judge = Judge(audited.pattern)
    heat = {kind: meaning.heat for kind, meaning in audited.kinds.root.items()}
    searched = Searched(reach, judge, heat)
    near = tuple(
        NearRoot(root_of(reach.graph, reach.roots[p.root]), p.verdict, frames_to(reach.graph, function, list(p.edges)))
        for p in paths_from_roots(searched, function)
    )
    starts = {function} if defined is not None else called_at(reach.graph, unit, line) if not sinks else set()
    reached = bool(near) and near[0].verdict != "discharged"
    passing = _passing(audited, judge, unit, line, starts) if reached else ()
    muted = () if own else tuple(_muted(audited, searched, unit, line, function, near))
    if muted:
        passing = tuple(finding for finding in passing if finding.status != "open")
    idle = defined is not None and reached and not passing and not muted
    reasons = (
        *_about_sinks(audited, sinks, own),
        *(() if sinks else call_reasons(reach, unit, line, audited.platform, is_definition=defined is not None)),
        *((Reason("no-known-sink", "nothing below it is known to block"),) if idle else ()),
        *muted,
        *(() if _is_told(own) else unreached(searched, function, near, audited.excluded, audited.tests_read)),
    )
    return Answer(
        path=unit.path,
        line=asked,
        role=unit.role,
        subject=subject,
        function=_place(reach, function),
        name=qualified_name(reach.graph.program, function),
        conclusion=_concluded(own, passing, reasons),
        reasons=reasons,
        findings=own,
        passing=passing[:_SHOWN],
        roots=tuple(root_of(reach.graph, root) for root in reach.roots) if own or passing else (),
        near_roots=near,
        near_sinks=() if sinks else _near_sinks(reach, unit, line),
        callers=tuple(_callers(reach, function)),
    )


def _is_found(audited: Audited, sink: SinkSite) -> bool:
    """Whether there is a finding about a call of this kind."""
    path, line = audited.reach.graph.program.place(sink.function)[0], audited.reach.graph.table.line(sink.call)
    return any(f.sink.kind == sink.kind and (f.sink.path, f.sink.line) == (path, line) for f in audited.findings)


def _spoken_of(unit: Unit, line: int) -> int:
    """The line that a comment speaks about, if one that is addressed to the tool stands alone on `line`."""
    for directive in unit.facts.directives:
        spans = tuple(zip(directive.spans[::2], directive.spans[1::2], strict=True))
        if directive.line == line and spans and not any(first <= line <= last for first, last in spans):
            return unit.facts.functions[directive.function].line if directive.function >= 0 else spans[0][0]
    return line


def _is_told(own: tuple[Finding, ...]) -> bool:
    """Whether the findings on a line say by their traces why it is reported."""
    return any(finding.verdict != "discharged" for finding in own)


def _muted(
    audited: Audited, searched: Searched, unit: Unit, line: int, function: int, near: tuple[NearRoot, ...]
) -> Iterator[Reason]:
    """The comments that mute what leads over a line, and those that mute every path to its function."""
    reach, index = audited.reach, audited.reach.graph.program.function_unit[unit.functions]
    here = [one for one in audited.muting if (index, line) in one.removal.lines or function in one.removal.functions]
    exposed = [one for one in near if one.verdict != "discharged"]
    if not here and exposed and not next(paths_from_roots(searched, function, joined(audited.muting)), None):
        for path in paths_from_roots(searched, function):
            here += [
                one
                for one in audited.muting
                if any(removes_edge(reach, one.removal, edge) for edge in path.edges)
                or removes_root(reach, one.removal, path.root)
            ]
    for one in dict.fromkeys(here):
        names = ", ".join(one.comment.arguments)
        yield Reason(
            "suppressed", f"audit: ignore[{names}] mutes it: {one.reason}", one.path, one.comment.directive.line
        )


def _concluded(own: tuple[Finding, ...], passing: tuple[Finding, ...], reasons: tuple[Reason, ...]) -> Conclusion:
    reported = [f for f in own if f.status == "open" and f.verdict != "discharged"]
    if reported:
        return "reported"
    if own:
        return "suppressed" if any(f.status == "suppressed" for f in own) else "discharged"
    if any(f.status == "open" and f.verdict != "discharged" for f in passing):
        return "on-path"
    return "suppressed" if any(reason.kind == "suppressed" for reason in reasons) else "not-reported"


def _sinks_at(reach: Reachability, unit: Unit, line: int) -> list[SinkSite]:
    """The blocking calls on a line; of those that begin above it, the nearest one's."""
    calls = set(calls_at(reach.graph, unit, line))
    sinks = [sink for sink in reach.sinks if sink.call in calls]
    exact = [sink for sink in sinks if reach.graph.table.line(sink.call) == line]
    return exact or sinks


def _defined_at(reach: Reachability, unit: Unit, line: int) -> int | None:
    """The function that is defined on a line, or registered there as a root."""
    program = reach.graph.program
    own = [
        (facts.column, unit.functions + offset)
        for offset, facts in enumerate(unit.facts.functions)
        if offset and facts.line == line
    ]
    if own:
        return min(own)[1]
    for root in reach.graph.roots:
        if root.call >= 0 and reach.graph.table.line(root.call) == line:
            if program.unit_of(reach.graph.table.function(root.call)) is unit:
                return root.function
    return None


def _is_about(finding: Finding, path: str, calls: set[int], reach: Reachability) -> bool:
    table = reach.graph.table
    at = location(finding)
    return at.path == path and any((at.line, at.column) == (table.line(call), table.column(call)) for call in calls)


def _passing(audited: Audited, judge: Judge, unit: Unit, line: int, starts: set[int]) -> tuple[Finding, ...]:
    """The findings below `starts`: first those whose trace leads over the line or one of these functions."""
    reach = audited.reach
    below = led_to(reach, starts, judge.discharging)
    table, program = reach.graph.table, reach.graph.program
    places = {
        (program.unit_of(sink.function).path, table.line(sink.call), table.column(sink.call))
        for sink in reach.sinks
        if sink.function in below
    }
    heads = {(program.place(f)[0], program.functions[f].line, program.functions[f].label) for f in starts}
    found = [f for f in audited.findings if (f.sink.path, f.sink.line, f.sink.column) in places]

    def is_shown(finding: Finding) -> bool:
        return any(
            (frame.path, frame.line) == (unit.path, line) or (frame.path, frame.def_line, frame.function) in heads
            for frame in finding.trace
        )

    counts = [f for f in found if f.status == "open" and f.verdict != "discharged"]
    others = [f for f in found if f.status != "open"]
    return tuple(sorted(counts, key=lambda f: not is_shown(f))) + tuple(filter(is_shown, others))


def _about_sinks(audited: Audited, sinks: list[SinkSite], own: tuple[Finding, ...]) -> Iterator[Reason]:
    """What the findings themselves do not say: how a call is muted, or that the pattern does not ask for its kind."""
    for finding in own:
        if finding.status == "suppressed":
            by = finding.suppressed_by
            where = (by.path, by.line) if by is not None else ("", 0)
            yield Reason("suppressed", f"suppressed: {finding.status_reason}", *where)
    for sink in sinks:
        if sink.kind not in audited.pattern.sinks:
            message = f"{sink.text} is {sink.kind}, which {audited.pattern.id} does not ask for"
            yield Reason("not-in-pattern", message)


def _place(reach: Reachability, function: int) -> Place:
    path, facts = reach.graph.program.place(function)
    return Place(label_of(facts, path), path, facts.line)


def _near_sinks(reach: Reachability, unit: Unit, line: int) -> tuple[NearSink, ...]:
    table = reach.graph.table
    found = [
        NearSink(s.kind, s.text, _place(reach, s.function).function, unit.path, table.line(s.call), s.cost)
        for s in reach.sinks
        if reach.graph.program.unit_of(s.function) is unit and s.kind not in MISUSES
    ]
    return tuple(sorted(found, key=lambda sink: (abs(sink.line - line), sink.line, sink.call))[:_SHOWN])


def _callers(reach: Reachability, function: int) -> Iterator[Place]:
    found: dict[int, int] = {}
    for edge in (*reach.graph.edges, *reach.graph.cut):
        if edge.callee == function and edge.caller != function:
            found.setdefault(edge.caller, edge.line)
    for caller in sorted(found)[:_SHOWN]:
        path, facts = reach.graph.program.place(caller)
        yield Place(label_of(facts, path), path, found[caller])
