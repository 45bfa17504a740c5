"""`audit prove` for the terminal: how long the loop was held, by which calls, and what has changed since before."""

from collections.abc import Iterator, Sequence
from typing import Final

from rich.text import Text

from alef_audit.evidence.profiles.proof import Proof
from alef_audit.evidence.stacks import Stack
from alef_audit.reporting.evidence_words import Call, calls
from alef_audit.reporting.layout import Piece, labelled, styled
from alef_audit.reporting.words import count

_COLUMN: Final = 15
_MOST: Final = 10


def render_proof_text(
    proof: Proof, stacks: Sequence[Stack], width: int, before: Proof | None = None, next_command: str = ""
) -> tuple[Text, ...]:
    """One run, or two where `before` is given: then every figure is shown as `before -> now`."""
    return tuple(_lines(proof, stacks, width, before, next_command))


def _lines(
    proof: Proof, stacks: Sequence[Stack], width: int, before: Proof | None, next_command: str
) -> Iterator[Text]:
    probe = proof.probe
    late = f"{probe.late:,} of {count(probe.ticks, 'tick')} late"
    timer = _pair(_took(before.probe.worst_ms) if before else "", _took(probe.worst_ms))
    yield styled((f"a timer of {probe.interval_ms:g} ms took at most {timer}", "strong"), f"  ({late})")
    held = _pair(_took(before.delay.max_ms) if before else "", _took(proof.delay.max_ms))
    used = _pair(f"{before.utilisation:.2f}" if before else "", f"{proof.utilisation:.2f}")
    yield from labelled("loop held", [f"for up to {held}"], width, _COLUMN)
    yield from labelled("utilisation", [used, f"over {proof.seconds:,.1f} s"], width, _COLUMN)
    ordered = calls(stacks)
    for number, call in enumerate(ordered[:_MOST]):
        yield from labelled("calls" if number == 0 else "", _call(call), width, _COLUMN)
    if not stacks:
        yield from labelled("calls", ["none that held the loop after the start"], width, _COLUMN)
    if len(ordered) > _MOST:
        yield from labelled("", [f"and {len(ordered) - _MOST:,} more"], width, _COLUMN)
    yield from labelled("next", [next_command] if next_command else [], width, _COLUMN, split=False)


def _pair(before: str, now: str) -> str:
    return f"{before} -> {now}" if before else now


def _took(ms: float) -> str:
    return f"{ms:,.0f} ms" if ms < 10_000 else f"{ms / 1000:,.1f} s"


def _call(call: Call) -> list[Piece]:
    where = f"{call.function} ({call.place})"
    return [(call.call, "strong"), (f"{call.ms:,.0f} ms", "hot"), count(call.count, "time"), where]
