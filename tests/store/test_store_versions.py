"""Keys follow the code: whatever decides an entry is part of its key, without anybody having to think of it."""

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from alef_audit.store import versions
from alef_audit.store.versions import FACTS_FROM, facts_version, tool_version

PACKAGE = Path(versions.__file__).resolve().parent.parent
# What the front ends import and what decides nothing of what they write: types and tables of names.
_TYPES_ONLY = {"__init__.py", "diagnostics.py", "discovery/__init__.py", "discovery/inventory.py", "discovery/roles.py"}
# What the audit itself does without.
_NOT_ANALYSIS = {"jinja2", "junitparser", "libcst", "markupsafe", "platformdirs", "rich", "typer", "unidiff"}


def test_everything_that_front_ends_are_made_of_is_part_of_their_version() -> None:
    listing = (
        "import sys, alef_audit.frontends.extract\n"
        "print(*(m.__file__ for n, m in sys.modules.items() if n.startswith('alef_audit')), sep='\\n')"
    )
    done = subprocess.run([sys.executable, "-P", "-c", listing], capture_output=True, text=True, check=True)
    loaded = {Path(line).resolve().relative_to(PACKAGE).as_posix() for line in done.stdout.splitlines()}
    covered = {name for name in loaded if name in FACTS_FROM or name.split("/")[0] in FACTS_FROM}
    assert covered
    assert loaded - covered == _TYPES_ONLY


def test_every_library_that_decides_something_is_part_of_the_version() -> None:
    project = tomllib.loads((PACKAGE.parent / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert {Requirement(one).name for one in project["dependencies"]} == {*versions._LIBRARIES, *_NOT_ANALYSIS}


def test_a_change_anywhere_changes_the_version(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("frontends/a.py", "facts/b.py", "source.py", "auditing/c.py"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("x = 1\n", encoding="utf-8")
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "k.toml").write_text("x = 1\n", encoding="utf-8")
    monkeypatch.setattr(versions, "_PACKAGE", tmp_path)
    rules = [tmp_path / "rules"]
    facts, tool = {facts_version()}, {tool_version(rules)}
    for number, name in enumerate(("frontends/a.py", "facts/b.py", "source.py", "auditing/c.py", "rules/k.toml")):
        (tmp_path / name).write_text("x = 2\n", encoding="utf-8")
        facts.add(facts_version())
        tool.add(tool_version(rules))
        assert (len(facts), len(tool)) == (min(number + 2, 4), number + 2)
    monkeypatch.setattr(versions, "version", lambda name: "99")
    assert facts_version() not in facts
    assert tool_version(rules) not in tool
    assert tool_version([*rules, *rules]) != tool_version(rules)
