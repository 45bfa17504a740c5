"""`audit evidence --format=json`, version `alef-audit/evidence/v1`: keys may be added, never renamed."""

from typing import Literal

import msgspec

from alef_audit.evidence import report as inner
from alef_audit.evidence.moment import shown
from alef_audit.evidence.observations import Place
from alef_audit.evidence.report import EvidenceVerdict
from alef_audit.evidence.stacks import Stack as SeenStack
from alef_audit.reporting.encode import json_schema, to_json


class Part(msgspec.Struct, frozen=True):
    """`value` in seconds, as a share, as a utilisation or as a count; `where` as `log:line`."""

    name: str
    holds: bool
    value: float | None
    where: tuple[str, ...]
    asks: str
    decided: tuple[str, ...]


class Window(msgspec.Struct, frozen=True):
    """Times as far as the lines tell them; null: they tell none."""

    start: str | None
    end: str | None
    verdict: EvidenceVerdict
    run_seconds: float | None
    auth_seconds: float | None
    auth_share: float | None
    utilisation: float | None
    delay_seconds: float | None
    closures: int
    warm_ups: int
    late_timers: int
    where: tuple[str, ...]


class Matched(msgspec.Struct, frozen=True):
    count: int
    first: tuple[str, ...]


class Log(msgspec.Struct, frozen=True, omit_defaults=True):
    name: str
    bytes: int
    lines: int
    problem: str = ""


class Stack(msgspec.Struct, frozen=True):
    """A call that held the loop, as a profile shows it, and the function that made it."""

    kind: str
    log: str
    blocking: str
    milliseconds: float
    count: int
    function: str
    file: str
    line: int


class Document(msgspec.Struct, frozen=True):
    schema: Literal["alef-audit/evidence/v1"]
    verdict: EvidenceVerdict
    parts: tuple[Part, ...]
    windows: tuple[Window, ...]
    matches: dict[str, Matched]  # by expression
    pattern: str
    windows_left_out: int
    notes: tuple[str, ...]
    logs: tuple[Log, ...]
    stacks: tuple[Stack, ...]  # of profiles, longest first


def evidence_schema() -> dict[str, object]:
    """JSON Schema (2020-12) of `--format=json`."""
    return json_schema(Document, "alef-audit evidence", "audit evidence LOG... --format=json")


def render_evidence_json(found: inner.EvidenceReport) -> str:
    document = Document(
        schema="alef-audit/evidence/v1",
        verdict=found.verdict,
        parts=tuple(
            Part(one.name, one.holds, one.value, _places(one.where), one.asks, one.decided) for one in found.parts
        ),
        windows=tuple(map(_window, found.windows)),
        matches={one.expression: Matched(one.count, _places(one.first)) for one in found.matches},
        pattern=found.pattern,
        windows_left_out=found.windows_left_out,
        notes=found.notes,
        stacks=tuple(map(_stack, sorted(found.stacks, key=lambda stack: (-stack.ms, -stack.count)))),
        logs=tuple(Log(one.name, one.bytes, one.lines, one.problem) for one in found.logs),
    )
    return to_json(document)


def _window(window: inner.Window) -> Window:
    span = window.span
    return Window(
        start=shown(span.clock, span.start) if span is not None else None,
        end=shown(span.clock, span.end) if span is not None else None,
        verdict=window.verdict,
        run_seconds=window.run_s,
        auth_seconds=window.auth_s,
        auth_share=round(window.share, 4) if window.share is not None else None,
        utilisation=window.utilisation,
        delay_seconds=window.delay_s,
        closures=window.closures,
        warm_ups=window.warm_ups,
        late_timers=window.late_timers,
        where=_places(window.where),
    )


def _stack(stack: SeenStack) -> Stack:
    spot = stack.spots[-1]
    line = spot.line or spot.defined
    ms = round(stack.ms, 1)
    return Stack(stack.kind, stack.place.log, stack.blocking, ms, stack.count, spot.function, spot.file, line)


def _places(places: tuple[Place, ...]) -> tuple[str, ...]:
    return tuple(f"{one.log}:{one.line}" for one in places)
