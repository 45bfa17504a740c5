"""The audited tree cannot take a finding out of an audit that was told not to listen to it."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.hostile.attacker import HOT, Attack, write
from tests.repositories import commit, git, repository
from tests.rows import attack as row
from tests.test_survival import run

SILENCING = (
    '[[levels]]\nlevel = "off"\n',
    'exclude = ["**"]\n',
    'include = ["nothing/**"]\n',
    'fail-on = "never"\nlevel = "error"\nmin-confidence = "high"\n[[levels]]\nlevel = "note"\n',
    '[[not-roots]]\nfunction = "*.handler"\n',
    '[[boundaries]]\nfunction = "*"\nkind = "offloaded"\n',
    'baseline = "known.jsonl"\n',
    "max-file-size = 1\n",
    'rules = ["mine"]\n',
)
KNOWN = (
    '{"path":"hot.py","function":"handler","call":"time.sleep","pattern":"ALEF-PAT-035",'
    '"rule":"blocking-call-on-hot-path","level":"error","reason":"","until":null}\n'
)
NEUTRAL = """\
[library]
name = "time"
ecosystem = "python"
modules = ["time"]
reference = "https://example.org"
"""


def silenced(attack: Attack, text: str) -> None:
    write(attack.tree, {"alef-audit.toml": text, "known.jsonl": KNOWN, "mine/models/python/time.toml": NEUTRAL})


JUDGED = (1, [("hot.py", "error", "open")])


def judged(attack: Attack, *options: str) -> tuple[int, list[tuple[str, str, str]]]:
    """Exit code, and file, level and status of each finding."""
    ran = run("scan", attack.tree, "--format=json", *options)
    findings = ran.report["findings"] if ran.out else []
    return ran.code, [(one["sink"]["path"], one["level"], one["status"]) for one in findings]


@row(
    "configuration that silences: levels, `exclude`, boundaries, a baseline, rules of its own, sizes",
    "does not count with `--config`, `--no-project-config` or `--suppressions-from`",
)
@pytest.mark.parametrize("text", SILENCING)
def test_configuration(attack: Attack, text: str) -> None:
    repository(attack.tree, {})
    silenced(attack, text)
    (attack.outside / "own.toml").write_text("", encoding="utf-8")
    assert judged(attack) != JUDGED
    for option in ("--no-project-config", f"--config={attack.outside}/own.toml", "--suppressions-from=HEAD"):
        assert judged(attack, option) == JUDGED


MUTED = HOT.replace("time.sleep(1)", "time.sleep(1)  # audit: ignore[035] trust me")


@row(
    '`audit:` comments of a change, in files called `a"b.py`, in lines that read like the head of a difference',
    "do not count with `--suppressions-from`",
)
@pytest.mark.parametrize("name", ["hot.py", 'a"b.py', "new\nline.py", "tab\there.py", "a\\b.py", "ä b.py", "\x07.py"])
def test_comments(attack: Attack, name: str) -> None:
    repository(attack.tree, {"hot.py": "x = 1\n-- a/other.py\ny = 1\n"})
    write(attack.tree, {name: f"++ b/other.py\n{MUTED}"})
    assert attack.audit("scan", ".").code == 0
    ran = attack.scan("--suppressions-from=HEAD")
    assert (ran.code, {Path(path).name for path, _ in ran.found}) == (1, {name}), ran.err


@row("a change that starts at an old commit, whose configuration was laxer", "that of the named revision counts")
def test_an_old_start(attack: Attack) -> None:
    silenced(attack, 'exclude = ["**"]\n')
    root = repository(attack.tree, {})
    git(root, "checkout", "-q", "-b", "topic")
    commit(root, {"more.py": "x = 1\n"})
    git(root, "checkout", "-q", "main")
    (root / "alef-audit.toml").unlink()
    commit(root, {})
    git(root, "checkout", "-q", "topic")
    ran = attack.scan("--suppressions-from=main")
    assert (ran.code, ran.found) == (1, {("hot.py", 6)}), ran.err


def as_bare(attack: Attack) -> None:
    """The tree itself is laid out as a repository without a work tree, whose index and ignore rules hide the source."""
    made = attack.outside / "made"
    repository(made, {"harmless.py": "x = 1\n"})
    write(made, {".git/info/exclude": "*\n"})
    git(made, "config", "core.bare", "false")
    git(made, "config", "core.worktree", str(attack.tree))
    for path in (made / ".git").iterdir():
        os.rename(path, attack.tree / path.name)


def ignored(attack: Attack) -> None:
    repository(attack.tree, {})
    write(attack.tree, {".gitignore": "*\n", ".git/info/exclude": "*\n"})


@row(
    "a tree that is laid out like git's own folder; ignore rules for files that are tracked",
    "git takes no such folder for a repository; tracked files are read",
)
@pytest.mark.parametrize("way", [as_bare, ignored])
def test_what_git_lists(attack: Attack, way: Callable[[Attack], None]) -> None:
    way(attack)
    ran = attack.scan("--no-project-config")
    assert (ran.code, ran.found) == (1, {("hot.py", 6)}), ran.err
