"""What a call costs, as far as its arguments tell."""

from pathlib import Path

import pytest

from alef_audit.pipeline.auditing import audit
from tests.requests import request_for

PROGRAM = """
import importlib.util
from fastapi import FastAPI

app = FastAPI()


@app.get("/")
async def index(name: str):
    BODY
"""


@pytest.mark.parametrize(
    ("body", "costs"),
    [
        ('importlib.util.find_spec("yaml")', ["microseconds"]),
        ("importlib.util.find_spec(name)", ["microseconds"]),
    ],
)
def test_costs(tmp_path: Path, body: str, costs: list[str]) -> None:
    (tmp_path / "app.py").write_text(PROGRAM.replace("BODY", body), encoding="utf-8")
    findings = audit(request_for(tmp_path, patterns=("035",)), lambda *_: None).findings
    assert [finding.sink.cost for finding in findings] == costs
