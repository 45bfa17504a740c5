"""A baseline covers what it names, no more, and says when it covers nothing."""

from datetime import date
from pathlib import Path

import msgspec
import pytest

from alef_audit.auditing.baseline import Entry, accepted, entries_of, pruned, renewed
from alef_audit.auditing.baseline_file import baseline_text, read_baseline
from alef_audit.auditing.report import AuditReport, Finding
from alef_audit.diagnostics import ConfigError
from alef_audit.rulepack.kinds import Level
from tests.reporting import reports

TODAY = date(2026, 11, 21)
FILE = "alef-audit-baseline.jsonl"


def warning(number: int, level: Level = "warning") -> Finding:
    return reports.note(number, level)


def statuses(report: AuditReport) -> list[str]:
    return [finding.status for finding in report.findings]


def remarks(report: AuditReport) -> list[str]:
    return [one.message for one in report.diagnostics]


def test_what_is_accepted_counts_no_more() -> None:
    report = reports.report(warning(1), warning(2))
    again = accepted(report, entries_of(report), TODAY, FILE)
    assert statuses(again) == ["baselined", "baselined"]
    assert remarks(again) == []


def test_notes_need_no_entry() -> None:
    assert entries_of(reports.report(warning(1, "note"))) == ()


def test_lines_and_callers_do_not_matter() -> None:
    entries = entries_of(reports.report(warning(1)))
    moved = warning(1)
    sink = msgspec.structs.replace(moved.sink, line=900)
    moved = msgspec.structs.replace(moved, sink=sink, root=0, fingerprint="f" * 16, trace=moved.trace[1:])
    assert statuses(accepted(reports.report(moved), entries, TODAY, FILE)) == ["baselined"]


def test_a_second_call_of_the_same_name_is_new() -> None:
    one = warning(1)
    entries = entries_of(reports.report(one))
    two = msgspec.structs.replace(one, fingerprint="2" * 16)
    assert statuses(accepted(reports.report(one, two), entries, TODAY, FILE)) == ["baselined", "open"]
    assert [entry.count for entry in entries_of(reports.report(one, two))] == [2]


def test_what_has_become_worse_is_new() -> None:
    entries = entries_of(reports.report(warning(1)))
    assert statuses(accepted(reports.report(warning(1, "error")), entries, TODAY, FILE)) == ["open"]
    assert statuses(accepted(reports.report(warning(1, "note")), entries, TODAY, FILE)) == ["baselined"]


def test_an_entry_ends_after_its_last_day() -> None:
    report = reports.report(warning(1))
    entries = renewed((), entries_of(report), "until the rewrite", TODAY)
    assert statuses(accepted(report, entries, TODAY, FILE)) == ["baselined"]
    late = accepted(report, entries, date(2026, 11, 22), FILE)
    assert statuses(late) == ["open"]
    assert remarks(late) == [
        "the entry for fs.existsSync in check1 (src/plugins/plugin1.ts) ended on 2026-11-21",
    ]


def test_an_entry_that_covers_nothing_is_reported() -> None:
    entries = entries_of(reports.report(warning(1), warning(2)))
    after = accepted(reports.report(warning(2)), entries, TODAY, FILE)
    (said,) = remarks(after)
    assert said.startswith("the entry for fs.existsSync in check1 (src/plugins/plugin1.ts) covers nothing any more")
    assert [(one.path, one.line) for one in after.diagnostics] == [(FILE, 1)]
    assert remarks(accepted(reports.report(), entries, TODAY, FILE, whole=False)) == []


def test_reasons_and_dates_stay() -> None:
    first = renewed((), entries_of(reports.report(warning(1))), "old", TODAY)
    second = renewed(first, entries_of(reports.report(warning(1), warning(2))), "new", None)
    assert [(entry.reason, entry.until) for entry in second] == [("old", TODAY), ("new", None)]


def test_pruning_accepts_nothing_new() -> None:
    one = warning(1)
    twice = reports.report(one, msgspec.structs.replace(one, fingerprint="2" * 16), warning(3))
    kept = pruned(entries_of(twice), entries_of(reports.report(one, warning(4))))
    assert [(entry.path, entry.count) for entry in kept] == [("src/plugins/plugin1.ts", 1)]


def test_the_file_is_sorted_and_has_one_entry_a_line(tmp_path: Path) -> None:
    entries = renewed((), entries_of(reports.report(warning(2), warning(10), warning(1))), "größer", TODAY)
    text = baseline_text(tuple(reversed(entries)))
    (tmp_path / FILE).write_text(text, encoding="utf-8")
    assert text.splitlines() == sorted(text.splitlines())
    assert read_baseline(tmp_path / FILE) == entries
    assert '"line"' not in text


def test_a_reason_may_hold_any_line_end(tmp_path: Path) -> None:
    entries = renewed((), entries_of(reports.report(warning(1))), "one\u2028two\x85three\nfour", TODAY)
    (tmp_path / FILE).write_text(baseline_text(entries), encoding="utf-8")
    assert read_baseline(tmp_path / FILE) == entries


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "line 1"),
        ("[" * 100_000, "line 1"),
        ('{"path":"a"}', "line 1"),
        ("<<<<<<< HEAD\n", "line 1"),
        (baseline_text([Entry("a", "f", "c", "p", "missed-await-on-auth", "error")]) + "[]\n", "line 2"),
        ('{"path":"a","function":"f","call":"c","pattern":"p","rule":"x","level":"error"}', "rule"),
    ],
)
def test_a_broken_file_is_an_error_with_its_line(text: str, said: str, tmp_path: Path) -> None:
    (tmp_path / FILE).write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as raised:
        read_baseline(tmp_path / FILE)
    assert said in f"{raised.value.key} {raised.value.message}"


def test_a_missing_file_names_the_command_that_writes_one(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as raised:
        read_baseline(tmp_path / FILE)
    assert "audit baseline" in raised.value.remedy
