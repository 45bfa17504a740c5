"""`audit evidence` for the terminal: the verdict, what holds and what is missing, the timeline."""

from collections.abc import Iterator
from typing import Final

from rich.text import Text

from alef_audit.evidence.moment import shown
from alef_audit.evidence.report import EvidenceReport, EvidenceVerdict, Part, Window
from alef_audit.reporting.evidence_words import MEANINGS, calls, place_of, value_of
from alef_audit.reporting.layout import ASCII, UNICODE, Glyphs, Piece, flow, pad, paragraph, styled, widest
from alef_audit.reporting.words import count, joined

_STYLES: Final[dict[EvidenceVerdict, str]] = {
    "confirmed": "error",
    "compound": "error",
    "partial": "warning",
    "absent": "fix",
}
_BAR: Final = 24
_MOST_STACKS: Final = 20


def render_evidence_text(
    found: EvidenceReport, width: int, unicode: bool = True, explain: bool = False
) -> tuple[Text, ...]:
    """The lines of the answer; with `explain` also how each part was decided."""
    return tuple(_lines(found, width, UNICODE if unicode else ASCII, explain))


def _lines(found: EvidenceReport, width: int, glyphs: Glyphs, explain: bool) -> Iterator[Text]:
    yield styled((found.verdict, _STYLES[found.verdict]), f"  {found.pattern}: {MEANINGS[found.verdict]}")
    if found.parts:
        yield from _parts(found, width, explain)
    if found.windows:
        yield from _timeline(found, width, glyphs)
    yield from _matches(found, width)
    yield from _stacks(found, width)
    for note in found.notes:
        yield from flow(styled("  "), [*("note:", *note.split())], styled("  "), width, " ")
    lines = sum(log.lines for log in found.logs)
    yield styled((f"  {count(lines, 'line')} of {count(len(found.logs), 'log')} read", "quiet"))


def _parts(found: EvidenceReport, width: int, explain: bool) -> Iterator[Text]:
    column = widest((part.asks for part in found.parts), width // 2)
    for part in found.parts:
        word, style = ("holds", "error") if part.holds else ("missing", "fix")
        first = styled("  ", (pad(word, 7), style), "  ", pad(part.asks, column), "  ")
        yield from flow(first, _seen(part), styled(" " * 11), width)
        if explain:
            for sentence in part.decided:
                yield from paragraph(sentence, width, 11, "quiet")
    holding: list[str] = [part.name for part in found.parts if part.holds]
    missing: list[str] = [part.name for part in found.parts if not part.holds]
    if found.verdict == "partial":
        told = (
            f"{joined(holding)} hold" if len(holding) > 1 else f"{joined(holding)} holds" if holding else "none holds"
        )
        yield from flow(styled("  "), [f"{told}; missing: {joined(missing)}"], styled("  "), width)


def _seen(part: Part) -> list[Piece]:
    at = place_of(part.where[0]) if part.where else ""
    return [piece for piece in (value_of(part), at) if piece]


def _timeline(found: EvidenceReport, width: int, glyphs: Glyphs) -> Iterator[Text]:
    yield Text("", end="")
    yield styled(("Timeline", "strong"))
    times = [_times(window) for window in found.windows]
    column = widest(times, width // 2)
    for window, time in zip(found.windows, times, strict=True):
        style = _STYLES[window.verdict]
        first = styled("  ", (pad(time, column), "quiet"), "  ", (pad(window.verdict, 9), style), "  ")
        yield from flow(first, _facts(window, glyphs), styled(" " * 6), width, f" {glyphs.dot} ")
    if found.windows_left_out:
        yield styled(f"  and {count(found.windows_left_out, 'more window')} that show less")


def _times(window: Window) -> str:
    if window.span is None:
        return "no time told"
    start, end = (shown(window.span.clock, at) for at in (window.span.start, window.span.end))
    return start if start == end else f"{start} to {end}"


def _facts(window: Window, glyphs: Glyphs) -> list[Piece]:
    facts: list[Piece] = []
    if window.run_s is not None:
        facts.append(f"run {window.run_s:,.1f} s")
    if window.share is not None and window.auth_s is not None:
        filled = round(window.share * _BAR)
        facts.append((f"{glyphs.sink * filled}{glyphs.rule * (_BAR - filled)}", "hot"))
        facts.append(f"auth {window.auth_s:,.1f} s, {window.share:.0%}")
    if window.utilisation is not None:
        facts.append(f"utilisation {window.utilisation:g}")
    if window.delay_s:
        facts.append(f"loop held {window.delay_s:,.1f} s")
    if window.closures:
        facts.append(count(window.closures, "closure"))
    if window.warm_ups:
        facts.append(count(window.warm_ups, "warm-up"))
    if window.late_timers:
        facts.append(count(window.late_timers, "late timer"))
    return [*facts, (place_of(window.where[0]), "quiet")]


def _matches(found: EvidenceReport, width: int) -> Iterator[Text]:
    matching = [one for one in found.matches if one.count]
    if not matching:
        return
    yield Text("", end="")
    yield styled(("Expressions of the pattern that match", "strong"))
    for one in matching:
        first = styled(f"  {one.count:>6,} {'times' if one.count > 1 else 'time '}  ")
        yield from flow(first, [(one.expression, "guard"), place_of(one.first[0])], styled(" " * 16), width)


def _stacks(found: EvidenceReport, width: int) -> Iterator[Text]:
    """The calls that a profile shows, longest first."""
    if not found.stacks:
        return
    yield Text("", end="")
    yield styled(("Calls that held the loop", "strong"))
    for call in calls(found.stacks)[:_MOST_STACKS]:
        first = styled("  ", (f"{call.amount:>12}", "hot"), "  ")
        yield from flow(first, [(call.call, "strong"), f"{call.function} ({call.place})"], styled(" " * 16), width)
