"""`audit evidence`: where logs come from, formats, exit codes."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from alef_audit.cli.main import app
from tests.evidence import gateway_logs
from tests.evidence.test_profiles import cpu_profile, node

CONFIRMED = gateway_logs.written(gateway_logs.confirmed())


def run(*arguments: str, given: str | bytes | None = None) -> Result:
    return CliRunner().invoke(app, ["evidence", *arguments], input=given, prog_name="audit")


@pytest.fixture
def log(tmp_path: Path) -> str:
    (tmp_path / "gateway.log").write_text(CONFIRMED, encoding="utf-8")
    return str(tmp_path / "gateway.log")


def test_any_verdict_is_an_answer(log: str, tmp_path: Path) -> None:
    (tmp_path / "quiet.log").write_text("12:00:00 [ws] sessions.list 12ms\n")
    assert (found := run(log, "--pattern=035")).exit_code == 0
    assert found.stdout.startswith("confirmed  ALEF-PAT-035")
    assert (quiet := run(str(tmp_path / "quiet.log"))).exit_code == 0
    assert quiet.stdout.startswith("absent")


def test_json_explanation_and_output_file(log: str, tmp_path: Path) -> None:
    assert json.loads(run(log, "--format=json").stdout)["verdict"] == "confirmed"
    assert "spends 79.1% on auth" in " ".join(run(log, "--explain").stdout.split())
    assert run(log, "-f", "json", "-o", str(tmp_path / "out.json")).stdout == ""
    assert json.loads((tmp_path / "out.json").read_text())["schema"] == "alef-audit/evidence/v1"


def test_standard_input_and_globs(log: str, tmp_path: Path) -> None:
    assert run("-", given=CONFIRMED).stdout.startswith("confirmed")
    assert run(str(tmp_path / "*.log")).stdout.startswith("confirmed")


def test_a_profile_shows_the_calls_that_held_the_loop(log: str, tmp_path: Path) -> None:
    document = cpu_profile(
        node(1, "(root)", "", -1, (2,)),
        node(2, "handle", "file:///srv/app.mjs", 4, (3,)),
        node(3, "readFileSync", "node:fs", 440),
        samples=(3, 3, 3),
    )
    profile = tmp_path / "a.cpuprofile"
    profile.write_text(json.dumps(document))
    alone = run(str(profile)).stdout
    assert alone.startswith("absent")
    assert "20 ms  readFileSync  handle (/srv/app.mjs:5)" in alone
    both = json.loads(run(str(profile), log, "--format=json").stdout)
    assert both["verdict"] == "confirmed"
    assert (both["stacks"][0]["blocking"], both["stacks"][0]["milliseconds"]) == ("readFileSync", 20.0)


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        ((), 2, "Missing argument"),
        (("LOG", "--pattern=zzz"), 2, "no pattern 'zzz'"),
        (("LOG", "--format=xml"), 2, "unknown format 'xml'"),
        ((".",), 2, "is a folder"),
        (("nowhere.log",), 3, "no log to read: nowhere.log"),
        (("none-*.log",), 3, "no log to read: none-*.log"),
        (("-",), 3, "no log to read: standard input: empty"),
    ],
)
def test_mistakes_are_told_apart(log: str, arguments: tuple[str, ...], code: int, said: str) -> None:
    result = run(*(log if one == "LOG" else one for one in arguments), given="")
    assert (result.exit_code, said in result.stderr) == (code, True), result.stderr
