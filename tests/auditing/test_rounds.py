"""Loops that have one round on the path: over what it hands over itself, or over functions of which it takes one."""

from pathlib import Path

import pytest

from alef_audit.auditing.report import Finding
from alef_audit.pipeline.auditing import audit
from tests.requests import request_for

TYPESCRIPT = """
import {{ readFileSync }} from "node:fs";
import express from "express";

function readAll(params: {{ paths: string[]; label: string }}): void {{
  for (const path of params.paths) readFileSync(path, "utf8");
}}
function readThese({{ paths }}: {{ paths: string[] }}): void {{
  for (const path of paths) readFileSync(path, "utf8");
}}
function readEach(paths: string[], label = ""): void {{
  for (const path of paths) readFileSync(path, "utf8");
}}
function handOn(params: {{ paths: string[]; label: string }}): void {{
  readAll({{ paths: params.paths, label: params.label }});
}}
function look(): string {{
  return readFileSync("/etc/agent.json", "utf8");
}}
const app = express();
app.get("/", async (request, response) => {{
  {body}
}});
"""
PYTHON = """
from fastapi import FastAPI

app = FastAPI()


def read_all(paths, label=""):
    for path in paths:
        open(path).read()


def hand_on(paths):
    read_all(label="x", paths=paths)


def look():
    return open("/etc/agent.json").read()


@app.post("/")
async def handle(request):
{body}
"""
STAGES = "const stages: any[] = []; stages.push({{ run: () => {one} }}); stages.push({{ run: () => {other} }}); "
STAGES += "\nfor (const stage of stages) stage.run();"
LOOPED = STAGES.format(one="look()", other="1").replace("stages.push", "for (const one of request.all) stages.push")


def finding(folder: Path, name: str, text: str) -> Finding:
    (folder / name).write_text(text, encoding="utf-8")
    found = audit(request_for(folder), lambda *_: None).findings
    return next(one for one in found if one.sink.call in ("open", "fs.readFileSync"))


@pytest.mark.parametrize(
    ("body", "per"),
    [
        ("readAll({ paths: [request.path], label: request.path });", ()),
        ("readAll({ paths: request.query.paths, label: request.path });", ("path",)),
        ("readAll({ paths: [...request.query.paths], label: request.path });", ("path",)),
        ("handOn({ paths: [request.path], label: request.path });", ()),
        ("handOn({ paths: request.query.paths, label: request.path });", ("path",)),
        ("readThese({ paths: [request.path] });", ()),
        ("readEach([request.path], 'x');", ()),
        ("readEach(request.query.paths, 'x');", ("path",)),
        ("for (const p of request.all)\n{ if (p.fits)\n{ const text = look(); return text; } }", ()),
        ("for (const p of request.all)\n{ if (p.fits)\n{ look(); break; } }", ()),
        ("for (const q of request.all)\n{ for (const p of q)\n{ if (p.fits)\n{ look(); return; } } }", ()),
        ("for (const q of request.all)\n{ for (const p of q)\n{ if (p.fits)\n{ look(); break; } } }", ("item of all",)),
        ("for (const q of request.all)\n{ if (q.fits)\n{ for (const p of q)\n{ look(); } return; } }", ("item of q",)),
        ("for (const p of request.all)\n{ if (p.fits)\n{ look(); } }", ("item of all",)),
        ("for (const p of request.all)\n{ if (p.fits)\n{ look(); continue; } }", ("item of all",)),
        ("for (const p of request.all)\n{ if (p.fits)\n{ look(); if (p.no) continue; return; } }", ("item of all",)),
        (
            "for (const p of request.all)\n{ switch (p.k)\n{ case 1: if (p.fit)\n{ look(); break; } } }",
            ("item of all",),
        ),
        ("for (const p of request.all)\n{ if (p.no) continue;\nlook();\nreturn; }", ()),
        ("for (const p of request.all)\n{ look();\nif (p.no) continue;\nreturn; }", ("item of all",)),
        ("for (const p of request.all)\n{ if (p.no)\n{ look(); continue; }\nbreak; }", ("item of all",)),
        (
            (
                "for (const p of request.all)\n{ try {\nif (p.no) continue;\nawait p.load();\n"
                "look();\nreturn; } catch { log(p); } }"
            ),
            (),
        ),
        (
            (
                "for (const p of request.all)\n{ try {\nawait p.load();\nlook();\n"
                "if (p.no) throw p;\nreturn; } catch { log(p); } }"
            ),
            ("item of all",),
        ),
        # a search that ends where nothing is thrown
        ("for (const p of request.all)\n{ try {\nlook();\nreturn; } catch { log(p); } }", ("item of all",)),
        ("for (const p of request.all)\n{ try {\nreturn; } catch {\nlook(); } }", ("item of all",)),
        ("for (const q of request.all)\n{ for (const p of q)\n{ look();\nreturn; } }", ()),
        ("for (const q of request.all)\n{ for (const p of q)\n{ look();\nbreak; } }", ("item of all",)),
        ('for (const p of request.all)\n{ if (p === "zai")\nlook(); }', ()),
        ('for (const p of request.all)\n{ if (p !== "zai" || p.no) continue;\nlook(); }', ()),
        ("for (const p of request.all)\n{ if (p === request.path) look(); }", ()),
        ("for (const [p, q] of Object.entries(request.all))\n{ if (p === request.path) look(); }", ()),
        (
            "for (const [p, q] of Object.entries(request.all))\n{ if (q === request.path) look(); }",
            ("item of all",),
        ),
        ('for (const p of request.all)\n{ if (p !== "zai") look(); }', ("item of all",)),
        ('for (const p of request.all)\n{ if (p === "zai" || p.fits) look(); }', ("item of all",)),
        ("for (const p of request.all)\n{ const q = p.id; if (p === q) look(); }", ("item of all",)),
        ("for (const p of request.all)\n{ if (p === null) look(); }", ("item of all",)),
        (STAGES.format(one="look()", other="request.path"), ()),
        (STAGES.format(one="look()", other="look() + 1"), ("stage",)),
        (LOOPED, ("stage",)),
    ],
)
def test_typescript(body: str, per: tuple[str, ...], tmp_path: Path) -> None:
    assert finding(tmp_path, "service.ts", TYPESCRIPT.format(body=body)).per == per


@pytest.mark.parametrize(
    ("body", "per"),
    [
        ("for p in request.all:\n    if p.fits:\n        text = look()\n        return text", ()),
        ("for p in request.all:\n    if p.fits:\n        look()\n        raise ValueError", ()),
        ("for p in request.all:\n    if p.fits:\n        look()\n        break", ()),
        ("for p in request.all:\n    if p.fits:\n        look()", ("item of all",)),
        (
            "for p in request.all:\n    if p.fits:\n        if look():\n            continue\n        return",
            ("item of all",),
        ),
        ("for p in request.all:\n    if p.no:\n        continue\n    look()\n    break", ()),
        ("for p in request.all:\n    if look():\n        continue\n    break", ("item of all",)),
        (
            (
                "for p in request.all:\n    try:\n        await p.load()\n        look()\n        return\n"
                "    except OSError:\n        pass"
            ),
            (),
        ),
        (
            "for p in request.all:\n    try:\n        look()\n        return\n    except OSError:\n        pass",
            ("item of all",),
        ),
        (
            "for p in request.all:\n    try:\n        return\n    except OSError:\n        look()",
            ("item of all",),
        ),
        ("for p in request.all:\n    if p != request.path:\n        continue\n    look()", ()),
        (
            "for p in request.all:\n    if request.path and p != request.path:\n        continue\n    look()",
            ("item of all",),
        ),
        ("for n, p in enumerate(request.all):\n    if n == 0:\n        look()", ()),
        ("for name, p in request.all.items():\n    if p == 'x':\n        look()", ("name",)),
        ("read_all([request.path])", ()),
        ("read_all(paths=(request.path, '/etc'))", ()),
        ("read_all(request.paths)", ("path",)),
        ("read_all([*request.paths])", ("path",)),
        ("hand_on([request.path])", ()),
        ("hand_on(request.paths)", ("path",)),
        ("stages = []\nstages.append(lambda: look())\nstages.append(lambda: 1)\nfor stage in stages:\n    stage()", ()),
        (
            "stages = []\nfor one in request.all:\n    stages.append(lambda: look())\nfor stage in stages: stage()",
            ("stage",),
        ),
    ],
)
def test_python(body: str, per: tuple[str, ...], tmp_path: Path) -> None:
    indented = "".join(f"    {line}\n" for line in body.split("\n"))
    assert finding(tmp_path, "service.py", PYTHON.format(body=indented)).per == per


@pytest.mark.parametrize(
    ("body", "often"),
    [
        ("for (const p of request.all) { if (read(p)) return p; }", "up to once per item of all "),
        ("for (const p of request.all) { const text = read(p); if (text) break; }", "up to once per item of all "),
        ("for (const p of request.all) { if (request.over) break; read(p); }", "once per item of all "),
        ("for (const p of request.all) { if (read(p)) throw p; }", "once per item of all "),
        ("for (const p of request.all) read(p);", "once per item of all "),
    ],
)
def test_a_search_is_not_said_to_run_for_all(body: str, often: str, tmp_path: Path) -> None:
    text = TYPESCRIPT.format(body=body).replace("function look()", "const read = (p: any) => look();\nfunction look()")
    message = finding(tmp_path, "service.ts", text).message
    assert message.startswith(f"fs.readFileSync blocks the event loop {often}on")


@pytest.mark.parametrize(
    ("body", "often"),
    [
        ("for p in request.all:\n    if look() == p:\n        return p", "up to once per item of all "),
        ("for p in request.all:\n    text = look()\n    if text:\n        break", "up to once per item of all "),
        ("for p in request.all:\n    if request.over:\n        break\n    look()", "once per item of all "),
    ],
)
def test_a_search_in_python(body: str, often: str, tmp_path: Path) -> None:
    indented = "".join(f"    {line}\n" for line in body.split("\n"))
    message = finding(tmp_path, "service.py", PYTHON.format(body=indented)).message
    assert message.startswith(f"open blocks the event loop {often}on")
