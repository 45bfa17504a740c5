"""Reviewdog Diagnostic Format (`rdjson`), which reviewdog turns into comments on GitHub, GitLab, Bitbucket and Gerrit.

See reviewdog's `proto/rdf/reviewdog.proto`: `DiagnosticResult`.  Columns count UTF-8 bytes from 1, as ours do.
"""

from typing import Final

import msgspec

from alef_audit.auditing.report import Frame
from alef_audit.reporting.encode import to_json
from alef_audit.reporting.escape import clean
from alef_audit.reporting.rendering import Rendering, Shown
from alef_audit.rulepack.kinds import Level

_SEVERITIES: Final[dict[Level, str]] = {"error": "ERROR", "warning": "WARNING", "note": "INFO"}


class _Source(msgspec.Struct, frozen=True):
    name: str
    url: str


class _Position(msgspec.Struct, frozen=True, omit_defaults=True):
    line: int
    column: int = 0


class _Range(msgspec.Struct, frozen=True):
    start: _Position


class _Location(msgspec.Struct, frozen=True):
    path: str
    range: _Range


class _Code(msgspec.Struct, frozen=True):
    value: str
    url: str


class _Related(msgspec.Struct, frozen=True):
    message: str
    location: _Location


class _Diagnostic(msgspec.Struct, frozen=True, rename="camel"):
    message: str
    location: _Location
    severity: str
    code: _Code
    related_locations: tuple[_Related, ...]


class _Result(msgspec.Struct, frozen=True):
    source: _Source
    severity: str
    diagnostics: tuple[_Diagnostic, ...]


def render_rdjson(rendering: Rendering) -> str:
    """One `DiagnosticResult`, worst findings first."""
    report = rendering.report
    url = {pattern.id: pattern.reference for pattern in report.patterns}
    found = tuple(_diagnostic(rendering, one, url.get(one.finding.pattern, "")) for one in rendering.shown())
    return to_json(_Result(_Source("alef-audit", next(iter(url.values()), "")), "WARNING", found))


def _diagnostic(rendering: Rendering, shown: Shown, url: str) -> _Diagnostic:
    finding, at, cause = shown
    root = rendering.report.roots[finding.root]
    said = [f"{clean(cause)}."] if cause else []
    said += [f"{clean(finding.message)}; reached from {clean(root.function)} ({root.kind})."]
    if finding.archetypes:
        best = finding.archetypes[0]
        said.append(f"Fix: {best.id} ({best.cost}){' at ' if best.where else ''}{clean(best.where)}.")
    return _Diagnostic(
        message=" ".join(said),
        location=_place(rendering, at.path, at.line, at.column),
        severity=_SEVERITIES[finding.level],
        code=_Code(f"{finding.pattern}/{finding.rule}", url),
        related_locations=tuple(_related(rendering, frame) for frame in finding.trace),
    )


def _related(rendering: Rendering, frame: Frame) -> _Related:
    place = _place(rendering, frame.path, frame.line, frame.column)
    return _Related(f"{clean(frame.function)} calls {clean(frame.call)}", place)


def _place(rendering: Rendering, path: str, line: int, column: int) -> _Location:
    return _Location(rendering.path(path), _Range(_Position(line, column)))
