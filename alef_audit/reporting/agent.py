"""Compact text for coding assistants: every fact once, few words, no decoration, one block per finding."""

from collections.abc import Iterator

from alef_audit.auditing.report import Finding, ProposedArchetype, Root, location
from alef_audit.reporting.escape import clean
from alef_audit.reporting.rendering import Rendering
from alef_audit.reporting.select import at_least, counted, per_level


def render_agent(rendering: Rendering) -> str:
    """A line of counts, then per finding: what, path, fix, and how to ask for more."""
    report = rendering.report
    totals = per_level(counted(rendering.whole))
    lines = [" ".join(f"{level}={number}" for level, number in totals.items())]
    for point in report.fix_points:
        lines.append(
            f"fix-point {point.archetype} at {clean(point.path)}:{point.line} {clean(point.function)} "
            f"heals={len(point.heals)}"
        )
    found = rendering.shown()
    for finding, _, cause in found:
        lines += [
            "",
            *([f"new because: {clean(cause)}"] if cause else []),
            *_finding(report.roots[finding.root], finding),
        ]
    if any(at_least(one.finding.level, "warning") for one in found):
        lines += ["", "more: audit why FILE:LINE"]
    return "".join(line + "\n" for line in lines)


def _finding(root: Root, finding: Finding) -> Iterator[str]:
    at = location(finding)
    yield f"{finding.level} {finding.fingerprint} {clean(at.path)}:{at.line} {clean(finding.message)}"
    facts = [finding.phase, finding.verdict, f"{finding.confidence}-confidence", f"root={root.kind}"]
    facts += [f"only-if={clean(condition)}" for condition in finding.conditions]
    yield " ".join(facts)
    yield "path: " + " > ".join(f"{clean(f.function)}@{clean(f.path)}:{f.line}" for f in finding.trace)
    if finding.sink.instead:
        yield f"instead: {clean(finding.sink.instead)}"
    yield from map(_fix, finding.archetypes[:1])


def _fix(archetype: ProposedArchetype) -> str:
    parts = [f"fix: {archetype.id}", archetype.where and f"at {archetype.where}", archetype.why]
    parts += [f"key={','.join(archetype.key)}"] if archetype.key else []
    return clean(" | ".join(part for part in parts if part))
