"""What the kernel tells of itself is on no disk: files below /proc and /sys cost microseconds, however the path is put
together.
"""

from pathlib import Path

import pytest

from alef_audit.pipeline.auditing import audit
from tests.requests import request_for

PYTHON = """
import os
from fastapi import FastAPI

app = FastAPI()


@app.get("/")
async def index(pid: int, folder: str):
    return BODY
"""
TYPESCRIPT = """
import { createServer } from "node:http";
import { readFileSync, readdirSync } from "node:fs";

createServer((request, response) => {
  const pid = request.url;
  response.end(BODY);
}).listen(8080);
"""


@pytest.mark.parametrize(
    ("body", "cost"),
    [
        ('os.listdir("/proc/self/task")', "microseconds"),
        ('os.listdir(f"/proc/{pid}/task")', "microseconds"),
        ('os.listdir("/proc/%s/task" % pid)', "microseconds"),
        ('os.listdir("/proc/{}/task".format(pid))', "microseconds"),
        ('os.listdir("/sys/class/" + folder)', "microseconds"),
        ('os.listdir(f"{folder}/proc/{pid}")', "milliseconds"),
        ('os.listdir(f"/processes/{pid}")', "milliseconds"),
        ('os.listdir(f"/{folder}/task")', "milliseconds"),
    ],
)
def test_python(tmp_path: Path, body: str, cost: str) -> None:
    assert _costs(tmp_path / "app.py", PYTHON.replace("BODY", body)) == {cost}


@pytest.mark.parametrize(
    ("body", "cost"),
    [
        ('readFileSync("/proc/self/stat", "utf8")', "microseconds"),
        ('readFileSync(`/proc/${pid}/stat`, "utf8")', "microseconds"),
        ('readFileSync("/proc/" + pid + "/stat", "utf8")', "microseconds"),
        ("readdirSync(`/sys/class/${pid}`).join()", "microseconds"),
        ('readFileSync(`/${pid}/stat`, "utf8")', "milliseconds"),
        ('readFileSync(`/processes/${pid}`, "utf8")', "milliseconds"),
    ],
)
def test_typescript(tmp_path: Path, body: str, cost: str) -> None:
    (tmp_path / "package.json").write_text('{"name": "a", "type": "module"}', encoding="utf-8")
    assert _costs(tmp_path / "server.ts", TYPESCRIPT.replace("BODY", body)) == {cost}


def _costs(file: Path, text: str) -> set[str]:
    file.write_text(text, encoding="utf-8")
    return {each.sink.cost for each in audit(request_for(file.parent, patterns=("035",)), lambda *_: None).findings}
