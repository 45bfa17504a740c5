"""Two tests of a path that exclude each other: nothing takes it."""

from pathlib import Path

import pytest

from alef_audit.pipeline.auditing import audit
from tests.requests import request_for

PROGRAM = """
import settings
from fastapi import FastAPI

app = FastAPI()


def voices(request):
    if {inner}:
        return open("voices.json").read()
    return []


@app.get("/voices")
async def handle(request):
    if {outer}:
        return voices(request)
    return {other}
"""


@pytest.mark.parametrize(
    ("outer", "inner", "other", "found"),
    [
        ('settings.ENGINE == "a"', 'settings.ENGINE == "b"', "None", False),
        ('settings.ENGINE == "a"', 'settings.ENGINE == "a"', "None", True),
        ('settings.ENGINE != "a"', 'settings.ENGINE == "a"', "None", False),
        ('settings.ENGINE == "a"', 'settings.ENGINE != "a"', "None", False),
        ('settings.ENGINE != "b"', 'settings.ENGINE == "a"', "None", True),
        ('request.app.state.config.engine == "a"', 'request.app.state.config.engine == "b"', "None", False),
        # a name that may be another thing in each function
        ('request.kind == "a"', 'request.kind == "b"', "None", True),
        ('request.app.state.config.engine == "a"', 'request.app.state.config.other == "b"', "None", True),
        # there is another way
        ('settings.ENGINE == "a"', 'settings.ENGINE == "b"', "voices(request)", True),
    ],
)
def test_a_path_is_taken_unless_its_tests_exclude_each_other(
    outer: str, inner: str, other: str, found: bool, tmp_path: Path
) -> None:
    text = PROGRAM.format(outer=outer, inner=inner, other=other)
    (tmp_path / "main.py").write_text(text, encoding="utf-8")
    report = audit(request_for(tmp_path, patterns=("035",)), lambda *_: None)
    reads = [finding for finding in report.findings if finding.sink.call == "open"]
    assert bool(reads) is found
    if reads and other != "None":
        assert [frame.line for frame in reads[0].trace] == [text[: text.rindex(f"return {other}")].count("\n") + 1, 10]
