"""Keeps what logs say, as much of it as the signature asks for: however long the logs are, memory stays bounded."""

from collections.abc import Callable
from typing import Final, TypeVar

import msgspec

from alef_audit.evidence.observations import (
    Closure,
    HandshakeTimeout,
    LateTimer,
    Observation,
    Run,
    RunAge,
    Sample,
    WarmUp,
)
from alef_audit.rulepack.pattern import Limits

T = TypeVar("T")

MOST: Final = 50_000  # of each kind; what comes later is counted only
_CONNECTIONS: Final = 200_000


class Gathered(msgspec.Struct, frozen=True):
    """What was seen: the symptoms, and the best of each kind even if it is none."""

    runs: tuple[Run, ...]  # with an auth phase or as a whole long enough
    longest_run: Run | None
    largest_share: Run | None
    oldest_run: RunAge | None
    samples: tuple[Sample, ...]  # in which the loop was held, or highly used
    highest_sample: Sample | None  # with a delay
    idle_samples: int  # utilisation over the limit and no delay
    closures: tuple[Closure, ...]  # with the code, not explained otherwise, each connection once
    explained: tuple[Closure, ...]  # with the code and a cause of their own
    other_closures: int  # with other codes
    warm_ups: tuple[WarmUp, ...]
    late_timers: tuple[LateTimer, ...]
    handshake_timeouts: int
    inconsistent_runs: int
    left_out: int


class Gathering:
    """Takes observations one by one."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._runs: list[Run] = []
        self._samples: list[Sample] = []
        self._closures: list[Closure] = []
        self._explained: list[Closure] = []
        self._warm_ups: list[WarmUp] = []
        self._late_timers: list[LateTimer] = []
        self._longest: Run | None = None
        self._share: Run | None = None
        self._oldest: RunAge | None = None
        self._highest: Sample | None = None
        self._connections: set[str] = set()
        self._idle = self._others = self._handshakes = self._inconsistent = self._left_out = 0

    def take(self, one: Observation) -> None:
        match one:
            case Run():
                self._take_run(one)
            case RunAge():
                self._oldest = _larger(self._oldest, one, lambda age: age.seconds)
            case Sample():
                self._take_sample(one)
            case Closure():
                self._take_closure(one)
            case WarmUp():
                self._keep(self._warm_ups, one)
            case LateTimer():
                self._keep(self._late_timers, one)
            case HandshakeTimeout():
                self._handshakes += 1

    def gathered(self) -> Gathered:
        return Gathered(
            runs=tuple(self._runs),
            longest_run=self._longest,
            largest_share=self._share,
            oldest_run=self._oldest,
            samples=tuple(self._samples),
            highest_sample=self._highest,
            idle_samples=self._idle,
            closures=_told_once(self._closures),
            explained=tuple(self._explained),
            other_closures=self._others,
            warm_ups=tuple(self._warm_ups),
            late_timers=tuple(self._late_timers),
            handshake_timeouts=self._handshakes,
            inconsistent_runs=self._inconsistent,
            left_out=self._left_out,
        )

    def _take_run(self, run: Run) -> None:
        self._inconsistent += not run.consistent
        self._longest = _larger(self._longest, run, lambda one: one.total_ms)
        if (run.auth_ms or 0) >= self._limits.symptom_ms:
            self._share = _larger(self._share, run, lambda one: one.share)
            self._keep(self._runs, run)
        elif (run.total_ms or 0) > self._limits.run_above_s * 1000:
            self._keep(self._runs, run)

    def _take_sample(self, sample: Sample) -> None:
        high = sample.utilisation is not None and sample.utilisation > self._limits.utilisation_above
        if sample.delay_ms is not None and sample.delay_ms <= self._limits.delay_above_ms:
            self._idle += high
            return
        self._highest = _larger(self._highest, sample, lambda one: one.utilisation)
        if high or (sample.delay_ms or 0) >= self._limits.symptom_ms:
            self._keep(self._samples, sample)

    def _take_closure(self, closure: Closure) -> None:
        if closure.code != self._limits.closure_code:
            self._others += 1
        elif closure.cause and closure.cause not in self._limits.explained_unless:
            self._keep(self._explained, closure)
        elif not closure.connection:
            self._keep(self._closures, closure)
        elif closure.connection not in self._connections:
            if len(self._connections) < _CONNECTIONS:
                self._connections.add(closure.connection)
            self._keep(self._closures, closure)

    def _keep(self, kept: list[T], one: T) -> None:
        if len(kept) < MOST:
            kept.append(one)
        else:
            self._left_out += 1


def _larger(best: T | None, one: T, key: Callable[[T], float | None]) -> T | None:
    value = key(one)
    if value is None:
        return best
    return one if best is None or value > (key(best) or 0.0) else best


def _told_once(closures: list[Closure]) -> tuple[Closure, ...]:
    """Without the frames that repeat what another line of about the same second says."""
    told = {_second(one, shift) for one in closures if one.carrier != "frame" for shift in (-1, 0, 1)}
    return tuple(one for one in closures if one.carrier != "frame" or _second(one, 0) not in told)


def _second(closure: Closure, shift: int) -> tuple[str, int, int] | None:
    if closure.moment is None:
        return None
    return closure.moment.clock, closure.moment.log, int(closure.moment.seconds) + shift
