"""Along one path an object stays of its class: a sibling's override is not what runs."""

from pathlib import Path

import pytest

from alef_audit.pipeline.auditing import audit
from tests.requests import request_for

PYTHON = """
import subprocess

from fastapi import FastAPI

app = FastAPI()


class Component:
    def __init__(self):
        self.prepare()

    def prepare(self):
        self.convert()

    def convert(self):
        pass


class Audio(Component):
    def convert(self):
        subprocess.run(["ffmpeg"])


class Song(Audio):
    pass


class Table(Component):
    def __init__(self):
        super().__init__()

    def convert(self):
        return 1


@app.get("/")
async def handle():
    return MADE()
"""
TYPESCRIPT = """
import { spawnSync } from "node:child_process";
import express from "express";

class Component {
  constructor() {
    this.prepare();
  }
  prepare() {
    this.convert();
  }
  convert() {}
}
class Audio extends Component {
  convert() {
    spawnSync("ffmpeg");
  }
}
class Song extends Audio {}
class Table extends Component {
  constructor() {
    super();
  }
  convert() {}
}
export const audios = () => [new Audio(), new Song()];
const app = express();
app.get("/", (request, response) => response.json(new MADE()));
app.listen(8080);
"""


@pytest.mark.parametrize(("made", "found"), [("Audio", 1), ("Song", 1), ("Table", 0)])
@pytest.mark.parametrize(("name", "text"), [("main.py", PYTHON), ("main.ts", TYPESCRIPT)])
def test_an_override_runs_for_objects_of_its_class(name: str, text: str, made: str, found: int, tmp_path: Path) -> None:
    (tmp_path / name).write_text(text.replace("MADE", made), encoding="utf-8")
    report = audit(request_for(tmp_path), lambda *_: None)
    shown = [each for each in report.findings if report.roots[each.root].kind == "request"]
    assert len(shown) == found


def test_a_field_that_holds_another_method_is_no_override(tmp_path: Path) -> None:
    text = PYTHON.replace("        self.prepare()\n", "        self.hook = self.convert\n        self.hook()\n")
    (tmp_path / "main.py").write_text(text.replace("MADE", "Song"), encoding="utf-8")
    report = audit(request_for(tmp_path), lambda *_: None)
    assert [each.sink.call for each in report.findings] == ["subprocess.run"]
