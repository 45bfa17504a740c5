"""Runs git so that no configuration of the repository runs a program, and nothing is fetched."""

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Final

# Each of these could name a program, or, for the protocol, a host; and a folder of the tree that is laid out like
# git's own could be taken for a repository.
_SETTINGS: Final = (
    "core.fsmonitor=false",
    "core.hooksPath=" + os.devnull,
    "core.untrackedCache=false",
    "core.quotePath=false",
    "protocol.allow=never",
    "safe.bareRepository=explicit",
)
_OPTIONS: Final = ("--no-pager", "--no-optional-locks", "--no-replace-objects")
# `protocol.NAME.allow` of a repository would win over `protocol.allow`; over this variable nothing does.
_ENVIRONMENT: Final = {
    "GIT_ALLOW_PROTOCOL": "",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
    "LC_ALL": "C",
}
_NAME: Final = "git.exe" if os.name == "nt" else "git"
_TIMEOUT: Final = 120  # seconds


class GitFailed(Exception):
    """git could not be run, or said no: `message` is its first line."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


def run_git(folder: Path, arguments: Sequence[str], given: bytes = b"", settings: Sequence[str] = ()) -> bytes:
    """What `git ARGUMENTS` in `folder` writes to its standard output; `settings` are `key=value`. Raises GitFailed."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")} | _ENVIRONMENT
    configured = [word for setting in (*_SETTINGS, *settings) for word in ("-c", setting)]
    command = (_program(), *_OPTIONS, *configured, *arguments)
    try:
        done = subprocess.run(
            command, cwd=folder, env=environment, input=given, capture_output=True, timeout=_TIMEOUT, check=False
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise GitFailed(str(error)) from None
    if done.returncode != 0:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise GitFailed(said[0] if said else f"git ended with {done.returncode}")
    return done.stdout


def without_filters(folder: Path) -> tuple[str, ...]:
    """Settings that switch off every content filter, by whatever name, that is configured. Raises GitFailed.

    Where files of the work tree are compared, git would run them on each.
    """
    listed = run_git(folder, ("config", "--list", "--name-only", "-z")).decode("utf-8", "surrogateescape").split("\0")
    names = sorted({key.rpartition(".")[0] for key in listed if key.startswith("filter.") and key.count(".") > 1})
    if any("=" in name for name in names):
        raise GitFailed("a filter is configured that cannot be switched off: its name has a =")
    values = ("clean=", "smudge=", "process=", "required=false")
    return tuple(f"{name}.{value}" for name in names for value in values)


def _program() -> str:
    """Where git is. Raises GitFailed.

    Relative entries of PATH, and on Windows the working directory, would mean a place inside the audited tree.
    """
    for folder in os.environ.get("PATH", os.defpath).split(os.pathsep):
        path = os.path.join(folder, _NAME)
        if os.path.isabs(folder) and os.path.isfile(path) and os.access(path, os.X_OK):
            return path
    raise GitFailed("git is not installed")
