"""Which lines differ between two revisions."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

import msgspec

from alef_audit.diagnostics import UsageError
from alef_audit.git.revisions import Repository
from alef_audit.git.run import GitFailed, run_git

_DIFF: Final = (
    "diff",
    "--unified=0",
    "--no-color",
    "--no-ext-diff",
    "--no-textconv",
    "--find-renames",
    "--relative",
    "--src-prefix=a/",
    "--dst-prefix=b/",
    "--text",
)


class Changes(msgspec.Struct, frozen=True):
    """Paths are relative to the audited folder."""

    lines: Mapping[str, frozenset[int]]  # path of now -> lines that were added or altered
    renamed: Mapping[str, str]  # path before -> path of now


def changes(repository: Repository, base: str, head: str | None, wanted: Sequence[str] = ()) -> Changes:
    """What `head`, or the work tree if it is None, has changed since the commit `base`. Raises UsageError.

    `wanted` are git's patterns for paths; none for all files.
    """
    # most audits compare nothing
    from unidiff.errors import UnidiffParseError
    from unidiff.patch import PatchSet

    folder = repository.home / repository.prefix
    between = (base,) if head is None else (base, head)
    try:
        raw = run_git(folder, (*_DIFF, *between, "--", *wanted)).decode("utf-8", "surrogateescape")
        patch = PatchSet.from_string(raw, metadata_only=True)
        # without lines of context, the target lines of a hunk are those that were added
        lines = {
            file.path: frozenset(n for h in file for n in range(h.target_start, h.target_start + h.target_length))
            for file in patch
            if not file.is_removed_file
        }
        if head is None:
            lines |= dict(_untracked(folder))
    except (GitFailed, UnidiffParseError) as error:
        raise UsageError(f"cannot compare with {base[:12]}: {error}", "Fetch it: git fetch origin") from None
    renamed = {_plain(file.source_file): file.path for file in patch if file.is_rename}
    return Changes(lines, renamed)


def _plain(name: str) -> str:
    return name.removeprefix("a/")


def _untracked(folder: Path) -> Iterator[tuple[str, frozenset[int]]]:
    """Files that are not committed yet are new in all their lines."""
    raw = run_git(folder, ("ls-files", "-o", "--exclude-standard", "-z"))
    for name in raw.decode("utf-8", "surrogateescape").split("\0"):
        path = folder / name
        if name and path.is_file() and not path.is_symlink():
            yield name, frozenset(range(1, path.read_bytes().count(b"\n") + 2))
