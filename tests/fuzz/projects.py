"""Small projects that hold a mutated file, and the command line run on them inside this process."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

from typer.testing import CliRunner

from alef_audit.cli.arguments import with_default_command
from alef_audit.cli.main import app, command_names
from alef_audit.rulepack.load import Rulepack, bundled_rules, load_rulepack
from alef_audit.store.place import VARIABLE

# Exit codes of the README that tell of the input, and not of a mistake in the tool.
_ANSWERED: Final = (0, 1, 4)
_REFUSED: Final = (2, 3)
HOT: Final = """\
import time
import mutated
from fastapi import FastAPI
from mutated import *
app = FastAPI()
@app.get("/")
async def handler(request):
    time.sleep(1)
    for one in vars(mutated).values():
        await one(request)
"""
SERVER: Final = """\
import express from "express";
import { readFileSync } from "node:fs";
import * as mutated from "./mutated";
import one from "./mutated";
const app = express();
app.get("/", async (req, res) => {
  for (const each of Object.values(mutated)) await each(req, res);
  res.send(one(readFileSync(req.path)));
});
app.listen(1);
"""


class Ran(NamedTuple):
    """`refusal` is what the tool says against its input, "" where it took it."""

    code: int
    out: str
    refusal: str


def run(*arguments: str | Path) -> Ran:
    """Run the command line. AssertionError for an exit code that is not documented, or says nothing, or 5."""
    given = with_default_command([str(argument) for argument in arguments], command_names())
    result = CliRunner().invoke(app, given, prog_name="audit", catch_exceptions=False)
    assert result.exit_code in (*_ANSWERED, *_REFUSED), f"exit code {result.exit_code}\n{result.stderr}"
    assert "Traceback" not in result.stderr, result.stderr
    refused = result.exit_code in _REFUSED
    assert not refused or result.stderr.startswith("audit: error: "), result.stderr
    return Ran(result.exit_code, result.stdout, result.stderr if refused else "")


@contextmanager
def settings(cache_folder: Path) -> Iterator[None]:
    """An environment in which the tool tells where it failed, and leaves the user's cache alone."""
    before = {name: os.environ.get(name) for name in ("ALEF_AUDIT_DEBUG", VARIABLE, "COLUMNS")}
    os.environ |= {"ALEF_AUDIT_DEBUG": "1", VARIABLE: str(cache_folder), "COLUMNS": "100"}
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


@cache
def rules() -> Rulepack:
    return load_rulepack([bundled_rules()])


def write(folder: Path, name: str, data: bytes | str) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data if isinstance(data, bytes) else data.encode("utf-8"))
    return path


def project(folder: Path, name: str = "", data: bytes = b"") -> Path:
    """A Python service and a TypeScript server, each of which runs whatever a module of theirs exports.

    That module is empty unless `name` and `data` are given.
    """
    write(folder, "package.json", '{"name": "project", "dependencies": {"express": "4"}}')
    write(folder, "hot.py", HOT)
    write(folder, "server.ts", SERVER)
    for path in folder.glob("mutated.*"):
        path.unlink()
    if name:
        write(folder, name, data)
    return folder
