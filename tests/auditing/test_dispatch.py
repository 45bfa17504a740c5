"""Which of several methods a call runs is told as a condition, where nothing else has decided it."""

from pathlib import Path

import pytest

from alef_audit.pipeline.auditing import audit
from tests.requests import request_for

PYTHON = """
import os
import requests
from fastapi import FastAPI

app = FastAPI()


class Store:
    def save(self, text):
        self.write(text)

    def write(self, text): ...


class Remote(Store):
    def write(self, text):
        requests.post("http://store", data=text)


class Memory(Store):
    def write(self, text):
        self.text = text


STORE: Store = Remote() if os.environ.get("URL") else Memory()


def send(text):
    requests.post("http://store", data=text)


def drop(text):
    print(text)


NAMED = {"send": send, "drop": drop}
HANDLERS = {"send": lambda text: requests.post("http://store", data=text), "drop": lambda text: None}


@app.post("/")
async def handle(text: str, kind: str):
    BODY
"""
TYPESCRIPT = """
import fs from "node:fs";
import express from "express";

interface Tool { run(path: string): string }
class Reader implements Tool { run(path: string) { return fs.readFileSync(path, "utf8"); } }
class Echo implements Tool { run(path: string) { return path; } }
const tools: Record<string, Tool> = { reader: new Reader(), echo: new Echo() };
const handlers = { read: (path: string) => fs.readFileSync(path, "utf8"), echo: (path: string) => path };

const app = express();
app.get("/", (request: any, response: any) => {
  const kind = request.query.kind;
  BODY
});
"""


def conditions(folder: Path, name: str, text: str) -> list[str]:
    (folder / name).write_text(text, encoding="utf-8")
    (found,) = audit(request_for(folder), lambda *_: None).findings
    return list(found.conditions)


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("STORE.write(text)", ["STORE is a Remote"]),
        ("STORE.save(text)", ["self is a Remote"]),
        ("Remote().write(text)", []),
        ("HANDLERS[kind](text)", []),
        ("NAMED[kind](text)", ["NAMED[kind] is send"]),
        ("chosen = NAMED[kind]\n    chosen(text)", ["NAMED[kind] is send"]),
        ("chosen = NAMED.get(kind, drop)\n    chosen(text)", ["NAMED[kind] is send"]),
        ("chosen = NAMED.get(type(kind))\n    if chosen:\n        chosen(text)", ["NAMED[type(kind)] is send"]),
        ('chosen = NAMED["send"]\n    chosen(text)', []),
    ],
)
def test_python(body: str, told: list[str], tmp_path: Path) -> None:
    assert conditions(tmp_path, "service.py", PYTHON.replace("BODY", body)) == told


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("const tool = tools[kind]; response.send(tool.run(kind));", ["tool is a Reader"]),
        ("response.send(new Reader().run(kind));", []),
        ("response.send(handlers[kind](kind));", ["handlers[kind] is handlers.read"]),
        ("response.send(handlers.read(kind));", []),
        ("const chosen = handlers[kind]; response.send(chosen(kind));", ["handlers[kind] is handlers.read"]),
        (
            "const chosen = request.own?.[kind] ?? handlers[kind]; if (!chosen) return; response.send(chosen(kind));",
            ["handlers[kind] is handlers.read"],
        ),
        ("const chosen = handlers.read; response.send(chosen(kind));", []),
    ],
)
def test_typescript(body: str, told: list[str], tmp_path: Path) -> None:
    assert conditions(tmp_path, "service.ts", TYPESCRIPT.replace("BODY", body)) == told
