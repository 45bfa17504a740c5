"""What a call gives that another has worked for is no finding of its own."""

from pathlib import Path

import pytest

from tests.requests import found_in

PROGRAM = """
import sqlite3
import psycopg2
from fastapi import FastAPI

app = FastAPI()


@app.get("/")
async def index(base: sqlite3.Connection, cursor: psycopg2.extensions.cursor, other: sqlite3.Cursor):
    BODY
"""


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ('return base.execute("select 1").fetchone()', ["Connection.execute"]),
        ('rows = base.execute("select 1")\n    return rows.fetchall()', ["Connection.execute"]),
        ('cursor.execute("select 1")\n    return cursor.fetchall()', ["Cursor.execute"]),
        ('with base.cursor() as rows:\n        rows.execute("x")\n        rows.fetchone()', ["Cursor.execute"]),
        ("return other.fetchall()", ["Cursor.fetchall"]),
        ('cursor.execute("select 1")\n    return other.fetchall()', ["Cursor.execute", "Cursor.fetchall"]),
        (
            'cursor.execute("x")\n    while len(found := cursor.fetchmany(9)) > 0: print(found)',
            ["Cursor.execute", "Cursor.fetchmany"],
        ),
    ],
)
def test_elements_of_what_is_told_already(tmp_path: Path, body: str, found: list[str]) -> None:
    findings = found_in(tmp_path / "app.py", PROGRAM.replace("BODY", body))
    calls = [finding.sink.call.partition(".")[2] for finding in sorted(findings, key=lambda each: each.sink.line)]
    assert calls == found
