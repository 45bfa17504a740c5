"""Runs git so that no configuration of the repository runs a program, and nothing is fetched."""

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Final

# Each of these could name a program, or, for the protocol, a host.
_GIT: Final = (
    "git",
    "--no-optional-locks",
    "--no-replace-objects",
    "-c",
    "core.fsmonitor=false",
    "-c",
    "core.hooksPath=" + os.devnull,
    "-c",
    "core.untrackedCache=false",
    "-c",
    "core.quotePath=false",
    "-c",
    "protocol.allow=never",
)
_TIMEOUT: Final = 120  # seconds


class GitFailed(Exception):
    """git could not be run, or said no: `message` is its first line."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


def run_git(folder: Path, arguments: Sequence[str], given: bytes = b"") -> bytes:
    """What `git ARGUMENTS` in `folder` writes to its standard output. Raises GitFailed."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
    environment |= {"GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0", "GIT_NO_LAZY_FETCH": "1", "LC_ALL": "C"}
    command = (*_GIT, *arguments)
    try:
        done = subprocess.run(
            command, cwd=folder, env=environment, input=given, capture_output=True, timeout=_TIMEOUT, check=False
        )
    except FileNotFoundError:
        raise GitFailed("git is not installed") from None
    except (OSError, subprocess.SubprocessError) as error:
        raise GitFailed(str(error)) from None
    if done.returncode != 0:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise GitFailed(said[0] if said else f"git ended with {done.returncode}")
    return done.stdout
