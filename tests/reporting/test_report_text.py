"""The terminal report: what it looks like, what it leaves out and what it never prints."""

import msgspec
import pytest
from syrupy.assertion import SnapshotAssertion

from alef_audit.auditing.report import AuditReport, Coverage
from alef_audit.reporting.layout import width_of
from alef_audit.reporting.text import TextOptions, render_text
from tests.reporting import reports

ALL_COMMANDS = ("scan", "explain", "patterns", "why")


def text_of(report: AuditReport, **options: object) -> str:
    settings = msgspec.convert({"width": 100, "commands": ALL_COMMANDS} | options, TextOptions)
    return "\n".join(line.plain for line in render_text(report, settings)) + "\n"


def test_typical(snapshot: SnapshotAssertion) -> None:
    assert text_of(reports.typical()) == snapshot


def test_narrow_without_unicode(snapshot: SnapshotAssertion) -> None:
    text = text_of(reports.typical(), width=60, unicode=False)
    assert text == snapshot
    assert text.isascii()


def test_large_is_compact(snapshot: SnapshotAssertion) -> None:
    assert text_of(reports.large()) == snapshot


def test_clean(snapshot: SnapshotAssertion) -> None:
    assert text_of(reports.report(coverage=reports.WHOLE)) == snapshot


def test_clean_for_want_of_entry_points(snapshot: SnapshotAssertion) -> None:
    assert text_of(reports.report(roots=(), coverage=reports.WHOLE)) == snapshot


def test_only_notes(snapshot: SnapshotAssertion) -> None:
    assert text_of(reports.report(reports.note(1), reports.note(2))) == snapshot


def test_discharged_and_unresolved(snapshot: SnapshotAssertion) -> None:
    assert text_of(reports.discharged(), discharged=True) == snapshot


def test_discharged_ones_are_listed_only_on_request() -> None:
    assert "Discharged by a guard on the path" not in text_of(reports.discharged())


def test_all_paths_on_request() -> None:
    text = text_of(reports.large(), limit=None)
    assert text.count("next  audit why") == 40
    assert "--all" not in text


def test_notes_on_request() -> None:
    text = text_of(reports.typical(), level="note")
    assert "not listed" not in text
    assert text.count("\nnote  ") == 2


def test_level_error_counts_what_it_hides() -> None:
    assert "1 warning and 2 notes not listed: --level note lists them." in text_of(reports.typical(), level="error")


def test_quiet_is_findings_only() -> None:
    text = text_of(reports.typical(), quiet=True)
    assert "Summary" not in text
    assert "notes" not in text
    assert text_of(reports.report(), quiet=True) == "\n"


def test_only_existing_commands_are_suggested() -> None:
    text = text_of(reports.typical(), commands=("explain",))
    assert "audit why" not in text
    assert "audit explain 035" in text


def test_suppressed_and_baselined_are_counted_not_listed() -> None:
    text = text_of(reports.typical())
    assert text.count("fs.readFileSync blocks the event loop") == 1
    assert "1 suppressed · 1 baselined" in text


def test_many_diagnostics_are_cut() -> None:
    many = tuple(msgspec.structs.replace(reports.typical().diagnostics[0], line=line) for line in range(1, 9))
    text = text_of(reports.report(diagnostics=many))
    assert text.count("(parse-error)") == 5
    assert "and 3 more" in text


@pytest.mark.parametrize("width", [40, 60, 80, 100, 160])
def test_lines_keep_to_the_width(width: int) -> None:
    """Only what people open or copy may be wider (a place, a citation), or a single long word."""
    for line in text_of(reports.typical(), width=width).splitlines():
        copied = (
            ".ts:" in line or line.lstrip().startswith(("fixes pattern", "cite as", "ref:")) or len(line.split()) == 1
        )
        assert copied or width_of(line) <= width, line
        assert line == line.rstrip()


def test_counts_are_grammatical() -> None:
    coverage = Coverage(
        files=1,
        lines=1,
        not_read={},
        parse_errors=1,
        calls=1000,
        unresolved_calls=1,
        calls_to_program=10,
        unresolved_to_program=0,
        seconds=0.04,
    )
    text = text_of(reports.report(reports.note(1, "error"), coverage=coverage))
    assert "1 error · 0 warnings · 0 notes" in text
    assert "1 file, 1 line in 0.0 s · 1 file with syntax errors" in text
    assert "0.1 % unresolved" in text


def test_same_report_same_text() -> None:
    assert text_of(reports.large()) == text_of(reports.large())
