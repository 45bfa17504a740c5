"""`audit why`: every kind of answer, on small programs, and how answers look."""

from pathlib import Path

import msgspec
import pytest
from syrupy.assertion import SnapshotAssertion

from alef_audit.auditing.answer import Answer
from alef_audit.config import BoundaryRow, Config, LevelRow, NotRootRow
from alef_audit.pipeline.asking import why
from alef_audit.reporting.layout import width_of
from alef_audit.reporting.why_json import render_why_json
from alef_audit.reporting.why_text import render_why_text
from tests.requests import request_for

HERE = Path(__file__).resolve().parent.parent
QUIET = HERE / "fixtures" / "quiet" / "python-service"
GATEWAY = HERE.parent / "sample_repos" / "ts-gateway"

PROGRAM = """\
import asyncio
import sys
import threading
import time
from fastapi import FastAPI

app = FastAPI()

def hot():
    time.sleep(1)

def unused():
    time.sleep(2)

def at_start():
    time.sleep(3)

def in_thread():
    time.sleep(4)

def on_thread_root():
    time.sleep(5)

def mac():
    if sys.platform == "darwin":
        time.sleep(6)

def harmless():
    return 1

def guarded():
    time.sleep(7)

def looked_up():
    time.sleep(8)

@app.get("/")
async def handler(item):
    hot()
    mac()
    harmless()
    item.looked_up()
    item.upper()
    print(len("x"))
    guarded()
    await asyncio.to_thread(in_thread)

threading.Thread(target=on_thread_root).start()
at_start()
"""


def line_of(text: str, source: str = PROGRAM) -> int:
    (found,) = (number for number, line in enumerate(source.splitlines(), 1) if line.strip() == text)
    return found


def asked(folder: Path, text: str, source: str = PROGRAM, **changes: object) -> Answer:
    """What is said of the line that reads `text`."""
    (folder / "service.py").write_text(source, encoding="utf-8")
    return why(request_for(folder, **changes), "service.py", line_of(text, source), lambda *_: None)


def kinds(answer: Answer) -> list[str]:
    return [reason.kind for reason in answer.reasons]


def test_a_reported_call(tmp_path: Path) -> None:
    answer = asked(tmp_path, "time.sleep(1)")
    assert (answer.conclusion, answer.subject) == ("reported", "call")
    (finding,) = answer.findings
    assert [frame.function for frame in finding.trace] == ["handler", "hot"]
    assert kinds(answer) == []


def test_a_call_on_the_path(tmp_path: Path) -> None:
    answer = asked(tmp_path, "hot()")
    assert (answer.conclusion, answer.subject) == ("on-path", "line")
    assert [finding.sink.line for finding in answer.passing] == [line_of("time.sleep(1)")]
    assert kinds(answer) == ["calls"]


def test_the_function_itself(tmp_path: Path) -> None:
    answer = asked(tmp_path, "def hot():")
    assert (answer.conclusion, answer.subject, answer.name) == ("on-path", "function", "service.hot")
    assert [place.function for place in answer.callers] == ["handler"]
    assert [near.root.function for near in answer.near_roots] == ["handler"]


def test_where_a_root_is_registered(tmp_path: Path) -> None:
    answer = asked(tmp_path, '@app.get("/")')
    assert answer.function is not None
    assert (answer.subject, answer.function.function) == ("function", "handler")


@pytest.mark.parametrize(
    ("text", "reason", "words"),
    [
        ("time.sleep(2)", "never-called", "nothing that was found calls unused (tests are not read)"),
        ("time.sleep(3)", "cold", "only code that runs when a module is loaded leads here"),
        ("time.sleep(4)", "off-loop", "in_thread runs off the loop (offload.executor) when handler calls it"),
        ("time.sleep(5)", "cold", "only code that runs when a module is loaded leads here, and off the loop"),
        ("def harmless():", "no-known-sink", "nothing below it is known to block"),
        ("harmless()", "calls", "harmless leads to nothing that is known to block"),
        ("return 1", "no-known-sink", "there is no call on this line"),
        ('print(len("x"))', "no-known-sink", "print"),
        ("item.looked_up()", "unresolved", "could not be resolved (functions of that name: service.py:34)"),
    ],
)
def test_why_not(text: str, reason: str, words: str, tmp_path: Path) -> None:
    answer = asked(tmp_path, text)
    found = [one.message for one in answer.reasons if one.kind == reason]
    assert any(words in message for message in found), answer.reasons


def test_a_call_that_might_be_the_missing_one(tmp_path: Path) -> None:
    source = "import time\n\nclass A:\n    def run_it(self):\n        time.sleep(1)\n" + "".join(
        f"\nclass B{n}:\n    def run_it(self): print(self)\n" for n in range(4)
    )
    source += "\ndef other(thing):\n    thing.run_it()\n"
    answer = asked(tmp_path, "time.sleep(1)", source)
    assert kinds(answer) == ["never-called", "missing-edge"]
    assert (answer.reasons[1].path, answer.reasons[1].line) == ("service.py", line_of("thing.run_it()", source))


def test_another_platform(tmp_path: Path) -> None:
    assert asked(tmp_path, "time.sleep(6)").conclusion == "reported"
    answer = asked(tmp_path, "time.sleep(6)", platform="linux")
    assert answer.conclusion == "not-reported"
    assert answer.reasons[0].kind == "platform"


@pytest.mark.parametrize(
    ("config", "reason", "words"),
    [
        (
            Config(boundaries=(BoundaryRow("*.guarded", "startup-only"),)),
            "startup-only",
            "guarded runs at start-up only, as boundaries[0] of the configuration says",
        ),
        (
            Config(boundaries=(BoundaryRow("*.guarded", "memoise.process"),)),
            "discharged",
            "keeps its result (memoise.process) when handler calls it, as boundaries[0] of the configuration says",
        ),
        (
            Config(boundaries=(BoundaryRow("*.guarded", "offloaded"),)),
            "off-loop",
            "guarded runs off the loop (offload.executor) when handler calls it, as boundaries[0] of the",
        ),
        (Config(levels=(LevelRow("off"),)), "suppressed", "switched off by the configuration (levels)"),
    ],
)
def test_what_the_configuration_does(config: Config, reason: str, words: str, tmp_path: Path) -> None:
    answer = asked(tmp_path, "time.sleep(7)", config=config)
    assert answer.conclusion in ("not-reported", "discharged", "suppressed")
    assert any(one.kind == reason and words in one.message for one in answer.reasons), answer.reasons


def test_what_is_no_root_by_configuration(tmp_path: Path) -> None:
    source = PROGRAM.replace("async def handler", "def handler").replace("    await asyncio.to_thread(in_thread)\n", "")
    source = source.replace('@app.get("/")\n', "").replace("def handler", "def on_message")
    assert asked(tmp_path, "time.sleep(1)", source + "app.on_event('startup')(on_message)\n").conclusion
    answer = asked(tmp_path, "time.sleep(1)", source, config=Config(not_roots=(NotRootRow("*.on_message"),)))
    assert [one.kind for one in answer.reasons] == ["not-hot"]


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("tests/test_it.py", "it is a test by its path"),
        ("types.pyi", "it only declares types"),
        ("page.vue", ".vue files are not read"),
        ("notes.txt", "it is no TypeScript, JavaScript or Python file"),
        ("legacy/old.py", "exclude in the configuration covers it"),
        ("node_modules/x/index.js", "it lies in node_modules"),
        ("ignored/x.py", "git or a .gitignore file ignores it"),
        ("static/page.js", "as served to browsers"),
    ],
)
def test_a_file_that_is_not_read(path: str, words: str, tmp_path: Path) -> None:
    (tmp_path / "service.py").write_text(PROGRAM, encoding="utf-8")
    (tmp_path / ".gitignore").write_text("ignored/\n", encoding="utf-8")
    (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / path).write_text("x = 1\n", encoding="utf-8")
    answer = why(request_for(tmp_path, config=Config(exclude=("legacy/**",))), path, 1, lambda *_: None)
    assert answer.conclusion == "not-read"
    assert words in answer.reasons[0].message


# ---------------------------------------------------------------- how it looks


def text_of(answer: Answer, width: int = 100, *, unicode: bool = True) -> str:
    return "\n".join(line.plain for line in render_why_text(answer, width, unicode=unicode)) + "\n"


@pytest.mark.parametrize(
    ("folder", "path", "line"),
    [
        (GATEWAY, "src/auth/credentials.ts", 15),
        (GATEWAY, "src/models/provider-auth.ts", 21),
        (GATEWAY, "src/cli/doctor.ts", 9),
        (QUIET, "service.py", 40),
        (QUIET, "service.py", 43),
        (QUIET, "service.py", 60),
        (QUIET, "service.py", 77),
        (QUIET, "service.py", 94),
        (QUIET, "service.py", 110),
    ],
    ids=lambda value: value.name if isinstance(value, Path) else str(value),
)
def test_text(folder: Path, path: str, line: int, snapshot: SnapshotAssertion) -> None:
    answer = why(request_for(folder), path, line, lambda *_: None)
    assert text_of(answer) == snapshot
    assert text_of(answer, 60, unicode=False).isascii()


def test_json(snapshot: SnapshotAssertion) -> None:
    answer = why(request_for(QUIET), "service.py", 60, lambda *_: None)
    assert render_why_json(answer) == snapshot
    assert render_why_json(why(request_for(QUIET), "service.py", 60, lambda *_: None)) == render_why_json(answer)


def test_roots_are_those_that_the_findings_mention() -> None:
    answer = why(request_for(GATEWAY), "src/auth/credentials.ts", 15, lambda *_: None)
    document = msgspec.json.decode(render_why_json(answer))
    (finding,) = document["findings"]
    used = {finding["root"], *(one["root"] for one in finding["also_reached_from"])}
    assert used == set(range(len(document["roots"])))


def test_names_are_made_safe(tmp_path: Path) -> None:
    source = 'import time\nbot = make()\n@bot.on("\\x1b[31m")\ndef f():\n    time.sleep(1)\n'
    (tmp_path / "a\u202eb.py").write_text(source.replace("\\x1b", "\x1b"), encoding="utf-8")
    text = text_of(why(request_for(tmp_path), "a\u202eb.py", 5, lambda *_: None))
    assert text.replace("\n", "").isprintable()
    assert all(width_of(line) <= 100 for line in text.splitlines())
