"""`audit evidence` as one self-contained page: the verdict, how each part was decided, the picture of the timeline."""

from collections.abc import Iterator
from typing import Final

import msgspec

from alef_audit import __version__
from alef_audit.evidence.report import EvidenceReport, Part
from alef_audit.evidence.windows import runtime_window
from alef_audit.reporting.evidence_words import MEANINGS, amount_of, called, longest_first, place_of, spot_of, value_of
from alef_audit.reporting.html_page import render_page
from alef_audit.reporting.html_timeline import timeline
from alef_audit.reporting.words import count

_MOST_STACKS: Final = 50


class Told(msgspec.Struct, frozen=True):
    """A part of the signature as the page shows it."""

    asks: str
    holds: bool
    value: str
    place: str
    decided: tuple[str, ...]


class Match(msgspec.Struct, frozen=True):
    expression: str
    times: str
    place: str


class Call(msgspec.Struct, frozen=True):
    """A call that held the loop, and the function that made it."""

    call: str
    amount: str
    function: str
    place: str


def render_evidence_html(found: EvidenceReport) -> str:
    """The page."""
    lines = sum(log.lines for log in found.logs)
    return render_page(
        "evidence.html",
        found=found,
        meaning=MEANINGS[found.verdict].capitalize(),
        looked=f"{count(lines, 'line')} of {count(len(found.logs), 'log')} read",
        version=__version__,
        parts=[_told(part) for part in found.parts],
        timeline=timeline([runtime_window(window) for window in found.windows]),
        matches=[
            Match(one.expression, count(one.count, "time"), place_of(one.first[0]))
            for one in found.matches
            if one.count
        ],
        stacks=list(_calls(found)),
        more_stacks=max(0, len(found.stacks) - _MOST_STACKS),
    )


def _told(part: Part) -> Told:
    place = place_of(part.where[0]) if part.where else ""
    return Told(part.asks, part.holds, value_of(part), place, part.decided)


def _calls(found: EvidenceReport) -> Iterator[Call]:
    for stack in longest_first(found.stacks)[:_MOST_STACKS]:
        function, place = spot_of(stack)
        yield Call(called(stack), amount_of(stack), function, place)
