"""The verdict on logs that show all of the signature, and on logs that lack one part of it."""

from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from alef_audit.evidence.judge import judge
from alef_audit.evidence.report import EvidenceReport, Part
from alef_audit.rulepack.load import bundled_rules, load_rulepack
from tests.evidence import gateway_logs as logs
from tests.evidence.gateway_logs import Line

(PATTERN,) = load_rulepack([bundled_rules()]).patterns


def judged(folder: Path, *texts: str) -> EvidenceReport:
    names = []
    for number, text in enumerate(texts):
        file = folder / f"gateway-{number}.log"
        file.write_text(text, encoding="utf-8")
        names.append(str(file))
    return judge(names, PATTERN)


def part(report: EvidenceReport, name: str) -> Part:
    (found,) = (one for one in report.parts if one.name == name)
    return found


def holding(report: EvidenceReport) -> set[str]:
    return {one.name for one in report.parts if one.holds}


@pytest.mark.parametrize("carrier", logs.CARRIERS)
def test_all_parts_in_one_window_confirm(tmp_path: Path, carrier: Callable[[Line], str]) -> None:
    report = judged(tmp_path, logs.written(logs.confirmed(), carrier))
    assert report.verdict == "confirmed"
    assert holding(report) == {"run", "auth-share", "utilisation", "closures", "same-window"}
    assert [part(report, name).value for name in ("run", "utilisation", "closures")] == [45.0, 0.991, 3.0]
    assert part(report, "auth-share").value == pytest.approx(0.7911, abs=1e-4)
    (window,) = report.windows
    assert (window.verdict, window.closures, window.run_s) == ("confirmed", 3, 45.0)
    assert window.span is not None
    assert window.span.seconds == pytest.approx(47.0)


@pytest.mark.parametrize(
    ("verdict", "lines"),
    [
        ("compound", [logs.run(100, 29_000, 23_000), *logs.confirmed()[1:]]),
        ("compound", [logs.run(100, 30_000, 23_000), *logs.confirmed()[1:]]),
        ("partial", [logs.run(100, 45_000, 31_500), *logs.confirmed()[1:]]),
        ("partial", [logs.run(100), logs.sample(102, "0.95"), *logs.confirmed()[2:]]),
        ("compound", logs.confirmed()[:-1]),
        ("compound", [*logs.confirmed()[:-1], logs.closure(100, 1000)]),
        ("compound", [logs.run(100), logs.sample(102), logs.closure(60), logs.closure(80), logs.closure(121)]),
        ("compound", [logs.run(100), logs.sample(102), logs.closure(30), logs.closure(91), logs.closure(152)]),
        ("partial", [logs.run(100), logs.sample(7_200), *logs.confirmed()[2:]]),
        ("partial", [logs.run(100), logs.sample(131), *logs.confirmed()[2:]]),
        ("compound", [logs.run(100), logs.sample(102), *(logs.closure(7_200 + i) for i in range(3))]),
        ("partial", [logs.run(100, 45_000, 900), logs.run(7_200, 9_000, 8_000), *logs.confirmed()[1:]]),
    ],
    ids=[
        "run of 29 s",
        "run of 30 s",
        "auth of 70 %",
        "utilisation of 0.95",
        "two closures",
        "the third closes with 1000",
        "61 s apart",
        "one a minute",
        "utilisation two hours later",
        "utilisation right behind",
        "closures two hours later",
        "the long run is not the one with much auth",
    ],
)
def test_any_part_weakened_does_not_confirm(tmp_path: Path, verdict: str, lines: list[Line]) -> None:
    report = judged(tmp_path, logs.written(lines))
    assert report.verdict == verdict
    assert "same-window" not in holding(report)


def test_closures_exactly_a_minute_apart_are_within_a_minute(tmp_path: Path) -> None:
    lines = [logs.run(100), logs.sample(102), logs.closure(60), logs.closure(80), logs.closure(120)]
    assert judged(tmp_path, logs.written(lines)).verdict == "confirmed"


def test_a_little_auth_is_no_evidence_however_large_its_share(tmp_path: Path) -> None:
    lines = [logs.run(100, 1_200, 990), logs.sample(101, delay="980.0"), *logs.confirmed()[2:]]
    report = judged(tmp_path, logs.written(lines))
    assert report.verdict == "partial"
    assert not part(report, "auth-share").holds


@pytest.mark.parametrize("delay", ["0", "21.1", "40"])
def test_utilisation_without_a_delay_is_an_idle_process(tmp_path: Path, delay: str) -> None:
    idle = judged(tmp_path, logs.written([logs.sample(102, "1", delay)]))
    assert (idle.verdict, holding(idle), idle.windows) == ("absent", set(), ())
    assert "an idle process" in part(idle, "utilisation").decided[0]
    lines = [logs.run(100), logs.sample(102, "1", delay), *logs.confirmed()[2:]]
    assert judged(tmp_path, logs.written(lines)).verdict == "partial"


def test_without_times_nothing_meets_and_that_is_said(tmp_path: Path) -> None:
    report = judged(tmp_path, logs.written(logs.confirmed(), logs.untimed))
    assert report.verdict == "partial"
    assert holding(report) == {"run", "auth-share", "utilisation"}
    assert report.notes == ("5 of 5 lines that matter bear no time: they meet nothing else",)
    assert all(window.span is None for window in report.windows)
    assert "bear no time" in part(report, "closures").decided[1]
    assert "cannot be told" in part(report, "same-window").decided[0]


def test_times_of_different_clocks_are_not_compared(tmp_path: Path) -> None:
    first, *others = sorted(logs.confirmed(), key=lambda line: "embedded-run" not in line[2])
    report = judged(tmp_path, logs.written([first], logs.console) + logs.written(others, logs.time_of_day))
    assert report.verdict == "partial"
    assert "times of 2 clocks" in report.notes[0]


def test_times_of_day_of_two_logs_have_nothing_in_common(tmp_path: Path) -> None:
    first, *others = logs.confirmed()
    texts = logs.written([first], logs.time_of_day), logs.written(others, logs.time_of_day)
    assert judged(tmp_path, *texts).verdict == "partial"
    dated = logs.written([first], logs.tslog), logs.written(others, logs.console)
    assert judged(tmp_path, *dated).verdict == "confirmed"


def test_the_same_time_on_another_day_is_another_window(tmp_path: Path) -> None:
    later = [(at + 86_400, where, said) for at, where, said in logs.confirmed()[1:]]
    night = [(10 * 3_600 + minute * 60, "ws", "sessions.list 12ms") for minute in range(700)]
    assert judged(tmp_path, logs.written([logs.run(100), *night, *later], logs.time_of_day)).verdict == "partial"
    assert judged(tmp_path, logs.written([logs.run(100), *night, *logs.confirmed()[1:]], logs.time_of_day)).verdict == (
        "confirmed"
    )


def test_a_window_over_midnight_is_one(tmp_path: Path) -> None:
    shift = 9 * 3_600 + 59 * 60 + 20  # the run ends at 00:01:00
    lines = [(at - 40 + shift, where, said) for at, where, said in logs.confirmed()]
    lines += [(hour * 3_600.0, "ws", "sessions.list 12ms") for hour in range(13)]
    report = judged(tmp_path, logs.written(lines, logs.time_of_day))
    assert report.verdict == "confirmed"
    (window,) = report.windows
    assert window.span is not None
    assert window.span.start < 86_400 < window.span.end


def test_one_connection_counts_once(tmp_path: Path) -> None:
    """The console and the log file of one process tell the same closures; frames repeat them."""
    lines = [logs.run(100), logs.sample(102), logs.closure(60, connection="a1"), logs.closure(80, connection="a2")]
    frames = [(at, "ws", "→ close code=1006 durationMs=311 handshake=pending") for at in (60.0, 80.0)]
    twice = logs.written([*lines, *frames], logs.console), logs.written(lines, logs.tslog)
    report = judged(tmp_path, *twice)
    assert report.verdict == "compound"
    assert part(report, "closures").value == 2


def test_frames_count_where_nothing_else_tells_the_closure(tmp_path: Path) -> None:
    frames = [(at, "ws", "→ close code=1006 durationMs=311 handshake=connected") for at in (60.0, 80.0, 101.0)]
    assert judged(tmp_path, logs.written([logs.run(100), logs.sample(102), *frames])).verdict == "confirmed"


@pytest.mark.parametrize("cause", ["invalid-handshake", "pairing-required"])
def test_closures_with_a_cause_of_their_own_do_not_count(tmp_path: Path, cause: str) -> None:
    fields = f'{{"cause":"{cause}","handshake":"failed","durationMs":30022}} '
    lines = [(at, where, fields + said) for at, where, said in (logs.closure(60), logs.closure(80), logs.closure(101))]
    report = judged(tmp_path, logs.written(lines))
    assert report.verdict == "absent"
    assert cause in part(report, "closures").decided[1]
    timed_out = [(at, where, said.replace(cause, "handshake-timeout")) for at, where, said in lines]
    assert judged(tmp_path, logs.written([*timed_out, logs.run(100), logs.sample(102)])).verdict == "confirmed"


def test_a_stage_longer_than_its_run_counts_as_the_smaller_figure(tmp_path: Path) -> None:
    at, where, said = logs.run(100, 45_000, 35_600)
    odd = (at, where, said.replace("auth:35600ms@36502ms", "auth:35600ms@20100ms"))
    report = judged(tmp_path, logs.written([odd, *logs.confirmed()[1:]]))
    assert report.verdict == "partial"
    assert part(report, "auth-share").value == pytest.approx(20.1 / 45, abs=1e-4)
    assert "the smaller figure counts" in part(report, "auth-share").decided[1]


@pytest.mark.parametrize(
    ("verdict", "text"),
    [
        ("partial", "phase=attempt-dispatch totalMs=14100 stages=hooks:2ms@2ms,auth:3900ms@3902ms"),
        ("partial", "auth:7100ms@7300ms totalMs=7400\nauth:7200ms@7350ms totalMs=7500\n"),
        (
            "partial",
            "12:01:40 [ws] provider auth state re-warmed (auth-profile-failure) in 61200ms eventLoopMax=31004.8ms",
        ),
        (
            "partial",
            "[fetch-timeout] fetch timeout after 10000ms (elapsed 31000ms) timer delayed 21000ms, likely starved",
        ),
        ("partial", "[ws] closed before connect conn=1 code=1006 reason=n/a"),
        ("partial", logs.sample(0, "0.31", "2711.0")[2]),
        ("partial", "stalled session: sessionId=1 state=processing age=94s queueDepth=1 activeWorkKind=embedded_run"),
        ("absent", "stalled session: sessionId=1 state=processing age=21s queueDepth=1 activeWorkKind=embedded_run"),
        ("absent", "phase=attempt-dispatch totalMs=141 stages=hooks:2ms@2ms,auth:39ms@41ms"),
        ("absent", "provider auth state pre-warmed in 81ms eventLoopMax=21.0ms"),
        ("absent", "[ws] closed before connect conn=1 code=1013 reason=n/a"),
        ("absent", "[ws] handshake timeout conn=1 remote=10.0.0.7"),
        ("absent", "auth: token accepted\n10:00:00 [ws] sessions.list 12ms\n"),
    ],
)
def test_what_is_seen_of_it_is_partial_and_the_rest_absent(tmp_path: Path, verdict: str, text: str) -> None:
    assert judged(tmp_path, text).verdict == verdict


def test_a_pattern_without_figures_is_looked_for_by_its_expressions(tmp_path: Path) -> None:
    plain = msgspec.structs.replace(PATTERN, signature=msgspec.structs.replace(PATTERN.signature, limits=None))
    (tmp_path / "a.log").write_text(logs.written(logs.confirmed()), encoding="utf-8")
    report = judge([str(tmp_path / "a.log")], plain)
    assert (report.verdict, report.parts) == ("partial", ())
    assert report.matches[0].count == 1
    (tmp_path / "a.log").write_text("nothing\n", encoding="utf-8")
    assert judge([str(tmp_path / "a.log")], plain).verdict == "absent"
