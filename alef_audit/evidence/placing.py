"""Which function of the program a spot of a stack is, found by path and line.

A program runs where it was deployed, so only the end of a path can be compared: the file of the program whose path has
the most last parts in common, if it is one.
"""

from collections import defaultdict
from typing import Final

from msgspec import structs

from alef_audit.callgraph.program import Program, Unit
from alef_audit.evidence.paths import parts_of
from alef_audit.evidence.sourcemaps import SourceMaps
from alef_audit.evidence.stacks import Spot
from alef_audit.facts.file import Function

_INSTALLED: Final = frozenset(("node_modules", "site-packages"))  # other programs, files of the same name
_NEAR: Final = 3  # lines between a decorator and its function
_FEWEST_PARTS: Final = 2  # of a path that lies deeper than the root


class Places:
    """The functions of one program, by file and line."""

    def __init__(self, program: Program, root: str, names: frozenset[str] = frozenset()) -> None:
        """`names` are those of the program as a package, letters and digits only, in lower case."""
        self._names = names
        self._program = program
        self._root = parts_of(root)
        self._maps = SourceMaps(root)
        self._units: dict[str, list[Unit]] = defaultdict(list)
        for unit in program.units:
            self._units[unit.path.rpartition("/")[2]].append(unit)
        self._known: dict[str, Unit | None] = {}

    def function_at(self, spot: Spot) -> tuple[Spot, int] | None:
        """The function that a spot stands in, and the spot as far as it can be relied on; None if it is none of the
        program's.

        Where another name is told than that of the function at the line, another version of the file ran: the function
        of that name is meant, if there is one, and the line says nothing.
        """
        mapped = self._maps.original(spot)
        if mapped is not None:
            spot = structs.replace(mapped, function="")  # a bundler may have given it another name
        unit = self.unit_of(spot.file)
        if unit is None:
            return None
        if spot.defined and not spot.line:
            defined = self._defined_at(unit, spot)
            return None if defined is None else (spot, defined)
        found = self._around(unit, spot.line) if spot.line else None
        told = _plain_name(spot.function)
        if found is not None and told in ("", "<module>", *_names(self._program.functions[found])):
            return spot, found
        named = [
            unit.functions + index for index, facts in enumerate(unit.facts.functions) if index and facts.name == told
        ]
        if len(named) == 1:
            return structs.replace(spot, line=0), named[0]
        # several of that name, or a name that only the runtime gives: the line is all there is
        return (spot, found) if found is not None and (named or _is_described(self._program.functions[found])) else None

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
            if shared < max(self._installed(parts, own), min(len(own), _FEWEST_PARTS), most):
                continue
            best = [unit] if shared > most else [*best, unit]
            most = shared
        return best[0] if len(best) == 1 else None

    def _installed(self, parts: list[str], own: list[str]) -> int:
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
            if name not in self._names:
                return len(parts) + 1
            inside = inside[2 if scoped else 1 :]
        return len(inside)

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
        """The function defined on a line, or near it under the name that is told; else the only one of that name."""
        told = _plain_name(spot.function)
        functions = [(unit.functions + at, facts) for at, facts in enumerate(unit.facts.functions) if at]
        named = [(number, facts) for number, facts in functions if facts.name and facts.name == told]
        there = [(number, facts) for number, facts in functions if facts.line == spot.defined]
        fitting = [one for one in there if told in ("", *_names(one[1]))] or [
            one for one in named if abs(one[1].line - spot.defined) <= _NEAR
        ]
        if fitting:
            return min((abs(facts.column - spot.column), number) for number, facts in fitting)[1]
        if len(named) == 1:
            return named[0][0]
        nameless = [number for number, facts in there if _is_described(facts)]
        return nameless[0] if len(nameless) == 1 else None


def _names(facts: Function) -> tuple[str, ...]:
    """What a runtime may call a function: an anonymous one is told by no name, or by that of what holds it."""
    return (facts.name,) if facts.name else ()


def _is_described(facts: Function) -> bool:
    """Whether a function has no plain name (`bot.on("x") callback`, `table["x"]`), so that its runtime may call it
    anything."""
    return facts.parent >= 0 and not facts.label.replace(".", "").replace("#", "").replace("$", "").isidentifier()


def _plain_name(name: str) -> str:
    """`Object.get x [as y]` is `x`, `Api.handle` is `handle`; "" for names that are none of the source's."""
    plain = name.partition(" [as ")[0].removeprefix("async ").removeprefix("new ").removeprefix("bound ")
    plain = plain.rpartition(".")[2].removeprefix("get ").removeprefix("set ")
    return "" if plain.startswith("<") and plain != "<module>" else plain


def _shared(one: list[str], other: list[str]) -> int:
    count = 0
    for ours, theirs in zip(reversed(one), reversed(other), strict=False):
        if ours != theirs:
            break
        count += 1
    return count
