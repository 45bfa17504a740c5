"""Calls of microseconds, which count where loops make many of them, whatever the element is."""

from pathlib import Path

import pytest

from alef_audit.pipeline.auditing import audit
from tests.requests import request_for

TYPESCRIPT = """
import {{ existsSync, statSync, readdirSync }} from "node:fs";
import express from "express";

function look(path: string): number {{
  return statSync(path).size;
}}
const app = express();
app.get("/", async (request: any, response: any) => {{
  for (const dir of request.dirs) {{
    for (const paths of dir.folders) {{
      for (const path of paths) {{
        {body}
      }}
    }}
  }}
}});
"""
PYTHON = """
import os
from fastapi import FastAPI

app = FastAPI()


@app.post("/")
async def handle(request):
    for folder in request.folders:
        for paths in folder.paths:
            for path in paths:
                {body}
"""


def level(folder: Path, name: str, text: str) -> str:
    (folder / name).write_text(text, encoding="utf-8")
    found = audit(request_for(folder), lambda *_: None).findings
    return next(one for one in found if one.sink.call in ("os.stat", "fs.statSync")).level


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("look(path);", "warning"),
        ("if (path.isLink) look(path);", "note"),
        ("if (!existsSync(path)) continue; look(path);", "note"),
        ("if (!path.name) continue; look(path);", "warning"),
        ("await request.send(path); look(path);", "note"),
        ("if (path.isLink) await request.send(path); look(path);", "warning"),
        ("await look(path);", "warning"),
        ("path.parts.forEach((part: string) => { look(part); });", "warning"),
        ("path.parts.forEach((part: any) => { if (part.isLink) look(part); });", "note"),
    ],
)
def test_typescript(body: str, expected: str, tmp_path: Path) -> None:
    assert level(tmp_path, "service.ts", TYPESCRIPT.format(body=body)) == expected


def test_a_test_around_the_loops_takes_nothing_away(tmp_path: Path) -> None:
    text = TYPESCRIPT.format(body="look(path);").replace("for (const dir", "if (request.deep)\n  for (const dir")
    assert level(tmp_path, "service.ts", text) == "warning"


def test_two_loops_are_few(tmp_path: Path) -> None:
    text = TYPESCRIPT.format(body="look(path);").replace("for (const dir of request.dirs)", "const dir = request;")
    assert level(tmp_path, "service.ts", text) == "note"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("os.stat(path)", "warning"),
        ("if path.link: os.stat(path)", "note"),
        ("os.stat(path); await request.send(path)", "note"),
    ],
)
def test_python(body: str, expected: str, tmp_path: Path) -> None:
    assert level(tmp_path, "service.py", PYTHON.format(body=body)) == expected
