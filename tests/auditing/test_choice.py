"""Of paths that are about as near to a blocking call, the one is shown for which least has to come together."""

from pathlib import Path

import pytest

from alef_audit.auditing.report import Finding
from alef_audit.pipeline.auditing import audit
from tests.requests import request_for

EXPRESS = """
import { readFileSync } from "node:fs";
import express from "express";

const app = express();

function read() {
  return readFileSync("/etc/agent.json", "utf8");
}
BODY
app.listen(8080);
"""
FASTAPI = """
from pathlib import Path

from fastapi import FastAPI, Request

app = FastAPI()


def read():
    return Path("/etc/agent.json").read_text()

BODY
"""

BRANCH = """
app.get("/state", (request, response) => {
  if (request.query.full) {
    return response.send({ state: read(), full: true });
  }
  log(request);
  response.send(read());
});
"""
BRANCH_IN_PYTHON = """
@app.get("/state")
async def state(request: Request):
    if request.query_params:
        return {"state": read(), "full": True}
    return read()
"""
CONDITION = """
app.get("/a", (request, response) => { if (request.query.full) response.send(read()); });
app.get("/b", (request, response) => response.send(read()));
"""
CONDITION_IN_PYTHON = """
@app.get("/a")
async def first(request: Request):
    if request.query_params:
        return read()


@app.get("/b")
async def second(request: Request):
    return read()
"""
OCCASIONAL = """
app.post("/logout", (request, response) => response.send(read()));
app.get("/state", (request, response) => response.send(read()));
"""
OCCASIONAL_IN_PYTHON = """
@app.post("/logout")
async def logout(request: Request):
    return read()


@app.get("/state")
async def state(request: Request):
    return read()
"""


def shown(folder: Path, code: str) -> tuple[str, Finding]:
    """The name of the entry point that is shown, and the finding."""
    is_python = "def " in code
    text = (FASTAPI if is_python else EXPRESS).replace("BODY", code)
    (folder / f"main.{'py' if is_python else 'ts'}").write_text(text, encoding="utf-8")
    report = audit(request_for(folder), lambda *_: None)
    (finding,) = (each for each in report.findings if each.sink.function == "read")
    return report.roots[finding.root].function, finding


@pytest.mark.parametrize("code", [BRANCH, BRANCH_IN_PYTHON])
def test_of_two_calls_in_a_function_the_one_that_fewer_tests_decide(code: str, tmp_path: Path) -> None:
    _, finding = shown(tmp_path, code)
    assert finding.conditions == ()
    assert finding.message.endswith("on every request")


@pytest.mark.parametrize("code", [CONDITION, CONDITION_IN_PYTHON])
def test_of_two_entry_points_the_one_with_fewer_tests_on_the_way(code: str, tmp_path: Path) -> None:
    root, finding = shown(tmp_path, code)
    assert root in ("second", 'app.get("/b") callback')
    assert finding.conditions == ()


@pytest.mark.parametrize("code", [OCCASIONAL, OCCASIONAL_IN_PYTHON])
def test_what_runs_once_in_a_while_is_shown_where_nothing_else_is_as_near(code: str, tmp_path: Path) -> None:
    root, _ = shown(tmp_path, code)
    assert root in ("state", 'app.get("/state") callback')
