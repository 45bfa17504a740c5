"""From a place in compiled output to the place in the source that it was made from, where a source map lies beside it.

Version 3 of the format: https://tc39.es/ecma426/ — lines and columns count from 0 there.
"""

import posixpath
from bisect import bisect_right
from pathlib import Path
from typing import Annotated, Final

import msgspec

from alef_audit import json_text
from alef_audit.evidence.paths import file_below, parts_of
from alef_audit.evidence.stacks import Spot

_LARGEST: Final = 64 << 20  # bytes of a map
_LAST_LINE: Final = 1_000_000  # that a section may start at
_DIGITS: Final = {
    character: value
    for value, character in enumerate("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
}
_COMPILED: Final = (".js", ".mjs", ".cjs")
# Of each line of output, sorted: columns, and (source, line, column) of each.
_Lines = list[tuple[list[int], list[tuple[int, int, int]]]]


class _Plain(msgspec.Struct):
    mappings: str = ""
    sources: tuple[str | None, ...] = ()
    sourceRoot: str | None = None


class _Offset(msgspec.Struct):
    line: Annotated[int, msgspec.Meta(ge=0, le=_LAST_LINE)]
    column: int


class _Section(msgspec.Struct):
    offset: _Offset
    map: _Plain


class _Map(_Plain):
    """One map, or several of them that follow each other (an index map)."""

    sections: tuple[_Section, ...] = ()


class _Read(msgspec.Struct, frozen=True):
    sources: tuple[str, ...]
    lines: _Lines


class SourceMaps:
    """The maps of one tree, each read when it is first needed."""

    def __init__(self, root: str, names: frozenset[str]) -> None:
        """`names` are those of the program as a package."""
        self._root = Path(root)
        self._names = names
        self._known: dict[str, _Read | None] = {}

    def original(self, spot: Spot) -> Spot | None:
        """The spot in the source; None if there is no map, or none that tells this place."""
        line = (spot.line or spot.defined) - 1
        if line < 0 or not spot.file.endswith(_COMPILED):
            return None
        if spot.file not in self._known:
            self._known[spot.file] = self._read(spot.file)
        found = self._known[spot.file]
        if found is None or line >= len(found.lines):
            return None
        columns, places = found.lines[line]
        at = bisect_right(columns, max(0, spot.column - 1)) - 1
        if at < 0 or not 0 <= places[at][0] < len(found.sources):
            return None
        source, original, column = places[at]
        return Spot(
            spot.function,
            found.sources[source],
            original + 1 if spot.line else 0,
            0 if spot.line else original + 1,
            column + 1,
        )

    def _read(self, file: str) -> _Read | None:
        name = file_below(self._root, parts_of(file), ".map", self._names)
        if name is None:
            return None
        try:
            path = self._root / name
            if path.stat().st_size > _LARGEST:
                return None
            document = json_text.decode(path.read_bytes(), _Map)
        except (OSError, json_text.NotJson):
            return None
        return _read(document, posixpath.join(str(self._root), posixpath.dirname(name)))


def _read(document: _Map, folder: str) -> _Read:
    """A map, or its sections in one."""
    sources: list[str] = []
    lines: _Lines = []
    for section in document.sections or (_Section(_Offset(0, 0), document),):
        first = section.offset.line
        decoded = decode_mappings(section.map.mappings)
        lines.extend(([], []) for _ in range(first + len(decoded) - len(lines)))
        for number, (columns, places) in enumerate(decoded):
            shift = 0 if number else section.offset.column
            lines[first + number][0].extend(column + shift for column in columns)
            lines[first + number][1].extend((len(sources) + source, line, column) for source, line, column in places)
        at = posixpath.join(folder, section.map.sourceRoot or "")
        sources.extend(posixpath.normpath(posixpath.join(at, one or "")) for one in section.map.sources)
    return _Read(tuple(sources), lines)


def decode_mappings(mappings: str) -> _Lines:
    """The segments of each line; what is no mapping ends its line."""
    lines: _Lines = []
    source = line = column = 0
    for text in mappings.split(";"):
        columns: list[int] = []
        places: list[tuple[int, int, int]] = []
        at = 0
        for segment in text.split(",") if text else ():
            numbers = _numbers(segment)
            if not numbers:
                break
            at += numbers[0]
            if len(numbers) >= 4:
                source, line, column = source + numbers[1], line + numbers[2], column + numbers[3]
                columns.append(at)
                places.append((source, line, column))
        lines.append((columns, places))
    return lines


def _numbers(segment: str) -> list[int]:
    """Variable-length quantities in base 64: five bits each, lowest first, the sign in the very lowest."""
    numbers: list[int] = []
    value = shift = 0
    for character in segment:
        digit = _DIGITS.get(character)
        if digit is None or shift > 60:
            return []
        value |= (digit & 31) << shift
        shift += 5
        if not digit & 32:
            numbers.append(-(value >> 1) if value & 1 else value >> 1)
            value = shift = 0
    return numbers
