"""How long a pause is written to take decides its cost."""

from pathlib import Path

import pytest

from tests.requests import found_in

PYTHON = """
import time
from fastapi import FastAPI

app = FastAPI()


@app.get("/")
async def index(seconds: float):
    time.sleep(PAUSE)
"""
TYPESCRIPT = """
import express from "express";

const app = express();
const cell = new Int32Array(new SharedArrayBuffer(4));
app.get("/", (request, response) => {
  Atomics.wait(cell, 0, 0PAUSE);
  response.json({});
});
app.listen(3000);
"""


@pytest.mark.parametrize(
    ("pause", "costs"),
    [
        ("seconds", ["seconds"]),
        ("3", ["seconds"]),
        ("0.1", ["seconds"]),
        ("0.099", ["milliseconds"]),
        ("1e-3", ["milliseconds"]),
        ("0.0004", ["microseconds"]),
        ("0", []),
        ("0.001 * 5000", ["seconds"]),
        ("0x10", ["seconds"]),
    ],
)
def test_python(tmp_path: Path, pause: str, costs: list[str]) -> None:
    findings = found_in(tmp_path / "app.py", PYTHON.replace("PAUSE", pause))
    assert [finding.sink.cost for finding in findings] == costs


@pytest.mark.parametrize(
    ("pause", "costs"),
    [("", ["seconds"]), (", 100", ["seconds"]), (", 5", ["milliseconds"]), (", 0.1", ["microseconds"]), (", 0", [])],
)
def test_node(tmp_path: Path, pause: str, costs: list[str]) -> None:
    findings = found_in(tmp_path / "app.ts", TYPESCRIPT.replace("PAUSE", pause))
    assert [finding.sink.cost for finding in findings] == costs


SPINNING = """
import time
from fastapi import FastAPI

app = FastAPI()


@app.get("/")
async def index(end: float):
    while time.monotonic() < end:
        BODY
"""
SPINNING_NODE = """
import express from "express";

const app = express();
app.get("/", async (request, response) => {
  const end = Date.now() + 500;
  while (Date.now() < end) {BODY}
  response.json({});
});
app.listen(3000);
"""


@pytest.mark.parametrize(("body", "found"), [("pass", ["time.monotonic"]), ("await index(0)", []), ("end -= 1", [])])
def test_a_loop_that_does_nothing_waits_for_the_clock(tmp_path: Path, body: str, found: list[str]) -> None:
    findings = found_in(tmp_path / "app.py", SPINNING.replace("BODY", body))
    assert [finding.sink.call for finding in findings] == found


@pytest.mark.parametrize(("body", "found"), [("", ["Date.now"]), ("/* spin */", ["Date.now"]), ("await null;", [])])
def test_the_same_in_node(tmp_path: Path, body: str, found: list[str]) -> None:
    findings = found_in(tmp_path / "app.ts", SPINNING_NODE.replace("BODY", body))
    assert [finding.sink.call for finding in findings] == found


WAITING = """
import asyncio
import concurrent.futures
import queue
import subprocess
from fastapi import FastAPI

app = FastAPI()
pool = concurrent.futures.ThreadPoolExecutor()
items: queue.Queue = queue.Queue()


def work(): ...


@app.get("/")
async def index():
    future = pool.submit(work)
    worker = subprocess.Popen(["true"])
    BODY
"""
RESULT = "concurrent.futures.Future.result"


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ("future.result()", [RESULT]),
        ("return future.result() if future.done() else None", []),
        ("return future.result() if not future.done() else None", [RESULT]),
        ("if future.done() and future.result(): return 1", []),
        ("if not future.done(): return\n    future.result()", []),
        ("if not future.done(): raise ValueError\n    future.result()", []),
        ("try: work()\n    except ValueError: future.result()", [RESULT]),
        ("while not future.done(): await asyncio.sleep(1)\n    future.result()", []),
        ("while not future.done(): future.result()", [RESULT]),
        ("other = asyncio.wrap_future(future)\n    await other\n    other.result()", []),
        ("items.get()", ["queue.Queue.get"]),
        ("while items.empty(): await asyncio.sleep(1)\n    items.get()", []),
        ("if items.qsize() > 0: items.get()", []),
        ("if items.qsize() == 0: items.get()", ["queue.Queue.get"]),
        ("if worker.poll() is not None: worker.wait()", []),
        ("if worker.poll() is None: worker.wait()", ["subprocess.Popen.wait"]),
    ],
)
def test_what_is_there_is_not_waited_for(tmp_path: Path, body: str, found: list[str]) -> None:
    findings = found_in(tmp_path / "app.py", WAITING.replace("BODY", body))
    assert [finding.sink.call for finding in findings if finding.sink.call.rpartition(".")[2] != "Popen"] == found


HANDED = """
from concurrent.futures import Future
from fastapi import FastAPI

app = FastAPI()


def told(future: Future):
    told_further(future)


def told_further(done: Future):
    done.result()


@app.get("/")
async def index(jobs):
    BODY
"""


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ("jobs.start().add_done_callback(told)", []),
        ("jobs.start().add_done_callback(lambda future: told(future))", []),
        ("jobs.start().add_done_callback(told)\n    told(jobs.start())", [RESULT]),
        ("jobs.start().add_listener(told)", [RESULT]),
        ("future = jobs.start()\n    if future.done(): told(future)", []),
        ("future = jobs.start()\n    if not future.done(): told(future)", [RESULT]),
    ],
)
def test_what_is_handed_over_when_it_is_there_is_not_waited_for(tmp_path: Path, body: str, found: list[str]) -> None:
    findings = found_in(tmp_path / "app.py", HANDED.replace("BODY", body))
    assert [finding.sink.call for finding in findings] == found
