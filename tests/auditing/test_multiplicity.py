"""From source to sentence: what the loops along a path are called, and which of them count."""

from pathlib import Path

import pytest

from alef_audit.auditing.report import Finding
from alef_audit.pipeline.auditing import audit
from tests.requests import request_for

PYTHON = """\
import asyncio
import json
import time
from fastapi import FastAPI

app = FastAPI()

def read(path):
    return open(path).read()

async def fetch(path):
    return read(path)

def walk(folder):
    read(folder)
    for child in json.loads(folder):
        walk(child)

@app.get("/")
async def handler(providers, agents, pending):
    {body}
"""
TYPESCRIPT = """\
import {{ readFileSync }} from "node:fs";
import express from "express";

const SUFFIXES = [".json", ".toml"];
function read(path: string): string {{
  return readFileSync(path, "utf8");
}}
async function fetchOne(path: string): Promise<string> {{
  return read(path);
}}
declare function listProviders(config: unknown): string[];

const app = express();
app.get("/", async (request, response) => {{
  {body}
}});
"""


def finding(folder: Path, name: str, source: str) -> Finding:
    """The one on the file that is read."""
    (folder / name).write_text(source, encoding="utf-8")
    found = audit(request_for(folder), lambda *_: None).findings
    return next(one for one in found if one.sink.call in ("open", "fs.readFileSync"))


@pytest.mark.parametrize(
    ("body", "per", "shown"),
    [
        ("for provider in providers: read(provider)", ["provider"], ["provider"]),
        ("for p in providers:\n        for a in agents: read(p + a)", ["provider", "agent"], ["provider", "agent"]),
        ("return [read(p) for p in providers]", ["provider"], ["provider"]),
        ("await asyncio.gather(*[fetch(p) for p in providers])", ["provider"], ["provider"]),
        ("return list(map(read, providers))", ["path"], ["path"]),
        ("while pending: read(pending.pop())", ["item of pending"], ["item of pending"]),
        ("for _ in range(len(agents)): read('x')", ["agent"], ["agent"]),
        ("for attempt in range(3): read('x')", [], ["attempt of the retry"]),
        ("for name in ('a', 'b'): read(name)", [], ["name"]),
        ("names = ('a', 'b')\n    for name in names: read(name)", [], ["name"]),
        ("names = ['a']\n    return [read(name) for name in sorted(names)]", [], ["name"]),
        ("names = ['a']\n    names += agents\n    for name in names: read(name)", ["name"], ["name"]),
        ("names = ['a']\n    names.append('b')\n    for name in names: read(name)", ["name"], ["name"]),
        ("names = ['a', *agents]\n    for name in names: read(name)", ["name"], ["name"]),
        (
            "names = ['a']\n    while names:\n        for name in names: read(name)\n        names = agents",
            ["name"],
            None,
        ),
        ("while True: read('x')", [], ["round"]),
        ("walk('x')", [], ["level of recursion"]),
        ("read('x')", [], []),
    ],
)
def test_python(body: str, per: list[str], shown: list[str] | None, tmp_path: Path) -> None:
    found = finding(tmp_path, "service.py", PYTHON.format(body=body))
    assert list(found.per) == per
    assert shown is None or [name for frame in found.trace for name in frame.per] == shown


@pytest.mark.parametrize(
    ("body", "per", "shown"),
    [
        ("for (const provider of listProviders(request)) read(provider);", ["provider"], ["provider"]),
        ("for (const [id, agent] of Object.entries(request.agents)) read(id);", ["agent"], ["agent"]),
        ("await Promise.all(request.items.map((path) => fetchOne(path)));", ["path"], ["path"]),
        ("request.providers.forEach((p) => read(p));", ["provider"], ["provider"]),
        ("for (let i = 0; i < request.agents.length; i += 1) read(request.agents[i]);", ["agent"], ["agent"]),
        (
            "const queue = [request.url]; while (queue.length > 0) read(queue.pop());",
            ["item of queue"],
            ["item of queue"],
        ),
        ("for (let attempt = 0; attempt < 3; attempt += 1) read(request.url);", [], ["attempt of the retry"]),
        ("for (let attempt = 0; attempt <= waits.length; attempt++) read(waits);", [], ["attempt of the retry"]),
        ("for (let i = 0; i < attempts.length; i++) read(attempts);", ["attempt"], ["attempt"]),
        ("for (const suffix of SUFFIXES) read(suffix);", [], ["suffix"]),
        ('for (const name of ["a", "b"]) read(name);', [], ["name"]),
        ('const names = ["a", request.url]; for (const name of names) read(name);', [], ["name"]),
        ('const names = ["a", "b"].filter(Boolean); for (const name of new Set(names)) read(name);', [], ["name"]),
        ('const names = new Set(["a"]); for (const name of names) read(name);', [], ["name"]),
        ('const names = ["a"]; names.push("b"); for (const name of names) read(name);', ["name"], ["name"]),
        ('const names = ["a", ...request.all]; for (const name of names) read(name);', ["name"], ["name"]),
        ('let names = ["a"]; names = request.all; for (const name of names) read(name);', ["name"], ["name"]),
        (
            'const names = ["a"]; ((names) => { for (const name of names) read(name); })(request.all);',
            ["name"],
            ["name"],
        ),
    ],
)
def test_typescript(body: str, per: list[str], shown: list[str], tmp_path: Path) -> None:
    found = finding(tmp_path, "service.ts", TYPESCRIPT.format(body=body))
    assert list(found.per) == per
    assert [name for frame in found.trace for name in frame.per] == shown


def test_three_loops_make_a_warning_of_a_look_at_the_disk(tmp_path: Path) -> None:
    text = "import os\n" + PYTHON.replace("open(path).read()", "os.path.exists(path)")
    two = "for p in providers:\n        for a in agents: read(p + a)"
    three = two.replace("read(p + a)", "[read(p + f) for f in a]")
    levels = []
    for number, each in enumerate(("read(providers[0])", two, three)):
        folder = tmp_path / str(number)
        folder.mkdir()
        (folder / "service.py").write_text(text.format(body=each), encoding="utf-8")
        levels += [one.level for one in audit(request_for(folder), lambda *_: None).findings]
    assert levels == ["note", "note", "warning"]


def test_loops_make_no_error_of_what_is_short_itself_and_the_sentence_names_them(tmp_path: Path) -> None:
    body = "for p in providers:\n        for a in agents: read(p + a)"
    found = finding(tmp_path, "service.py", PYTHON.format(body=body))
    read = next(
        each for each in audit(request_for(tmp_path), lambda *_: None).findings if each.sink.call == "File.read"
    )
    assert (found.level, read.level) == ("note", "warning")
    assert found.message == "open blocks the event loop once per provider per agent on every request"
    assert found.multiplicity == ("providers", "agents")


def test_a_search_multiplies_like_any_loop(tmp_path: Path) -> None:
    body = "for p in providers:\n        if read(p): break"
    assert finding(tmp_path, "service.py", PYTHON.format(body=body)).per == ("provider",)


@pytest.mark.parametrize(("calls", "confidence"), [(2, "high"), (4, "high"), (5, "medium"), (7, "low")])
def test_a_long_path_is_less_certain(calls: int, confidence: str, tmp_path: Path) -> None:
    chain = "".join(f"def step{n}(name):\n    return step{n + 1}(name)\n\n\n" for n in range(1, calls - 1))
    last = f"def step{calls - 1}(name):\n    with open(name) as file:\n        return list(file)\n"
    route = '@app.get("/x")\nasync def x(name: str):\n    return step1(name)\n'
    found = finding(
        tmp_path, "service.py", f"from fastapi import FastAPI\n\napp = FastAPI()\n\n\n{route}\n\n{chain}{last}"
    )
    assert (found.confidence, len(found.trace)) == (confidence, calls)
    assert found.level == ("note" if confidence == "low" else "warning")


KEPT_IN_TYPESCRIPT = """
import { scryptSync } from "node:crypto";
import express from "express";

class Vault {
  private key?: Buffer;
  load(): Buffer {
    if (!this.key) this.key = scryptSync("secret", "salt", 32);
    return this.key;
  }
  put(name: string): string { return name + this.load().toString("hex"); }
}
const vault = new Vault();
const app = express();
app.get("/", (request, response) => {
  for (const name of request.body.names) vault.put(name);
  response.end();
});
"""
KEPT_IN_PYTHON = """
import hashlib
from fastapi import FastAPI

app = FastAPI()


class Vault:
    def __init__(self):
        self._key = None

    def load(self):
        if self._key is None:
            self._key = hashlib.scrypt(b"s", salt=b"x", n=16384, r=8, p=1)
        return self._key

    def put(self, name):
        return self.load(), name


VAULT = Vault()


@app.get("/")
async def handler(names: list[str]):
    for name in names:
        VAULT.put(name)
"""


@pytest.mark.parametrize(("name", "text"), [("server.ts", KEPT_IN_TYPESCRIPT), ("server.py", KEPT_IN_PYTHON)])
def test_loops_around_what_is_kept_do_not_multiply(name: str, text: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(text, encoding="utf-8")
    (found,) = audit(request_for(tmp_path, include_discharged=True), lambda *_: None).findings
    assert (found.verdict, found.per) == ("discharged", ())
