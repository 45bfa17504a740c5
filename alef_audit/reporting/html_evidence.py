"""`audit evidence` as one self-contained page: the verdict, how each part was decided, the picture of the timeline."""

from typing import Final

import msgspec

from alef_audit import __version__
from alef_audit.evidence.report import EvidenceReport, Part
from alef_audit.evidence.windows import runtime_window
from alef_audit.reporting.evidence_words import MEANINGS, calls, place_of, value_of
from alef_audit.reporting.html_page import render_page
from alef_audit.reporting.html_timeline import timeline
from alef_audit.reporting.words import count

_MOST_CALLS: Final = 50


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


def render_evidence_html(found: EvidenceReport) -> str:
    """The page."""
    held = calls(found.stacks)
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
        calls=held[:_MOST_CALLS],
        more_calls=max(0, len(held) - _MOST_CALLS),
    )


def _told(part: Part) -> Told:
    place = place_of(part.where[0]) if part.where else ""
    return Told(part.asks, part.holds, value_of(part), place, part.decided)
