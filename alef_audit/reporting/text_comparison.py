"""A comparison for the terminal: what the change brings, with its cause; what it heals; how much stays."""

from collections.abc import Iterator, Sequence

from rich.text import Text

from alef_audit.auditing.report import AuditReport, Cause, Comparison, Finding, Frame, Introduced, location
from alef_audit.reporting.layout import paragraph, styled
from alef_audit.reporting.select import at_least
from alef_audit.reporting.text_finding import Page, full_finding, place, short_findings
from alef_audit.rulepack.kinds import Level


def comparison_section(
    report: AuditReport, comparison: Comparison, level: Level, limit: int | None, page: Page
) -> Iterator[Text]:
    """The findings from `level` up that are introduced, at most `limit` with their paths, and those that are healed."""
    listed = [one for one in comparison.introduced if at_least(one.finding.level, level)]
    head = comparison.head or "the work tree"
    yield styled((f"From {comparison.base} to {head}: ", "strong"), (tally(comparison, level), "strong"))
    yield Text("", end="")
    budget = len(listed) if limit is None else limit
    for cause, same in by_cause(listed):
        yield from paragraph(
            f"{page.glyphs.rule * 2} {cause.said}  {place(cause.path, cause.line)}", page.width, style="strong"
        )
        yield Text("", end="")
        full, budget = same[:budget], max(0, budget - len(same))
        shown: Sequence[Frame] = ()
        for finding in full:
            yield from full_finding(report.roots, finding, page, shown)
            yield Text("", end="")
            shown = finding.trace
        if len(full) < len(same):
            yield from short_findings(report.roots, same[len(full) :], page)
            yield Text("", end="")
    healed = [one.finding for one in comparison.healed if at_least(one.finding.level, level)]
    if healed:
        yield styled(("Healed", "fix"))
        for finding in healed:
            at = location(finding)
            yield styled(
                "  ", (f"{finding.level:7}", finding.level), f"  {place(at.path, at.line)}  {finding.sink.call}"
            )
        yield Text("", end="")


def tally(comparison: Comparison, level: Level) -> str:
    """`2 introduced, 1 healed, 11 remain`; the first two from `level` up."""
    introduced = sum(at_least(one.finding.level, level) for one in comparison.introduced)
    healed = sum(at_least(one.finding.level, level) for one in comparison.healed)
    return f"{introduced} introduced, {healed} healed, {len(comparison.remaining)} remain"


def by_cause(introduced: Sequence[Introduced]) -> list[tuple[Cause, list[Finding]]]:
    """What is introduced by what made the difference, in the order of the worst finding of each."""
    found: dict[tuple[str, str, int], tuple[Cause, list[Finding]]] = {}
    for one in introduced:
        cause = one.cause
        found.setdefault((cause.said, cause.path, cause.line), (cause, []))[1].append(one.finding)
    return list(found.values())
