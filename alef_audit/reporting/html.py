"""One self-contained page: overview, picture of the hot paths, filterable findings with their source."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Final

import msgspec

from alef_audit.auditing.report import AuditReport, Evidence, Finding, Frame, RuntimeEvidence, location
from alef_audit.reporting.html_page import render_page, script_of
from alef_audit.reporting.html_picture import WIDTH, picture, places
from alef_audit.reporting.html_timeline import Timeline, timeline
from alef_audit.reporting.rendering import Rendering
from alef_audit.reporting.select import counted, per_level
from alef_audit.reporting.words import count, multiplied, percentage

_AROUND: Final = 2  # lines of source before and behind a call
_LONGEST_LINE: Final = 200
_MOST_POINTS: Final = 12
_MOST_MISSED: Final = 20


class Line(msgspec.Struct, frozen=True):
    number: int
    text: str
    is_call: bool


class Step(msgspec.Struct, frozen=True):
    """A frame with the source around its call."""

    frame: Frame
    path: str
    per: str
    lines: tuple[Line, ...]


class Seen(msgspec.Struct, frozen=True):
    """A finding's evidence: what says so, for how long or how often, and where it stands."""

    kind: str
    amount: str
    place: str
    text: str


class Missed(msgspec.Struct, frozen=True):
    """A blocking call that was seen and is no finding."""

    call: str
    function: str
    place: str
    seen: Seen
    why: str


class Row(msgspec.Struct, frozen=True):
    """A finding as the list shows it."""

    finding: Finding
    place: str
    root: str
    kind: str
    why: str
    nodes: tuple[str, str, str]
    search: str  # what the filter looks through, in lower case
    steps: tuple[Step, ...]
    others: str  # how many other roots reach it
    seen: tuple[Seen, ...]  # at run time


class Told(msgspec.Struct, frozen=True):
    """What the logs and profiles of a run say beside the findings."""

    runtime: RuntimeEvidence
    with_evidence: str
    stacks: str
    timeline: Timeline
    missed: tuple[Missed, ...]
    more_missed: int


def render_html(rendering: Rendering) -> str:
    """The page."""
    report = rendering.report
    findings = counted(report)
    named = places(report, findings)
    return render_page(
        "report.html",
        script=script_of("report.js"),
        report=report,
        totals=per_level(counted(rendering.whole)),
        phases=Counter(finding.phase for finding in findings).most_common(),
        kinds=sorted({report.roots[finding.root].kind for finding in findings}),
        points=[point for point in report.fix_points if len(point.heals) > 1][:_MOST_POINTS],
        told=_told(report),
        rows=[_row(rendering, finding, nodes) for finding, nodes in zip(findings, named, strict=True)],
        picture=picture(findings, named),
        width=WIDTH,
        unresolved=percentage(report.coverage.unresolved_calls, report.coverage.calls),
        looked=f"{count(report.coverage.files, 'file')}, {count(report.coverage.lines, 'line')}",
    )


def _row(rendering: Rendering, finding: Finding, nodes: tuple[str, str, str]) -> Row:
    at, root = location(finding), rendering.report.roots[finding.root]
    place = f"{at.path}:{at.line}"
    texts = (place, finding.message, root.function, finding.phase, *(frame.function for frame in finding.trace))
    return Row(
        finding=finding,
        place=place,
        root=root.function,
        kind=root.kind,
        why=root.why,
        nodes=nodes,
        search=" ".join((*texts, *(frame.path for frame in finding.trace))).lower(),
        steps=tuple(_steps(rendering.lines, finding.trace)),
        others=count(len(finding.also_reached_from), "more root") if finding.also_reached_from else "",
        seen=tuple(map(_seen, finding.evidence)),
    )


def _seen(evidence: Evidence) -> Seen:
    took = [f"{evidence.milliseconds:,.0f} ms"] if evidence.milliseconds else []
    times = [f"{evidence.count:,} times"] if evidence.count > 1 else []
    return Seen(evidence.kind, ", ".join(took + times), f"{evidence.path}:{evidence.line}", evidence.text)


def _told(report: AuditReport) -> Told | None:
    """Nothing without `--evidence`."""
    runtime = report.runtime
    if runtime is None:
        return None
    missed = tuple(
        Missed(one.call, one.function, f"{one.path}:{one.line}", _seen(one.evidence), one.why)
        for one in runtime.missed[:_MOST_MISSED]
    )
    return Told(
        runtime=runtime,
        with_evidence=count(sum(bool(finding.evidence) for finding in report.findings), "finding"),
        stacks=count(runtime.stacks, "stack"),
        timeline=timeline(runtime.windows),
        missed=missed,
        more_missed=len(runtime.missed) - len(missed),
    )


def _steps(lines: Callable[[str], Sequence[str]], trace: Sequence[Frame]) -> Iterator[Step]:
    for frame in trace:
        source = lines(frame.path)
        first, last = max(1, frame.line - _AROUND), min(len(source), frame.line + _AROUND)
        shown = tuple(
            Line(number, source[number - 1].expandtabs(4)[:_LONGEST_LINE], number == frame.line)
            for number in range(first, last + 1)
            if frame.line <= len(source)
        )
        yield Step(frame, frame.path, multiplied(frame.per, "×"), shown)
