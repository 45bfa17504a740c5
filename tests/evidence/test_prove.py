"""`audit prove`: real Node and Python processes under the monitors, the planted call, and its fixed twin."""

import base64
import json
import os
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from alef_audit.cli.main import app
from alef_audit.pipeline.auditing import audit
from tests.evidence.test_join import vlq
from tests.requests import request_for

NODE = shutil.which("node")
SERVER = """\
import http from "node:http";
import { readToken } from "./token.mjs";
readToken();
async function handle(req, res) {
  res.end(await readToken());
}
const server = http.createServer((req, res) => { handle(req, res); });
server.listen(0, async () => {
  for (let i = 0; i < 2; i++) await (await fetch(`http://127.0.0.1:${server.address().port}/`)).text();
  server.close();
  server.closeAllConnections();
});
"""
BLOCKING = """\
import { execFileSync } from "node:child_process";
export function readToken() {
  return execFileSync(process.execPath, ["-e", "Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 400)"]);
}
"""
FIXED = """\
import { execFile } from "node:child_process";
import { promisify } from "node:util";
const run = promisify(execFile);
export async function readToken() {
  return (await run(process.execPath, ["-e", "0"])).stdout;
}
"""
SERVICE = """\
import asyncio, os, sys, time
assert "ALEF_AUDIT_PROOF" not in os.environ and os.environ["PYTHONPATH"] == os.environ["EXPECTED"], os.environ
def read_token():
    time.sleep(0.4)
async def main():
    await asyncio.sleep(0.15)
    read_token()
    await asyncio.sleep(0.15)
asyncio.run(main())
sys.exit(3)
"""


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["prove", *arguments], prog_name="audit")


def proof_of(file: Path) -> dict[str, Any]:
    proof: dict[str, Any] = json.loads(file.read_text())
    return proof


def node_project(folder: Path, token: str) -> Path:
    folder.mkdir()
    (folder / "package.json").write_text('{"name":"x","type":"module","main":"server.mjs"}')
    (folder / "server.mjs").write_text(SERVER)
    (folder / "token.mjs").write_text(token)
    return folder


@pytest.mark.skipif(NODE is None, reason="Node is not installed")
def test_a_node_process_confirms_the_planted_call_and_clears_the_fixed_twin(tmp_path: Path) -> None:
    planted, fixed = node_project(tmp_path / "planted", BLOCKING), node_project(tmp_path / "fixed", FIXED)
    before, after = tmp_path / "before.json", tmp_path / "after.json"
    first = run("--output", str(before), "--", str(NODE), str(planted / "server.mjs"))
    assert first.exit_code == 0, first.output
    second = run("--output", str(after), "--before", str(before), "--", str(NODE), str(fixed / "server.mjs"))
    assert second.exit_code == 0, second.output
    assert " -> " in second.stdout
    assert proof_of(before)["probe"]["worst_ms"] > 400

    report = audit(request_for(planted, evidence=(str(before),)), lambda *_: None)
    (finding,) = (one for one in report.findings if one.sink.function == "readToken")
    assert report.findings[0] is finding
    (evidence,) = finding.evidence
    # the call while the modules are loaded holds up nobody yet
    assert (evidence.kind, evidence.count) == ("proof", 2)
    assert evidence.milliseconds > 800
    healed = audit(request_for(fixed, evidence=(str(after),)), lambda *_: None)
    assert healed.runtime is not None
    assert healed.runtime.missed == ()
    assert not any(one.evidence for one in healed.findings)


def test_a_python_process_tells_the_stack_that_held_the_loop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "service.py").write_text(SERVICE)
    monkeypatch.setenv("PYTHONPATH", "somewhere")
    monkeypatch.setenv("EXPECTED", "somewhere")
    written = tmp_path / "proof.json"
    shown = run("-o", str(written), "--", sys.executable, str(tmp_path / "service.py"))
    assert shown.exit_code == 0, shown.output
    assert "the command ended with exit code 3" in shown.stderr
    proof = proof_of(written)
    assert (proof["runtime"], proof["done"]) == ("python", True)
    assert proof["probe"]["worst_ms"] > 380
    assert proof["stacks"][0]["frames"][0]["function"] == "read_token"
    assert "read_token" in shown.stdout


@pytest.mark.skipif(sys.platform == "win32", reason="uvloop is not for Windows")
def test_a_loop_that_is_not_written_in_python_is_watched_too(tmp_path: Path) -> None:
    lines = SERVICE.replace("asyncio.run(main())", "import uvloop; uvloop.run(main())").splitlines(keepends=True)
    (tmp_path / "service.py").write_text("".join(line for line in lines if not line.startswith("assert")))
    written = tmp_path / "proof.json"
    shown = run("-o", str(written), "--", sys.executable, str(tmp_path / "service.py"))
    assert shown.exit_code == 0, shown.output
    proof = proof_of(written)
    assert proof["probe"]["ticks"] > 0
    assert proof["probe"]["worst_ms"] > 380
    assert proof["delay"]["max_ms"] > 300
    held = max(proof["stacks"], key=lambda stack: stack["ms"])
    functions = [frame["function"] for frame in held["frames"]]
    assert functions[:2] == ["read_token", "main"]
    assert "run" not in functions  # what started the loop is not held by it
    assert "read_token" in shown.stdout


@pytest.mark.skipif(NODE is None, reason="Node is not installed")
def test_what_a_loader_compiles_is_told_as_it_was_written(tmp_path: Path) -> None:
    call = "setTimeout(function readToken() { fs.readdirSync(process.cwd()); }, 150);"
    mappings = ";".join([vlq(0, 0, 40, 0), vlq(0, 0, 1, 0)])  # line 2 of the output is line 42 of the source
    document = {"version": 3, "sources": ["src/server.ts"], "names": [], "mappings": mappings}
    inline = base64.b64encode(json.dumps(document).encode()).decode()
    comment = f"//# sourceMappingURL=data:application/json;base64,{inline}"
    (tmp_path / "server.cjs").write_text(f'const fs = require("node:fs");\n{call}\n{comment}\n')
    command = str(NODE), "--enable-source-maps", str(tmp_path / "server.cjs")
    assert run("-o", str(tmp_path / "p"), "--", *command).exit_code == 0
    frames = [one for stack in proof_of(tmp_path / "p")["stacks"] for one in stack["frames"]]
    (frame,) = (one for one in frames if one["function"] == "readToken")
    assert (frame["file"].removeprefix("file://"), frame["line"]) == (str(tmp_path / "src" / "server.ts"), 42)


@pytest.mark.skipif(NODE is None or sys.platform == "win32", reason="Node is not installed, or knows no process groups")
def test_what_only_starts_the_program_is_not_measured_and_ends_with_it(tmp_path: Path) -> None:
    """`npm start` is a Node program itself, and the server is a process that it starts."""
    start = 'require("node:child_process").spawnSync(process.execPath, [process.argv[2]], { stdio: "inherit" });\n'
    (tmp_path / "npm-cli.js").write_text(start)
    keep = (
        'require("node:fs").writeFileSync(process.argv[1] + ".pid", String(process.pid)); setInterval(() => {}, 1e6);'
    )
    (tmp_path / "server.cjs").write_text(keep)
    launcher, server = str(tmp_path / "npm-cli.js"), str(tmp_path / "server.cjs")
    shown = run("-o", str(tmp_path / "p"), "--seconds", "6", "--", str(NODE), launcher, server)
    assert shown.exit_code == 0, shown.output
    assert proof_of(tmp_path / "p")["script"] == server
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "server.cjs.pid").read_text()), 0)


def test_two_runs_are_compared_without_another(tmp_path: Path) -> None:
    for name, worst in (("a", 34_100.0), ("b", 100.2)):
        proof = {
            "schema": "alef-audit/proof/v1",
            "runtime": "node",
            "version": "22.1.0",
            "directory": "/srv",
            "script": "/srv/server.mjs",
            "done": True,
            "seconds": 60.0,
            "probe": {"interval_ms": 100, "ticks": 500, "late": 2, "worst_ms": worst},
            "delay": {"max_ms": worst, "p99_ms": 1.0},
            "utilisation": 0.9,
            "stacks": [],
        }
        (tmp_path / name).write_text(json.dumps(proof))
    shown = run("--before", str(tmp_path / "a"), "--after", str(tmp_path / "b"))
    assert shown.stdout.startswith("a timer of 100 ms took at most 34.1 s -> 100 ms  (2 of 500 ticks late)")


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        ((), 2, "either a command"),
        (("--after", "x"), 2, "either a command"),
        (("--before", "x", "--", "true"), 2, "x is no evidence of a run"),
        (("--", "no-such-command-at-all"), 2, "no-such-command-at-all"),
        (("--", sys.executable, "-S", "-c", "1"), 3, "nothing was measured"),
    ],
)
def test_mistakes_are_said(
    arguments: tuple[str, ...], code: int, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = run(*arguments)
    assert (result.exit_code, said in result.stderr) == (code, True), result.output


def test_a_command_that_does_not_end_is_ended(tmp_path: Path) -> None:
    code = "import asyncio; asyncio.run(asyncio.sleep(60))"
    shown = run("-o", str(tmp_path / "p"), "--seconds", "5", "--", sys.executable, "-c", code)
    assert shown.exit_code == 0, shown.output
    assert proof_of(tmp_path / "p")["seconds"] < 30
