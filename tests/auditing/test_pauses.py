"""How long a pause is written to take decides its cost."""

from pathlib import Path

import pytest

from alef_audit.pipeline.auditing import audit
from tests.requests import request_for

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
    (tmp_path / "app.py").write_text(PYTHON.replace("PAUSE", pause), encoding="utf-8")
    findings = audit(request_for(tmp_path, patterns=("035",)), lambda *_: None).findings
    assert [finding.sink.cost for finding in findings] == costs


@pytest.mark.parametrize(
    ("pause", "costs"),
    [("", ["seconds"]), (", 100", ["seconds"]), (", 5", ["milliseconds"]), (", 0.1", ["microseconds"]), (", 0", [])],
)
def test_node(tmp_path: Path, pause: str, costs: list[str]) -> None:
    (tmp_path / "app.ts").write_text(TYPESCRIPT.replace("PAUSE", pause), encoding="utf-8")
    findings = audit(request_for(tmp_path, patterns=("035",)), lambda *_: None).findings
    assert [finding.sink.cost for finding in findings] == costs
