"""What a call costs, as far as its arguments tell."""

from pathlib import Path

import pytest

from tests.requests import found_in

PROGRAM = """
import importlib.util
import socket
from fastapi import FastAPI

app = FastAPI()


@app.get("/")
async def index(name: str):
    BODY
"""

MIXED = ["microseconds", "seconds"]


@pytest.mark.parametrize(
    ("body", "costs"),
    [
        ('importlib.util.find_spec("yaml")', ["microseconds"]),
        ("importlib.util.find_spec(name)", ["microseconds"]),
        ("socket.socket(socket.AF_INET, socket.SOCK_STREAM).connect((name, 80))", ["seconds"]),
        ("socket.socket().connect((name, 80))", ["seconds"]),
        ("socket.socket(socket.AF_UNIX, socket.SOCK_STREAM).connect(name)", ["microseconds"]),
        ("with socket.socket(family=socket.AF_UNIX) as local: local.connect(name)", ["microseconds"]),
        ("local = socket.socket(socket.AF_UNIX)\n    local.connect(name)\n    return local.recv(9)", MIXED),
    ],
)
def test_costs(tmp_path: Path, body: str, costs: list[str]) -> None:
    findings = found_in(tmp_path / "app.py", PROGRAM.replace("BODY", body))
    assert [finding.sink.cost for finding in sorted(findings, key=lambda each: each.sink.line)] == costs
