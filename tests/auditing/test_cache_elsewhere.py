"""A cache that a module of its own keeps, with one function that looks and one that fills."""

from pathlib import Path

import pytest

from alef_audit.pipeline.auditing import audit
from tests.repositories import write
from tests.requests import request_for

TYPESCRIPT = {
    "cache.ts": """
const STORES = new Map<string, { text: string; mtimeMs: number }>();
const SIZES = new Map<string, number>();
export function readStoreCache(params: { path: string; mtimeMs: number }): string | null {
  const cached = STORES.get(params.path);
  if (!cached) return null;
  return cached.mtimeMs === params.mtimeMs ? structuredClone(cached.text) : null;
}
export function writeStoreCache(params: { path: string; mtimeMs: number; text: string }): void {
  STORES.set(params.path, { text: params.text, mtimeMs: params.mtimeMs });
}
export function noteSize(params: { path: string; size: number }): void {
  SIZES.set(params.path, params.size);
}
""",
    "main.ts": """
import { readFileSync } from "node:fs";
import express from "express";
import { noteSize, readStoreCache, writeStoreCache } from "./cache.js";

function load(path: string, mtimeMs: number): string {
  const cached = LOOKING;
  if (cached) return cached;
  const text = readFileSync(path, "utf8");
  if (text) STORING;
  return text;
}
const app = express();
app.get("/", (request, response) => response.send(load(request.path, Number(request.query.mtime))));
app.listen(8080);
""",
}
PYTHON = {
    "cache.py": """
_stores = {}
_sizes = {}


def read_store_cache(path, mtime):
    cached = _stores.get(path)
    if cached is None or cached[0] != mtime:
        return None
    return cached[1]


def write_store_cache(path, mtime, text):
    _stores[path] = (mtime, text)


def note_size(path, size):
    _sizes[path] = size
""",
    "main.py": """
from fastapi import FastAPI

from cache import note_size, read_store_cache, write_store_cache

app = FastAPI()


def load(path, mtime):
    cached = LOOKING
    if cached is not None:
        return cached
    with open(path) as file:
        text = file.read()
    if text:
        STORING
    return text


@app.get("/")
async def handle(path: str, mtime: float):
    return load(path, mtime)
""",
}


LONG = (
    "a look-up that takes more than what fits into a line, and more than what is noted of it word by word in the facts"
)


@pytest.mark.parametrize(
    ("files", "looking", "storing", "verdict"),
    [
        (TYPESCRIPT, "readStoreCache({ path, mtimeMs })", "writeStoreCache({ path, mtimeMs, text })", "mitigated"),
        (
            TYPESCRIPT,
            f'readStoreCache({{ path, mtimeMs, why: "{LONG}" }})',
            "writeStoreCache({ path, mtimeMs, text })",
            "mitigated",
        ),
        (TYPESCRIPT, "readStoreCache({ path, mtimeMs })", "noteSize({ path, size: text.length })", "exposed"),
        (PYTHON, "read_store_cache(path, mtime)", "write_store_cache(path, mtime, text)", "mitigated"),
        (PYTHON, f'read_store_cache(path, mtime, "{LONG}")', "write_store_cache(path, mtime, text)", "mitigated"),
        (PYTHON, "read_store_cache(path, mtime)", "note_size(path, len(text))", "exposed"),
    ],
)
def test_what_is_looked_for_has_to_be_filled(
    files: dict[str, str], looking: str, storing: str, verdict: str, tmp_path: Path
) -> None:
    filled = {name: text.replace("LOOKING", looking).replace("STORING", storing) for name, text in files.items()}
    write(tmp_path, filled)
    report = audit(request_for(tmp_path, include_discharged=True), lambda *_: None)
    assert {each.verdict for each in report.findings if each.sink.call in ("open", "fs.readFileSync")} == {verdict}
