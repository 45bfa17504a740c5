"""Where all databases that a program opens are in memory, what it asks of them costs microseconds."""

from pathlib import Path

import pytest

from alef_audit.pipeline.auditing import audit
from tests.requests import request_for

PROGRAM = """
import sqlite3
from fastapi import FastAPI

app = FastAPI()


class Sessions:
    def __init__(self):
        self.connection = sqlite3.connect(PLACE)

    def all(self):
        return self.connection.cursor().execute("SELECT * FROM session").fetchall()


sessions = Sessions()


@app.get("/")
async def index():
    return sessions.all()
"""


@pytest.mark.parametrize(
    ("opened", "cost"),
    [
        ('":memory:"', "microseconds"),
        ('"sessions.db"', "milliseconds"),
        ('":memory:") or sqlite3.connect("sessions.db"', "milliseconds"),
    ],
)
def test_costs(tmp_path: Path, opened: str, cost: str) -> None:
    (tmp_path / "app.py").write_text(PROGRAM.replace("PLACE", opened), encoding="utf-8")
    findings = audit(request_for(tmp_path, patterns=("035",)), lambda *_: None).findings
    assert {each.sink.cost for each in findings} == {cost}
