"""Markdown for a pull request or a job summary: counts, what heals most, and the findings with their paths folded away.

Everything from the audited tree stands in code spans (see `markup.py`).  Hosts refuse a text that is too long as a
whole, so findings are left out from the end, each as a whole, and their number is said.
"""

from collections.abc import Iterator, Sequence
from typing import Final

from alef_audit.auditing.report import (
    AuditReport,
    Comparison,
    Finding,
    FixPoint,
    Frame,
    Healed,
    ProposedArchetype,
    Root,
    location,
)
from alef_audit.reporting.markup import code, html_code, prose
from alef_audit.reporting.rendering import Rendering, Shown
from alef_audit.reporting.select import counted, per_level
from alef_audit.reporting.words import code_units, count, percentage
from alef_audit.rulepack.kinds import Level

# A comment on GitHub holds 65,536 characters; the rest is for what is put around the text.
LONGEST: Final = 60_000
# What a comment becomes when nothing is left of what it listed.
RESOLVED: Final = "### Resolved\n\nNo blocking call on a hot path is left to report.\n"
_MOST_FIX_POINTS: Final = 5
_MOST_HEALED: Final = 20
_MARKS: Final[dict[Level, str]] = {"error": "🔴", "warning": "🟠", "note": "⚪"}


def render_markdown(rendering: Rendering) -> str:
    """The text, with a final line break and at most `LONGEST` UTF-16 code units long."""
    head = "\n".join(_head(rendering))
    tail = "\n".join(_tail(rendering.whole))
    blocks = [_details(rendering, one) for one in rendering.shown()]
    room = LONGEST - code_units(head) - code_units(tail) - 200
    kept: list[str] = []
    for block in blocks:
        room -= code_units(block) + 2
        if room < 0:
            break
        kept.append(block)
    if len(kept) < len(blocks):
        kept.append(f"{count(len(blocks) - len(kept), 'more finding')} left out: the text would be too long.")
    return "\n\n".join(part for part in (head, *kept, tail) if part) + "\n"


def _head(rendering: Rendering) -> Iterator[str]:
    report, whole = rendering.report, rendering.whole
    if report.comparison is not None:
        yield from _compared(rendering, report.comparison)
        return
    totals = per_level(counted(whole))
    if not any(totals.values()):
        yield "### No blocking call is reached from a hot entry point"
        return
    said = [count(number, level) for level, number in totals.items() if number]
    yield f"### Blocking calls on hot paths: {', '.join(said)}"
    hidden = sum(totals.values()) - len(counted(report))
    if hidden:
        yield ""
        yield f"{count(hidden, 'finding')} of lower level not listed."
    points = report.fix_points[:_MOST_FIX_POINTS]
    if points:
        yield ""
        yield "**What heals most**"
        yield ""
        yield from (_point(rendering, point) for point in points)


def _compared(rendering: Rendering, comparison: Comparison) -> Iterator[str]:
    number = len(comparison.introduced)
    yield f"### {count(number, 'blocking call')} introduced on hot paths, {len(comparison.healed)} healed"
    yield ""
    yield f"{count(len(comparison.remaining), 'finding')} remain as they were."
    if comparison.healed:
        yield ""
        yield "**Healed**"
        yield ""
        yield from (_healed(rendering, one) for one in comparison.healed[:_MOST_HEALED])
        more = len(comparison.healed) - _MOST_HEALED
        yield from [f"* and {count(more, 'more finding')}"] if more > 0 else []
    yield from _muting(rendering, comparison)


def _muting(rendering: Rendering, comparison: Comparison) -> Iterator[str]:
    """What the change itself says to the audit: a reviewer has to agree to it."""
    if not (comparison.said or comparison.configuration):
        return
    counts = "it counts" if comparison.heeded else "it does not count here"
    yield ""
    yield f"**What this change says to the audit** ({counts})"
    yield ""
    for one in comparison.said[:_MOST_HEALED]:
        yield f"* {code(f'{rendering.path(one.path)}:{one.line}')} {code(one.text)}"
    more = len(comparison.said) - _MOST_HEALED
    yield from [f"* and {count(more, 'more comment')}"] if more > 0 else []
    yield from (f"* {code(rendering.path(path))} is changed" for path in comparison.configuration)


def _healed(rendering: Rendering, one: Healed) -> str:
    at = location(one.finding)
    place = code(f"{rendering.path(at.path)}:{at.line}")
    return f"* {one.finding.level}: {code(one.finding.sink.call)} at {place}, from {code(one.root.function)}"


def _point(rendering: Rendering, point: FixPoint) -> str:
    where = f"{code(point.function)} ({code(f'{rendering.path(point.path)}:{point.line}')})"
    return f"* {code(point.archetype)} at {where} heals {count(len(point.heals), 'finding')}"


def _details(rendering: Rendering, shown: Shown) -> str:
    finding, at, cause = shown
    place = html_code(f"{rendering.path(at.path)}:{at.line}")
    root = rendering.report.roots[finding.root]
    auth = " · authentication" if finding.phase == "auth" else ""
    summary = f"{_MARKS[finding.level]} {finding.level}: {html_code(finding.sink.call)} at {place}{auth}"
    because = [f"New because {prose(cause)}.", ""] if cause else []
    body = _body(rendering, finding, root)
    return "\n".join([f"<details><summary>{summary}</summary>", "", *because, *body, "", "</details>"])


def _body(rendering: Rendering, finding: Finding, root: Root) -> Iterator[str]:
    yield f"{_message(finding)}."
    yield ""
    yield f"Hot because of {code(root.function)} ({root.kind}): {prose(root.why)}"
    yield ""
    yield from _path(rendering, finding.trace)
    facts = [f"only if {code(condition)}" for condition in finding.conditions]
    facts += [finding.verdict] if finding.verdict != "exposed" else []
    facts += [f"{finding.confidence} confidence"]
    yield ""
    yield "; ".join(facts)
    if finding.archetypes:
        yield ""
        yield from (_fix(archetype, index) for index, archetype in enumerate(finding.archetypes[:2]))
    if finding.sink.instead and not finding.dependency:
        yield f"* instead: {prose(finding.sink.instead)}"


def _message(finding: Finding) -> str:
    call, said = finding.sink.call, finding.message
    return f"{code(call)}{prose(said.removeprefix(call))}" if said.startswith(f"{call} ") else prose(said)


def _path(rendering: Rendering, frames: Sequence[Frame]) -> Iterator[str]:
    for number, frame in enumerate(frames, 1):
        loops = "".join(f" × per {prose(name)}" for name in frame.per)
        guards = f" (crosses {', '.join(map(code, frame.guards))})" if frame.guards else ""
        place = code(f"{rendering.path(frame.path)}:{frame.line}")
        yield f"{number}. {code(frame.function)} {place} calls {code(frame.call)}{loops}{guards}"


def _fix(archetype: ProposedArchetype, index: int) -> str:
    where = f" at {code(archetype.where)}" if archetype.where else ""
    why = f": {prose(archetype.why)}" if archetype.why else ""
    return f"* {'or' if index else 'fix'}: {code(archetype.id)} ({archetype.cost}){where}{why}"


def _tail(report: AuditReport) -> Iterator[str]:
    coverage = report.coverage
    looked = f"{count(coverage.files, 'file')}, {count(coverage.lines, 'line')}"
    unresolved = percentage(coverage.unresolved_calls, coverage.calls)
    yield f"<sub>{looked}; {unresolved} of calls unresolved. alef-audit {code(report.tool_version)}</sub>"
    if any(finding.status == "open" for finding in report.findings):
        for pattern in report.patterns:
            yield ""
            yield f"<sub>cite as: {code('; '.join(pattern.cite))}</sub>"
