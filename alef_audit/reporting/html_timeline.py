"""The picture of what a gateway's logs tell: one lane per window, drawn from the left on a common scale of seconds."""

from collections.abc import Iterator, Sequence
from typing import Final

import msgspec

from alef_audit.auditing.report import RuntimeWindow
from alef_audit.reporting.words import count

_WIDTH: Final = 1240
_LEFT: Final = 230  # where bars start: the time stands before them
_SCALE: Final = 540  # length of the longest bar
_LANE: Final = 26
_HEAD: Final = 24
_TICKS: Final = 4
_LONGEST_LABEL: Final = 28  # characters that fit in front of the bars


class Bar(msgspec.Struct, frozen=True):
    kind: str  # run, auth, held
    x: float
    y: float
    width: float
    height: float


class Lane(msgspec.Struct, frozen=True):
    y: float
    label: str  # when it began, or where it stands if no time is told
    verdict: str
    title: str
    bars: tuple[Bar, ...]
    facts: str
    facts_x: float


class Tick(msgspec.Struct, frozen=True):
    x: float
    label: str


class Timeline(msgspec.Struct, frozen=True):
    width: int
    height: int
    ticks: tuple[Tick, ...]
    lanes: tuple[Lane, ...]


def timeline(windows: Sequence[RuntimeWindow]) -> Timeline:
    """Where everything stands; without lanes if there are no windows."""
    longest = max((seconds for window in windows for seconds in _durations(window)), default=0.0)
    lanes = tuple(_lane(window, _HEAD + number * _LANE, longest) for number, window in enumerate(windows))
    steps = range(_TICKS + 1) if longest else ()
    ticks = tuple(Tick(_LEFT + _SCALE * step / _TICKS, f"{longest * step / _TICKS:,.1f} s") for step in steps)
    return Timeline(_WIDTH, _HEAD + len(windows) * _LANE, ticks, lanes)


def _end_of(place: str) -> str:
    return place if len(place) <= _LONGEST_LABEL else f"…{place[1 - _LONGEST_LABEL :]}"


def _durations(window: RuntimeWindow) -> tuple[float, ...]:
    return tuple(s for s in (window.run_seconds, window.auth_seconds, window.delay_seconds) if s is not None)


def _lane(window: RuntimeWindow, y: float, longest: float) -> Lane:
    end = f" to {window.end}" if window.end and window.end != window.start else ""
    when = window.start or "no time told"
    told = "; ".join(_facts(window))
    return Lane(
        y=y,
        label=window.start or _end_of(window.where[0] if window.where else when),
        verdict=window.verdict,
        title="; ".join([f"{when}{end}", window.verdict, *([told] if told else []), *window.where]),
        bars=tuple(_bars(window, y, longest)),
        facts=told,
        facts_x=_LEFT + _SCALE + 16,
    )


def _bars(window: RuntimeWindow, y: float, longest: float) -> Iterator[Bar]:
    for kind, seconds, top, height in (
        ("run", window.run_seconds, 3, 10),
        ("auth", window.auth_seconds, 3, 10),
        ("held", window.delay_seconds, 15, 5),
    ):
        if seconds is not None and seconds > 0:
            yield Bar(kind, _LEFT, y + top, round(_SCALE * seconds / longest, 1), height)


def _facts(window: RuntimeWindow) -> Iterator[str]:
    if window.run_seconds is not None:
        yield f"run {window.run_seconds:,.1f} s"
    if window.auth_share is not None:
        yield f"auth {window.auth_share:.0%}"
    if window.utilisation is not None:
        yield f"utilisation {window.utilisation:g}"
    if window.closures:
        yield count(window.closures, "closure")
    if window.warm_ups:
        yield count(window.warm_ups, "warm-up")
    if window.late_timers:
        yield count(window.late_timers, "late timer")
