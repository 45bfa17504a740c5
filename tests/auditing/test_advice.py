"""What is proposed for a finding, and where one fix heals many: on small programs, one condition each."""

from pathlib import Path

import pytest

from alef_audit.auditing.report import AuditReport, ProposedArchetype
from alef_audit.pipeline.auditing import audit
from tests.requests import request_for

KEEP = "auth-cache-per-session-per-host"
TS_SERVER = """\
import {{ readFileSync, writeFileSync, execFileSync }} from "node:fs";
import {{ createServer }} from "node:http";
import {{ Cache }} from "./cache.js";
{body}
createServer(async (request, response) => {{
  {call}
}}).listen(1);
"""
PY_SERVER = """\
import asyncio
import time
from pathlib import Path
from fastapi import FastAPI

app = FastAPI()
{body}

@app.get("/a/{{account}}")
async def a(account: str, names: list[str]):
    {call}
"""


def report(folder: Path, name: str, text: str) -> AuditReport:
    (folder / name).write_text(text, encoding="utf-8")
    return audit(request_for(folder, patterns=("035",)), lambda *_: None)


def proposed(folder: Path, body: str, call: str, sink: int = 0) -> dict[str, ProposedArchetype]:
    """What is proposed for the finding (by place in the file) in a server with `body` that makes `call`."""
    is_python = "def " in body
    name, frame = ("app.py", PY_SERVER) if is_python else ("app.ts", TS_SERVER)
    found = report(folder, name, frame.format(body=body, call=call)).findings
    finding = sorted(found, key=lambda f: (f.sink.line, f.sink.column))[sink]
    return {archetype.id: archetype for archetype in finding.archetypes}


LOAD = "function loadCredentials(agentDir: string) { return readFileSync(agentDir, 'utf8'); }"


def test_what_to_wrap_and_the_key_in_scope(tmp_path: Path) -> None:
    found = proposed(tmp_path, LOAD, "response.end(loadCredentials(request.url));")[KEEP]
    assert (found.applies_to, found.key, found.single_flight) == ("loadCredentials", ("agentDir",), "not needed")
    assert "one hour" in found.ttl


def test_a_key_of_a_caller(tmp_path: Path) -> None:
    body = (
        "function loadCredentials(path: string) { return readFileSync(path, 'utf8'); }\n"
        "function answer({ sessionId, size }: Ask) { return [loadCredentials(sessionId + '.json')]; }"
    )
    found = proposed(tmp_path, body, "response.end(answer(request.url));")[KEEP]
    assert (found.applies_to, found.key) == ("loadCredentials", ("sessionId",))
    assert "in scope in answer" in found.why


def test_no_key_in_scope(tmp_path: Path) -> None:
    body = "function loadCredentials(path: string) { return readFileSync(path, 'utf8'); }"
    found = proposed(tmp_path, body, "response.end(loadCredentials(request.url));")[KEEP]
    assert not found.key
    assert (
        "no session or host id is in scope: pass one down from createServer callback, or keep it by path" in found.why
    )


def test_overlapping_calls_and_an_expiry(tmp_path: Path) -> None:
    body = (
        "async function loadCredentials(agentDir: string) {\n"
        "  const token = JSON.parse(readFileSync(agentDir, 'utf8'));\n"
        "  return token.expiresAt > 0 ? token : undefined;\n}"
    )
    found = proposed(tmp_path, body, "response.end(await loadCredentials(request.url));")[KEEP]
    assert (found.single_flight, found.ttl) == ("needed", "until expiresAt and for one hour at most")


@pytest.mark.parametrize(
    ("body", "call"),
    [
        # what is written would not be written again
        (
            "function getAuthFile(agentDir: string) { return writeFileSync(agentDir, 'x'); }",
            "f(getAuthFile(request.url));",
        ),
        # nobody wants what it gives
        (LOAD, "loadCredentials(request.url);"),
        # it is handed the credential
        ("function findAuth(token: string) { return readFileSync(token, 'utf8'); }", "f(findAuth(request.url));"),
        # it does something
        ("function sendAuth(agentDir: string) { return readFileSync(agentDir); }", "f(sendAuth(request.url));"),
    ],
)
def test_what_is_not_to_be_kept(tmp_path: Path, body: str, call: str) -> None:
    assert KEEP not in proposed(tmp_path, body, call)


def test_only_what_no_dispatch_flows_into_is_kept_for_good(tmp_path: Path) -> None:
    body = "function loadCatalog(path = ROOT) { return readFileSync(path, 'utf8'); }\nconst ROOT = '/x';"
    without = proposed(tmp_path, body, "response.end(loadCatalog());")
    assert {"memoise-process", "hoist-to-startup"} <= without.keys()
    assert without["memoise-process"].applies_to == "loadCatalog"
    given = proposed(tmp_path, body, "response.end(loadCatalog(request.url));")
    assert not {"memoise-process", "hoist-to-startup"} & given.keys()
    at = proposed(tmp_path, body, "response.end(loadCatalog(`/x/${Date.now()}`));")
    assert not {"memoise-process", "hoist-to-startup"} & at.keys()


LOOP = "for (const p of request.names) {{ const d = request.url; f({0}); }}"


def test_only_what_a_loop_does_not_vary_is_hoisted(tmp_path: Path) -> None:
    varied = proposed(tmp_path, LOAD, LOOP.format("loadCredentials(p)"))
    assert "hoist-out-of-loop" not in varied
    same = proposed(tmp_path, LOAD, LOOP.format("p, loadCredentials(d)"))["hoist-out-of-loop"]
    assert (same.applies_to, same.where) == ("loadCredentials", "createServer callback (app.ts:6)")
    body = f"{LOAD}\nfunction hasAuth(p: string, d: string) {{ return p + loadCredentials(d); }}"
    below = proposed(tmp_path, body, LOOP.format("hasAuth(p, d)"))["hoist-out-of-loop"]
    assert below.applies_to == "loadCredentials"
    mapped = f"{body}\nfunction all(ps: string[], d: string) {{ return ps.map((p) => hasAuth(p, d)); }}"
    each = proposed(tmp_path, mapped, "f(all(request.names, request.url));")["hoist-out-of-loop"]
    assert each.applies_to == "loadCredentials"
    mapped = mapped.replace("hasAuth(p, d)); }", "hasAuth(d, p)); }")
    assert "hoist-out-of-loop" not in proposed(tmp_path, mapped, "f(all(request.names, request.url));")
    through = proposed(tmp_path, body, LOOP.format("hasAuth(d, p)"))
    assert "hoist-out-of-loop" not in through


PY_LOAD = "def load(path):\n    return Path(path).read_text()\n"


def test_python_loops_and_comprehensions(tmp_path: Path) -> None:
    assert "hoist-out-of-loop" not in proposed(
        tmp_path, PY_LOAD, "return [\n        load(name)\n        for name in names\n    ]"
    )
    assert "hoist-out-of-loop" in proposed(
        tmp_path, PY_LOAD, "return [\n        load(account)\n        for name in names\n    ]"
    )


def test_a_thread_takes_the_first_synchronous_function(tmp_path: Path) -> None:
    found = proposed(tmp_path, PY_LOAD, "return load(account)")["offload-to-thread"]
    assert found.applies_to == "load"
    assert "await asyncio.to_thread(load, …)" in found.why
    tied = PY_LOAD.replace("load", "async_load")
    assert "offload-to-thread" not in proposed(tmp_path, tied, "return async_load(account)")


def test_how_much_has_to_become_async(tmp_path: Path) -> None:
    found = proposed(tmp_path, f"{PY_LOAD}\ndef other():\n    return load(1)\n", "return load(account)")[
        "use-async-api"
    ]
    assert "load is synchronous and must become async, and so must one more caller beside the path" in found.why
    body = "class Store:\n    def __init__(self, path):\n        self.text = Path(path).read_text()\n"
    assert "use-async-api" not in proposed(tmp_path, body, "return Store(account)")
    sorting = f"{PY_LOAD}\ndef best(names):\n    return sorted(names, key=lambda name: load(name))\n"
    assert "use-async-api" not in proposed(tmp_path, sorting, "return best(names)")


def test_a_weak_cache_is_made_better(tmp_path: Path) -> None:
    body = (
        "_kept = None\n_at = 0.0\n\ndef load_credentials(path):\n    global _kept, _at\n"
        "    if _kept is None or time.monotonic() - _at > 5:\n        _kept = Path(path).read_text()\n"
        "        _at = time.monotonic()\n    return _kept\n"
    )
    found = proposed(tmp_path, body, "return load_credentials(account)")[KEEP]
    assert found.applies_to == "load_credentials"
    assert "lengthen that cache" in found.why


def test_what_remains_is_what_the_entry_point_reaches_beside(tmp_path: Path) -> None:
    body = f"{LOAD}\nfunction readToken(agentDir: string) {{ return readFileSync(agentDir, 'utf8'); }}"
    found = proposed(tmp_path, body, "f(loadCredentials(request.url), readToken(request.url));")[KEEP]
    assert "createServer callback also reaches fs.readFileSync at app.ts:5" in found.remains


# ---------------------------------------------------------------- fix points

TWO = "f({0}('a')); f({0}('b'));"
STORE = (
    "function readStore(agentDir: string) { return readFileSync(agentDir) + readFileSync(agentDir + 1); }\n"
    "function ensureAuthStore(agentDir: string) { return readStore(agentDir); }"
)


def points(folder: Path, body: str, call: str) -> list[tuple[str, str, int, int]]:
    found = report(folder, "app.ts", TS_SERVER.format(body=body, call=call)).fix_points
    return [(point.function, point.archetype, len(point.heals), len(point.mitigates)) for point in found]


def test_a_fix_point_heals_what_has_no_other_way(tmp_path: Path) -> None:
    assert points(tmp_path, STORE, "f(ensureAuthStore(request.url));") == [("ensureAuthStore", KEEP, 2, 0)]
    beside = "f(ensureAuthStore(request.url), readStore(request.url));"
    assert ("ensureAuthStore", KEEP, 2, 0) not in points(tmp_path, STORE, beside)


def test_plumbing_is_no_fix_point(tmp_path: Path) -> None:
    body = "function getAuthRun(task: () => string) { return task(); }"
    call = "f(getAuthRun(() => readFileSync('a', 'utf8')), getAuthRun(() => readFileSync('b', 'utf8')));"
    assert "getAuthRun" not in {point[0] for point in points(tmp_path, body, call)}


def test_findings_keep_where_their_fix_point_keeps(tmp_path: Path) -> None:
    found = proposed(tmp_path, STORE, "f(ensureAuthStore(request.url));")[KEEP]
    assert found.applies_to == "ensureAuthStore"
