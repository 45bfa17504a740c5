"""A whole report is used again as long as nothing that it depends on has changed, and no longer."""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from alef_audit.cli.arguments import with_default_command
from alef_audit.cli.main import app, command_names
from alef_audit.frontends import extract
from alef_audit.pipeline import judging, recalling
from alef_audit.pipeline.recalling import NOT_ASKED
from alef_audit.request import AuditRequest
from tests.test_determinism import masked

HANDLER = """\
import time
from fastapi import FastAPI
from helpers import work
app = FastAPI()
@app.get("/")
async def handler():
    time.sleep(1)
    work()
"""
GATEWAY = """\
import express from "express";
import { work } from "@lib/work";
const app = express();
app.get("/", async (request, response) => {
  work();
  response.end();
});
app.listen(80);
"""
WORK = 'import { execSync } from "node:child_process";\nexport function work(): void {\n  execSync("x");\n}\n'
ALIAS = '{"compilerOptions": {"baseUrl": ".", "paths": {"@lib/*": ["../lib/*"]}}}'
MODEL = """\
[library]
name = "helpers"
ecosystem = "pypi"
modules = ["helpers"]
reference = "https://example.org"
[[sink]]
kind = "blocking.network"
cost = "seconds"
members = ["work"]
"""


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project in two languages, written long ago; a rules folder lies beside it."""
    root = tmp_path / "outer" / "project"
    write(root / "app.py", HANDLER)
    write(root / "package.json", '{"name": "project", "dependencies": {"ws": "^8.0.0"}}')
    write(root / "tsconfig.json", '{"extends": "./settings/base.json"}')
    write(root / "settings" / "base.json", ALIAS)
    write(root / "src" / "gateway.ts", GATEWAY)
    write(root / "lib" / "work.ts", WORK)
    write(root / "notes.txt", "nothing to read\n")
    write(tmp_path / "rules" / "helpers.toml", MODEL)
    now = time.time_ns
    monkeypatch.setattr(time, "time_ns", lambda: now() + 60_000_000_000)
    return root


@pytest.fixture
def audits(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """One entry for every tree that went through the stages."""
    roots: list[Path] = []
    whole = judging.examine

    def examine(request: AuditRequest, *rest: Any) -> judging.Examined:
        roots.append(request.root)
        return whole(request, *rest)

    monkeypatch.setattr(judging, "examine", examine)
    return roots


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8", newline="\n")


def report(root: Path, *options: str) -> bytes:
    given = [
        "scan",
        str(root),
        "--format",
        "json",
        "--jobs",
        "1",
        "--rules",
        str(root.parent.parent / "rules"),
        *options,
    ]
    result = CliRunner().invoke(app, given)
    assert result.exit_code in (0, 1), result.output
    return masked(result.stdout_bytes)


def test_a_tree_in_which_nothing_changed_is_not_linked_again(tree: Path, audits: list[Path]) -> None:
    plain = report(tree, "--no-cache")
    assert b"execSync" in plain
    assert report(tree) == plain
    assert audits == [tree, tree]
    assert report(tree) == plain
    assert audits == [tree, tree]


def test_the_time_is_that_of_the_run(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    report(tree)
    clock = iter((1_000.0, 1_123.0))
    monkeypatch.setattr(time, "perf_counter", lambda: next(clock))
    given = ["scan", str(tree), "--format", "json", "--rules", str(tree.parent.parent / "rules")]
    assert json.loads(CliRunner().invoke(app, given).stdout)["summary"]["coverage"]["seconds"] == 123


def test_levels_and_files_are_chosen_afterwards(tree: Path, audits: list[Path]) -> None:
    report(tree)
    text = CliRunner().invoke(app, ["scan", str(tree), "--rules", str(tree.parent.parent / "rules"), "--level", "note"])
    assert "execSync" in text.stdout
    assert len(audits) == 1


def a_source(root: Path) -> None:
    write(root / "lib" / "work.ts", WORK.replace("execSync", "spawnSync"))


def a_comment_in_a_source(root: Path) -> None:
    write(root / "app.py", HANDLER.replace("sleep(1)", "sleep(1)  # audit: ignore[035] measured"))


def a_new_source(root: Path) -> None:
    write(root / "helpers.py", "import subprocess\ndef work():\n    subprocess.run(['x'])\n")


def a_source_less(root: Path) -> None:
    (root / "lib" / "work.ts").unlink()


def a_moved_source(root: Path) -> None:
    (root / "app.py").rename(root / "test_app.py")


def a_manifest(root: Path) -> None:
    write(root / "package.json", '{"name": "project", "bin": {"gateway": "src/gateway.ts"}}')


def a_file_that_a_manifest_names(root: Path) -> None:
    write(root / "settings" / "base.json", '{"compilerOptions": {}}')


def a_missing_file_that_a_manifest_names(root: Path) -> None:
    (root / "settings" / "base.json").unlink()


def a_lock_file(root: Path) -> None:
    lock = {"lockfileVersion": 3, "packages": {"node_modules/ws": {"version": "7.0.0"}}}
    write(root / "package-lock.json", json.dumps(lock))


def a_lock_file_that_git_ignores(root: Path) -> None:
    write(root / ".gitignore", "*.lock\n")
    write(root / "poetry.lock", '[[package]]\nname = "fastapi"\nversion = "0.1.0"\n')


def an_installed_package(root: Path) -> None:
    write(root / "node_modules" / "ws" / "package.json", '{"name": "ws", "version": "6.0.0"}')


def what_is_ignored(root: Path) -> None:
    write(root / ".gitignore", "lib/\n")


def the_configuration(root: Path) -> None:
    write(root / "alef-audit.toml", '[[levels]]\nlevel = "note"\n')


def the_rules(root: Path) -> None:
    write(root.parent.parent / "rules" / "helpers.toml", MODEL.replace('cost = "seconds"', 'cost = "microseconds"'))


def a_file_of_rules(root: Path) -> None:
    write(root.parent.parent / "rules" / "more.toml", MODEL.replace("helpers", "more"))


def a_package_around_the_root(root: Path) -> None:
    write(root / "__init__.py", "")


CHANGES = [
    a_source,
    a_comment_in_a_source,
    a_new_source,
    a_source_less,
    a_moved_source,
    a_manifest,
    a_file_that_a_manifest_names,
    a_missing_file_that_a_manifest_names,
    a_lock_file,
    a_lock_file_that_git_ignores,
    an_installed_package,
    what_is_ignored,
    the_configuration,
    the_rules,
    a_file_of_rules,
    a_package_around_the_root,
]


@pytest.mark.parametrize("change", CHANGES)
def test_what_changes_a_report(tree: Path, audits: list[Path], change: Callable[[Path], None]) -> None:
    before = report(tree)
    change(tree)
    audits.clear()
    again = report(tree)
    assert audits == [tree]
    assert again == report(tree, "--no-cache")
    assert report(tree) == again
    assert len(audits) == 2
    assert before


def test_a_package_further_up(tree: Path, audits: list[Path]) -> None:
    write(tree / "__init__.py", "")
    report(tree)
    write(tree.parent / "__init__.py", "")
    assert report(tree) == report(tree, "--no-cache")
    assert len(audits) == 3


@pytest.mark.parametrize(
    "options",
    [
        ("--platform", "win32"),
        ("--include-discharged",),
        ("--explain-unresolved",),
        ("--no-project-config",),
        ("--follow-dependencies=",),
    ],
)
def test_what_is_asked_for_changes_a_report(tree: Path, audits: list[Path], options: tuple[str, ...]) -> None:
    write(tree / "alef-audit.toml", '[[levels]]\nlevel = "note"\n')
    report(tree)
    assert report(tree, *options) == report(tree, *options, "--no-cache")
    assert len(audits) == 3


@pytest.mark.parametrize("change", ["touched", "copied", "text"])
def test_what_does_not_change_a_report(tree: Path, audits: list[Path], change: str) -> None:
    before = report(tree)
    if change == "touched":
        os.utime(tree / "app.py", (1_700_000_000, 1_700_000_000))
    elif change == "copied":
        shutil.copytree(tree, tree.with_name("copy"))
        shutil.rmtree(tree)
        tree.with_name("copy").rename(tree)
    else:
        write(tree / "notes.txt", "nobody reads this\n")
    assert report(tree) == before
    assert len(audits) == 1


@pytest.mark.skipif(os.name == "nt", reason="links need a privilege there")
def test_a_manifest_that_leads_nowhere_does_not_matter(tree: Path, audits: list[Path]) -> None:
    (tree / "lib" / "package.json").symlink_to(tree / "missing.json")
    before = report(tree)
    assert report(tree) == before
    assert len(audits) == 1
    write(tree / "missing.json", '{"name": "lib", "exports": {"./work": "./work.ts"}}')
    assert report(tree) == report(tree, "--no-cache")
    assert len(audits) == 3


def test_another_version_of_the_tool_finds_nothing(
    tree: Path, audits: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    report(tree)
    monkeypatch.setattr(recalling, "tool_version", lambda rules: b"another")
    report(tree)
    assert len(audits) == 2


@pytest.mark.parametrize("restored", [False, True])
def test_a_report_of_files_that_changed_meanwhile_is_not_kept(
    tree: Path, audits: list[Path], restored: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tree / "lib" / "work.ts"
    whole = extract.extract_file

    def changing(file: Path, grammar: str, limit: int) -> extract.Extracted:
        write(path, WORK.replace("execSync", "spawnSync"))
        found = whole(file, grammar, limit)
        if restored:
            write(path, WORK)
        return found

    with monkeypatch.context() as patch:
        patch.setattr(extract, "extract_file", changing)
        assert b"spawnSync" in report(tree)
    again = report(tree)
    assert len(audits) == 2
    assert again == report(tree, "--no-cache")
    assert (b"spawnSync" in again) is not restored


def test_every_field_of_a_request_was_thought_of() -> None:
    """A field that names files is not enough: what they say has to be part of the state. Then add it here."""
    assert set(AuditRequest.__struct_fields__) - NOT_ASKED == {
        "root",
        "only",
        "patterns",
        "rules",  # read by `tool_version`
        "config",
        "include_discharged",
        "explain_unresolved",
        "platform",
        "config_file",
        "follow",  # never recalled
        "disregarded",
        "evidence",  # never recalled: logs grow
    }


_IMPORTED = """
import sys
from alef_audit.cli.main import main
try:
    main(["scan", sys.argv[1], "--format", "json", "--pattern", "035"])
except SystemExit:
    heavy = ("tree_sitter", "alef_audit.frontends", "alef_audit.callgraph", "alef_audit.reachability", "libcst")
    sys.stderr.write(" ".join(name for name in sys.modules if name.startswith(heavy)))
"""


def test_a_report_is_recalled_without_front_ends(tree: Path) -> None:
    command = (sys.executable, "-P", "-c", _IMPORTED, str(tree))
    cold = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "tree_sitter" in cold.stderr
    warm = subprocess.run(command, capture_output=True, text=True, check=True)
    assert warm.stderr == ""
    assert masked(warm.stdout.encode()) == masked(cold.stdout.encode())


def test_the_hook_and_the_baseline_recall_it(tree: Path, audits: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tree)
    shutil.rmtree(tree.parent.parent / "rules")
    for arguments in (["scan"], ["hook", "lib/work.ts"], ["baseline", "--reason", "x"], ["scan", "--format", "sarif"]):
        ran = CliRunner().invoke(app, with_default_command(arguments, command_names()))
        assert ran.exit_code in (0, 1), ran.output
    assert len(audits) == 1


_READING = """
import json, sys
from pathlib import Path
from alef_audit.config import Config
from alef_audit.pipeline import auditing, judging
from alef_audit.request import AuditRequest

root = Path(sys.argv[1])
opened, surveys = [], []

def noted(event, arguments):
    if surveys and event in ("open", "os.listdir", "os.scandir"):
        opened.append(str(arguments[0]))

def survey(request, whole=auditing.survey):
    surveys.append(whole(request))
    return surveys[-1]

sys.addaudithook(noted)
auditing.survey = survey
auditing.audit(
    AuditRequest(root, (), (), (), Config(), 1, True, True, "any", cache=Path(sys.argv[2])), lambda *progress: None
)
below = {path[len(str(root)) + 1 :] for path in opened if path.startswith(str(root))}
print(json.dumps([sorted(below), sorted({*surveys[0].digests, *surveys[0].texts})]))
"""


def test_nothing_else_of_the_tree_is_read(tree: Path, tmp_path: Path) -> None:
    """Whatever a stage reads after the survey has to be part of the state that a report is recalled for."""
    for name in ("pyproject.toml", "setup.py", "setup.cfg", "requirements.txt", "poetry.lock", "Dockerfile"):
        write(tree / name, "")
    write(tree / "pnpm-workspace.yaml", "packages: [lib]\n")
    write(tree / "package-lock.json", "{}")
    write(tree / "lib" / "package.json", '{"name": "lib", "scripts": {"start": "node work.js"}}')
    command = (sys.executable, "-P", "-c", _READING, str(tree), str(tmp_path / "another-cache"))
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    opened, known = (set(names) for names in json.loads(done.stdout))
    assert "lib/work.ts" in opened
    assert opened <= known
