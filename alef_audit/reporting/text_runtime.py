"""What was seen at run time beside the findings: the verdict of the logs, and alarms that the audit missed."""

from collections.abc import Iterator

from rich.text import Text

from alef_audit.auditing.report import AuditReport, MissedAlarm
from alef_audit.reporting.layout import Piece, flow, labelled, styled
from alef_audit.reporting.text_finding import Page, place
from alef_audit.reporting.words import count, joined

_MOST: int = 10
_COLUMN: int = 10


def runtime_section(report: AuditReport, page: Page) -> Iterator[Text]:
    """Nothing without `--evidence`."""
    runtime = report.runtime
    if runtime is None:
        return
    yield styled(("At run time", "strong"))
    seen = sum(bool(finding.evidence) for finding in report.findings)
    told: list[Piece] = [f"{count(seen, 'finding')} with evidence", count(runtime.stacks, "stack")]
    if runtime.outside:
        told.append(f"{runtime.outside:,} without a function of the program")
    yield from flow(styled("  "), told, styled("  "), page.width, f" {page.glyphs.dot} ")
    if runtime.verdict not in ("", "absent"):
        parts = [f"holds: {joined(list(runtime.holds))}"] if runtime.holds else []
        parts += [f"missing: {joined(list(runtime.missing))}"] if runtime.missing else []
        style = "error" if runtime.verdict in ("confirmed", "compound") else "quiet"
        yield from labelled("signature", [(runtime.verdict, style), *parts], page.width, _COLUMN + 2)
    for note in runtime.notes:
        yield from labelled("note", list(note.split()), page.width, _COLUMN + 2, " ")
    if runtime.missed:
        yield styled(("  Blocking calls that were seen and are no findings", "strong"))
    for alarm in runtime.missed[:_MOST]:
        yield from _missed(alarm, page)
    if len(runtime.missed) > _MOST:
        yield styled((f"    and {len(runtime.missed) - _MOST:,} more in the JSON report", "quiet"))
    yield Text("", end="")


def _missed(alarm: MissedAlarm, page: Page) -> Iterator[Text]:
    seen = alarm.evidence
    took = f"{seen.milliseconds:,.0f} ms" if seen.milliseconds else count(seen.count, "time")
    chunks: list[Piece] = [(alarm.call, "strong"), f"in {alarm.function}", (took, "hot")]
    yield from flow(styled(f"    {place(alarm.path, alarm.line)}  "), chunks, styled(" " * 6), page.width)
    yield from flow(styled("      "), list(alarm.why.split()), styled("      "), page.width, " ")
