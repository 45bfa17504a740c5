"""`alef-audit/v1`: names, nesting and order are a contract."""

import json
from typing import Any

import msgspec
from syrupy.assertion import SnapshotAssertion

from alef_audit.auditing.report import AuditReport
from alef_audit.reporting.json_v1 import Document, render_json
from alef_audit.reporting.select import confident, listed
from tests.reporting import reports

CONTRACT: dict[str, list[str]] = {
    "": ["schema", "tool", "patterns", "summary", "roots", "fix_points", "findings", "diagnostics"],
    "tool": ["name", "version"],
    "summary": ["findings", "suppressed", "baselined", "discharged", "coverage"],
    "summary.findings": ["error", "warning", "note"],
    "summary.coverage": [
        "files",
        "lines",
        "not_read",
        "parse_errors",
        "calls",
        "unresolved_calls",
        "calls_to_program",
        "unresolved_to_program",
        "seconds",
    ],
    "roots.0": ["kind", "function", "path", "line", "runs_on", "why"],
    "fix_points.0": ["function", "path", "line", "archetype", "heals"],
    "findings.0": [
        "pattern",
        "rule",
        "fingerprint",
        "status",
        "level",
        "score",
        "confidence",
        "phase",
        "phase_words",
        "verdict",
        "multiplicity",
        "conditions",
        "message",
        "root",
        "sink",
        "trace",
        "also_reached_from",
        "archetypes",
        "evidence",
        "per",
    ],
    "findings.0.sink": ["kind", "call", "function", "path", "line", "column", "cost", "instead"],
    "findings.0.trace.0": ["function", "path", "def_line", "line", "column", "call", "how", "loop", "guards"],
    "findings.0.also_reached_from.0": ["root", "verdict", "level"],
    "findings.0.archetypes.0": ["id", "cost", "why", "where"],
    "diagnostics.0": ["path", "line", "kind", "message"],
}


def parsed(report: AuditReport) -> Any:
    return json.loads(render_json(report))


def test_typical(snapshot: SnapshotAssertion) -> None:
    assert render_json(reports.typical()) == snapshot


def test_unresolved_and_discharged(snapshot: SnapshotAssertion) -> None:
    assert render_json(reports.discharged()) == snapshot


def test_keys_are_those_of_the_contract_in_its_order() -> None:
    document = parsed(reports.typical())
    for place, keys in CONTRACT.items():
        value = document
        for step in place.split(".") if place else []:
            value = value[int(step)] if step.isdecimal() else value[step]
        assert list(value) == keys, place
    assert list(document["patterns"][0])[:3] == ["id", "slug", "severity"]


def test_reason_is_given_for_what_is_not_open() -> None:
    by_status = {f["status"]: f.get("status_reason") for f in parsed(reports.typical())["findings"]}
    assert by_status == {"open": None, "suppressed": "start-up only, see docs", "baselined": "baseline.json"}


def test_every_list_is_there_even_when_empty() -> None:
    document = parsed(reports.report(reports.handler(), roots=reports.ROOTS))
    assert document["fix_points"] == document["diagnostics"] == document["findings"][0]["evidence"] == []


def test_round_trip() -> None:
    text = render_json(reports.typical())
    assert msgspec.json.decode(text, type=Document).summary.coverage.seconds == 3.442
    assert text.endswith("}\n")


def test_reasons_for_not_reading_are_sorted() -> None:
    coverage = msgspec.structs.replace(reports.COVERAGE, not_read={"too large": 1, ".vue": 3})
    assert list(parsed(reports.report(coverage=coverage))["summary"]["coverage"]["not_read"]) == [".vue", "too large"]


def test_a_listing_of_a_part_counts_the_whole() -> None:
    whole = reports.typical()
    document = json.loads(render_json(listed(whole, "error"), whole))
    assert document["summary"]["findings"] == {"error": 2, "warning": 1, "note": 2}
    assert {f["level"] for f in document["findings"]} == {"error"}


def test_fix_points_heal_only_what_is_listed() -> None:
    document = parsed(confident(reports.typical(), "high"))
    assert document["fix_points"][0]["heals"] == ["00000000000000a1"]


def test_file_names_that_are_no_utf8() -> None:
    finding = reports.note(1)
    odd = msgspec.structs.replace(finding, sink=msgspec.structs.replace(finding.sink, path="src/\udcff.py"))
    assert parsed(reports.report(odd))["findings"][0]["sink"]["path"] == "src/\\udcff.py"
