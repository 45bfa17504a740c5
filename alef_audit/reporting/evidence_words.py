"""What the reports on the evidence of logs and profiles have in common."""

import re
from collections.abc import Sequence
from typing import Final

import msgspec

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
# Node's own modules; frozen modules, the library and installed packages of Python, and those of Node.
_FOREIGN: Final = re.compile(r"^node:|^<|[/\\](?:python3(?:\.\d+)?|site-packages|dist-packages|node_modules|Lib)[/\\]")
_UNITS: Final = {"run": "{:,.1f} s", "auth-share": "{:.1%}", "utilisation": "{:g}", "closures": "{:.0f}"}


def value_of(part: Part) -> str:
    """The best that was seen of a part, with its unit; "" for nothing."""
    return _UNITS[part.name].format(part.value) if part.value is not None and part.name in _UNITS else ""


def place_of(place: Place) -> str:
    return f"{place.log}:{place.line}"


class Call(msgspec.Struct, frozen=True):
    """A call that held the loop, as the program made it: where, for how long, and how often."""

    call: str  # "" if not told
    function: str
    file: str
    line: int
    ms: float
    count: int

    @property
    def place(self) -> str:
        return f"{self.file.removeprefix('file://')}:{self.line}"

    @property
    def amount(self) -> str:
        """For how long, or how often."""
        return f"{self.ms:,.0f} ms" if self.ms else count(self.count, "time")


def calls(stacks: Sequence[Stack]) -> list[Call]:
    """What held the loop, longest first; what went on inside of the runtime and of packages makes no difference."""
    found: dict[tuple[str, str, str, int], Call] = {}
    for stack in stacks:
        own = _last_own(stack)
        spot, line = stack.spots[own], stack.spots[own].line or stack.spots[own].defined
        name = stack.blocking or stack.spots[min(own + 1, len(stack.spots) - 1)].function
        key = name, spot.function, spot.file, line
        known = found.get(key)
        ms, times = (known.ms, known.count) if known is not None else (0.0, 0)
        found[key] = Call(name, spot.function or "anonymous", spot.file, line, ms + stack.ms, times + stack.count)
    return sorted(found.values(), key=lambda one: (-one.ms, -one.count))


def _last_own(stack: Stack) -> int:
    """The last function that belongs neither to the runtime nor to a package; the very last if all do."""
    own = (at for at in range(len(stack.spots) - 1, -1, -1) if not _FOREIGN.search(stack.spots[at].file))
    return next(own, len(stack.spots) - 1)
