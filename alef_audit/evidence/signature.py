"""The structural signature, evaluated on what was gathered.

A run, a sample of the loop and closures belong together when their times overlap.  A run lasts from its end minus what
its trace gives as total, a sample from its line minus its interval.  The gateway notes a closure when the loop turns
again, so one counts for a window until as long behind it as the signature allows between closures.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Final, NamedTuple

from alef_audit.evidence.gathered import Gathered
from alef_audit.evidence.moment import Span, comparable, overlap, united
from alef_audit.evidence.observations import Closure, Run, Sample
from alef_audit.evidence.report import EvidenceVerdict
from alef_audit.rulepack.pattern import Limits

_MOST_SAMPLES: Final = 256  # that are held against one run


class Meeting(NamedTuple):
    """A run with a large share of auth, the sample of the loop in its window, and the closures there, if enough."""

    run: Run
    sample: Sample
    span: Span
    closures: tuple[Closure, ...]


class Found(NamedTuple):
    """What of the signature holds. `meeting` is the one that shows most of it."""

    long: bool
    share: bool
    used: bool
    closed: tuple[Closure, ...]  # the largest group of closures that is close enough
    meeting: Meeting | None
    verdict: EvidenceVerdict


def evaluate(seen: Gathered, limits: Limits) -> Found:
    long = any(is_long(run, limits) for run in seen.runs)
    aged = seen.oldest_run is not None and seen.oldest_run.seconds > limits.run_above_s
    share = any(is_large(run, limits) for run in seen.runs)
    used = any(is_used(sample, limits) for sample in seen.samples)
    closed = largest_group(seen.closures, limits.closures_within_s)
    meeting = _best_meeting(seen, limits)
    confirmed = meeting is not None and is_long(meeting.run, limits) and bool(meeting.closures)
    verdict: EvidenceVerdict = (
        "confirmed"
        if confirmed
        else "compound"
        if meeting is not None
        else "partial"
        if _any(seen, limits)
        else "absent"
    )
    return Found(long or aged, share, used, closed, meeting, verdict)


def is_long(run: Run, limits: Limits) -> bool:
    return (run.total_ms or 0.0) > limits.run_above_s * 1000


def is_large(run: Run, limits: Limits) -> bool:
    """Whether auth takes too much of a run, and long enough to be noticed."""
    return (run.share or 0.0) > limits.auth_share_above and (run.auth_ms or 0.0) >= limits.symptom_ms


def is_used(sample: Sample, limits: Limits) -> bool:
    """Whether the loop is used too much; samples without any delay are not among those gathered."""
    return (sample.utilisation or 0.0) > limits.utilisation_above


def largest_group(closures: Sequence[Closure], within_s: float) -> tuple[Closure, ...]:
    """The most closures of one clock of which the last comes at most `within_s` after the first."""
    best: tuple[Closure, ...] = ()
    for group in _by_clock(closures):
        first = 0
        for last, closure in enumerate(group):
            while _at(closure) - _at(group[first]) > within_s:
                first += 1
            if last + 1 - first > len(best):
                best = group[first : last + 1]
    return best


def _best_meeting(seen: Gathered, limits: Limits) -> Meeting | None:
    """The meeting that shows most: one with everything, else the one with the longest auth phase."""
    samples = _spans([sample for sample in seen.samples if is_used(sample, limits)])
    closures = tuple(_Closures.of(group, limits) for group in _by_clock(seen.closures))
    best: tuple[Run, Sample, Span] | None = None
    most = False, False, -1.0
    for run in seen.runs:
        span = run.span
        long, auth = is_long(run, limits), run.auth_ms or 0.0
        if span is None or not is_large(run, limits) or (long, True, auth) <= most:
            continue
        near = samples.get((span.clock, span.log), _NO_SAMPLES).overlapping(span)
        for sample, held in islice(near, _MOST_SAMPLES):
            window = united(span, held)
            closed = any(one.are_enough(window, limits) for one in closures)
            if (long and closed, closed, auth) > most:
                best, most = (run, sample, window), (long and closed, closed, auth)
            if closed:
                break
    if best is None:
        return None
    found = (one.closed_in(best[2], limits) for one in closures if one.are_enough(best[2], limits))
    return Meeting(*best, next(found, ()))


class _Samples(NamedTuple):
    """Samples of one clock by their end, and the longest of them."""

    ends: tuple[float, ...]
    samples: tuple[tuple[Sample, Span], ...]
    longest: float

    def overlapping(self, span: Span) -> Iterator[tuple[Sample, Span]]:
        for sample, held in self.samples[bisect_left(self.ends, span.start) :]:
            if held.end - self.longest > span.end:
                return
            if overlap(span, held) > 0 or (not held.seconds and span.start <= held.end <= span.end):
                yield sample, held


_NO_SAMPLES = _Samples((), (), 0.0)


def _spans(samples: Sequence[Sample]) -> dict[tuple[str, int], _Samples]:
    grouped: dict[tuple[str, int], list[tuple[Sample, Span]]] = {}
    for sample in samples:
        span = sample.span
        if span is not None:
            grouped.setdefault((span.clock, span.log), []).append((sample, span))
    found: dict[tuple[str, int], _Samples] = {}
    for key, group in grouped.items():
        group.sort(key=lambda one: one[1].end)
        ends = tuple(span.end for _, span in group)
        found[key] = _Samples(ends, tuple(group), max(span.seconds for _, span in group))
    return found


class _Closures(NamedTuple):
    """Closures of one clock in the order of time, and where among them groups begin that are large and close enough."""

    closures: tuple[Closure, ...]
    times: tuple[float, ...]
    groups: tuple[int, ...]

    @classmethod
    def of(cls, closures: tuple[Closure, ...], limits: Limits) -> "_Closures":
        times = tuple(map(_at, closures))
        more = max(0, limits.closures_at_least - 1)
        close = (i for i in range(len(times) - more) if times[i + more] - times[i] <= limits.closures_within_s)
        return cls(closures, times, tuple(close))

    def are_enough(self, window: Span, limits: Limits) -> bool:
        first, behind = self._inside(window, limits)
        at = bisect_left(self.groups, first)
        return at < len(self.groups) and self.groups[at] + limits.closures_at_least <= behind

    def closed_in(self, window: Span, limits: Limits) -> tuple[Closure, ...]:
        first, behind = self._inside(window, limits)
        return largest_group(self.closures[first:behind], limits.closures_within_s)

    def _inside(self, window: Span, limits: Limits) -> tuple[int, int]:
        """Which of them happen in a window, or so long behind it as may lie between them."""
        at = self.closures[0].moment
        if at is None or not comparable(window, at):
            return 0, 0
        end = window.end + limits.closures_within_s
        return bisect_left(self.times, window.start), bisect_right(self.times, end)


def _by_clock(closures: Sequence[Closure]) -> list[tuple[Closure, ...]]:
    """The closures that bear a time, by clock, each in the order of time."""
    grouped: dict[tuple[str, int], list[Closure]] = {}
    for closure in closures:
        if closure.moment is not None:
            grouped.setdefault((closure.moment.clock, closure.moment.log), []).append(closure)
    return [tuple(sorted(group, key=_at)) for group in grouped.values()]


def _at(closure: Closure) -> float:
    return closure.moment.seconds if closure.moment is not None else 0.0


def _any(seen: Gathered, limits: Limits) -> bool:
    """Whether anything of the pattern was seen, above its limits or below."""
    old = seen.oldest_run is not None and seen.oldest_run.seconds > limits.run_above_s
    warm = any(max(one.loop_max_ms, one.ms) >= limits.symptom_ms for one in seen.warm_ups)
    return bool(seen.runs or seen.samples or seen.closures or seen.late_timers) or old or warm
