"""Fix points: functions where one fix heals many findings.

A function is a fix point for a finding when every exposed path from every root to the blocking call passes through it
(a dominator in the sense of Lengauer and Tarjan 1979, seen from a virtual node above all roots).  Candidates are taken
from the traces; each claim is verified by taking the function out of the graph and reaching again.
"""

from collections import Counter
from typing import Final

from alef_audit.auditing.misuse import MISUSES
from alef_audit.auditing.report import Finding, FixPoint, own_frames
from alef_audit.callgraph.guards import BIT, DOUBT
from alef_audit.reachability.reach import Reachability

_CANDIDATES: Final = 24
_SHOWN: Final = 8


def fix_points(reach: Reachability, findings: tuple[Finding, ...]) -> tuple[FixPoint, ...]:
    """Up to eight functions, each with the fingerprints that a fix there heals, most healed first."""
    open_findings = [
        f
        for f in findings
        if f.status == "open" and f.level != "note" and f.verdict == "exposed" and f.sink.kind not in MISUSES
    ]
    by_place = _functions_by_place(reach)
    sites = {}
    counts: Counter[int] = Counter()
    for finding in open_findings:
        on_trace = {
            by_place[key]
            for frame in own_frames(finding)
            if (key := (frame.path, frame.def_line, frame.function)) in by_place
        }
        for last in own_frames(finding)[-1:]:
            sites[finding.fingerprint] = by_place.get((last.path, last.def_line, last.function), -1)
        roots = {reach.roots[finding.root].function}
        counts.update(on_trace - roots)
    below = _unguarded(reach)
    starts = frozenset(root.function for root in reach.roots)
    exposed = _reached(starts, below, -1)
    healed_already: set[str] = set()
    points = []
    candidates = [
        function for function, count in sorted(counts.items(), key=lambda c: (-c[1], c[0]))[:_CANDIDATES] if count > 1
    ]
    verified = []
    for function in candidates:
        left = _reached(starts, below, function)
        heals = tuple(sorted(fp for fp, at in sites.items() if at in exposed and at not in left))
        if len(heals) > 1:
            verified.append((len(heals), function, heals))
    for _, function, heals in sorted(verified, key=lambda v: (-v[0], v[1])):
        fresh = set(heals) - healed_already
        if len(fresh) * 2 < len(heals):
            continue
        healed_already |= set(heals)
        path, facts = reach.graph.program.place(function)
        archetype = _archetype(open_findings, set(heals))
        points.append(FixPoint(facts.label, path, facts.line, archetype, heals))
    return tuple(points[:_SHOWN])


def _functions_by_place(reach: Reachability) -> dict[tuple[str, int, str], int]:
    program = reach.graph.program
    found = {}
    for function in reach.ways:
        path, facts = program.place(function)
        found[path, facts.line, facts.label] = function
    return found


def _unguarded(reach: Reachability) -> dict[int, list[int]]:
    """By caller, the callees that it calls without a guard that keeps the work off the path."""
    blocking = (sum(BIT.values())) & ~DOUBT & ~BIT["yield"] & ~BIT["single-flight"] & ~BIT["memoise.dispatch"]
    guarded = {function for function, bits in reach.graph.function_guards.items() if bits & blocking}
    return {
        caller: list({edge.callee: None for edge in edges if not edge.guards & blocking and edge.callee not in guarded})
        for caller, edges in reach.outgoing.items()
    }


def _reached(starts: frozenset[int], below: dict[int, list[int]], without: int) -> set[int]:
    """Functions reached from any of `starts`, `without` taken out."""
    found = set(starts - {without})
    pending = list(found)
    while pending:
        for callee in below.get(pending.pop(), ()):
            if callee not in found and callee != without:
                found.add(callee)
                pending.append(callee)
    return found


def _archetype(findings: list[Finding], heals: set[str]) -> str:
    """The archetype that the healed findings name most often."""
    counts = Counter(f.archetypes[0].id for f in findings if f.fingerprint in heals and f.archetypes)
    return min(counts, key=lambda name: (-counts[name], name)) if counts else ""
