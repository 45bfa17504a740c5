"""How many values a variable may hold, and the object, list and dict literals that have more entries than that."""

from collections import Counter
from typing import Final

from alef_audit.callgraph import tokens
from alef_audit.callgraph.calls import CallTable
from alef_audit.callgraph.program import Program
from alef_audit.callgraph.tokens import token
from alef_audit.facts import flows
from alef_audit.resolution.graph import ModuleGraph

# A variable that would hold more values than this stops growing: its call sites become dynamic.  Measured on a large
# TypeScript tree: from 8 to 12 a tenth fewer calls stay unresolved, at the same cost; with 16 what flows into full sets
# drowns calls that were resolved before.  A large Python tree, where few types are declared, takes a third longer with
# 16 than with 8.  (calls up to, bound)
_BOUNDS: Final = ((40_000, 32), (230_000, 12))
_SMALLEST: Final = 8
LARGEST_BOUND: Final = _BOUNDS[0][1]
_STORES: Final = flows.choice(flows.STORE)
_SPREADS: Final = flows.choice(flows.SPREAD)
_ORIGINS: Final = flows.choice(flows.COPY, flows.IMPORT, flows.OBJECT)
_COPIES: Final = 6  # that are followed


def bound_for(calls: int) -> int:
    """How many values a variable may hold in a program with so many calls."""
    return next((bound for most, bound in _BOUNDS if calls <= most), _SMALLEST)


def large_tables(program: Program, modules: ModuleGraph, table: CallTable, bound: int) -> set[int]:
    """Tokens of the objects that are written with more than `bound` entries, those of what they spread counted in.

    Spreads are followed by variable and import only: `{...chatHandlers, ...configHandlers}`.
    """
    entries: Counter[int] = Counter()  # slot that an object was made in -> entries stored on it
    spreads: list[tuple[int, int]] = []
    for unit in program.units:
        slots, rows = table.slots_of(unit), unit.facts.flows
        owners = flows.column(rows, flows.FIRST, _STORES)
        sources = flows.column(rows, flows.FIRST + 1, _STORES)
        entries.update([slots[owner] for owner, source in zip(owners, sources, strict=True) if source])
        spreads += [(slots[a], slots[b]) for _, a, b, _, _ in flows.chosen(rows, _SPREADS)]
    origins = _Origins(program, modules, table)
    for destination, source in spreads:
        entries[destination] += entries[origins.of(source)]
    made = origins.made
    return {token(tokens.OBJECT, made[slot]) for slot, count in entries.items() if count > bound and slot in made}


class _Origins:
    """Where the objects in variables were made, as far as plain copies and imports tell."""

    __slots__ = ("_copies", "_imports", "_modules", "_program", "_table", "made")

    def __init__(self, program: Program, modules: ModuleGraph, table: CallTable) -> None:
        self._program, self._modules, self._table = program, modules, table
        self.made: dict[int, int] = {}  # slot -> object
        self._copies: dict[int, int] = {}
        self._imports: dict[int, tuple[int, int]] = {}  # slot -> file, import
        for index, unit in enumerate(program.units):
            slots, objects = table.slots_of(unit), unit.facts.objects
            for op, a, b, _, _ in flows.chosen(unit.facts.flows, _ORIGINS):
                if op == flows.COPY:
                    self._copies.setdefault(slots[a], slots[b])
                elif op == flows.IMPORT:
                    self._imports.setdefault(slots[a], (index, b))
                elif not objects[b].declared:
                    self.made.setdefault(slots[a], unit.objects + b)

    def of(self, slot: int) -> int:
        """The slot that the object in `slot` was made in."""
        for _ in range(_COPIES):
            if slot in self.made:
                return slot
            source = self._copies.get(slot, 0) or self._exported(slot)
            if not source:
                return slot
            slot = source
        return slot

    def _exported(self, slot: int) -> int:
        """The slot of what an import binds; 0 if that is no name of the program."""
        index, number = self._imports.get(slot, (0, -1))
        target = self._modules.targets[index][number] if number >= 0 else -1
        name = self._program.units[index].facts.imports[number].name if target >= 0 else ""
        if not name:
            return 0
        unit = self._program.units[target]
        exported = (export.slot for export in unit.facts.exports if export.name == name)
        return self._table.aliases[unit.slots + next(exported, 0)]
