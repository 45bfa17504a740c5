"""Paths of files as runtimes write them.

A program runs where it was deployed, so only the end of a path can be compared with the paths of a tree.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Final
from urllib.parse import unquote

from alef_audit.confined import may_be_read

_INSTALLED: Final = frozenset(("node_modules", "site-packages"))  # other programs, files of the same name
_LARGEST: Final = 1 << 30  # bytes; readers have lower limits of their own
_FEWEST_PARTS: Final = 2  # of a path that lies deeper than the root


def parts_of(file: str) -> list[str]:
    """The parts of a path or a `file://` URL; none of a built-in module's name."""
    if file.startswith(("node:", "<")):
        return []
    path = unquote(file.removeprefix("file://")) if file.startswith("file://") else file
    path = path.split("?", 1)[0] if "://" in file else path
    return [part for part in path.replace("\\", "/").split("/") if part not in ("", ".")]


def fewest_shared(parts: Sequence[str], own: Sequence[str], names: frozenset[str]) -> int:
    """How many last parts a path has to have in common with `own`, one of the tree, to be the same file.

    `names` are those of the program as a package, letters and digits only, in lower case.
    """
    return max(_installed(parts, own, names), min(len(own), _FEWEST_PARTS))


def file_below(root: Path, parts: Sequence[str], ending: str, names: frozenset[str]) -> str | None:
    """The file of the tree that has the longest end of a path, with `ending` behind it, relative to the root."""
    if ".." in parts:
        return None
    for start in range(len(parts)):
        own = parts[start:]
        name = "/".join(own) + ending
        if may_be_read(root / name, root, _LARGEST):
            return name if len(own) >= fewest_shared(parts, own, names) else None
    return None


def _installed(parts: Sequence[str], own: Sequence[str], names: frozenset[str]) -> int:
    """How many parts an installed file must have in common with one of the program: all those inside the package.

    Packages of Python keep their name in the path, those of Node have to be the program itself.
    """
    at = max((index for index, part in enumerate(parts) if part in _INSTALLED), default=-1)
    if at < 0 or not _INSTALLED.isdisjoint(own):
        return 0
    inside = parts[at + 1 :]
    if parts[at] == "node_modules":
        scoped = len(inside) > 1 and inside[0].startswith("@")
        name = "".join(letter for letter in inside[1 if scoped else 0] if letter.isalnum()).lower()
        if name not in names:
            return len(parts) + 1
        inside = inside[2 if scoped else 1 :]
    return len(inside)
