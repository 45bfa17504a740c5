"""Receivers that hold things of all sorts: what one of them happens to have is low in confidence."""

from pathlib import Path

import pytest

from alef_audit.pipeline.auditing import audit
from tests.requests import request_for

SERVICE = """
import time
from fastapi import FastAPI

app = FastAPI()
registry = {{}}


class Speaker:
    def play(self):
        time.sleep(2)


{others}


def set_up(key):
    registry[key] = Speaker()
{stored}


@app.get("/")
async def handle(key, name):
    registry[key].{member}()
"""


def confidence(folder: Path, classes: int, *, having: int, member: str = "play") -> str:
    bodies = ["    def play(self):\n        pass" if each < having else "    pass" for each in range(classes)]
    others = "\n\n".join(f"class Other{each}:\n{body}" for each, body in enumerate(bodies))
    stored = "\n".join(f"    registry[key] = Other{each}()" for each in range(classes))
    text = SERVICE.format(others=others, stored=stored, member=member)
    (folder / "service.py").write_text(text, encoding="utf-8")
    (finding,) = (one for one in audit(request_for(folder), lambda *_: None).findings if one.sink.call == "time.sleep")
    return finding.confidence


@pytest.mark.parametrize(
    ("classes", "having", "expected"), [(9, 0, "low"), (9, 1, "low"), (9, 5, "high"), (3, 0, "high")]
)
def test_a_member_that_few_have(classes: int, having: int, expected: str, tmp_path: Path) -> None:
    assert confidence(tmp_path, classes, having=having) == expected
