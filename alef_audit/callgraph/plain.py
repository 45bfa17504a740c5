"""Variables that are declared to hold data: from their values no callable is reached, so none travels through them.

Front ends tell which declarations are data if the types are that they name (`FileFacts.data_types`, `Parameter.types`,
`Function.types`); here the names are looked up.  A name that leads out of the program, to a class or to an interface
with a method is no data.  Types that mention each other are data unless something among them is not: a greatest
fixpoint.
"""

from array import array
from collections.abc import Collection, Iterator, Sequence
from typing import Final

from alef_audit.callgraph.program import Program, Unit
from alef_audit.facts import flows
from alef_audit.resolution.graph import ModuleGraph

_Names = tuple[int, ...]
_OUTSIDE: Final = -1  # stands for types of libraries that no model speaks of


def plain_slots(program: Program, modules: ModuleGraph, aliases: Sequence[int], modelled: Collection[str]) -> set[int]:
    """The slots of parameters and results that hold nothing but data; slots are program-wide, after `aliases`.

    Types of libraries without a model (`modelled` are the modules of those with one) count as data inside other types:
    nothing is known of them that a call could lead to.
    """
    types: dict[int, _Names] = {}
    declared: dict[int, _Names] = {}
    for unit in program.units:
        base = unit.slots
        for name, *others in unit.facts.data_types:
            types[aliases[base + name]] = tuple(aliases[base + other] for other in others)
        for slot, names in _declarations(unit):
            declared[aliases[base + slot]] = tuple(aliases[base + name] for name in names)
    if not declared:
        return set()
    imported = _Imported(program, modules, aliases, modelled)
    types = {name: tuple(imported.origin(other) for other in others) for name, others in types.items()}
    types[_OUTSIDE] = ()
    data = _closed(types) - {_OUTSIDE}
    return {slot for slot, names in declared.items() if data.issuperset(map(imported.origin, names))}


def _declarations(unit: Unit) -> Iterator[tuple[int, _Names]]:
    """Slots of parameters and results with the slots of the types that their declarations name."""
    for facts in unit.facts.functions:
        if facts.types:
            yield facts.result, facts.types
        for parameter in facts.parameters:
            if parameter.types:
                yield parameter.slot, parameter.types


def _closed(types: dict[int, _Names]) -> set[int]:
    """The types that name only types of the same set."""
    users: dict[int, list[int]] = {}
    for name, others in types.items():
        for other in others:
            users.setdefault(other, []).append(name)
    open_types = {other for other in users if other not in types}
    pending = list(open_types)
    while pending:
        for user in users.get(pending.pop(), ()):
            if user not in open_types:
                open_types.add(user)
                pending.append(user)
    return types.keys() - open_types


class _Imported:
    """Which slots imports bind, and what they stand for."""

    def __init__(
        self, program: Program, modules: ModuleGraph, aliases: Sequence[int], modelled: Collection[str]
    ) -> None:
        self._program, self._modules, self._aliases, self._modelled = program, modules, aliases, modelled
        self._bound = dict(self._imports())  # slot -> (unit, import)
        self._exports: dict[int, dict[str, int]] = {}

    def origin(self, slot: int) -> int:
        """The slot in which the value was declared that an import brought into `slot`; itself if none did."""
        seen = {slot}
        while slot in self._bound:
            unit, number = self._bound[slot]
            target = self._modules.targets[unit][number]
            name = self._program.units[unit].facts.imports[number].name
            if target < 0:
                library = self._modules.externals[unit][number]
                return _OUTSIDE if library and library not in self._modelled else 0
            found = self._exported(target, name, set()) if name else 0
            if not found or found in seen:
                return 0
            seen.add(found)
            slot = found
        return slot

    def _imports(self) -> Iterator[tuple[int, tuple[int, int]]]:
        for index, unit in enumerate(self._program.units):
            if unit.facts.language != "ecmascript":
                continue  # no other language has types that are told to be data
            rows = array("i")
            rows.frombytes(unit.facts.flows)
            for at, op in enumerate(rows[:: flows.ROW]):
                if op == flows.IMPORT:
                    yield self._aliases[unit.slots + rows[at * flows.ROW + 1]], (index, rows[at * flows.ROW + 2])

    def _exported(self, unit: int, name: str, seen: set[int]) -> int:
        """The slot that a module exports under a name, by `export *` too; 0 if there is none."""
        known = self._exports.get(unit)
        facts, base = self._program.units[unit].facts, self._program.units[unit].slots
        if known is None:
            known = self._exports[unit] = {each.name: self._aliases[base + each.slot] for each in facts.exports}
        found = known.get(name, 0)
        if found or unit in seen:
            return found
        seen.add(unit)
        for star in facts.stars:
            target = self._modules.targets[unit][star]
            found = self._exported(target, name, seen) if target >= 0 else 0
            if found:
                return found
        return 0
