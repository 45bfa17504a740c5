"""The timeline: stretches in which something of the signature was seen."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Final, NamedTuple, get_args

from alef_audit.auditing.report import RuntimeWindow
from alef_audit.evidence.gathered import Gathered
from alef_audit.evidence.moment import Span, overlap, shown, span_ending, united
from alef_audit.evidence.observations import Closure, LateTimer, Place, Run, Sample, WarmUp
from alef_audit.evidence.report import EvidenceVerdict, Window
from alef_audit.evidence.signature import Found, evaluate
from alef_audit.rulepack.pattern import Limits

_MOST: Final = 50  # windows that are listed
_MOST_PLACES: Final = 8
_VERDICTS: Final[tuple[EvidenceVerdict, ...]] = get_args(EvidenceVerdict)
_Seen = Run | Sample | Closure | WarmUp | LateTimer


class _Piece(NamedTuple):
    one: _Seen
    span: Span


def timeline(seen: Gathered, limits: Limits) -> tuple[tuple[Window, ...], int]:
    """The windows in the order of time, those without one last, and how many more there are."""
    everything: list[_Seen] = [*seen.runs, *seen.samples, *seen.closures, *seen.warm_ups, *seen.late_timers]
    timed = [_Piece(one, span) for one in everything if (span := _span(one)) is not None]
    timed.sort(key=lambda piece: (piece.span.clock, piece.span.log, piece.span.start, piece.span.end))
    windows = [
        _window([piece.one for piece in pieces], span, limits)
        for _, group in groupby(timed, key=lambda piece: (piece.span.clock, piece.span.log))
        for pieces, span in _merged(list(group), limits.closures_within_s)
    ]
    untimed = sorted((one for one in everything if _span(one) is None), key=lambda one: one.place.line)
    windows += [_window([one], None, limits) for one in untimed]
    order = sorted(range(len(windows)), key=lambda index: (*_weight(windows[index]), index))
    return tuple(windows[index] for index in sorted(order[:_MOST])), max(0, len(windows) - _MOST)


def _span(one: _Seen) -> Span | None:
    match one:
        case Run() | Sample():
            return one.span
        case WarmUp():
            return None if one.moment is None else span_ending(one.moment, one.ms / 1000)
        case LateTimer():
            return None if one.moment is None else span_ending(one.moment, one.late_ms / 1000)
        case Closure():
            return None if one.moment is None else span_ending(one.moment, 0.0)


def _merged(pieces: Sequence[_Piece], gap: float) -> Iterator[tuple[list[_Piece], Span]]:
    """Groups of pieces that overlap; a closure also belongs to what ended at most `gap` seconds before it."""
    group: list[_Piece] = []
    span: Span | None = None
    for piece in pieces:
        near = gap if isinstance(piece.one, Closure) else 0.0
        if span is not None and overlap(span, piece.span) >= -near:
            span = united(span, piece.span)
            group.append(piece)
            continue
        if span is not None:
            yield group, span
        group, span = [piece], piece.span
    if span is not None:
        yield group, span


def _window(seen: Sequence[_Seen], span: Span | None, limits: Limits) -> Window:
    runs = [one for one in seen if isinstance(one, Run)]
    samples = [one for one in seen if isinstance(one, Sample)]
    run = max(runs, key=lambda one: (one.auth_ms or 0.0, one.total_ms or 0.0), default=None)
    delays = [one.delay_ms for one in samples if one.delay_ms is not None]
    delays += [one.loop_max_ms for one in seen if isinstance(one, WarmUp)]
    delays += [one.late_ms for one in seen if isinstance(one, LateTimer)]
    return Window(
        span=span,
        verdict=_found(seen, limits).verdict,
        run_s=_seconds(run.total_ms) if run is not None else None,
        auth_s=_seconds(run.auth_ms) if run is not None else None,
        share=run.share if run is not None else None,
        utilisation=max((one.utilisation for one in samples if one.utilisation is not None), default=None),
        delay_s=_seconds(max(delays, default=None)),
        closures=sum(isinstance(one, Closure) for one in seen),
        warm_ups=sum(isinstance(one, WarmUp) for one in seen),
        late_timers=sum(isinstance(one, LateTimer) for one in seen),
        where=_places(seen),
    )


def _found(seen: Sequence[_Seen], limits: Limits) -> Found:
    """The signature on what one window holds."""
    return evaluate(
        Gathered(
            runs=tuple(one for one in seen if isinstance(one, Run)),
            longest_run=None,
            largest_share=None,
            oldest_run=None,
            samples=tuple(one for one in seen if isinstance(one, Sample)),
            highest_sample=None,
            idle_samples=0,
            closures=tuple(one for one in seen if isinstance(one, Closure)),
            explained=(),
            other_closures=0,
            warm_ups=tuple(one for one in seen if isinstance(one, WarmUp)),
            late_timers=tuple(one for one in seen if isinstance(one, LateTimer)),
            handshake_timeouts=0,
            inconsistent_runs=0,
            left_out=0,
        ),
        limits,
    )


def _places(seen: Sequence[_Seen]) -> tuple[Place, ...]:
    return tuple(dict.fromkeys(one.place for one in seen))[:_MOST_PLACES]


def _seconds(ms: float | None) -> float | None:
    return None if ms is None else ms / 1000


def _weight(window: Window) -> tuple[int, float, int]:
    return _VERDICTS.index(window.verdict), -(window.auth_s or 0.0) - (window.delay_s or 0.0), -window.closures


def runtime_window(window: Window) -> RuntimeWindow:
    """The same as a report shows it."""
    span = window.span
    return RuntimeWindow(
        start=shown(span.clock, span.start) if span is not None else None,
        end=shown(span.clock, span.end) if span is not None else None,
        verdict=window.verdict,
        run_seconds=window.run_s,
        auth_seconds=window.auth_s,
        auth_share=window.share,
        utilisation=window.utilisation,
        delay_seconds=window.delay_s,
        closures=window.closures,
        warm_ups=window.warm_ups,
        late_timers=window.late_timers,
        where=tuple(f"{place.log}:{place.line}" for place in window.where),
    )
