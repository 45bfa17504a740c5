"""How many values a variable may hold, and the object, list and dict literals that have more entries than that."""

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


def bound_for(calls: int) -> int:
    """How many values a variable may hold in a program with so many calls."""
    return next((bound for most, bound in _BOUNDS if calls <= most), _SMALLEST)


def large_tables(program: Program, modules: ModuleGraph, table: CallTable, bound: int) -> set[int]:
    """Tokens of the objects that are written with more than `bound` entries, those of what they spread counted in.

    Spreads are followed by variable and import only: `{...chatHandlers, ...configHandlers}`.
    """
    entries: dict[int, int] = {}  # slot that an object was made in -> entries stored on it
    made: dict[int, int] = {}  # slot -> object
    copies: dict[int, int] = {}
    spreads: list[tuple[int, int]] = []
    for index, unit in enumerate(program.units):
        aliases, base = table.aliases, unit.slots
        for op, a, b, _, _ in flows.rows(unit.facts.flows):
            if b and op == flows.STORE:
                slot = aliases[base + a]
                entries[slot] = entries.get(slot, 0) + 1
            elif op == flows.OBJECT and not unit.facts.objects[b].declared:
                made.setdefault(aliases[base + a], unit.objects + b)
            elif op == flows.SPREAD:
                spreads.append((aliases[base + a], aliases[base + b]))
            elif op == flows.COPY:
                copies.setdefault(aliases[base + a], aliases[base + b])
            elif op == flows.IMPORT:
                source = _exported(program, modules, table, index, b)
                if source:
                    copies.setdefault(aliases[base + a], source)
    for destination, source in spreads:
        entries[destination] = entries.get(destination, 0) + entries.get(_origin(source, made, copies), 0)
    return {token(tokens.OBJECT, made[slot]) for slot, count in entries.items() if count > bound and slot in made}


def _origin(slot: int, made: dict[int, int], copies: dict[int, int]) -> int:
    """The slot that the object in `slot` was made in, as far as plain copies tell."""
    for _ in range(6):
        if slot in made or slot not in copies:
            return slot
        slot = copies[slot]
    return slot


def _exported(program: Program, modules: ModuleGraph, table: CallTable, index: int, number: int) -> int:
    facts = program.units[index].facts.imports[number]
    target = modules.targets[index][number]
    if target < 0 or not facts.name:
        return 0
    unit = program.units[target]
    for export in unit.facts.exports:
        if export.name == facts.name:
            return table.aliases[unit.slots + export.slot]
    return 0
