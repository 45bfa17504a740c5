"""Small English, and what counts."""

import msgspec
import pytest

from alef_audit.reporting.select import confident, counted, failing, shortfalls
from alef_audit.reporting.words import count, joined, multiplied, percentage, shortened
from tests.reporting import reports


def test_small_words() -> None:
    assert multiplied(("provider", "agent"), "x") == "x per provider x per agent"
    assert (count(1, "entry", "entries"), count(1200, "file")) == ("1 entry", "1,200 files")
    assert (joined([]), joined(["a"]), joined(["a", "b", "c"])) == ("", "a", "a, b and c")
    assert shortened("a  " + "b" * 50) == "a " + "b" * 35 + "..."


@pytest.mark.parametrize(
    ("part", "whole", "shown"),
    [
        (0, 0, "0 %"),
        (0, 9, "0 %"),
        (1, 100_000, "0.1 %"),
        (99_999, 100_000, "99.9 %"),
        (5, 5, "100 %"),
        (1, 8, "12.5 %"),
    ],
)
def test_shares_never_round_to_nothing_or_everything(part: int, whole: int, shown: str) -> None:
    assert percentage(part, whole) == shown


def test_only_open_findings_that_still_block_count() -> None:
    whole = reports.typical()
    assert [f.level for f in counted(whole)] == ["error", "error", "warning", "note", "note"]
    assert counted(reports.discharged()) == ()


def test_what_fails_a_run() -> None:
    whole = reports.typical()
    assert [len(failing(whole, level)) for level in ("error", "warning", "note")] == [2, 3, 5]


def test_less_certain_findings_leave_the_report() -> None:
    left = confident(reports.typical(), "high")
    assert "00000000000000b2" not in {f.fingerprint for f in left.findings}
    assert left.fix_points[0].heals == ("00000000000000a1",)


def test_shortfalls() -> None:
    assert shortfalls(reports.report(coverage=reports.WHOLE)) == []
    assert shortfalls(reports.report()) == [
        "3 files not read (.vue)",
        "1 file not read (too large)",
        "2 files with syntax errors",
    ]
    empty = msgspec.structs.replace(reports.WHOLE, not_read={".vue": 0})
    assert shortfalls(reports.report(coverage=empty)) == []
