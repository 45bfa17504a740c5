"""Which function of the program a spot of a stack is, found by path and line: in the file of the program whose path has
the most last parts in common, or in the source that compiled output was made from.
"""

from collections import defaultdict
from pathlib import Path

from msgspec import structs

from alef_audit.callgraph.program import Program, Unit
from alef_audit.evidence.bundles import Bundles
from alef_audit.evidence.functions import defined_at, innermost_at, is_described, names_of, plain_name
from alef_audit.evidence.paths import fewest_shared, parts_of
from alef_audit.evidence.sourcemaps import SourceMaps
from alef_audit.evidence.stacks import Spot


class Places:
    """The functions of one program, by file and line."""

    def __init__(self, program: Program, root: str, names: frozenset[str] = frozenset()) -> None:
        """`names` are those of the program as a package, letters and digits only, in lower case."""
        self._names = names
        self._program = program
        self._root = parts_of(root)
        self._maps = SourceMaps(root, names)
        self._bundles = Bundles(Path(root), names)
        self._units: dict[str, list[Unit]] = defaultdict(list)
        for unit in program.units:
            self._units[unit.path.rpartition("/")[2]].append(unit)
        self._known: dict[str, Unit | None] = {}
        self._placed: dict[Spot, tuple[Spot, int] | None] = {}

    def function_at(self, spot: Spot) -> tuple[Spot, int] | None:
        """The function that a spot stands in, and the spot as far as it can be relied on; None if it is none of the
        program's."""
        if spot not in self._placed:
            self._placed[spot] = self._place(spot)
        return self._placed[spot]

    def _place(self, spot: Spot) -> tuple[Spot, int] | None:
        mapped = self._maps.original(spot)
        if mapped is not None and (unit := self.unit_of(mapped.file)) is not None:
            return self._function_in(unit, structs.replace(mapped, function=""))  # a bundler may have renamed it
        unit = self.unit_of(spot.file)
        if unit is not None:
            return self._function_in(unit, spot)
        region = self._bundles.region(spot)
        unit = self.unit_of(region.source) if region is not None else None
        found = region.function_of(unit.facts.functions) if region is not None and unit is not None else None
        if unit is None or found is None:
            return None
        return structs.replace(spot, line=0, defined=0, column=0), unit.functions + found

    def _function_in(self, unit: Unit, spot: Spot) -> tuple[Spot, int] | None:
        """Where another name is told than that of the function at the line, another version of the file ran: the
        function of that name is meant, if there is one, and the line says nothing."""
        functions = unit.facts.functions
        if spot.defined and not spot.line:
            defined = defined_at(functions, spot)
            return None if defined is None else (spot, unit.functions + defined)
        found = innermost_at(functions, spot.line) if spot.line else None
        told = plain_name(spot.function)
        if found is not None and told in ("", "<module>", *names_of(functions[found])):
            return spot, unit.functions + found
        named = [index for index, facts in enumerate(functions) if index and facts.name == told]
        if len(named) == 1:
            return structs.replace(spot, line=0), unit.functions + named[0]
        # several of that name, or a name that only the runtime gives: the line is all there is
        alone = found is not None and (named or is_described(functions[found]))
        return (spot, unit.functions + found) if found is not None and alone else None

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
            shared = _shared(own, parts)
            if shared < max(fewest_shared(parts, own, self._names), most):
                continue
            best = [unit] if shared > most else [*best, unit]
            most = shared
        return best[0] if len(best) == 1 else None


def _shared(one: list[str], other: list[str]) -> int:
    count = 0
    for ours, theirs in zip(reversed(one), reversed(other), strict=False):
        if ours != theirs:
            break
        count += 1
    return count
