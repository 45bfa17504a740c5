"""The answer of `audit evidence`, as every reporter receives it. Names of logs and texts of lines are untrusted."""

from typing import Literal

import msgspec

from alef_audit.evidence.moment import Span
from alef_audit.evidence.observations import Place
from alef_audit.evidence.reading import LogRead, Matches
from alef_audit.evidence.stacks import Stack

# confirmed: one window shows all of the structural signature. compound: share and utilisation are over their limits in
# the same window. partial: something of it was seen. absent: nothing.
EvidenceVerdict = Literal["confirmed", "compound", "partial", "absent"]
PartName = Literal["run", "auth-share", "utilisation", "closures", "same-window"]


class Part(msgspec.Struct, frozen=True):
    """One part of the structural signature: what it asks for, and the best that was seen of it."""

    name: PartName
    asks: str
    holds: bool
    value: float | None  # seconds, a share, a utilisation, a count; None: nothing of the kind was seen
    where: tuple[Place, ...]
    decided: tuple[str, ...]  # how, sentence by sentence


class Window(msgspec.Struct, frozen=True):
    """A stretch of time in which something of the signature was seen, and the most of each."""

    span: Span | None  # None: the lines bear no time
    verdict: EvidenceVerdict
    run_s: float | None
    auth_s: float | None
    share: float | None
    utilisation: float | None
    delay_s: float | None
    closures: int  # unexplained ones with the code of the signature
    warm_ups: int
    late_timers: int
    where: tuple[Place, ...]


class EvidenceReport(msgspec.Struct, frozen=True):
    pattern: str
    verdict: EvidenceVerdict
    parts: tuple[Part, ...]
    windows: tuple[Window, ...]  # in the order of time, those without one last
    windows_left_out: int
    matches: tuple[Matches, ...]
    notes: tuple[str, ...]  # what could not be told, and why
    logs: tuple[LogRead, ...]
    stacks: tuple[Stack, ...] = ()  # of profiles
