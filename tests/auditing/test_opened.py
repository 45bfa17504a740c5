"""Opening a file costs what is done with it, unless a call of its own does that."""

from pathlib import Path

import pytest

from alef_audit.pipeline.auditing import audit
from tests.requests import request_for

PROGRAM = """
import json
from pathlib import Path

import yaml
from fastapi import FastAPI

app = FastAPI()


@app.get("/")
async def index(path: str):
    BODY
"""


@pytest.mark.parametrize(
    ("body", "costs"),
    [
        ("with open(path) as file: return file.read()", {"open": "microseconds", "File.read": "milliseconds"}),
        ("return open(path).read()", {"open": "microseconds", "File.read": "milliseconds"}),
        (
            "with Path(path).open() as file: return file.readlines()",
            {"pathlib.Path.open": "microseconds", "File.readlines": "milliseconds"},
        ),
        ("with open(path) as file: return json.load(file)", {"open": "milliseconds"}),
        ("with open(path) as file: return [line for line in file]", {"open": "milliseconds"}),
        ('with open(path, "w") as file: file.write("x")', {"open": "milliseconds", "File.write": "microseconds"}),
        ('return open("/proc/version").read()', {"open": "microseconds", "File.read": "microseconds"}),
    ],
)
def test_costs(tmp_path: Path, body: str, costs: dict[str, str]) -> None:
    (tmp_path / "app.py").write_text(PROGRAM.replace("BODY", body), encoding="utf-8")
    findings = audit(request_for(tmp_path, patterns=("035",)), lambda *_: None).findings
    assert {finding.sink.call: finding.sink.cost for finding in findings} == costs
