"""Tools of today on the same tree, each with one rule of the kind that an audit answers."""

import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final, NamedTuple

from tests.benchmarks.measured import CommandFailed, measured
from tests.ecosystem.run import Took

_SEMGREP: Final = """\
rules:
  - id: blocking
    message: blocking call
    severity: ERROR
    languages: [LANGUAGE]
    pattern: PATTERN
"""
_PATTERNS: Final = {"typescript": "fs.readFileSync(...)", "python": "time.sleep(...)"}
_OXLINT: Final = "eslint/no-await-in-loop"


class Other(NamedTuple):
    """A tool: its command on the path, what it was asked, and the arguments that ask it on a tree."""

    command: str
    asked: str
    arguments: Callable[[Path, int, Path], list[str]]  # tree, processes, folder for files of its own


class Rival(NamedTuple):
    """What a tool took; None, and why, where it is not installed or failed."""

    title: str
    asked: str
    took: Took | None
    why: str = ""


def _ast_grep(tree: Path, jobs: int, _: Path) -> list[str]:
    return [
        *(
            "run",
            "--lang=ts",
            "--pattern=fs.readFileSync($$$)",
            "--no-ignore=vcs",
            f"--threads={jobs}",
            "--json=stream",
        ),
        str(tree),
    ]


def _oxlint(tree: Path, jobs: int, _: Path) -> list[str]:
    return ["-A", "all", "-D", _OXLINT, "--no-ignore", f"--threads={jobs}", "--format=json", str(tree)]


def _semgrep(language: str) -> Callable[[Path, int, Path], list[str]]:
    def arguments(tree: Path, jobs: int, work: Path) -> list[str]:
        rules = work / "rules.yaml"
        text = _SEMGREP.replace("LANGUAGE", language).replace("PATTERN", _PATTERNS[language])
        rules.write_text(text, encoding="utf-8")
        options = ("--metrics=off", "--disable-version-check", "--no-git-ignore", "--quiet", "--json")
        return ["scan", f"--config={rules}", f"--jobs={jobs}", *options, str(tree)]

    return arguments


def _ruff(tree: Path, _: int, __: Path) -> list[str]:
    return ["check", "--isolated", "--select=ASYNC", "--no-cache", "--exit-zero", "--quiet", str(tree)]


OTHERS: Final = (
    Other("oxlint", f"rule {_OXLINT}", _oxlint),
    Other("ast-grep", f"pattern {_PATTERNS['typescript']}, TypeScript", _ast_grep),
    Other("semgrep", f"pattern {_PATTERNS['typescript']}, TypeScript", _semgrep("typescript")),
    Other("semgrep", f"pattern {_PATTERNS['python']}, Python", _semgrep("python")),
    Other("ruff", "rules ASYNC, Python", _ruff),
)


def rivals(tree: Path, jobs: int, rounds: int) -> Iterator[Rival]:
    """What each of the tools takes on `tree`, the best of some rounds."""
    for other in OTHERS:
        found = shutil.which(other.command)
        if found is None:
            yield Rival(other.command, other.asked, None, "not installed")
            continue
        title = f"{other.command} {_version(found)}".strip()
        with tempfile.TemporaryDirectory(prefix="alef-audit-") as name:
            command = (found, *other.arguments(tree, jobs, Path(name)))
            try:
                took = [measured(command) for _ in range(rounds)]
            except CommandFailed as error:
                yield Rival(title, other.asked, None, str(error))
                continue
        yield Rival(title, other.asked, min(took, key=lambda one: one.wall))


def _version(command: str) -> str:
    said = subprocess.run((command, "--version"), capture_output=True, text=True, check=False).stdout
    found = re.search(r"\d+\.\d+\.\d+", said)
    return found[0] if found else ""
