"""What an entry depends on besides the audited files: the code that made it, taken from the code itself.

Digests of source files, and not numbers that somebody has to remember to raise: reading the 300 files of this package
takes a hundredth of a second, and an entry of other code is never found.
"""

import hashlib
import os
import sys
from array import array
from collections.abc import Iterable, Iterator, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final

_PACKAGE: Final = Path(__file__).resolve().parent.parent
# What facts are made by.
FACTS_FROM: Final = ("facts", "frontends", "source.py")
_PARSERS: Final = ("tree-sitter", "tree-sitter-javascript", "tree-sitter-python", "tree-sitter-typescript")
# What else decides a report.
_LIBRARIES: Final = (*_PARSERS, "google-re2", "json5", "msgspec", "packaging", "pathspec", "tomli")


def facts_version() -> bytes:
    """Identifies the front ends: their source, the facts' and the parsers' versions."""
    return _digest((_PACKAGE / part for part in FACTS_FROM), ".py", _PARSERS)


def tool_version(rules: Sequence[Path]) -> bytes:
    """Identifies everything that turns a tree into a report, and the `rules` folders in their order."""
    code = _digest((_PACKAGE,), ".py", _LIBRARIES)
    return hashlib.blake2b(b"".join((code, *(_digest((folder,), ".toml", ()) for folder in rules)))).digest()


def _digest(parts: Iterable[Path], suffix: str, libraries: Iterable[str]) -> bytes:
    # rows of facts are native integers
    machine = f"{sys.version} {sys.byteorder} {array('i').itemsize}"
    whole = hashlib.blake2b("\n".join((machine, *(f"{name} {_version(name)}" for name in libraries))).encode())
    for part in parts:
        top = str(part)
        for path in sorted(_below(top, suffix)) if part.is_dir() else (top,):
            with open(path, "rb", buffering=0) as file:
                data = file.readall()
            whole.update(f"\n{path[len(top) :]} {len(data)}\n".encode("utf-8", "surrogateescape"))
            whole.update(data)
    return whole.digest()


def _below(folder: str, suffix: str) -> Iterator[str]:
    for inner, _, names in os.walk(folder):
        for name in names:
            if name.endswith(suffix):
                yield os.path.join(inner, name)


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""
