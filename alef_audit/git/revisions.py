"""Names of revisions, and the repository that a folder lies in."""

import os
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
    """Whether a path of a tree object stays below the folder that it is written to."""
    parts = path.split("/")
    return not os.path.isabs(path) and "\\" not in path and not {"", ".", "..", ".git"}.intersection(parts)
