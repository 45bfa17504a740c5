"""Which function of the program a spot of a stack is, found by path and line.

A program runs where it was deployed, so only the end of a path can be compared: the file of the program whose path has
the most last parts in common, if it is one.
"""

from collections import defaultdict
from typing import Final
from urllib.parse import unquote

from alef_audit.callgraph.program import Program, Unit
from alef_audit.evidence.stacks import Spot

_INSTALLED: Final = frozenset(("node_modules", "site-packages"))  # other programs, files of the same name
_FEWEST_PARTS: Final = 2  # of a path that lies deeper than the root


class Places:
    """The functions of one program, by file and line."""

    def __init__(self, program: Program, root: str) -> None:
        self._root = parts_of(root)
        self._units: dict[str, list[Unit]] = defaultdict(list)
        for unit in program.units:
            self._units[unit.path.rpartition("/")[2]].append(unit)
        self._known: dict[str, Unit | None] = {}

    def function_at(self, spot: Spot) -> int | None:
        """The function that a spot stands in; None if it is none of the program's."""
        unit = self.unit_of(spot.file)
        if unit is None:
            return None
        if spot.defined and not spot.line:
            return self._defined_at(unit, spot)
        return self._around(unit, spot.line) if spot.line else None

    def unit_of(self, file: str) -> Unit | None:
        if file not in self._known:
            self._known[file] = self._find(parts_of(file))
        return self._known[file]

    def _find(self, parts: list[str]) -> Unit | None:
        below = parts[len(self._root) :] if parts[: len(self._root)] == self._root else None
        best: list[Unit] = []
        most = 0
        for unit in self._units.get(parts[-1], ()) if parts else ():
            own = unit.path.split("/")
            if below is not None and below != own:
                continue
            if not _INSTALLED.isdisjoint(parts) and _INSTALLED.isdisjoint(own):
                continue
            shared = _shared(own, parts)
            if shared < min(len(own), _FEWEST_PARTS) or shared < most:
                continue
            best = [unit] if shared > most else [*best, unit]
            most = shared
        return best[0] if len(best) == 1 else None

    def _around(self, unit: Unit, line: int) -> int | None:
        """The innermost function that a line stands in; the module's body if none."""
        first = unit.functions
        found, narrowest = first, None
        for index, facts in enumerate(unit.facts.functions):
            if index and facts.line <= line <= facts.end_line:
                width = facts.end_line - facts.line
                if narrowest is None or width <= narrowest:
                    found, narrowest = first + index, width
        return found

    def _defined_at(self, unit: Unit, spot: Spot) -> int | None:
        """The function whose definition stands on a line: by name if several do, else the nearest."""
        own = spot.function.rpartition(".")[2]
        near = [
            (abs(facts.line - spot.defined), facts.name != own, abs(facts.column - spot.column), unit.functions + index)
            for index, facts in enumerate(unit.facts.functions)
            if index and (facts.line == spot.defined or (facts.name == own and abs(facts.line - spot.defined) <= 3))
        ]
        return min(near)[-1] if near else None


def parts_of(file: str) -> list[str]:
    """The parts of a path or a `file://` URL; none of a built-in module's name."""
    if file.startswith(("node:", "<")):
        return []
    path = unquote(file.removeprefix("file://")) if file.startswith("file://") else file
    path = path.split("?", 1)[0] if "://" in file else path
    return [part for part in path.replace("\\", "/").split("/") if part not in ("", ".")]


def _shared(one: list[str], other: list[str]) -> int:
    count = 0
    for ours, theirs in zip(reversed(one), reversed(other), strict=False):
        if ours != theirs:
            break
        count += 1
    return count
