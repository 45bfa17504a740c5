"""The terminal report: findings worst first, each with its path, then a summary that fits on one screen."""

from collections.abc import Iterator, Sequence

import msgspec
from rich.text import Text

from alef_audit.auditing.report import AuditReport, Finding, FixPoint, Frame, location
from alef_audit.reporting.layout import ASCII, UNICODE, Piece, flow, paragraph, styled
from alef_audit.reporting.select import at_least, counted, per_level
from alef_audit.reporting.text_comparison import comparison_section
from alef_audit.reporting.text_finding import Page, full_finding, place, short_findings
from alef_audit.reporting.text_runtime import runtime_section
from alef_audit.reporting.text_summary import healing, summary, unknown_section, unresolved_section
from alef_audit.reporting.words import count
from alef_audit.rulepack.kinds import Level

_FULL_PER_GROUP = 3
_NOTHING = "No blocking call is reached from a hot entry point."
_NO_ROOTS = "No hot entry point was found, so there was nothing to follow."


class TextOptions(msgspec.Struct, frozen=True):
    """How the terminal report is laid out and how much of it is shown."""

    width: int = 100
    level: Level = "warning"  # findings below are counted, not listed
    limit: int | None = 10  # findings with their full path; None = all
    unicode: bool = True
    quiet: bool = False  # findings only
    discharged: bool = False  # list the discharged ones too
    suppressed: bool = False  # and those that comments or the configuration mute
    commands: tuple[str, ...] = ("explain",)  # commands that may be suggested
    target: str = ""  # the audited folder as it is to be typed; "" = the working directory


class _Group(msgspec.Struct, frozen=True):
    """Findings that one fix point heals, or a single finding that none does."""

    point: FixPoint | None
    findings: tuple[Finding, ...]


def render_text(report: AuditReport, options: TextOptions) -> tuple[Text, ...]:
    """The lines of the report, in order and styled; print them as they are (they are wrapped and made safe)."""
    page = Page(options.width, UNICODE if options.unicode else ASCII, options.commands, options.target)
    open_ones = counted(report)
    visible = tuple(f for f in open_ones if at_least(f.level, options.level))
    if report.comparison is not None:
        lines = [*comparison_section(report, report.comparison, options.level, options.limit, page)]
    else:
        lines = [*_findings(report, open_ones, visible, options, page)]
    if options.discharged:
        lines += _discharged(report, page)
    if options.suppressed:
        lines += _suppressed(report, page)
    if options.quiet:
        return tuple(lines)
    lines += _hidden(report, open_ones, visible, options) if report.comparison is None else []
    lines += [*runtime_section(report, page), *unresolved_section(report, page), *unknown_section(report, page)]
    return (*lines, *summary(report, open_ones, page))


def _findings(
    report: AuditReport, found: tuple[Finding, ...], visible: Sequence[Finding], options: TextOptions, page: Page
) -> Iterator[Text]:
    """The listed findings group by group, each block followed by an empty line."""
    budget = len(visible) if options.limit is None else options.limit
    everything = len(visible) <= budget
    below_head = False
    pending: list[Finding] = []  # one line each; those without a group are kept together so that they align
    for group in _grouped(report.fix_points, visible):
        shared = group.point if len(group.findings) > 1 else None
        full = group.findings[: min(budget, len(group.findings) if everything else _FULL_PER_GROUP)]
        budget -= len(full)
        if shared or full:
            yield from _block(short_findings(report.roots, pending, page))
            pending = []
        if shared:
            yield from _block(_group_head(shared, found, page))
        elif below_head:
            yield from _block([styled((f"{page.glyphs.rule * 2} no fix in common", "strong"))])
        below_head = shared is not None
        shown: Sequence[Frame] = ()
        for finding in full:
            yield from _block(full_finding(report.roots, finding, page, shown, shared.archetype if shared else ""))
            shown = finding.trace
        pending += group.findings[len(full) :]
        if shared:
            yield from _block(short_findings(report.roots, pending, page))
            pending = []
    yield from _block(short_findings(report.roots, pending, page))
    if not everything:
        hint = f"Full paths for {options.limit} of {len(visible)} findings: --all prints every one."
        yield from _block(paragraph(hint, options.width, style="quiet"))


def _block(lines: Sequence[Text]) -> list[Text]:
    return [*lines, Text("", end="")] if lines else []


def _grouped(points: Sequence[FixPoint], findings: Sequence[Finding]) -> list[_Group]:
    """Findings by the fix point that heals most of them; groups and their members keep the order, worst first."""
    owner: dict[str, int] = {}
    for index, point in sorted(enumerate(points), key=lambda pair: (-len(pair[1].heals), pair[0])):
        for fingerprint in point.heals:
            owner.setdefault(fingerprint, index)
    members: dict[int, list[Finding]] = {}
    for position, finding in enumerate(findings):
        members.setdefault(owner.get(finding.fingerprint, -1 - position), []).append(finding)
    return [_Group(points[key] if key >= 0 else None, tuple(group)) for key, group in members.items()]


def _group_head(point: FixPoint, found: tuple[Finding, ...], page: Page) -> list[Text]:
    head = styled((f"{page.glyphs.rule * 2} {point.function}", "strong"), f"  {place(point.path, point.line)}  ")
    return flow(head, [(f"{point.archetype} here {healing(point, found)}", "fix")], styled("   "), page.width)


def _discharged(report: AuditReport, page: Page) -> Iterator[Text]:
    found = [f for f in report.findings if f.verdict == "discharged"]
    if found:
        yield styled(("Discharged by a guard on the path", "strong"))
        for finding in found:
            guards = sorted({guard for frame in finding.trace for guard in frame.guards})
            at = location(finding)
            where = place(at.path, at.line)
            first = styled(f"  {where}  ", (finding.sink.call, "strong"), "  ")
            yield from flow(first, [(", ".join(guards), "guard")] if guards else [], styled("    "), page.width)
        yield Text("", end="")


def _suppressed(report: AuditReport, page: Page) -> Iterator[Text]:
    found = [f for f in report.findings if f.status == "suppressed"]
    if found:
        yield styled(("Suppressed", "strong"))
        for finding in found:
            at, by = location(finding), finding.suppressed_by
            first = styled(f"  {place(at.path, at.line)}  ", (finding.sink.call, "strong"), "  ")
            why: list[Piece] = [(finding.status_reason, "guard")]
            why += [(f"({place(by.path, by.line)})", "quiet")] if by is not None else []
            yield from flow(first, why, styled("    "), page.width)
        yield Text("", end="")


def _hidden(
    report: AuditReport, open_ones: tuple[Finding, ...], visible: Sequence[Finding], options: TextOptions
) -> Iterator[Text]:
    """The line that says what is not listed, or that nothing was found at all."""
    hidden = per_level(tuple(f for f in open_ones if not at_least(f.level, options.level)))
    parts = [count(number, level) for level, number in hidden.items() if number]
    if not open_ones:
        yield from paragraph(
            _NOTHING if report.roots else _NO_ROOTS, options.width, style="fix" if report.roots else "warning"
        )
    elif not visible:
        yield from paragraph(f"Nothing at {options.level} level or above.", options.width, style="fix")
    if parts:
        lowest = [level for level, number in hidden.items() if number][-1]
        yield from paragraph(f"{' and '.join(parts)} not listed: --level {lowest} lists them.", options.width)
    if parts or not open_ones:
        yield Text("", end="")
