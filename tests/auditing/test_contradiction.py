"""Two tests of a path that exclude each other: nothing takes it."""

from pathlib import Path

import pytest

from alef_audit.config import Platform
from alef_audit.pipeline.auditing import audit
from tests.requests import request_for

PROGRAM = """
import settings
from fastapi import FastAPI

app = FastAPI()


def voices(request):
    if {inner}:
        return open("voices.json").read()
    return []


@app.get("/voices")
async def handle(request):
    if {outer}:
        return voices(request)
    return {other}
"""


@pytest.mark.parametrize(
    ("outer", "inner", "other", "found"),
    [
        ('settings.ENGINE == "a"', 'settings.ENGINE == "b"', "None", False),
        ('settings.ENGINE == "a"', 'settings.ENGINE == "a"', "None", True),
        ('settings.ENGINE != "a"', 'settings.ENGINE == "a"', "None", False),
        ('settings.ENGINE == "a"', 'settings.ENGINE != "a"', "None", False),
        ('settings.ENGINE != "b"', 'settings.ENGINE == "a"', "None", True),
        ('request.app.state.config.engine == "a"', 'request.app.state.config.engine == "b"', "None", False),
        # a name that may be another thing in each function
        ('request.kind == "a"', 'request.kind == "b"', "None", True),
        ('request.app.state.config.engine == "a"', 'request.app.state.config.other == "b"', "None", True),
        # there is another way
        ('settings.ENGINE == "a"', 'settings.ENGINE == "b"', "voices(request)", True),
    ],
)
def test_a_path_is_taken_unless_its_tests_exclude_each_other(
    outer: str, inner: str, other: str, found: bool, tmp_path: Path
) -> None:
    text = PROGRAM.format(outer=outer, inner=inner, other=other)
    (tmp_path / "main.py").write_text(text, encoding="utf-8")
    report = audit(request_for(tmp_path, patterns=("035",)), lambda *_: None)
    reads = [finding for finding in report.findings if finding.sink.call == "open"]
    assert bool(reads) is found
    if reads and other != "None":
        assert [frame.line for frame in reads[0].trace] == [text[: text.rindex(f"return {other}")].count("\n") + 1, 10]


BY_PLATFORM = """
import { execFileSync, execSync } from "node:child_process";
import http from "node:http";

function reload(name: string) {
  if (process.platform === "win32") execFileSync("powershell", [name]);
  else execSync(name);
}
function restartAgent() { reload("agent"); }
function restartTask() { reload("task"); }
const SERVICES = { darwin: { restart: restartAgent }, linux: { restart: () => undefined } };
const TASKS = { win32: restartTask, linux: () => undefined };
http.createServer((req, res) => { SERVICES[process.platform].restart(); res.end(); }).listen(1);
http.createServer((req, res) => { %s; res.end(); }).listen(1);
"""


@pytest.mark.parametrize(
    ("other", "platform", "found"),
    [
        ("0", "any", {"child_process.execSync": ('process.platform === "darwin"', 'process.platform !== "win32"')}),
        ("0", "linux", {}),
        (
            "TASKS[process.platform]()",
            "any",
            {
                "child_process.execSync": ('process.platform === "darwin"', 'process.platform !== "win32"'),
                "child_process.execFileSync": ('process.platform === "win32"',),
            },
        ),
    ],
)
def test_what_stands_under_a_platform_s_name_runs_there_only(
    other: str, platform: Platform, found: dict[str, tuple[str, ...]], tmp_path: Path
) -> None:
    (tmp_path / "main.ts").write_text(BY_PLATFORM % other, encoding="utf-8")
    report = audit(request_for(tmp_path, patterns=("035",), platform=platform), lambda *_: None)
    assert {finding.sink.call: finding.conditions for finding in report.findings} == found
