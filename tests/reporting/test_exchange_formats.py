"""The formats that other programs read: SARIF, annotations, GitLab, reviewdog, JUnit, and text for agents."""

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest
from junitparser import JUnitXml
from syrupy.assertion import SnapshotAssertion

from alef_audit.auditing.report import AuditReport, Finding, SuppressedBy
from alef_audit.reporting import sarif, sarif_types
from alef_audit.reporting.formats import REPORT_FORMATS
from alef_audit.reporting.rendering import Rendering, lines_below, repository_prefix
from alef_audit.reporting.select import listed
from tests.reporting import reports

SCHEMA = Path(__file__).parent / "schemas" / "sarif-schema-2.1.0.json"  # OASIS, errata 01
EXCHANGED = ("sarif", "github", "gitlab", "rdjson", "junit", "agent", "markdown")
HOSTILE = "a\x1b[31m%0A::error::x]\n\r\u202e<b>`|@all [x](http://e.vil) &amp; \udcff,:"


def source(path: str) -> Sequence[str]:
    return [f"    await fs.readFileSync(path{line}) // 模" for line in range(1, 400)]


def rendering(report: AuditReport, **changes: Any) -> Rendering:
    return msgspec.structs.replace(Rendering(listed(report, "warning"), report, lines=source), **changes)


def shown(name: str, report: AuditReport, **changes: Any) -> str:
    chosen = next(entry for entry in REPORT_FORMATS if entry.name == name)
    text = chosen.render(rendering(report, **changes))
    assert isinstance(text, str)
    return text


def hostile() -> AuditReport:
    finding = reports.note(1, "error")
    frames = tuple(
        msgspec.structs.replace(frame, function=HOSTILE, path=HOSTILE, call=HOSTILE, loop=(HOSTILE,), per=(HOSTILE,))
        for frame in finding.trace
    )
    sink = msgspec.structs.replace(finding.sink, path=HOSTILE, function=HOSTILE, call=HOSTILE, instead=HOSTILE)
    fix = msgspec.structs.replace(reports.CACHE, why=HOSTILE, where=HOSTILE, key=(HOSTILE,))
    bad = msgspec.structs.replace(
        finding, message=HOSTILE, conditions=(HOSTILE,), trace=frames, per=(HOSTILE,), sink=sink, archetypes=(fix,)
    )
    roots = tuple(msgspec.structs.replace(root, function=HOSTILE, path=HOSTILE, why=HOSTILE) for root in reports.ROOTS)
    return reports.report(bad, roots=roots)


def sarif_of(report: AuditReport, **changes: Any) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(shown("sarif", report, **changes))
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    jsonschema.validators.validator_for(schema)(schema, format_checker=jsonschema.FormatChecker()).validate(document)
    run: dict[str, Any] = document["runs"][0]
    return run


@pytest.mark.parametrize("name", EXCHANGED)
def test_a_typical_report(name: str, snapshot: SnapshotAssertion) -> None:
    assert shown(name, reports.typical()) == snapshot


@pytest.mark.parametrize("name", EXCHANGED)
def test_a_clean_report(name: str, snapshot: SnapshotAssertion) -> None:
    assert shown(name, reports.report()) == snapshot


@pytest.mark.parametrize("name", EXCHANGED)
def test_hostile_text_stays_on_its_line(name: str) -> None:
    text = shown(name, hostile())
    assert text.encode("utf-8")
    spelled = "\x1b\r" if name in ("sarif", "gitlab", "rdjson") else "\x1b\r\u202e"  # in JSON a path stays as it is
    assert not any(character in text for character in spelled)
    if name != "junit":
        assert "\n::error::x" not in text


@pytest.mark.parametrize("name", EXCHANGED)
def test_what_is_muted_is_left_out(name: str) -> None:
    quiet = msgspec.structs.replace(reports.finding("00000000000000a1"), status="suppressed", status_reason="known")
    assert "loadAuthProfileStore" not in shown(name, reports.report(quiet))


# --- SARIF


def test_sarif_of_a_clean_report_describes_the_rules() -> None:
    run = sarif_of(reports.report())
    assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == [
        "ALEF-PAT-035/blocking-call-on-hot-path",
        "ALEF-PAT-035/missed-await-on-auth",
    ]
    assert run["results"] == []


def test_sarif_paths_start_at_the_repository() -> None:
    finding = reports.finding("00000000000000a1")
    run = sarif_of(reports.report(finding), prefix="packages/a b/")
    place = run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert place == "packages/a%20b/src/agents/auth-profiles/store.ts"
    assert run["automationDetails"]["id"] == "audit/035/packages/a b/"


def test_sarif_links_lead_to_related_locations() -> None:
    run = sarif_of(reports.typical())
    for result in run["results"]:
        assert "](0)" in result["message"]["text"]
        assert [place["id"] for place in result["relatedLocations"]] == list(range(len(result["relatedLocations"])))
        assert result["partialFingerprints"].keys() == {"primaryLocationLineHash", "auditFinding/v1"}


def test_sarif_regions_are_one_line_and_count_utf16() -> None:
    lines = ["模😀.readFileSync(x)"]
    assert sarif.region(lines, 1, 9, "readFileSync") == sarif_types.Region(
        start_line=1, start_column=5, end_line=1, end_column=17
    )
    assert sarif.region(lines, 1, 9, "other") == sarif_types.Region(
        start_line=1, start_column=5, end_line=1, end_column=20
    )
    assert sarif.region((), 7, 3, "x") == sarif_types.Region(start_line=7, end_line=7)


def test_sarif_carries_what_is_muted_when_asked_to() -> None:
    by = SuppressedBy("src/a.ts", 3)
    quiet = msgspec.structs.replace(
        reports.finding("00000000000000a1"), status="suppressed", status_reason="known", suppressed_by=by
    )
    run = sarif_of(reports.report(quiet), with_suppressed=True)
    assert run["results"][0]["suppressions"] == [{"kind": "inSource", "justification": "known"}]


def test_sarif_over_a_limit_says_what_it_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sarif, "_MOST_RESULTS", 40)
    monkeypatch.setattr(sarif, "_MOST_BYTES", 5_000)
    run = sarif_of(reports.report(*(reports.note(number, "warning") for number in range(1, 41))))
    kept = len(run["results"])
    assert 0 < kept < 40
    said = run["invocations"][0]["toolExecutionNotifications"][0]["message"]["text"]
    assert said.startswith(f"{40 - kept} finding")


def test_hostile_sarif_links_nowhere() -> None:
    text = sarif_of(hostile())["results"][0]["message"]["text"]
    assert re.findall(r"(?<!\\)\]\(\w+", text) == ["](0"]


# --- the others


def test_github_shows_ten_of_each_level_and_says_how_many_more() -> None:
    many: list[Finding] = [reports.note(number, "error") for number in range(1, 13)]
    many += [reports.note(number, "warning") for number in range(20, 25)]
    lines = shown("github", reports.report(*many)).splitlines()
    assert [line.partition(" ")[0] for line in lines] == ["::error"] * 10 + ["::warning"] * 5 + ["2"]


def test_gitlab_fingerprints_are_unique() -> None:
    issues = json.loads(shown("gitlab", reports.typical()))
    assert len({issue["fingerprint"] for issue in issues}) == len(issues) > 1


def test_junit_can_be_read() -> None:
    document = JUnitXml.fromstring(shown("junit", reports.typical()).encode())
    suites = list(document)
    assert [(suite.tests, suite.failures) for suite in suites] == [(3, 3)]
    clean = list(JUnitXml.fromstring(shown("junit", reports.report()).encode()))
    assert [(suite.tests, suite.failures) for suite in clean] == [(1, 0)]


def test_markdown_leaves_out_whole_findings() -> None:
    text = shown("markdown", reports.report(*(reports.note(number, "warning") for number in range(1, 400))))
    assert len(text.encode("utf-16-le")) // 2 <= 60_000
    assert text.count("<details>") == text.count("</details>") > 20
    assert "more findings left out" in text


def test_paths_of_a_folder_inside_a_repository(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    inside = tmp_path / "packages" / "a"
    inside.mkdir(parents=True)
    (inside / "x.py").write_bytes(b"a\r\nb\rc")
    assert (repository_prefix(inside), repository_prefix(tmp_path)) == ("packages/a/", "")
    lines = lines_below(inside, 1000)
    assert (lines("x.py"), list(lines("missing.py"))) == (["a", "b", "c"], [""])
