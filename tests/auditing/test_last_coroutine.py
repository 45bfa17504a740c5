"""A blocking call in a coroutine's own body blocks a loop, however long the way there is."""

from pathlib import Path

import pytest

from alef_audit.pipeline.auditing import audit
from tests.requests import request_for

PROGRAM = """
import time
from fastapi import FastAPI

app = FastAPI()

{steps}
{last}

@app.get("/")
async def handle():
    return {call}step0()
"""
STEP = """
{kind} step{number}():
    if allowed{number}:
        return {call}step{following}()
"""
LAST = """
{kind} step{number}():
    if refused:
        time.sleep(30)
"""


@pytest.mark.parametrize(
    ("steps", "asynchronous", "expected"),
    [(2, True, ("error", "medium")), (6, True, ("warning", "high")), (6, False, ("note", "low"))],
)
def test_the_steps_behind_the_last_coroutine_count(
    steps: int, asynchronous: bool, expected: tuple[str, str], tmp_path: Path
) -> None:
    kind, call = ("async def", "await ") if asynchronous else ("def", "")
    between = "".join(STEP.format(kind=kind, call=call, number=n, following=n + 1) for n in range(steps))
    last = LAST.format(kind=kind, number=steps)
    (tmp_path / "app.py").write_text(PROGRAM.format(steps=between, last=last, call=call), encoding="utf-8")
    (finding,) = audit(request_for(tmp_path), lambda *_: None).findings
    assert (finding.level, finding.confidence) == expected
