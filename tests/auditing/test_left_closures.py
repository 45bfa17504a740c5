"""A closure that calls a parameter of the function around it: run at once by that function, and later by listeners."""

from pathlib import Path

import pytest

from alef_audit.auditing.report import Finding
from alef_audit.pipeline.auditing import audit
from tests.requests import request_for

TYPESCRIPT = """
import { spawnSync } from "node:child_process";
import { EventEmitter } from "node:events";
import express from "express";

function watch(stream: EventEmitter, done: (error?: Error) => void): void {
  const token = TOKEN;
  let called = false;
  const once = (error?: Error) => {
    if (called) return;
    called = true;
    done(error);
  };
  stream.on("close", () => once());
  if (!token) once(new Error("no token"));
}

class Informer {
  stream = new EventEmitter();
  again(): void {
    watch(this.stream, () => this.next());
  }
  next(): void {
    NEXT;
  }
}
export const informer = new Informer();

const app = express();
app.get("/", (request, response) => watch(request, () => response.send("closed")));
app.listen(8080);
"""
PYTHON = """
import subprocess

import socketio
from fastapi import FastAPI

app = FastAPI()


def watch(client, done):
    called = False
    token = TOKEN

    def once(reason=None):
        nonlocal called
        if called:
            return
        called = True
        done(reason)

    client.on("disconnect", lambda: once())
    if not token:
        once("no token")


class Informer:
    def __init__(self):
        self.client = socketio.AsyncClient()

    def again(self):
        watch(self.client, self.next)

    def next(self, reason):
        NEXT


informer = Informer()


@app.get("/")
async def index(request):
    watch(request, print)
"""
SPAWN = {"py": 'subprocess.run(["kubelogin"])', "ts": 'spawnSync("kubelogin")'}
AGAIN = {"py": "self.again()", "ts": "this.again()"}


def _reached(folder: Path, language: str, token: str, following: str) -> tuple[Finding, dict[str, str]]:
    """The one finding of the program, and from which kinds of roots it is reached with which verdict."""
    text = (PYTHON if language == "py" else TYPESCRIPT).replace("TOKEN", token).replace("NEXT", following)
    (folder / f"main.{language}").write_text(text, encoding="utf-8")
    report = audit(request_for(folder, patterns=("035",)), lambda *_: None)
    (finding,) = (each for each in report.findings if each.sink.kind == "blocking.process")
    verdicts: dict[str, str] = {report.roots[each.root].kind: each.verdict for each in finding.also_reached_from}
    return finding, verdicts | {report.roots[finding.root].kind: finding.verdict}


@pytest.mark.parametrize("language", SPAWN)
def test_a_listener_runs_what_others_handed_over(tmp_path: Path, language: str) -> None:
    finding, reached = _reached(tmp_path, language, '""', SPAWN[language])
    assert [frame.function.rpartition(".")[2] for frame in finding.trace if "callback" not in frame.function] == [
        "once",
        "next",
    ]
    # the request hands over something else, and what it runs at once is that
    assert reached == {"lifecycle": "exposed"}


@pytest.mark.parametrize("language", SPAWN)
def test_a_flag_that_the_work_makes_anew_holds_nothing_off(tmp_path: Path, language: str) -> None:
    _, reached = _reached(tmp_path, language, SPAWN[language], AGAIN[language])
    assert reached == {"request": "exposed", "lifecycle": "exposed"}
