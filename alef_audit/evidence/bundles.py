"""From a place in a bundle to the source that it was made from, by the comments that bundlers leave in their output.

Rolldown encloses each source in `//#region src/x.ts` and `//#endregion`, esbuild puts `// src/x.ts` in front of it.
They tell the file, not the line: the function is the one of the same name and nesting.
"""

import re
from bisect import bisect_right
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import msgspec

from alef_audit.discovery.inventory import SourceFile
from alef_audit.evidence.functions import defined_at, innermost_at
from alef_audit.evidence.paths import file_below, parts_of
from alef_audit.evidence.stacks import Spot
from alef_audit.facts.file import Function
from alef_audit.frontends.extract import extract_all
from alef_audit.source import DEFAULT_LIMIT, read_source

_COMPILED: Final = (".js", ".mjs", ".cjs")
_MARK: Final = re.compile(rb"^//(?:(?:#region)? ([^\s:*?]+\.[cm]?[jt]sx?)|#endregion)\r?$", re.MULTILINE)
_RENAMED: Final = re.compile(r"\$\d+(?![\w$])")  # names that would clash get a number


class Region(msgspec.Struct, frozen=True):
    """A function in the part of a bundle that was made from one source: the how-manieth of its name."""

    source: str  # path from where the bundle was built
    name: tuple[str, ...]  # those of the functions around it first; empty for the body of the module
    position: int
    alike: int  # functions of that name in the part

    def function_of(self, functions: Sequence[Function]) -> int | None:
        """The same function among those of the source; None where they cannot be told apart."""
        if not self.name:
            return 0
        found = [index for index, facts in enumerate(functions) if index and _full_name(functions, index) == self.name]
        if len(found) == 1:
            return found[0]
        return found[self.position] if len(found) == self.alike else None


class _Bundle(msgspec.Struct, frozen=True):
    starts: tuple[int, ...]  # lines
    sources: tuple[str, ...]  # "" behind the end of one
    functions: tuple[Function, ...]

    def source_at(self, line: int) -> int:
        """Which part a line stands in; -1 for none."""
        at = bisect_right(self.starts, line) - 1
        return at if at >= 0 and self.sources[at] else -1


class Bundles:
    """The bundles of one tree, each read when it is first needed."""

    def __init__(self, root: Path, names: frozenset[str]) -> None:
        """`names` are those of the program as a package."""
        self._root = root
        self._names = names
        self._known: dict[str, _Bundle | None] = {}

    def region(self, spot: Spot) -> Region | None:
        """Where a spot in a bundle comes from; None if that is not told."""
        if not spot.file.endswith(_COMPILED) or not (spot.line or spot.defined):
            return None
        if spot.file not in self._known:
            self._known[spot.file] = self._read(spot.file)
        bundle = self._known[spot.file]
        if bundle is None:
            return None
        index = innermost_at(bundle.functions, spot.line) if spot.line else defined_at(bundle.functions, spot)
        part = bundle.source_at(spot.line or spot.defined)
        if index is None or part < 0:
            return None
        name = _full_name(bundle.functions, index)
        alike = [
            other
            for other, facts in enumerate(bundle.functions)
            if other and bundle.source_at(facts.line) == part and _full_name(bundle.functions, other) == name
        ]
        position = alike.index(index) if index in alike else 0
        return Region(bundle.sources[part], name, position, len(alike))

    def _read(self, file: str) -> _Bundle | None:
        name = file_below(self._root, parts_of(file), "", self._names)
        text = read_source(self._root / name).data if name is not None else b""
        marks = list(_MARK.finditer(text))
        if name is None or not any(mark[1] for mark in marks):
            return None
        starts: list[int] = []
        line, at = 1, 0
        for mark in marks:
            line += text.count(b"\n", at, mark.start())
            at = mark.start()
            starts.append(line)
        # a bundle is as untrusted as the rest of the tree, and read as carefully
        source = SourceFile(name, "ecmascript", "javascript", "generated", len(text))
        (facts,) = extract_all(self._root, [source], 1, DEFAULT_LIMIT, lambda stage, done, total: None)
        sources = tuple(mark[1].decode("utf-8", "replace") if mark[1] else "" for mark in marks)
        return _Bundle(tuple(starts), sources, facts.functions)


def _full_name(functions: Sequence[Function], index: int) -> tuple[str, ...]:
    """What a reader calls a function and those around it, without the numbers that a bundler put behind names."""
    found: list[str] = []
    while index > 0:
        found.append(_RENAMED.sub("", functions[index].label))
        index = functions[index].parent
    return tuple(reversed(found))
