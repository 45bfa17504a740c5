"""`audit why --format=json`: an addition to version `alef-audit/v1`, with types of its own."""

import msgspec

from alef_audit import __version__
from alef_audit.auditing import answer as inner
from alef_audit.auditing.report import Finding as InnerFinding
from alef_audit.reporting.encode import to_json
from alef_audit.reporting.json_findings import Finding, Frame, Root, finding_v1, frame_v1, root_v1
from alef_audit.reporting.json_v1 import SCHEMA, Tool


class Place(msgspec.Struct, frozen=True):
    function: str
    path: str
    line: int


class Reason(msgspec.Struct, frozen=True, omit_defaults=True):
    kind: str
    message: str
    path: str = ""
    line: int = 0
    trace: tuple[Frame, ...] = ()


class NearRoot(msgspec.Struct, frozen=True):
    root: Root
    verdict: str
    trace: tuple[Frame, ...]


class NearSink(msgspec.Struct, frozen=True):
    kind: str
    call: str
    function: str
    path: str
    line: int
    cost: str


class Answer(msgspec.Struct, frozen=True):
    path: str
    line: int
    role: str
    subject: str
    function: Place | None
    name: str
    conclusion: str
    reasons: tuple[Reason, ...]
    near_roots: tuple[NearRoot, ...]
    near_sinks: tuple[NearSink, ...]
    callers: tuple[Place, ...]


class Document(msgspec.Struct, frozen=True):
    """`findings` are about the line, `passing` lead over it; both count roots by their index in `roots`."""

    schema: str
    tool: Tool
    why: Answer
    roots: tuple[Root, ...]
    findings: tuple[Finding, ...]
    passing: tuple[Finding, ...]


def render_why_json(answer: inner.Answer) -> str:
    """The answer as JSON text; only the roots that its findings mention are in it."""
    shown = (*answer.findings, *answer.passing)
    used = sorted({number for finding in shown for number in _roots(finding)})
    numbers = {number: index for index, number in enumerate(used)}
    document = Document(
        schema=SCHEMA,
        tool=Tool("alef-audit", __version__),
        why=_answer(answer),
        roots=tuple(root_v1(answer.roots[number]) for number in used),
        findings=tuple(finding_v1(_renumbered(finding, numbers)) for finding in answer.findings),
        passing=tuple(finding_v1(_renumbered(finding, numbers)) for finding in answer.passing),
    )
    return to_json(document)


def _roots(finding: InnerFinding) -> tuple[int, ...]:
    return (finding.root, *(one.root for one in finding.also_reached_from), *finding.muted_roots)


def _renumbered(finding: InnerFinding, numbers: dict[int, int]) -> InnerFinding:
    return msgspec.structs.replace(
        finding,
        root=numbers[finding.root],
        also_reached_from=tuple(
            msgspec.structs.replace(one, root=numbers[one.root]) for one in finding.also_reached_from
        ),
        muted_roots=tuple(numbers[number] for number in finding.muted_roots),
    )


def _answer(answer: inner.Answer) -> Answer:
    return Answer(
        path=answer.path,
        line=answer.line,
        role=answer.role,
        subject=answer.subject,
        function=_place(answer.function) if answer.function is not None else None,
        name=answer.name,
        conclusion=answer.conclusion,
        reasons=tuple(
            Reason(one.kind, one.message, one.path, one.line, tuple(map(frame_v1, one.trace))) for one in answer.reasons
        ),
        near_roots=tuple(
            NearRoot(root_v1(one.root), one.verdict, tuple(map(frame_v1, one.trace))) for one in answer.near_roots
        ),
        near_sinks=tuple(
            NearSink(one.kind, one.call, one.function, one.path, one.line, one.cost) for one in answer.near_sinks
        ),
        callers=tuple(map(_place, answer.callers)),
    )


def _place(place: inner.Place) -> Place:
    return Place(place.function, place.path, place.line)
