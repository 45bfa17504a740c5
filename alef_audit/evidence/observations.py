"""What lines of logs say, one type per kind of line. Milliseconds unless a name says seconds; None: not told."""

from typing import Literal

import msgspec

from alef_audit.evidence.moment import Moment, Span, span_ending


class Place(msgspec.Struct, frozen=True):
    """A line of a log; the log is named as the user typed it."""

    log: str
    line: int


class Record(msgspec.Struct, frozen=True):
    """One message, wrapped lines joined, without what its carrier added."""

    place: Place
    moment: Moment | None
    text: str


class Stage(msgspec.Struct, frozen=True):
    name: str
    ms: float
    at_ms: float | None  # from the start of the run to the end of the stage


class Run(msgspec.Struct, frozen=True):
    """A trace of the stages of one embedded run."""

    place: Place
    moment: Moment | None  # of its end
    phase: str
    total_ms: float | None
    stages: tuple[Stage, ...]
    auth_ms: float | None  # None: no auth stage is told
    consistent: bool  # no stage takes longer than the run had lasted when it ended

    @property
    def share(self) -> float | None:
        """How much of the run its auth phase takes, 0 to 1."""
        if self.auth_ms is None or not self.total_ms:
            return None
        return self.auth_ms / max(self.total_ms, self.auth_ms)

    @property
    def span(self) -> Span | None:
        if self.moment is None or self.total_ms is None:
            return None
        return span_ending(self.moment, self.total_ms / 1000)


class RunAge(msgspec.Struct, frozen=True):
    """An embedded run that had not come to its end when the line was written."""

    place: Place
    moment: Moment | None
    seconds: float


class Sample(msgspec.Struct, frozen=True):
    """The state of the event loop over an interval that ends with the line."""

    place: Place
    moment: Moment | None
    interval_s: float | None
    utilisation: float | None
    delay_p99_ms: float | None
    delay_max_ms: float | None

    @property
    def delay_ms(self) -> float | None:
        """The longest delay told."""
        told = [delay for delay in (self.delay_max_ms, self.delay_p99_ms) if delay is not None]
        return max(told) if told else None

    @property
    def span(self) -> Span | None:
        return None if self.moment is None else span_ending(self.moment, self.interval_s or 0.0)


class Closure(msgspec.Struct, frozen=True):
    """A WebSocket connection that ended. `frame` lines repeat what the other two carriers say."""

    place: Place
    moment: Moment | None
    code: int
    carrier: Literal["handshake", "webchat", "frame"]
    connection: str
    handshake: str
    cause: str


class WarmUp(msgspec.Struct, frozen=True):
    """The authentication state of all providers was resolved ahead of use."""

    place: Place
    moment: Moment | None
    again: bool
    ms: float
    loop_max_ms: float


class LateTimer(msgspec.Struct, frozen=True):
    """A timer that fired late: the loop was held meanwhile."""

    place: Place
    moment: Moment | None
    late_ms: float


class HandshakeTimeout(msgspec.Struct, frozen=True):
    """A connection was given up because its handshake had not come to an end."""

    place: Place
    moment: Moment | None


Observation = Run | RunAge | Sample | Closure | WarmUp | LateTimer | HandshakeTimeout
