"""What has to hold where an entry point is registered is a condition of its findings."""

from pathlib import Path

import pytest

from alef_audit.pipeline.auditing import audit
from tests.requests import request_for

TYPESCRIPT = """
import { readFileSync } from "node:fs";
import { createServer } from "node:http";

function refresh() { readFileSync("/etc/agent.json", "utf8"); }
function start(options: any, server: any) {
  BODY
}
createServer((request, response) => response.end()).listen(80, () => start({ watch: true }, undefined));
"""
PYTHON = """
import asyncio
import os
import time
from contextlib import asynccontextmanager
from fastapi import FastAPI


async def watch():
    time.sleep(1)


@asynccontextmanager
async def lifespan(app):
BODY
    yield


app = FastAPI(lifespan=lifespan)
"""


def told(folder: Path, name: str, text: str) -> tuple[tuple[str, ...], str]:
    (folder / name).write_text(text, encoding="utf-8")
    (found,) = audit(request_for(folder), lambda *_: None).findings
    return found.conditions, found.message.partition(" the event loop ")[2]


@pytest.mark.parametrize(
    ("body", "conditions", "says"),
    [
        ("setInterval(refresh, 1000);", (), "on every tick"),
        ("if (options.watch) setInterval(refresh, 1000);", ("options.watch",), "on ticks, when options.watch"),
        ("if (!options.quiet) setInterval(refresh, 1000);", (), "on every tick"),
        ("if (server) setInterval(refresh, 1000);", (), "on every tick"),
        (
            'if (process.env.WATCH === "1") setInterval(refresh, 1000);',
            ('process.env.WATCH === "1"',),
            'on ticks, when process.env.WATCH === "1"',
        ),
        (
            "if (options.watch) setInterval(refresh, 1000); else setInterval(refresh, 9000);",
            (),
            "on every tick",
        ),
    ],
)
def test_typescript(body: str, conditions: tuple[str, ...], says: str, tmp_path: Path) -> None:
    assert told(tmp_path, "service.ts", TYPESCRIPT.replace("BODY", body)) == (conditions, says)


@pytest.mark.parametrize(
    ("body", "conditions", "says"),
    [
        ("asyncio.create_task(watch())", (), "once per start"),
        (
            'if os.getenv("RELOAD", "0") == "1":\n        asyncio.create_task(watch())',
            ('os.getenv("RELOAD", "0") == "1"',),
            'at a start, when os.getenv("RELOAD", "0") == "1"',
        ),
        (
            "if app.state.reload:\n        job = watch()\n        asyncio.create_task(job)",
            ("app.state.reload",),
            "at a start, when app.state.reload",
        ),
    ],
)
def test_python(body: str, conditions: tuple[str, ...], says: str, tmp_path: Path) -> None:
    assert told(tmp_path, "service.py", PYTHON.replace("BODY", f"    {body}")) == (conditions, says)


STARTED_IN_TYPESCRIPT = """
import { execSync } from "node:child_process";
import express from "express";

function refresh() { execSync("df"); }
const app = express();
app.get("/", (request, response) => { START; response.end(); });
app.listen(8080);
"""
STARTED_IN_PYTHON = """
import asyncio
import subprocess
from fastapi import FastAPI
from tornado.ioloop import PeriodicCallback

app = FastAPI()


def refresh():
    subprocess.run(["df"])


@app.get("/")
async def index():
    START
"""


@pytest.mark.parametrize(
    ("name", "start", "kinds"),
    [
        ("service.ts", "setInterval(refresh, 1000)", ["tick"]),
        ("service.ts", "setInterval(() => refresh(), 1000)", ["tick"]),
        ("service.ts", "setTimeout(refresh, 1000)", ["request", "warmup"]),
        ("service.py", "PeriodicCallback(refresh, 1000).start()", ["tick"]),
        ("service.py", "asyncio.get_running_loop().call_later(1, refresh)", ["request", "tick"]),
    ],
)
def test_what_repeats_by_itself_is_no_work_of_who_starts_it(
    name: str, start: str, kinds: list[str], tmp_path: Path
) -> None:
    text = STARTED_IN_PYTHON if name.endswith("py") else STARTED_IN_TYPESCRIPT
    (tmp_path / name).write_text(text.replace("START", start), encoding="utf-8")
    report = audit(request_for(tmp_path), lambda *_: None)
    (found,) = report.findings
    reached = [found.root, *(reach.root for reach in found.also_reached_from)]
    assert sorted(report.roots[root].kind for root in reached) == kinds
