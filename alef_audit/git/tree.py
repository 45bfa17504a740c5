"""Writes the files of a commit to a folder of their own, without a checkout: no filter, no hook, no link."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from alef_audit.diagnostics import UsageError
from alef_audit.git.revisions import Repository, is_inside
from alef_audit.git.run import GitFailed, run_git

_FILES: Final = ("100644", "100755")
_BATCH: Final = 2_000  # objects asked for at a time


def export(repository: Repository, commit: str, folder: Path, wanted: Callable[[str], bool], limit: int) -> int:
    """Write what `wanted` says yes to below the repository's prefix, and give the number of files.

    Paths are relative to the prefix.  Files of more than `limit` bytes, links and submodules are left out.
    Raises UsageError if git fails.
    """
    try:
        listed = [(path, name) for path, name in _listed(repository, commit, limit) if wanted(path)]
        for start in range(0, len(listed), _BATCH):
            batch = listed[start : start + _BATCH]
            for (path, _), data in zip(batch, _contents(repository, [name for _, name in batch]), strict=True):
                target = folder / path
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(data)
    except GitFailed as error:
        raise UsageError(
            f"cannot read {commit[:12]}: {error.message}", "Fetch its objects: git fetch --refetch"
        ) from None
    return len(listed)


def _listed(repository: Repository, commit: str, limit: int) -> Iterator[tuple[str, str]]:
    """Path and object name of every regular file."""
    where = [f":(top,literal){repository.prefix}"] if repository.prefix else []
    raw = run_git(repository.home, ("ls-tree", "-r", "-l", "-z", "--full-tree", commit, "--", *where))
    for entry in raw.split(b"\0"):
        head, tab, name = entry.partition(b"\t")
        if not tab:
            continue
        mode, _, object_name, size = head.decode("ascii").split()
        path = name.decode("utf-8", "surrogateescape").removeprefix(repository.prefix)
        if mode not in _FILES or not is_inside(path):
            continue
        if not size.isdecimal():
            raise GitFailed(f"{path}: object {object_name} is missing")
        if int(size) <= limit:
            yield path, object_name


def _contents(repository: Repository, names: list[str]) -> Iterator[bytes]:
    raw = run_git(repository.home, ("cat-file", "--batch"), "".join(f"{name}\n" for name in names).encode("ascii"))
    at = 0
    for _ in names:
        end = raw.index(b"\n", at)
        fields = raw[at:end].split(b" ")
        if len(fields) != 3:
            raise GitFailed(raw[at:end].decode("utf-8", "replace"))
        start, size = end + 1, int(fields[2])
        yield raw[start : start + size]
        at = start + size + 1
