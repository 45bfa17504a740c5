"""The parts of the signature in words: what each asks for, the best that was seen of it, how it was decided."""

from collections.abc import Iterator, Sequence

from alef_audit.evidence.gathered import Gathered
from alef_audit.evidence.moment import comparable, overlap, shown
from alef_audit.evidence.observations import Closure, Place, Run, Sample
from alef_audit.evidence.report import Part
from alef_audit.evidence.signature import Found, is_large, is_long, is_used
from alef_audit.rulepack.pattern import Limits

_MOST_PLACES = 8


def parts_of(seen: Gathered, found: Found, limits: Limits) -> tuple[Part, ...]:
    return (
        _run(seen, found, limits),
        _share(seen, found, limits),
        _utilisation(seen, found, limits),
        _closures(seen, found, limits),
        _same_window(seen, found, limits),
    )


def _run(seen: Gathered, found: Found, limits: Limits) -> Part:
    longest, aged = seen.longest_run, seen.oldest_run
    length = (longest.total_ms or 0.0) / 1000 if longest is not None else None
    decided = []
    if longest is not None and length is not None:
        decided.append(f"The longest run that was traced took {length:g} s.")
    if aged is not None:
        decided.append(f"A run was still under way after {aged.seconds:g} s; how long it took in the end is not told.")
    if not decided:
        decided.append("No line traces an embedded run.")
    best = aged if aged is not None and aged.seconds > (length or 0.0) else longest
    value = aged.seconds if aged is not None and best is aged else length
    places = () if best is None else (best.place,)
    return Part(
        "run", f"one embedded run of more than {limits.run_above_s:g} s", found.long, value, places, tuple(decided)
    )


def _share(seen: Gathered, found: Found, limits: Limits) -> Part:
    run = seen.largest_share
    asks = f"auth takes more than {limits.auth_share_above:.0%} of a run"
    if run is None or run.share is None:
        said = f"No run has an auth phase of {limits.symptom_ms / 1000:g} s or more."
        return Part("auth-share", asks, False, None, (), (said,))
    total = f"{(run.total_ms or 0.0) / 1000:g} s"
    decided = [f"At most {run.share:.1%}: {(run.auth_ms or 0.0) / 1000:g} s of {total}."]
    if seen.inconsistent_runs:
        decided.append(
            f"{seen.inconsistent_runs} traces name a stage that takes longer than the run had lasted; the smaller "
            "figure counts."
        )
    return Part("auth-share", asks, found.share, round(run.share, 4), (run.place,), tuple(decided))


def _utilisation(seen: Gathered, found: Found, limits: Limits) -> Part:
    sample = seen.highest_sample
    decided = []
    if seen.idle_samples:
        decided.append(
            f"{seen.idle_samples} samples show more, and no delay above {limits.delay_above_ms:g} ms: an idle process "
            "or a start, and no evidence."
        )
    asks = f"utilisation of the event loop above {limits.utilisation_above:g}"
    if sample is None:
        decided.append("No line tells the utilisation of a loop that was held.")
        return Part("utilisation", asks, False, None, (), tuple(decided))
    delay = f", delayed by up to {sample.delay_ms / 1000:g} s" if sample.delay_ms is not None else ", delay not told"
    decided.insert(0, f"At most {sample.utilisation:g}{delay}.")
    return Part("utilisation", asks, found.used, sample.utilisation, (sample.place,), tuple(decided))


def _closures(seen: Gathered, found: Found, limits: Limits) -> Part:
    asks = f"{limits.closures_at_least} connections or more close with {limits.closure_code} within "
    asks += f"{limits.closures_within_s:g} s"
    untimed = [one for one in seen.closures if one.moment is None]
    decided = [
        f"{len(seen.closures)} connections closed with {limits.closure_code}, at most {len(found.closed)} of them "
    ]
    decided[0] += f"within {limits.closures_within_s:g} s."
    if untimed:
        decided.append(f"{len(untimed)} of them bear no time: how close they are to each other is not told.")
    if seen.explained:
        causes = sorted({one.cause for one in seen.explained})
        decided.append(
            f"{len(seen.explained)} more have a cause of their own ({', '.join(causes[:5])}) and do not count."
        )
    if seen.other_closures:
        decided.append(f"{_counted(seen.other_closures)} closed with other codes.")
    holds = len(found.closed) >= limits.closures_at_least
    value = float(len(found.closed)) if seen.closures else None
    return Part("closures", asks, holds, value, _places(found.closed or untimed), tuple(decided))


def _counted(connections: int) -> str:
    return f"{connections} connection{'s' * (connections != 1)}"


def _same_window(seen: Gathered, found: Found, limits: Limits) -> Part:
    asks = "all of it in one window: the run is one and the same, and meets utilisation and closures"
    meeting = found.meeting
    if meeting is None:
        return Part("same-window", asks, False, None, (), tuple(_apart(seen, limits)))
    span = meeting.span
    time = f"{shown(span.clock, span.start)} to {shown(span.clock, span.end)}"
    utilisation, share = meeting.sample.utilisation or 0.0, meeting.run.share or 0.0
    decided = [f"From {time} a run spends {share:.1%} on auth, and utilisation is {utilisation:g}."]
    if not is_long(meeting.run, limits):
        decided.append(f"That run takes {(meeting.run.total_ms or 0.0) / 1000:g} s only.")
    if not meeting.closures:
        decided.append("There are not enough closures in that window.")
    places = (meeting.run.place, meeting.sample.place, *_places(meeting.closures))
    return Part("same-window", asks, found.verdict == "confirmed", None, places, tuple(decided))


def _apart(seen: Gathered, limits: Limits) -> Iterator[str]:
    """Why no run with a large share of auth meets a highly used loop."""
    runs = [run for run in seen.runs if is_large(run, limits)]
    samples = [sample for sample in seen.samples if is_used(sample, limits)]
    if not runs or not samples:
        missing = " and no ".join(
            [
                *(["run with so much auth"] if not runs else []),
                *(["sample of a loop so much used"] if not samples else []),
            ]
        )
        yield f"There is no {missing}."
        return
    nearest = _nearest(runs, samples)
    if nearest is None:
        yield "The lines bear no time, or times of different clocks: whether they overlap cannot be told."
    else:
        yield f"The run and the sample that are nearest to each other lie {-nearest:g} s apart."


def _nearest(runs: Sequence[Run], samples: Sequence[Sample]) -> float | None:
    spans = [span for run in runs[:1000] if (span := run.span) is not None]
    others = [span for sample in samples[:1000] if (span := sample.span) is not None]
    return max((overlap(one, other) for one in spans for other in others if comparable(one, other)), default=None)


def _places(closures: Sequence[Closure]) -> tuple[Place, ...]:
    return tuple(one.place for one in closures[:_MOST_PLACES])
