"""What holds of any report: it speaks of lines that exist, and every format can show it.

Each function raises AssertionError where it does not.
"""

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import jsonschema
import msgspec

from alef_audit.auditing.report import AuditReport, Finding
from alef_audit.reporting.formats import REPORT_FORMATS
from alef_audit.reporting.json_read import read_report
from alef_audit.reporting.rendering import Rendering, lines_below
from alef_audit.reporting.select import listed
from alef_audit.reporting.text import TextOptions
from alef_audit.source import read_source

_SARIF = Path(__file__).parent.parent / "reporting" / "schemas" / "sarif-schema-2.1.0.json"
_LARGEST = 50_000_000
_IN_JSON = frozenset(("json", "sarif", "gitlab", "rdjson"))
# What would let a name in the audited tree write to a terminal, or a line that fakes another finding.
_CONTROLS = frozenset("\x1b\r\x00\x07\x9b\u202e\u2028\x85")
_PLAIN = frozenset(("text", "github", "markdown", "agent"))

Place = tuple[str, int, int]  # path, line, column; 0 for a column that is not told


def check_report(report: AuditReport, root: Path) -> None:
    """Every place lies in a file below `root`, every number of a root has one, and every format copes."""
    lines = _lines_of(root)
    for path, line, column in _places(report):
        found = lines(path)
        assert found, f"{path}: no such file"
        assert 1 <= line <= len(found), f"{path}:{line}: it has {len(found)} lines"
        assert 0 <= column <= len(found[line - 1]) + 1, f"{path}:{line}:{column}: beyond the end of the line"
    for one in report.diagnostics:
        assert 0 <= one.line <= max(1, len(lines(one.path)))
        assert "front end failed" not in one.message, one.message
        assert one.kind != "internal", one.message
    for finding in report.findings:
        assert finding.trace
        assert all(0 <= number < len(report.roots) for number in _roots_of(finding))
        assert (finding.trace[-1].path, finding.trace[-1].line) == (finding.sink.path, finding.sink.line)
    fingerprints = [(one.pattern, one.fingerprint) for one in report.findings]
    assert len(set(fingerprints)) == len(fingerprints)
    check_formats(report, root)


def check_formats(report: AuditReport, root: Path) -> None:
    """Every format shows the report; what others parse can be parsed, and JSON tells the same when it is read back."""
    options = TextOptions(discharged=True, suppressed=True, limit=None)
    for entry in REPORT_FORMATS:
        shown = entry.render(Rendering(listed(report, "note"), report, options, lines_below(root, _LARGEST)))
        text = shown if isinstance(shown, str) else "".join(line.plain + "\n" for line in shown)
        text.encode("utf-8", "backslashreplace")
        if entry.name in _IN_JSON:
            json.loads(text)
        if entry.name == "sarif":
            _sarif().validate(json.loads(text))
        if entry.name == "junit":
            ElementTree.fromstring(text)
        if entry.name == "json":
            read = read_report(text.encode("utf-8"), "report")
            assert [one.fingerprint for one in read.findings] == [one.fingerprint for one in report.findings]
        if entry.name in _PLAIN:
            assert _CONTROLS.isdisjoint(text), f"{entry.name} shows {sorted(_CONTROLS.intersection(text))}"


def _places(report: AuditReport) -> Iterator[Place]:
    for root in report.roots:
        yield root.path, root.line, 0
        if root.registered_line:
            yield root.registered_path or root.path, root.registered_line, 0
    for point in report.fix_points:
        yield point.path, point.line, 0
    for finding in report.findings:
        yield finding.sink.path, finding.sink.line, finding.sink.column
        for frame in finding.trace:
            yield frame.path, frame.def_line, 0
            yield frame.path, frame.line, frame.column
        if finding.location is not None:
            yield finding.location.path, finding.location.line, finding.location.column


def _roots_of(finding: Finding) -> tuple[int, ...]:
    return (finding.root, *(one.root for one in finding.also_reached_from), *finding.muted_roots)


def _lines_of(root: Path) -> "Any":
    @cache
    def lines(path: str) -> tuple[bytes, ...]:
        file = root / path
        return tuple(read_source(file, _LARGEST).data.split(b"\n")) if file.is_file() else ()

    return lines


@cache
def _sarif() -> Any:
    schema = msgspec.json.decode(_SARIF.read_bytes())
    return jsonschema.validators.validator_for(schema)(schema)
