"""Names of revisions, and the repository that a folder lies in."""

import os
import unicodedata
from pathlib import Path

import msgspec

from alef_audit.diagnostics import UsageError
from alef_audit.git.run import GitFailed, run_git


class Repository(msgspec.Struct, frozen=True):
    """`home` is the top folder of the work tree; `prefix` stands before paths of the audited folder: "" or "a/b/"."""

    home: Path
    prefix: str


def repository_of(folder: Path) -> Repository:
    """The repository around `folder`. Raises UsageError outside of one."""
    try:
        found = run_git(folder, ("rev-parse", "--show-toplevel", "--show-prefix")).decode("utf-8", "surrogateescape")
    except GitFailed as error:
        raise UsageError(
            f"{folder} is in no git repository ({error.message})", "Name a folder of a work tree"
        ) from None
    home, _, prefix = found.partition("\n")
    return Repository(Path(home), prefix.removesuffix("\n"))


def commit_of(repository: Repository, name: str) -> str:
    """The commit that a branch, tag, hash or expression names. Raises UsageError."""
    try:
        asked = ("rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}")
        return run_git(repository.home, asked).decode("ascii").strip()
    except GitFailed:
        hint = "In a shallow clone fetch it first: git fetch --depth=1 origin REVISION"
        raise UsageError(f"no such revision: {name}", hint) from None


def common_ancestor(repository: Repository, base: str, head: str) -> str:
    """Where two commits parted, so that what `base` has got since counts for neither; `base` if that is not known."""
    try:
        return run_git(repository.home, ("merge-base", base, head)).decode("ascii").strip()
    except GitFailed:
        return base


def is_inside(path: str) -> bool:
    """Whether a path of a tree object stays below the folder that it is written to, and out of git's own there.

    On whatever file system: Windows and macOS take names for the same that are spelled differently, as git's own
    `core.protectNTFS` and `core.protectHFS` know.
    """
    parts = path.split("/")
    if os.path.isabs(path) or "\\" in path or (os.name == "nt" and ":" in path):
        return False
    return not any(part in ("", ".", "..") or _is_git_folder(part) for part in parts)


def _is_git_folder(name: str) -> bool:
    shown = "".join(character for character in name if unicodedata.category(character) != "Cf")
    plain = shown.partition(":")[0].rstrip(". ").lower()
    return plain == ".git" or plain.startswith("git~")
