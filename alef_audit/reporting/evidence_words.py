"""What the reports on the evidence of logs and profiles have in common."""

from collections.abc import Sequence
from typing import Final

from alef_audit.evidence.observations import Place
from alef_audit.evidence.report import EvidenceVerdict, Part
from alef_audit.evidence.stacks import Stack
from alef_audit.reporting.words import count

MEANINGS: Final[dict[EvidenceVerdict, str]] = {
    "confirmed": "the signature is there, all of it in one window",
    "compound": "auth share and utilisation are over their limits in the same window",
    "partial": "something of the signature is there, and not enough",
    "absent": "nothing of the signature is there",
}
_UNITS: Final = {"run": "{:,.1f} s", "auth-share": "{:.1%}", "utilisation": "{:g}", "closures": "{:.0f}"}


def value_of(part: Part) -> str:
    """The best that was seen of a part, with its unit; "" for nothing."""
    return _UNITS[part.name].format(part.value) if part.value is not None and part.name in _UNITS else ""


def place_of(place: Place) -> str:
    return f"{place.log}:{place.line}"


def longest_first(stacks: Sequence[Stack]) -> list[Stack]:
    return sorted(stacks, key=lambda stack: (-stack.ms, -stack.count))


def amount_of(stack: Stack) -> str:
    """For how long, or how often."""
    return f"{stack.ms:,.0f} ms" if stack.ms else count(stack.count, "time")


def called(stack: Stack) -> str:
    """What held the loop, as far as that is told."""
    return stack.blocking or stack.spots[-1].function


def spot_of(stack: Stack) -> tuple[str, str]:
    """The function that made the call, and where it stands."""
    spot = stack.spots[-1]
    return spot.function or "anonymous", f"{spot.file.removeprefix('file://')}:{spot.line or spot.defined}"
