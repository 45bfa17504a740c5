"""The page with evidence of a run: what was seen of each finding, the timeline of the logs, missed alarms."""

import re
from typing import Any

import msgspec
import pytest

from alef_audit.auditing.report import AuditReport, Evidence, MissedAlarm, RuntimeEvidence, RuntimeWindow
from alef_audit.reporting.html import render_html
from alef_audit.reporting.html_timeline import timeline
from alef_audit.reporting.json_read import read_report
from alef_audit.reporting.json_v1 import render_json
from tests.reporting import reports
from tests.reporting.test_exchange_formats import rendering

CONFIRMED = RuntimeWindow(
    "2026-05-19T05:30:00Z",
    "2026-05-19T05:30:47Z",
    "confirmed",
    40.0,
    30.0,
    0.75,
    0.991,
    20.0,
    3,
    1,
    0,
    ("gateway.log:12",),
)
LATE = RuntimeWindow(None, None, "partial", None, None, None, None, 10.0, 0, 0, 1, ("gateway.log:90",))
QUIET = RuntimeWindow("05:30:00", "05:30:00", "partial", None, None, None, 0.5, None, 1, 0, 0, ("gateway.log:99",))


def missed(number: int = 7) -> MissedAlarm:
    seen = Evidence("cpu-profile", "run.cpuprofile", 0, "", 1234.0, 5)
    return MissedAlarm(
        "fs.openSync", "openStore", "src/store.ts", number, "nothing is known to call it", seen, ("main",)
    )


def seen(*windows: RuntimeWindow, **changed: Any) -> AuditReport:
    runtime = RuntimeEvidence(
        ("gateway.log",), "compound", ("auth-share",), ("closures",), 4, 1, (missed(),), (), windows
    )
    return msgspec.structs.replace(reports.typical(), runtime=msgspec.structs.replace(runtime, **changed))


def page(report: AuditReport) -> str:
    return " ".join(render_html(rendering(report)).split())


def test_a_finding_says_what_was_seen_of_it() -> None:
    said = page(reports.typical())
    assert said.count('<span class="seen">seen 37,012 ms</span>') == 1
    assert '<span class="seen">Seen 37,012 ms</span> · log · <span class="place">gateway.log:812</span>' in said


def test_without_evidence_of_a_run_the_page_says_nothing_of_one() -> None:
    said = page(reports.report(reports.note(1, "error")))
    assert "At run time" not in said
    assert 'class="timeline"' not in said
    assert 'class="seen"' not in said


def test_the_verdict_the_timeline_and_what_was_missed_are_told() -> None:
    said = page(seen(CONFIRMED, LATE, windows_left_out=2))
    assert "1 finding with evidence; 4 stacks, 1 without a function of the program." in said
    assert "<strong>compound</strong>; holds: auth-share; missing: closures." in said
    assert "2 more windows show less." in said
    assert "run 40.0 s; auth 75%; utilisation 0.991; 3 closures; 1 warm-up</text>" in said
    assert re.search(
        r"fs\.openSync</span> in openStore .{0,30}src/store\.ts:7</span> .{0,20}1,234 ms, 5 times</span>", said
    )


def test_a_run_that_shows_nothing_wrong_is_told_on_a_page_without_findings() -> None:
    report = msgspec.structs.replace(seen(), findings=(), fix_points=())
    assert "At run time" in page(report)
    assert "No blocking call is reached" in page(report)


def test_only_so_many_missed_alarms_are_listed() -> None:
    said = page(seen(missed=tuple(map(missed, range(1, 24)))))
    assert said.count("openStore") == 20
    assert "3 more in the JSON report." in said


def test_bars_are_as_long_as_what_they_stand_for() -> None:
    drawn = timeline((CONFIRMED, LATE, QUIET))
    first, second, third = ({bar.kind: bar.width for bar in lane.bars} for lane in drawn.lanes)
    assert first["run"] == max(first.values())
    assert (first["auth"] / first["run"], first["held"] / first["run"]) == (0.75, 0.5)
    assert second == {"held": first["run"] / 4}
    assert third == {}
    assert [tick.label for tick in drawn.ticks] == ["0.0 s", "10.0 s", "20.0 s", "30.0 s", "40.0 s"]
    assert drawn.ticks[-1].x - drawn.ticks[0].x == first["run"]
    assert [lane.label for lane in drawn.lanes] == ["2026-05-19T05:30:00Z", "gateway.log:90", "05:30:00"]
    assert all(bar.y >= lane.y and bar.y + bar.height <= drawn.height for lane in drawn.lanes for bar in lane.bars)


def test_the_end_of_a_long_place_says_which_line_it_is() -> None:
    (lane,) = timeline((msgspec.structs.replace(LATE, where=("logs/of/some/gateway/in/may.log:90",)),)).lanes
    assert lane.label == "…/some/gateway/in/may.log:90"


@pytest.mark.parametrize("windows", [(), (QUIET,), (msgspec.structs.replace(LATE, delay_seconds=0.0),)])
def test_where_nothing_lasted_there_is_no_scale(windows: tuple[RuntimeWindow, ...]) -> None:
    drawn = timeline(windows)
    assert drawn.ticks == ()
    assert not [bar for lane in drawn.lanes for bar in lane.bars]


def test_text_of_logs_is_text() -> None:
    bad = "<b>\x1b[31m\"'"
    window = msgspec.structs.replace(CONFIRMED, start=bad, verdict=bad, where=(bad,))
    said = page(seen(window, notes=(bad,), holds=(bad,), missed=(msgspec.structs.replace(missed(), why=bad),)))
    assert "<b>" not in said
    assert "\x1b" not in said
    assert 'class="lane &lt;b&gt;' in said


def test_the_json_report_keeps_the_timeline() -> None:
    report = seen(CONFIRMED, LATE, windows_left_out=2)
    assert read_report(render_json(report).encode(), "report.json").runtime == report.runtime
