"""Which lines differ between two revisions."""

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

import msgspec

from alef_audit.diagnostics import UsageError
from alef_audit.git.revisions import Repository
from alef_audit.git.run import GitFailed, run_git, without_filters

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
    "--inter-hunk-context=0",
    # git would look into them with a git of its own, that knows nothing of our settings for filters
    "--ignore-submodules=all",
)
# How git quotes a name that holds a quote, a backslash or a control character.
_QUOTED: Final = re.compile(r'"(.*)"', re.DOTALL)
_ESCAPE: Final = re.compile(r"\\([0-7]{3}|.)")
_CONTROLS: Final = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}


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
        command = (*_DIFF, *between, "--", *wanted)
        raw = run_git(folder, command, settings=without_filters(folder)).decode("utf-8", "surrogateescape")
        patch = PatchSet.from_string(raw, metadata_only=True)
        # without lines of context, the target lines of a hunk are those that were added
        lines = {
            _plain(file.target_file, "b/"): frozenset(
                n for h in file for n in range(h.target_start, h.target_start + h.target_length)
            )
            for file in patch
            if not file.is_removed_file
        }
        if head is None:
            lines |= dict(_untracked(folder))
    except (GitFailed, UnidiffParseError) as error:
        raise UsageError(f"cannot compare with {base[:12]}: {error}", "Fetch it: git fetch origin") from None
    renamed = {_plain(file.source_file, "a/"): _plain(file.target_file, "b/") for file in patch if file.is_rename}
    return Changes(lines, renamed)


def _plain(name: str, prefix: str) -> str:
    """The path that stands in the head of a difference."""
    quoted = _QUOTED.fullmatch(name)
    return (_ESCAPE.sub(_unescaped, quoted[1]) if quoted else name).removeprefix(prefix)


def _unescaped(escape: re.Match[str]) -> str:
    code = escape[1]
    return chr(int(code, 8)) if code.isdigit() else _CONTROLS.get(code, code)


def _untracked(folder: Path) -> Iterator[tuple[str, frozenset[int]]]:
    """Files that are not committed yet are new in all their lines."""
    raw = run_git(folder, ("ls-files", "-o", "--exclude-standard", "-z"))
    for name in raw.decode("utf-8", "surrogateescape").split("\0"):
        path = folder / name
        if name and path.is_file() and not path.is_symlink():
            yield name, frozenset(range(1, path.read_bytes().count(b"\n") + 2))
