"""What a change brings, on repositories in which it is made."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.repositories import commit, git, repository, write
from tests.test_survival import run

TOKENS = """
import json


def read_token(name):
    with open(f"/etc/tokens/{name}") as file:
        return json.load(file)
"""
SERVICE = """
def name_of(user):
    return user.name
"""
CALLING = """
from tokens import read_token


def name_of(user):
    return read_token(user.name)
"""
APP = """
import asyncio

from fastapi import FastAPI
from service import name_of

app = FastAPI()


@app.get("/me")
async def me(user):
    return name_of(user)
"""
OFFLOADED = APP.replace("return name_of(user)", "return await asyncio.to_thread(name_of, user)")
PROJECT = {"tokens.py": TOKENS, "service.py": SERVICE, "app.py": APP}


def compared(root: Path, *arguments: str) -> dict[str, Any]:
    ran = run("compare", *arguments, "--path", root, "--format", "json")
    assert ran.code in (0, 1), ran.err
    found: dict[str, Any] = json.loads(ran.out)["comparison"]
    return found


def causes(found: dict[str, Any]) -> list[tuple[str, str, int]]:
    return [(one["cause"]["kind"], one["cause"]["path"], one["cause"]["line"]) for one in found["introduced"]]


def test_the_changed_call_is_named_where_neither_end_was_touched(tmp_path: Path) -> None:
    root = repository(tmp_path, PROJECT)
    commit(root, {"service.py": CALLING})
    found = compared(root, "HEAD~1")
    assert causes(found) == [("call", "service.py", 6)]
    (one,) = found["introduced"]
    assert one["cause"]["said"] == "name_of now calls read_token"
    assert one["finding"]["sink"]["path"] == "tokens.py"
    assert [frame["path"] for frame in one["finding"]["trace"]] == ["app.py", "service.py", "tokens.py"]
    assert (found["base"], found["head"], found["healed"], found["remaining"]) == ("HEAD~1", "", [], [])


def test_the_other_way_round_it_is_healed(tmp_path: Path) -> None:
    root = repository(tmp_path, PROJECT)
    git(root, "checkout", "-q", "-b", "topic")
    commit(root, {"service.py": CALLING})
    commit(root, {"service.py": SERVICE})
    found = compared(root, "HEAD~1", "HEAD")
    assert found["introduced"] == []
    assert [(one["finding"]["sink"]["call"], one["root"]["function"]) for one in found["healed"]] == [("open", "me")]
    assert run("compare", "HEAD~1", "HEAD", "--path", root).code == 0


def test_a_guard_that_is_gone(tmp_path: Path) -> None:
    root = repository(tmp_path, PROJECT | {"service.py": CALLING, "app.py": OFFLOADED})
    write(root, {"app.py": APP})
    found = compared(root, "HEAD")
    assert causes(found) == [("guard", "app.py", 12)]
    assert "offload.executor" in found["introduced"][0]["cause"]["said"]


def test_a_new_entry_point(tmp_path: Path) -> None:
    bare = APP.replace('@app.get("/me")\n', "")
    root = repository(tmp_path, PROJECT | {"service.py": CALLING, "app.py": bare})
    write(root, {"app.py": APP})
    assert causes(compared(root, "HEAD")) == [("root", "app.py", 10)]


def test_another_entry_point_of_a_known_call(tmp_path: Path) -> None:
    root = repository(tmp_path, PROJECT | {"service.py": CALLING})
    more = APP + '\n\n@app.get("/you")\nasync def you(user):\n    return name_of(user)\n'
    write(root, {"app.py": more})
    found = compared(root, "HEAD")
    assert causes(found) == [("call", "app.py", 17)]
    assert found["introduced"][0]["known"] is True
    assert found["introduced"][0]["finding"]["also_reached_from"] == []


def test_moved_lines_and_files_introduce_nothing(tmp_path: Path) -> None:
    root = repository(tmp_path, PROJECT | {"service.py": CALLING})
    git(root, "mv", "tokens.py", "secrets_of.py")
    write(
        root,
        {
            "service.py": CALLING.replace("tokens", "secrets_of"),
            "secrets_of.py": "\n\n" + TOKENS,
            "app.py": "\n# moved\n" + APP,
        },
    )
    git(root, "add", "-A")
    found = compared(root, "HEAD")
    assert (found["introduced"], found["healed"], len(found["remaining"])) == ([], [], 1)


def test_a_second_call_of_the_same_name_is_new(tmp_path: Path) -> None:
    root = repository(tmp_path, PROJECT | {"service.py": CALLING})
    twice = TOKENS.replace("        return", '        open("/etc/other")\n        return')
    write(root, {"tokens.py": twice})
    found = compared(root, "HEAD")
    assert [one["finding"]["sink"]["line"] for one in found["introduced"]] == [7]
    assert len(found["remaining"]) == 1


def test_what_is_muted_now_is_not_healed(tmp_path: Path) -> None:
    root = repository(tmp_path, PROJECT | {"service.py": CALLING})
    muted = TOKENS.replace('name}") as file:', 'name}") as file:  # audit: ignore[035] a local disk')
    write(root, {"tokens.py": muted})
    found = compared(root, "HEAD")
    assert (found["introduced"], found["healed"]) == ([], [])


def test_since_where_two_branches_parted(tmp_path: Path) -> None:
    root = repository(tmp_path, PROJECT | {"service.py": CALLING})
    git(root, "checkout", "-q", "-b", "topic")
    commit(root, {"notes.py": "x = 1\n"})
    git(root, "checkout", "-q", "main")
    commit(root, {"service.py": SERVICE})  # healed on the main branch, after the topic left it
    git(root, "checkout", "-q", "topic")
    found = compared(root, "main", "topic")
    assert (found["introduced"], len(found["remaining"])) == ([], 1)


def test_files_that_are_not_committed_count(tmp_path: Path) -> None:
    root = repository(tmp_path, {"tokens.py": TOKENS})
    write(root, PROJECT | {"service.py": CALLING})
    assert len(compared(root, "HEAD")["introduced"]) == 1


def test_a_folder_inside_of_a_repository(tmp_path: Path) -> None:
    top = repository(tmp_path, {f"services/gate way/{name}": text for name, text in PROJECT.items()})
    commit(top, {"services/gate way/service.py": CALLING})
    inside = top / "services" / "gate way"
    assert causes(compared(inside, "HEAD~1", "HEAD")) == [("call", "service.py", 6)]
    shown = run("compare", "HEAD~1", "--path", inside, "--format", "github").out
    assert "file=services/gate way/service.py,line=6" in shown


def test_since_is_the_same_for_the_work_tree(tmp_path: Path) -> None:
    root = repository(tmp_path, PROJECT)
    assert run(root, "--since", "HEAD").code == 0
    write(root, {"service.py": CALLING})
    ran = run(root, "--since", "HEAD")
    assert (ran.code, "name_of now calls read_token" in ran.out) == (1, True)
    assert "1 introduced, 0 healed, 0 remain" in ran.out


def test_a_baseline_covers_what_is_introduced(tmp_path: Path) -> None:
    root = repository(tmp_path, PROJECT)
    write(root, {"service.py": CALLING})
    run("baseline", root)
    assert run(root, "--since", "HEAD", "--baseline", root / "alef-audit-baseline.jsonl").code == 0


@pytest.mark.parametrize("format", ["text", "markdown", "github", "rdjson", "junit", "agent", "sarif", "gitlab"])
def test_every_format_shows_it(format: str, tmp_path: Path) -> None:
    root = repository(tmp_path, PROJECT)
    write(root, {"service.py": CALLING})
    ran = run("compare", "HEAD", "--path", root, "--format", format)
    assert ran.code == (0 if format == "sarif" else 1)
    assert "tokens.py" in ran.out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("nowhere",), "no such revision: nowhere"),
        (("HEAD", "nowhere"), "no such revision: nowhere"),
        (("--upload-pack=touch x",), "no such option"),
    ],
)
def test_errors(arguments: tuple[str, ...], said: str, tmp_path: Path) -> None:
    root = repository(tmp_path, PROJECT)
    ran = run("compare", *arguments, "--path", root)
    assert (ran.code, said in ran.err.lower()) == (2, True)


def test_outside_of_a_repository(tmp_path: Path) -> None:
    write(tmp_path, PROJECT)
    ran = run(tmp_path, "--since", "HEAD")
    assert (ran.code, "git repository" in ran.err) == (2, True)


def test_an_empty_base(tmp_path: Path) -> None:
    root = repository(tmp_path, {"README.md": "nothing yet"})
    write(root, PROJECT | {"service.py": CALLING})
    assert len(compared(root, "HEAD")["introduced"]) == 1


# --- what a change says to the audit


MUTED = TOKENS.replace('name}") as file:', 'name}") as file:  # audit: ignore[035] trust me')


def test_comments_and_configuration_of_the_change_are_listed(tmp_path: Path) -> None:
    root = repository(tmp_path, PROJECT)
    write(root, {"service.py": CALLING, "tokens.py": MUTED, "alef-audit.toml": 'fail-on = "never"\n'})
    found = compared(root, "HEAD")
    assert [(one["path"], one["line"], one["text"]) for one in found["said"]] == [
        ("tokens.py", 6, "audit: ignore[035] trust me")
    ]
    assert (found["configuration"], found["heeded"], found["introduced"]) == (["alef-audit.toml"], True, [])
    text = run("compare", "HEAD", "--path", root, "--format", "markdown").out
    assert "**What this change says to the audit** (it counts)" in text
    assert "* `tokens.py:6` `audit: ignore[035] trust me`" in text
    assert "* `alef-audit.toml` is changed" in text


def test_they_can_be_made_not_to_count(tmp_path: Path) -> None:
    root = repository(tmp_path, PROJECT)
    change = {"service.py": CALLING, "tokens.py": MUTED, "alef-audit.toml": 'fail-on = "never"\n'}
    write(root, change)
    assert run("compare", "HEAD", "--path", root).code == 0
    ran = run("compare", "HEAD", "--path", root, "--suppressions-from", "HEAD", "--format", "markdown")
    assert (ran.code, "(it does not count here)" in ran.out) == (1, True)
    commit(root, change)
    again = ("compare", "HEAD~1", "HEAD", "--path", str(root), "--suppressions-from", "HEAD~1")
    assert run(*again).code == 1


def test_what_was_there_before_counts(tmp_path: Path) -> None:
    ignoring = 'exclude = ["service.py"]\nbaseline = "known.jsonl"\n'
    root = repository(tmp_path, PROJECT | {"alef-audit.toml": ignoring, "known.jsonl": ""})
    write(root, {"service.py": CALLING, "alef-audit.toml": ""})
    assert run("compare", "HEAD", "--path", root).code == 1
    assert run("compare", "HEAD", "--path", root, "--suppressions-from", "HEAD").code == 0
