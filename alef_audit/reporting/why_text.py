"""`audit why` for the terminal: the conclusion first, then what it rests on."""

from collections.abc import Iterator, Sequence
from typing import Final

from rich.text import Text

from alef_audit.auditing.answer import Answer, Conclusion, NearRoot, Reason
from alef_audit.auditing.report import Frame
from alef_audit.reporting.layout import ASCII, UNICODE, Piece, flow, labelled, pad, styled, widest
from alef_audit.reporting.text_finding import Page, full_finding, place, short_findings
from alef_audit.reporting.words import count, joined
from alef_audit.rulepack.kinds import Verdict

_COLUMN: Final = 10
_LONGEST: Final = 12
_HEADS: Final[dict[Conclusion, tuple[str, str]]] = {
    "reported": ("reported", "error"),
    "suppressed": ("suppressed", "guard"),
    "discharged": ("discharged by a guard on every path: --include-discharged lists it", "guard"),
    "on-path": ("no blocking call itself, but on the path to one", "warning"),
    "not-reported": ("not reported", "fix"),
    "not-read": ("not audited", "warning"),
}
_REACHED: Final[dict[Verdict, str]] = {
    "exposed": "on the loop",
    "mitigated": "on the loop, with a turn for others in between",
    "discharged": "behind a guard",
}


def render_why_text(answer: Answer, width: int, unicode: bool = True) -> tuple[Text, ...]:
    """The lines of the answer, styled, wrapped and made safe."""
    return tuple(_lines(answer, Page(width, UNICODE if unicode else ASCII, ())))


def _lines(answer: Answer, page: Page) -> Iterator[Text]:
    head, style = _HEADS[answer.conclusion]
    yield styled((place(answer.path, answer.line), "strong"), "  ", (head, style))
    if answer.function is not None:
        what = "defines" if answer.subject == "function" else "in"
        role = [f"a file of the role {answer.role}"] if answer.role != "product" else []
        chunks: list[Piece] = [
            f"{answer.function.function} ({place(answer.function.path, answer.function.line)})",
            *role,
        ]
        yield from labelled(what, chunks, page.width, _COLUMN, ", ")
    yield from _findings(answer, page)
    for reason in answer.reasons:
        yield from _reason(reason, page)
    yield from _reached(answer, page)
    yield from _passing(answer, page)
    callers: list[Piece] = [f"{one.function} ({place(one.path, one.line)})" for one in answer.callers]
    yield from labelled("called by", callers, page.width, _COLUMN + 2, ", ")
    yield from _near_sinks(answer, page)


def _findings(answer: Answer, page: Page) -> Iterator[Text]:
    # of what a guard discharges the reasons say all: there is nothing to fix
    shown = [finding for finding in answer.findings if finding.verdict != "discharged"]
    for finding in shown:
        yield Text("", end="")
        yield from full_finding(answer.roots, finding, page)
        if finding.level == "note" and finding.status == "open":
            yield from labelled("", ["a note: --level note lists it"], page.width, 8)
        if finding.muted_roots:
            names = [answer.roots[number].function for number in finding.muted_roots]
            yield from labelled("muted", [f"from {joined(names)}"], page.width, 8)
    if shown:
        yield Text("", end="")


def _reason(reason: Reason, page: Page) -> Iterator[Text]:
    where: list[Piece] = [(f"({place(reason.path, reason.line)})", "quiet")] if reason.path and reason.line else []
    words: list[Piece] = [*reason.message.split(), *where]
    yield from flow(styled("  because "), words, styled(" " * _COLUMN), page.width, " ")
    if len(reason.trace) > 1:
        yield from _trace(reason.trace, page)


def _reached(answer: Answer, page: Page) -> Iterator[Text]:
    """The roots that reach the function; where findings are shown, their traces say it already."""
    if answer.findings:
        return
    for near in answer.near_roots:
        yield from _near_root(near, page)


def _near_root(near: NearRoot, page: Page) -> Iterator[Text]:
    root = near.root
    chunks: list[Piece] = [
        (f"from {root.function} ({root.kind})", "hot"),
        f"{_REACHED[near.verdict]}",
        (root.why, "quiet"),
    ]
    yield from labelled("reached", chunks, page.width, _COLUMN)
    yield from _trace(near.trace, page)


def _trace(trace: Sequence[Frame], page: Page) -> Iterator[Text]:
    left = len(trace) - _LONGEST
    shown = trace if left <= 0 else (*trace[: _LONGEST // 2], *trace[-_LONGEST // 2 :])
    places = [place(frame.path, frame.line) for frame in shown]
    column = widest(places, page.width // 2)
    for index, frame in enumerate(shown):
        if left > 0 and index == _LONGEST // 2:
            yield styled(f"    {page.glyphs.skipped} ", (count(left, "more frame"), "quiet"))
        mark = page.glyphs.root if index == 0 else page.glyphs.through
        line = styled("    ", (mark, "quiet"), f" {pad(places[index], column)}  ", (frame.function, "strong"))
        if frame.guards:
            line.append_text(styled("  ", (f"crosses {joined(list(frame.guards))}", "guard")))
        yield line


def _passing(answer: Answer, page: Page) -> Iterator[Text]:
    counting = [f for f in answer.passing if f.status == "open" and f.verdict != "discharged"]
    others = [f for f in answer.passing if f not in counting]
    for head, found in (("on the path to", counting), ("on the path to, but muted or discharged", others)):
        if found:
            yield styled("  ", (head, "quiet"))
            for line in short_findings(answer.roots, found, page):
                yield styled("  ").append_text(line)


def _near_sinks(answer: Answer, page: Page) -> Iterator[Text]:
    if answer.subject == "call" or not answer.near_sinks:
        return
    chunks: list[Piece] = [f"{one.call} (line {one.line}, {one.function})" for one in answer.near_sinks]
    yield from labelled("nearby", chunks, page.width, _COLUMN, ", ")
