"""What a finding says of when its path is taken: the tests on the way, and what they make of the sentence."""

from pathlib import Path

import pytest

from alef_audit.auditing.report import Finding
from alef_audit.pipeline.auditing import audit
from tests.requests import request_for

TYPESCRIPT = """
import {{ existsSync, readFileSync }} from "node:fs";
import {{ EventEmitter }} from "node:events";

declare function findUser(name: string): {{ id: string }} | undefined;
export function register(bot: EventEmitter) {{
  bot.on("callback_query", (event: any) => {{
    {body}
  }});
}}
function read(name: string, count = 0): string {{
  if (count > 3) console.log(count);
  return readFileSync("/etc/agent.json", "utf8");
}}
function deliver(hit?: any): string {{
  if (!hit) return "";
  return readFileSync("/etc/agent.json", "utf8");
}}
function readSome(params: any): string {{
  if (params.count > 0) return readFileSync("/etc/agent.json", "utf8");
  return "";
}}
register(new EventEmitter());
"""
PYTHON = """
import re
from os.path import isfile
from fastapi import FastAPI

app = FastAPI()


def find_user(name):
    return {{}}.get(name)


def read(name):
    return open("/etc/agent.json").read()


def deliver(hit=None):
    if hit is None:
        return None
    return open("/etc/agent.json").read()


@app.post("/")
async def handle(event):
{body}
"""
TRIED_IN_PYTHON = """
try:
    link = resolve_link(event)
    if link.version == 1:
        return link
except OSError:
    pass
read(event.data)
"""
EVERY, SOME = 'on every "callback_query"', 'on "callback_query", when '


def finding(folder: Path, name: str, text: str) -> Finding:
    (folder / name).write_text(text, encoding="utf-8")
    found = audit(request_for(folder), lambda *_: None).findings
    return next(one for one in found if one.sink.call in ("open", "fs.readFileSync"))


@pytest.mark.parametrize(
    ("body", "conditions", "says"),
    [
        ("read(event.data);", (), EVERY),
        (
            "const page = event.data.match(/^page_(\\d+)$/); if (page) read(page[1]);",
            ("event.data.match(/^page_(\\d+)$/)",),
            SOME + "event.data.match(/^page_(\\d+)$/)",
        ),
        ("if (event.count > 0) read(event.data);", ("event.count > 0",), SOME + "event.count > 0"),
        ("const text = event.full ? read(event.data) : '';", ("event.full",), SOME + "event.full"),
        ("if (!event.provider) { read(event.data); }", ("!event.provider",), SOME + "!event.provider"),
        ('if (event.type !== "a") return; read(event.data);', ('event.type === "a"',), SOME + 'event.type === "a"'),
        ('if (event.type === "b") return; read(event.data);', ('event.type !== "b"',), SOME + 'event.type !== "b"'),
        (
            'if (event.type === "b") return; else read(event.data);',
            ('event.type !== "b"',),
            SOME + 'event.type !== "b"',
        ),
        (
            'if (event.user && event.user === event.owner) return "mine"; read(event.data);',
            ("not (event.user && event.user === event.owner)",),
            SOME + "not (event.user && event.user === event.owner)",
        ),
        (
            'const text = event.text; if (text !== "/a" && !text.startsWith("/a ")) return null; readSome(event);',
            ('text === "/a" || text.startsWith("/a ")', "params.count > 0"),
            SOME + 'text === "/a" || text.startsWith("/a ")',
        ),
        (
            'if (!(event.kind === "a" || event.kind === "b")) return; read(event.data);',
            ('event.kind === "a" || event.kind === "b"',),
            SOME + 'event.kind === "a" || event.kind === "b"',
        ),
        ('if (event.kind !== "a" && !event.data) return; read(event.data);', (), EVERY),
        ("if (!event.data) return; read(event.data);", (), EVERY),
        ("const user = findUser(event.data); if (user) read(user.id);", (), EVERY),
        ("const user = findUser(event.data); if (!user) read(event.data);", ("!user",), SOME + "!user"),
        ("readSome(event);", ("params.count > 0",), SOME + "params.count > 0"),
        ("if (event.full) readSome(event);", ("event.full", "params.count > 0"), SOME + "event.full"),
        ("if (event.ok) readSome(event);", ("params.count > 0", "event.ok"), SOME + "params.count > 0"),
        (
            "if (validateEvent(event)) readSome(event);",
            ("params.count > 0", "validateEvent(event)"),
            SOME + "params.count > 0",
        ),
        (
            "if (isLarge) readSome(event);",
            ("params.count > 0", "isLarge"),
            SOME + "params.count > 0",
        ),
        ("if (isLarge) read(event);", ("isLarge",), SOME + "isLarge"),
        (
            'if (process.platform === "linux") read(event);',
            ('process.platform === "linux"',),
            SOME + 'process.platform === "linux"',
        ),
        ('if (process.platform !== "win32") read(event);', ('process.platform !== "win32"',), EVERY),
        ("if (process.env.DEEP) read(event);", ("process.env.DEEP",), SOME + "process.env.DEEP"),
        ("if (!process.env.FLAT) read(event);", ("!process.env.FLAT",), EVERY),
        (
            "try { event.parse(); } catch (error) { read(event); throw error; }",
            ("only after an exception",),
            'on "callback_query", only after an exception',
        ),
        ("const reader = { read }; if (reader.read) reader.read(event);", (), EVERY),
        (
            "const first = event.first; if (first) { if (event.second > 1) read(event); }",
            ("event.second > 1", "first"),
            SOME + "event.second > 1",
        ),
        # of two calls the one that asks for less
        ("if (event.first) return read(event.data); read(event.data);", (), EVERY),
    ],
)
def test_typescript(body: str, conditions: tuple[str, ...], says: str, tmp_path: Path) -> None:
    found = finding(tmp_path, "bot.ts", TYPESCRIPT.format(body=body))
    assert found.conditions == conditions
    assert found.message == f"fs.readFileSync blocks the event loop {says}"


@pytest.mark.parametrize(
    ("body", "conditions", "says"),
    [
        ("read(event.data)", (), "on every request"),
        (
            'page = re.match(r"page_(\\d+)", event.data)\nif page:\n    read(page[1])',
            ('re.match(r"page_(\\d+)", event.data)',),
            'on requests, when re.match(r"page_(\\d+)", event.data)',
        ),
        ("if event.count > 0:\n    read(event.data)", ("event.count > 0",), "on requests, when event.count > 0"),
        (
            'if event.type != "a":\n    return\nread(event.data)',
            ('event.type == "a"',),
            'on requests, when event.type == "a"',
        ),
        (
            'if event.type != "a" and not event.text.startswith("b"):\n    return\nread(event.data)',
            ('event.type == "a" or event.text.startswith("b")',),
            'on requests, when event.type == "a" or event.text.startswith("b")',
        ),
        (
            'if event.type == "a":\n    pass\nelse:\n    read(event.data)',
            ('event.type != "a"',),
            'on requests, when event.type != "a"',
        ),
        ("user = find_user(event.data)\nif user:\n    read(user)", (), "on every request"),
        ("if event.first:\n    return read(event.data)\nread(event.data)", (), "on every request"),
        (
            'match event.kind:\n    case "a" | Kind.B:\n        read(event.data)',
            ('event.kind == "a" or event.kind == Kind.B',),
            'on requests, when event.kind == "a" or event.kind == Kind.B',
        ),
        (
            "match event.user:\n    case User(name=name):\n        read(name)",
            ("isinstance(event.user, User)",),
            "on requests, when isinstance(event.user, User)",
        ),
        (
            'match event.kind:\n    case "a":\n        pass\n    case _:\n        read(event.data)',
            ("event.kind != every case",),
            "on requests, when event.kind != every case",
        ),
        (
            "try:\n    event.parse()\nexcept OSError:\n    return read(event.data)",
            ("what was tried first fails",),
            "on requests, when what was tried first fails",
        ),
    ],
)
def test_python(body: str, conditions: tuple[str, ...], says: str, tmp_path: Path) -> None:
    indented = "".join(f"    {line}\n" for line in body.split("\n"))
    found = finding(tmp_path, "service.py", PYTHON.format(body=indented))
    assert found.conditions == conditions
    assert found.message == f"open blocks the event loop {says}"


FOUND, NOT_FOUND = SOME + "link", SOME + "not (link)"


@pytest.mark.parametrize(
    ("body", "says"),
    [
        # what the caller has, or has not, to hand over
        (
            "const hit = event.id && event.id !== event.old ? { id: 1 } : undefined; deliver(hit);",
            SOME + "event.id && event.id !== event.old",
        ),
        ("const hit = event.old ? null : find(event); deliver(hit);", SOME + "not (event.old)"),
        ("let hit = event.id ? event.data : undefined; hit = event; deliver(hit);", EVERY),
        ("const hit = event.id ? event.data : event.old; deliver(hit);", EVERY),
        # what gives an answer of its own
        ("const link = resolveLink(event); if (link) return link; read(event.data);", NOT_FOUND),
        ("const link = resolveLink(event); if (link) { return [link]; } read(event.data);", NOT_FOUND),
        ("const link = await resolveLink(event); if (!link) return event.data; read(event.data);", FOUND),
        (
            "const link = resolveLink(event) as any; if (link?.found === 1) return true; read(event.data);",
            SOME + "link?.found !== 1",
        ),
        (
            "const link = resolveLink(event); if (link) { if (event.open) { return link; } } read(event.data);",
            SOME + "not ((link) && (event.open))",
        ),
        ("if (!isLinked()) return; read(event.data);", SOME + "isLinked()"),
        ('if (!event.tags.includes("new")) return; read(event.data);', SOME + 'event.tags.includes("new")'),
        (
            "const n = event.n; if (n === undefined) { await stop(event); tell(n); hm(n); return; } read(event.data);",
            SOME + "n !== undefined",
        ),
        (
            "const file = await openFile(event.data); if (!file.ok) return; read(event.data);",
            SOME + "openFile(…).ok",
        ),
        ("const file = tryOpen(event.data); if (!file) return; read(event.data);", EVERY),
        ("if (event.id === undefined) return rows(event); read(event.data);", SOME + "event.id !== undefined"),
        ("if (event.id === undefined) return; read(event.data);", EVERY),
        ("if (event.id === null) return { error: 'no id' }; read(event.data);", EVERY),
        # of two calls the one in front of which less has been answered
        (
            "const up = event.up; if (!up) { read(event.data); return; } if (await isUp(up)) return; read(event.data);",
            SOME + "!up",
        ),
        # a file, where there is one; something, where there is anything to do
        ("if (!existsSync(event.data)) return; read(event.data);", SOME + "existsSync(event.data)"),
        ('if (event.kind === "none") return; read(event.data);', SOME + 'event.kind !== "none"'),
        ('if (event.kind === "chat") return; read(event.data);', SOME + 'event.kind !== "chat"'),
        # what turns something down, or says that something went wrong
        ("const link = resolveLink(event); if (!link) return; read(event.data);", EVERY),
        ("const link = resolveLink(event); if (!link) { reply('not found'); return 1; } read(event.data);", EVERY),
        ("const link = resolveLink(event); if (!link) throw new Error('no'); read(event.data);", EVERY),
        ("const link = resolveLink(event); if (!link) return { ok: false }; read(event.data);", EVERY),
        ("const link = findLink(event); if (!link) return event.data; read(event.data);", EVERY),
        ("const link = normalizeLink(event); if (!link) return event.data; read(event.data);", EVERY),
        ("const failed = check(event); if (failed) return failed; read(event.data);", EVERY),
        ("if (isAborted()) return event.data; read(event.data);", EVERY),
        ("if (!isLinked(event)) return; read(event.data);", SOME + "isLinked(event)"),
        ("if (!event.linked) return; read(event.data);", EVERY),
        ("if (!(await portIsOpen(event))) return; read(event.data);", SOME + "portIsOpen(event)"),
        ("if (!(await checkPort(event))) return; read(event.data);", EVERY),
        ("if (!DEBUG) return; read(event.data);", SOME + "DEBUG"),
        ("if (!this.options.audit) return; read(event.data);", SOME + "this.options.audit"),
        ("if (event.admin) return; read(event.data);", SOME + "not (event.admin)"),
        ("if (event.admin) { read(event.data); return; } read(event.data);", EVERY),
        ("if (event.old === event.data) return; read(event.data);", SOME + "event.old !== event.data"),
        ("if (event.tags.length === 0) return; read(event.data);", EVERY),
        ('if (event.tags.includes("old")) return; read(event.data);', SOME + 'not (event.tags.includes("old"))'),
        # who asked is told that all went well
        ("if (!event.id) { respond(true, { found: event }); return; } read(event.data);", SOME + "event.id"),
        ("if (!event.id) { respond(false, undefined, event); return; } read(event.data);", EVERY),
        (
            "if (event.lines <= event.most) { respond(true, { reason: 'not found' }); return; } read(event.data);",
            SOME + "not (event.lines <= event.most)",
        ),
        ("if (!event.id) { event.res.json({ rows: [] }); return; } read(event.data);", SOME + "event.id"),
        ("if (!event.id) { event.res.json({ error: 1 }); return; } read(event.data);", EVERY),
        ("if (!event.id) return event.res.status(200).send('x'); read(event.data);", SOME + "event.id"),
        ("if (!event.id) return event.res.status(404).send('x'); read(event.data);", EVERY),
        ("if (!event.id || event.no) return { ok: true }; read(event.data);", SOME + "event.id"),
        ("if (!event.id && event.no) return { ok: true }; read(event.data);", SOME + "not (!event.id && event.no)"),
        ("if (!event.id) { tell(event); return; } read(event.data);", EVERY),
        ("if (event.ids.length === 0) { respond(true, []); return; } read(event.data);", EVERY),
        (
            'if (!event.id) { respond(true, []); return; } if (event.kind === "chat") read(event.data);',
            SOME + 'event.kind === "chat"',
        ),
        # what follows runs where something fails, too
        (
            "try { const kept = resolveLink(event); if (kept.version === 1) return kept; } catch {} read(event.data);",
            SOME + "not ((kept.version === 1) && (…))",
        ),
        (
            "try { if (event.version === 1) { if (event.valid) return event.rows; } } catch {} read(event.data);",
            SOME + "not ((event.version === 1) && (event.valid) && (…))",
        ),
        ("try { if (!event.version) return null; } catch {} read(event.data);", EVERY),
    ],
)
def test_early_exits(body: str, says: str, tmp_path: Path) -> None:
    found = finding(tmp_path, "bot.ts", TYPESCRIPT.replace("(event: any)", "async (event: any)").format(body=body))
    assert found.message == f"fs.readFileSync blocks the event loop {says}"


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ("link = resolve_link(event)\nif link:\n    return link\nread(event.data)", "on requests, when not (link)"),
        (
            "link = await resolve_link(event)\nif link is None:\n    return event.data\nread(event.data)",
            "on requests, when link is not None",
        ),
        ("hit = event if event.old != event.id else None\ndeliver(hit)", "on requests, when event.old != event.id"),
        ("if not is_linked():\n    return\nread(event.data)", "on requests, when is_linked()"),
        ("if not isfile(event.data):\n    return\nread(event.data)", "on requests, when isfile(event.data)"),
        (
            "if event.data is None:\n    return event.show_form(1)\nread(event.data)",
            "on requests, when event.data is not None",
        ),
        ("if event.data is None:\n    return None\nread(event.data)", "on every request"),
        (
            "file = open_file(event)\nif file is None:\n    return\nread(event.data)",
            "on requests, when open_file(…) is not None",
        ),
        ('if event.kind == "skip":\n    return\nread(event.data)', 'on requests, when event.kind != "skip"'),
        ('if "new" not in event.tags:\n    return\nread(event.data)', 'on requests, when "new" in event.tags'),
        ("link = resolve_link(event)\nif not link:\n    return None\nread(event.data)", "on every request"),
        ("link = resolve_link(event)\nif not link:\n    raise ValueError\nread(event.data)", "on every request"),
        ("link = get_link(event)\nif not link:\n    return event\nread(event.data)", "on every request"),
        ('if "old" in event.tags:\n    return\nread(event.data)', 'on requests, when not ("old" in event.tags)'),
        ("if not event.settings.audit:\n    return\nread(event.data)", "on requests, when event.settings.audit"),
        ("if not event.scorers:\n    return\nread(event.data)", "on every request"),
        ("if event.admin:\n    return\nread(event.data)", "on requests, when not (event.admin)"),
        ("if event.admin:\n    read(event.data)\n    return\nread(event.data)", "on every request"),
        ('if not event.id:\n    return {"status": "ok"}\nread(event.data)', "on requests, when event.id"),
        ('if not event.id:\n    return {"ok": True, "why": "no id"}\nread(event.data)', "on requests, when event.id"),
        ('if not event.id:\n    return {"ok": False}\nread(event.data)', "on every request"),
        ("if not event.id:\n    event.respond(True, 1)\n    return\nread(event.data)", "on requests, when event.id"),
        (
            TRIED_IN_PYTHON,
            "on requests, when not ((link.version == 1) and (…))",
        ),
        (
            "try:\n    if not event.version:\n        return None\nexcept OSError:\n    pass\nread(event.data)",
            "on every request",
        ),
    ],
)
def test_early_exits_in_python(body: str, says: str, tmp_path: Path) -> None:
    indented = "".join(f"    {line}\n" for line in body.split("\n"))
    found = finding(tmp_path, "service.py", PYTHON.format(body=indented))
    assert found.message == f"open blocks the event loop {says}"


def test_a_long_test_is_cut(tmp_path: Path) -> None:
    body = f"if (event.{'long' * 18} > 0) read(event.data);"
    found = finding(tmp_path, "bot.ts", TYPESCRIPT.format(body=body))
    assert found.conditions == (f"event.{'long' * 18} > 0",)
    assert found.message.endswith(f", when event.{'long' * 18}"[:66] + "…")
