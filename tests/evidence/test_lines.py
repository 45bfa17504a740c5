"""Single lines and wrapped ones: what is read from them."""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from alef_audit.evidence.carriers.read import read_line
from alef_audit.evidence.carriers.timestamps import moment_of
from alef_audit.evidence.moment import Moment, shown
from alef_audit.evidence.observations import Closure, LateTimer, Observation, Run, RunAge, Sample, WarmUp
from alef_audit.evidence.reading import Matches, read_logs

TRACE = """\
14:00:45 [agent/embedded] [trace:embedded-run] startup stages: runId=1 phase=attempt-dispatch totalMs=45000 stages=
  workspace:2ms@2ms,
  model-resolution:900ms@902ms,
  auth:35600ms@36502ms,
  attempt-dispatch:8498ms@45000ms

14:00:46 [ws] sessions.list 12ms
"""


def read(
    folder: Path, text: str | bytes, expressions: Sequence[str] = ()
) -> tuple[list[Observation], tuple[Matches, ...]]:
    file = folder / "a.log"
    file.write_bytes(text.encode() if isinstance(text, str) else text)
    seen: list[Observation] = []
    _, matches = read_logs([str(file)], expressions, seen.append)
    return seen, matches


def only_run(folder: Path, text: str) -> Run:
    (run,) = read(folder, text)[0]
    assert isinstance(run, Run)
    return run


def test_stages_one_per_line_are_one_run(tmp_path: Path) -> None:
    run = only_run(tmp_path, TRACE)
    assert [stage.name for stage in run.stages] == ["workspace", "model-resolution", "auth", "attempt-dispatch"]
    assert (run.total_ms, run.auth_ms, run.phase, run.place.line) == (45_000, 35_600, "attempt-dispatch", 1)
    assert run.moment == Moment("day", 14 * 3_600 + 45, 0)
    assert run.consistent


def test_each_stage_may_have_the_prefix_of_its_journal(tmp_path: Path) -> None:
    lines = [f"Mar 02 14:00:45 host gateway[7]: {line.strip()}" for line in TRACE.splitlines()[:5]]
    assert only_run(tmp_path, "\n".join(lines)).auth_ms == 35_600


def test_runs_pasted_one_below_the_other_stay_apart(tmp_path: Path) -> None:
    seen, _ = read(tmp_path, "auth:7100ms@7300ms totalMs=7400\nauth:7200ms@6900ms totalMs=7500\n")
    assert [(run.total_ms, run.auth_ms, run.consistent) for run in seen if isinstance(run, Run)] == [
        (7_400, 7_100, True),
        (7_500, 6_900, False),
    ]


@pytest.mark.parametrize(
    ("text", "total", "auth"),
    [
        ("totalMs=12000 stages=auth:9100ms", 12_000, 9_100),
        ("startup stages:\n  hooks:5ms\n  auth:9100ms\n  totalMs=12000", 12_000, 9_100),
        ("stages=hooks:5ms@5ms,auth:9100ms@9105ms,attempt-dispatch:10ms@9115ms", 9_115, 9_100),
        ("stages=hooks:5ms,auth:9100ms", None, 9_100),
        ("phase=stream-ready totalMs=24000 stages=skills:60ms@60ms", 24_000, None),
        ("totalMs=12000 stages=auth-profile:4000ms@4000ms,auth:5100ms@9100ms,author:7ms@9107ms", 12_000, 9_100),
        (json.dumps({"msg": "stages", "totalMs": 12000, "stages": {"auth": 9100, "hooks": 5}}), 12_000, 9_100),
    ],
)
def test_runs_are_read_as_far_as_they_are_told(
    tmp_path: Path, text: str, total: float | None, auth: float | None
) -> None:
    run = only_run(tmp_path, text)
    assert (run.total_ms, run.auth_ms) == (total, auth)


def test_a_sample_is_no_run_although_it_names_phases_with_durations(tmp_path: Path) -> None:
    text = (
        "liveness warning: reasons=delay interval=30s eventLoopDelayP99Ms=unknown eventLoopDelayMaxMs=2877.3 "
        "eventLoopUtilization=1 active=1 recentPhases=auth:9000ms,sidecars.session-locks:48078ms "
        "work=[active=agent:main(processing/embedded_run,q=1,age=294s last=embedded_run:started)]"
    )
    sample, age = read(tmp_path, text)[0]
    assert isinstance(sample, Sample)
    assert isinstance(age, RunAge)
    assert (sample.utilisation, sample.delay_p99_ms, sample.delay_ms, sample.interval_s) == (1, None, 2_877.3, 30)
    assert age.seconds == 294


@pytest.mark.parametrize("joint", ["\n", "\n  ", "\r\n", "\n2026-03-02T14:01:42Z [diagnostic] "])
def test_a_sample_over_several_lines_is_one(tmp_path: Path, joint: str) -> None:
    fields = "eventLoopDelayP99Ms=1961.9", "eventLoopDelayMaxMs=11307.8", "eventLoopUtilization=0.985", "active=1"
    text = joint.join(
        ["2026-03-02T14:01:42Z [diagnostic] liveness warning: reasons=event_loop_delay interval=31s", *fields]
    )
    (sample,) = read(tmp_path, text)[0]
    assert isinstance(sample, Sample)
    assert (sample.utilisation, sample.delay_max_ms, sample.interval_s) == (0.985, 11_307.8, 31)
    assert sample.moment is not None


@pytest.mark.parametrize("column", range(60, 190))
def test_a_line_that_a_terminal_broke_anywhere_is_read_or_left_out(tmp_path: Path, column: int) -> None:
    """Never a wrong figure: the break may hide one, it never makes another of it."""
    text = (
        "2026-03-02T14:01:42.000Z [diagnostic] liveness warning: reasons=event_loop_delay interval=31s "
        "eventLoopDelayP99Ms=1961.9 eventLoopDelayMaxMs=11307.8 eventLoopUtilization=0.985 cpuCoreRatio=0.779 active=1"
    )
    (sample,) = read(tmp_path, f"{text[:column]}\n{text[column:]}\n")[0]
    assert isinstance(sample, Sample)
    figures = (sample.interval_s, sample.delay_p99_ms, sample.delay_max_ms, sample.utilisation)
    assert all(found in (told, None) for found, told in zip(figures, (31, 1961.9, 11307.8, 0.985), strict=True))
    assert figures.count(None) <= 1


def test_closures_are_read_with_cause_and_handshake(tmp_path: Path) -> None:
    fields = {"cause": "handshake-timeout", "handshake": "pending", "durationMs": 3121}
    document = {
        "0": json.dumps({"subsystem": "gateway/ws"}),
        "1": fields,
        "2": "closed before connect conn=4-f code=1006",
    }
    (closure,) = read(tmp_path, json.dumps({**document, "time": "2026-03-02T18:19:51.053-07:00"}))[0]
    assert isinstance(closure, Closure)
    assert (closure.code, closure.handshake, closure.cause) == (1006, "pending", "handshake-timeout")
    assert (closure.connection, closure.carrier) == ("4-f", "handshake")
    assert closure.moment is not None
    assert shown(closure.moment.clock, closure.moment.seconds) == "2026-03-03T01:19:51.053Z"


def test_warm_ups_and_late_timers_are_read(tmp_path: Path) -> None:
    text = (
        "[gateway] provider auth state pre-warmed in 81700ms eventLoopMax=46100.9ms\n"
        "[gateway] provider auth state re-warmed (auth-profile-failure) in 1200ms  eventLoopMax=900.0ms\n"
        "[fetch-timeout] fetch timeout after 10000ms (elapsed 43203ms) timer delayed 33203ms, likely starved\n"
        + json.dumps({"msg": "fetch timeout reached; aborting operation", "elapsedMs": 43203, "timerDelayMs": 33203})
    )
    first, second, third, fourth = read(tmp_path, text)[0]
    assert isinstance(first, WarmUp)
    assert isinstance(second, WarmUp)
    assert (first.again, first.ms, first.loop_max_ms) == (False, 81_700, 46_100.9)
    assert (second.again, second.ms, second.loop_max_ms) == (True, 1_200, 900)
    assert isinstance(third, LateTimer)
    assert isinstance(fourth, LateTimer)
    assert third.late_ms == fourth.late_ms == 33_203


def test_a_json_line_that_was_cut_is_read_as_far_as_it_goes(tmp_path: Path) -> None:
    fields = {"0": json.dumps({"subsystem": "diagnostic"}), "1": "liveness warning: eventLoopUtilization=0.97 active=1"}
    whole = json.dumps({**fields, "_meta": {"date": "2026-03-02T15:01:50.564Z", "logLevelId": 4}})
    (sample,) = read(tmp_path, whole[:-20])[0]
    assert isinstance(sample, Sample)
    assert sample.utilisation == 0.97
    assert sample.moment is not None
    assert sample.moment.clock == "zoned"


@pytest.mark.parametrize(
    ("text", "clock", "time"),
    [
        ("2026-03-02T14:01:42.250+05:30 [ws] x", "zoned", "2026-03-02T08:31:42.250Z"),
        ("2026-03-02 14:01:42,250 x", "local", "2026-03-02T14:01:42.250"),
        ("[2026-03-02 14:01:42.250 +0200] WARN: x", "zoned", "2026-03-02T12:01:42.250Z"),
        ("[14:01:42.250] INFO (7): x", "day", "14:01:42.250"),
        ("\x1b[90m14:01:42\x1b[39m \x1b[35m[ws]\x1b[39m x", "day", "14:01:42"),
        ("Feb 29 14:01:42 host gateway[7]: x", "year", "02-29T14:01:42"),
        ("Feb 29 14:01:42 host gateway[7]: 2026-03-02T14:01:42Z [ws] x", "zoned", "2026-03-02T14:01:42Z"),
        ("2026-03-02T14:01:42Z stdout F 14:01:41 [ws] x", "zoned", "2026-03-02T14:01:42Z"),
        ("gateway-1  | 2026-03-02T14:01:42Z [ws] x", "zoned", "2026-03-02T14:01:42Z"),
        ("0|gateway  | 14:01:42 [ws] x", "day", "14:01:42"),
        (
            '{"log":"14:01:41 [ws] x\\n","stream":"stdout","time":"2026-03-02T14:01:42.5Z"}',
            "zoned",
            "2026-03-02T14:01:42.500Z",
        ),
    ],
)
def test_times_are_read_in_front_of_messages(text: str, clock: str, time: str) -> None:
    moment = read_line(text, 3).moment
    assert moment is not None
    assert (moment.clock, shown(moment.clock, moment.seconds)) == (clock, time)
    assert moment.log == (3 if clock in ("year", "day") else -1)


@pytest.mark.parametrize(
    "text",
    ["[ws] since 2026-03-02T14:01:42Z", "2026-13-02T14:01:42Z x", "25:01:42 x", "Foo 29 14:01:42 x", "123:45:67 x", ""],
)
def test_no_time_is_guessed(text: str) -> None:
    assert read_line(text, 0).moment is None


def test_numbers_since_1970_are_told_apart_by_size() -> None:
    seconds = 1_772_460_102.0
    values: tuple[object, ...] = (seconds, round(seconds * 1e3), str(round(seconds * 1e6)), round(seconds * 1e9))
    assert {moment_of(value, 0) for value in values} == {Moment("zoned", seconds)}
    assert [moment_of(value, 0) for value in (7, True, None, "7", 1e30, ())] == [None] * 6


def test_expressions_match_raw_lines_and_what_carriers_hide(tmp_path: Path) -> None:
    text = "\n".join(
        [
            "auth:  4000ms@5000ms",
            "\x1b[33mhandshake=\x1b[39mpending closed before connect code=1000",
            json.dumps({"1": {"handshake": "pending"}, "2": "closed before connect code=1000"}),
            "handshake=pending",
            "closed before connect code=1000",
        ]
    )
    auth, handshake = read(tmp_path, text, [r"auth:\s*\d{4,}ms@\d+ms", r"handshake=pending[\s\S]{0,9}closed before"])[1]
    assert (auth.count, [place.line for place in auth.first]) == (1, [1])
    assert (handshake.count, sorted(place.line for place in handshake.first)) == (3, [2, 3, 4])


def test_an_expression_that_matches_nothing_in_particular_is_left_out(tmp_path: Path) -> None:
    assert [one.count for one in read(tmp_path, "aaa\nbbb\n", ["x*", "b+"])[1]] == [0, 1]
