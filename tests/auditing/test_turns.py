"""A sweep that awaits a checker which lets the event loop turn: the sweep is mitigated, not each probe."""

from pathlib import Path

import pytest

from alef_audit.pipeline.auditing import audit
from tests.requests import request_for

TYPESCRIPT = """
import { readFileSync } from "node:fs";
import express from "express";

async function hasAuth(provider: string, known?: string) {
  if (known) return true;
  TURN
  return readFileSync(`/etc/auth/${provider}`, "utf8") !== "";
}

const app = express();
app.get("/", async (request, response) => {
  const found = [];
  for (const provider of request.query.providers) found.push(await hasAuth(provider));
  response.json(found);
});
app.listen(3000);
"""
PYTHON = """
import asyncio
from fastapi import FastAPI

app = FastAPI()


async def has_auth(provider, known=None):
    if known:
        return True
    TURN
    return open(f"/etc/auth/{provider}").read() != ""


@app.get("/")
async def index(providers):
    found = []
    for provider in providers:
        found.append(await has_auth(provider))
    return found
"""
TURNS = {
    "always": ("await new Promise((resolve) => setImmediate(resolve));", "await asyncio.sleep(0)", "mitigated"),
    "in a branch": ("if (provider) await setImmediate();", "if provider: await asyncio.sleep(0)", "exposed"),
    "a microtask only": ("await Promise.resolve();", "await asyncio.gather()", "exposed"),
}


@pytest.mark.parametrize("name", TURNS)
@pytest.mark.parametrize("language", ["typescript", "python"])
def test_what_a_turn_in_the_checker_is_worth(tmp_path: Path, name: str, language: str) -> None:
    script, python, verdict = TURNS[name]
    if language == "python":
        (tmp_path / "app.py").write_text(PYTHON.replace("TURN", python), encoding="utf-8")
    else:
        (tmp_path / "app.ts").write_text(TYPESCRIPT.replace("TURN", script), encoding="utf-8")
    findings = audit(request_for(tmp_path, patterns=("035",)), lambda *_: None).findings
    assert findings
    assert {finding.verdict for finding in findings} == {verdict}
    assert all(("yield" in finding.trace[0].guards) == (verdict == "mitigated") for finding in findings)


PYTHON_ROUNDS = """
import asyncio
import subprocess
from fastapi import FastAPI

app = FastAPI()


@app.get("/")
async def index(names):
    for number, name in enumerate(names):
ROUND
"""
TYPESCRIPT_ROUNDS = """
import { spawnSync } from "node:child_process";
import express from "express";

const app = express();
app.get("/", async (request, response) => {
  for (const [number, name] of request.query.names.entries()) {
ROUND
  }
  response.json({});
});
app.listen(3000);
"""
# The work of a round, and where the turn comes: in Python, in TypeScript, the verdict and the level.
ROUNDS = {
    "in every round": (
        "subprocess.run([name])\nawait asyncio.sleep(0)",
        "spawnSync(name); await setImmediate();",
        "mitigated",
        "warning",
    ),
    "in some rounds": (
        "subprocess.run([name])\nif number % 10 == 0:\n    await asyncio.sleep(0)",
        "spawnSync(name); if (number % 10 === 0) { await setImmediate(); }",
        "mitigated",
        "warning",
    ),
    "in rounds that do nothing else": (
        "if name == '':\n    await asyncio.sleep(1)\n    continue\nsubprocess.run([name])",
        "if (name === '') { await sleep(1); continue; } spawnSync(name);",
        "exposed",
        "error",
    ),
    "after a failure": (
        "try:\n    subprocess.run([name])\nexcept OSError:\n    await asyncio.sleep(1)",
        "try { spawnSync(name); } catch { await sleep(1); }",
        "exposed",
        "error",
    ),
    "while something is left": (
        "made = subprocess.run([name])\nwhile made.returncode:\n    await asyncio.sleep(1)\n    made = retry(name)",
        "let made = spawnSync(name); while (made.status) { await sleep(1); made = retry(name); }",
        "exposed",
        "error",
    ),
    "in a loop of its own": (
        "made = subprocess.run([name])\nfor line in made.stdout:\n    await asyncio.sleep(0)",
        "const made = spawnSync(name); for (const line of made.stdout) await setImmediate();",
        "mitigated",
        "warning",
    ),
}


@pytest.mark.parametrize("name", ROUNDS)
@pytest.mark.parametrize("language", ["typescript", "python"])
def test_turns_between_calls_of_seconds(tmp_path: Path, name: str, language: str) -> None:
    """A turn has to come in the rounds that do the work, and it makes no call shorter."""
    python, script, verdict, level = ROUNDS[name]
    if language == "python":
        body = "".join(f"        {line}\n" for line in python.splitlines())
        (tmp_path / "app.py").write_text(PYTHON_ROUNDS.replace("ROUND", body), encoding="utf-8")
    else:
        (tmp_path / "app.ts").write_text(TYPESCRIPT_ROUNDS.replace("ROUND", script), encoding="utf-8")
    (finding,) = audit(request_for(tmp_path, patterns=("035",)), lambda *_: None).findings
    assert (finding.verdict, finding.level) == (verdict, level)
