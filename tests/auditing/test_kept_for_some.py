"""A memo that some callers pass by: who finds what is kept is told beside who does not."""

from pathlib import Path

from alef_audit.pipeline.auditing import audit
from tests.requests import request_for

STORE = """
import fs from "node:fs";

const CACHE = new Map();
export function load(path, options = {}) {
  if (!options.skipCache) {
    const cached = CACHE.get(path);
    if (cached && cached.mtimeMs === fs.statSync(path).mtimeMs) return cached.store;
  }
  const store = JSON.parse(fs.readFileSync(path, "utf8"));
  CACHE.set(path, { store, mtimeMs: fs.statSync(path).mtimeMs });
  return store;
}
"""
KEEPS = 'import { load } from "./store.js";\nsetInterval(() => load("a", { clone: false }), 60_000);\n'
ASKS = 'import { load } from "./store.js";\nexport async function save() { load("a", { skipCache: true }); }\n'


def told(folder: Path, **files: str) -> list[tuple[str, str]]:
    """Kind of root and verdict for the read of the file: first what is shown, then what reaches it as well."""
    for name, text in {"store": STORE, **files}.items():
        (folder / f"{name}.js").write_text(text, encoding="utf-8")
    report = audit(request_for(folder), lambda *_: None)
    found = next(one for one in report.findings if one.sink.call == "fs.readFileSync")
    shown = [(found.root, found.verdict), *((reach.root, reach.verdict) for reach in found.also_reached_from)]
    return [(report.roots[root].kind, verdict) for root, verdict in shown]


def test_one_who_keeps(tmp_path: Path) -> None:
    assert told(tmp_path, timer=KEEPS) == [("tick", "mitigated")]


def test_one_who_asks(tmp_path: Path) -> None:
    assert told(tmp_path, writer=ASKS) == [("coroutine", "exposed")]


def test_both(tmp_path: Path) -> None:
    assert told(tmp_path, timer=KEEPS, writer=ASKS) == [("coroutine", "exposed"), ("tick", "mitigated")]
