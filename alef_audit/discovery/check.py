"""Looks at listed paths on disk: sizes, links out of the tree, what cannot be read."""

import os
import stat
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import msgspec

from alef_audit.diagnostics import Diagnostic
from alef_audit.discovery.inventory import GRAMMARS, extension_of


class CheckedFile(msgspec.Struct, frozen=True):
    path: str
    size: int  # bytes


class Checked(msgspec.Struct, frozen=True):
    """`files` are regular, readable, inside the root, each real file once, sorted by path."""

    files: tuple[CheckedFile, ...]
    not_read: dict[str, int]  # reason -> files
    diagnostics: tuple[Diagnostic, ...]


class _Refused(msgspec.Struct, frozen=True):
    reason: str
    message: str = ""  # "" = counted, no diagnostic


_Outcome = CheckedFile | _Refused | None


def check_files(root: Path, paths: Sequence[str], limit: int) -> Checked:
    """Check `paths` (relative to `root`); files larger than `limit` bytes are refused. Never raises."""
    plain, links = [], []
    refused: list[tuple[str, _Refused]] = []
    base = os.path.join(str(root), "")
    folders: dict[str, bool] = {"": False}
    for path in paths:
        outcome, is_link = _check(base, path, limit)
        if is_link or _passes_link(base, path.rpartition("/")[0], folders):
            links.append(path)
        elif isinstance(outcome, CheckedFile):
            plain.append(outcome)
        elif outcome is not None:
            refused.append((path, outcome))
    seen = {one.path for one in plain}
    for path in links:
        outcome, real = _follow(root, path, limit)
        if isinstance(outcome, CheckedFile) and real not in seen:
            seen.add(real)
            plain.append(outcome)
        elif isinstance(outcome, _Refused):
            refused.append((path, outcome))
    return Checked(
        tuple(sorted(plain, key=lambda one: one.path)),
        dict(sorted(Counter(one.reason for _, one in refused).items())),
        tuple(
            Diagnostic(printable(path), 0, one.reason.replace(" ", "-"), one.message)
            for path, one in refused
            if one.message
        ),
    )


def printable(path: str) -> str:
    """`path` with bytes that are not UTF-8 spelled as escapes."""
    return path.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def _passes_link(base: str, folder: str, known: dict[str, bool]) -> bool:
    """Whether `folder` or one above it, below the root, is a link: git's index may say otherwise, or be forged."""
    unknown = []
    while folder not in known:
        unknown.append(folder)
        folder = folder.rpartition("/")[0]
    for one in reversed(unknown):
        known[one] = known[folder] or os.path.islink(base + one)
        folder = one
    return known[folder]


def _check(base: str, path: str, limit: int) -> tuple[_Outcome, bool]:
    if not _encodable(path):
        return _Refused("unreadable", "the file name is not UTF-8"), False
    try:
        status = os.lstat(base + path)
    except FileNotFoundError:
        return None, False  # deleted, and git still lists it
    except (OSError, ValueError) as error:
        return _Refused("unreadable", str(error)), False
    if stat.S_ISLNK(status.st_mode):
        return None, True
    if extension_of(path) not in GRAMMARS:
        return None, False
    return _judge(base, path, status, limit), False


def _judge(base: str, path: str, status: os.stat_result, limit: int) -> _Outcome:
    if not stat.S_ISREG(status.st_mode):
        return None if stat.S_ISDIR(status.st_mode) else _Refused("not a regular file")
    if status.st_size > limit:
        return _Refused("too large", f"{status.st_size} bytes, more than max-file-size = {limit}")
    if not os.access(base + path, os.R_OK):
        return _Refused("unreadable", "permission denied")
    return CheckedFile(path, status.st_size)


def _follow(root: Path, path: str, limit: int) -> tuple[_Outcome, str]:
    """What a link leads to, and the real path relative to the root."""
    try:
        real_root = os.path.realpath(root)
        real = os.path.realpath(root / path, strict=True)
    except OSError:
        broken = _Refused("unreadable", "a link that leads nowhere")
        return (broken if extension_of(path) in GRAMMARS else None), ""
    if os.path.commonpath((real_root, real)) != real_root:
        return _Refused("symlink outside"), ""
    relative = os.path.relpath(real, real_root).replace(os.sep, "/")
    if extension_of(path) not in GRAMMARS:
        return None, relative
    return _judge(os.path.join(str(root), ""), path, os.stat(real), limit), relative


def _encodable(path: str) -> bool:
    try:
        path.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True
