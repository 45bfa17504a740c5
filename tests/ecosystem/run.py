"""Runs one version of the tool on a folder, in a process of its own."""

import compileall
import contextlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import msgspec

from alef_audit.store.place import VARIABLE
from tests.ecosystem.document import Document
from tests.ecosystem.measure import TIMED_OUT

CHECKOUT = Path(__file__).resolve().parents[2]
WORKING_TREE = "."
_MEASURE = Path(__file__).with_name("measure.py")
# What every version of the tool knows; one process, so that time and memory are those of one.
_OPTIONS = ("--format=json", "--no-project-config", "--include-discharged", "--jobs=1", "--quiet")
_ANSWERED = (0, 1)  # exit codes: no findings, findings
_LAST_WORDS = 300  # characters of what a failed audit says


class Version(NamedTuple):
    """One of the two versions of the tool: how to start it."""

    title: str
    command: tuple[str, ...]
    environment: Mapping[str, str]


class Took(msgspec.Struct, frozen=True):
    """What an audit took; CPU time and the largest process include all that it started."""

    wall: float  # seconds
    cpu: float  # seconds
    peak_bytes: int


class Audit(NamedTuple):
    """One audit that came to its end."""

    document: Document
    took: Took


class AuditFailed(Exception):
    """The tool gave no report; the message says how it ended."""


class NoSuchRevision(Exception):
    """The repository knows no such revision."""


def audit(version: Version, folder: Path, timeout: float) -> Audit:
    """The report of a version on a folder. Raises AuditFailed."""
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        report, errors, result = work / "report.json", work / "errors.txt", work / "took.json"
        measure = (sys.executable, "-S", str(_MEASURE), str(result), str(timeout))
        with report.open("wb") as out, errors.open("wb") as err:
            code = subprocess.run(
                (*measure, *version.command, str(folder), *_OPTIONS),
                cwd=work,
                # nothing that an earlier audit left
                env={**os.environ, **version.environment, VARIABLE: str(work / "cache")},
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                check=False,
            ).returncode
        if code == TIMED_OUT:
            raise AuditFailed(f"no report after {timeout:.0f} s")
        if code not in _ANSWERED:
            words = errors.read_text(encoding="utf-8", errors="replace").strip()[-_LAST_WORDS:]
            raise AuditFailed(f"exit code {code}: {words}" if words else f"exit code {code}")
        try:
            found = msgspec.json.decode(report.read_bytes(), type=Document)
        except msgspec.DecodeError as error:
            raise AuditFailed(f"no report of alef-audit/v1: {error}") from error
        return Audit(found, msgspec.json.decode(result.read_bytes(), type=Took))


def from_command(command: str) -> Version:
    """A version that is started by a command, split at blanks."""
    return Version(command, tuple(command.split()), {})


@contextlib.contextmanager
def from_revision(revision: str) -> Iterator[Version]:
    """A version that git knows, run by this interpreter; `.` is the working tree. Raises NoSuchRevision."""
    if revision == WORKING_TREE:
        yield _checked_out("working tree", CHECKOUT)
        return
    commit = _git("rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
    with tempfile.TemporaryDirectory() as name:
        tree = Path(name) / "tree"
        _git("worktree", "add", "--quiet", "--detach", str(tree), commit)
        try:
            yield _checked_out(revision, tree)
        finally:
            _git("worktree", "remove", "--force", str(tree))


def _checked_out(title: str, tree: Path) -> Version:
    # Compiled beforehand: the first audit of a fresh checkout would be charged for it.
    compileall.compile_dir(tree / "alef_audit", quiet=2)
    command = (sys.executable, "-P", "-m", "alef_audit.cli")
    return Version(title, command, {"PYTHONPATH": str(tree), "PYTHONDONTWRITEBYTECODE": "1"})


def _git(*arguments: str) -> str:
    done = subprocess.run(("git", *arguments), cwd=CHECKOUT, capture_output=True, encoding="utf-8", check=False)
    if done.returncode:
        raise NoSuchRevision(f"git {' '.join(arguments)}: {done.stderr.strip() or 'no such revision'}")
    return done.stdout.strip()
