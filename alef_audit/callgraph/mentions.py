"""Where a program mentions names and definitions: by attributes, strings, imports, and by the variables of a file."""

from __future__ import annotations

import re
from array import array
from bisect import bisect_right
from collections.abc import Collection, Iterator, Set
from fnmatch import translate
from typing import Final

from alef_audit.callgraph.calls import CallTable
from alef_audit.callgraph.program import Program, Unit
from alef_audit.facts import flows

_NAMING: Final = flows.choice(flows.ENTER, flows.LOAD, flows.ATTRIBUTE, flows.GLOBAL, flows.PAIR, flows.STORE)
_MATCHING: Final = flows.choice(flows.ENTER, flows.MATCH)
_READING: Final = flows.choice(flows.ENTER, *(op for op, columns in flows.SLOT_COLUMNS.items() if len(columns) > 1))


def named_in(
    program: Program, table: CallTable, units: Collection[int], wanted: Set[str], language: str
) -> dict[str, set[int]]:
    """By name, the functions of these files that spell it: as an attribute, in a string or as what they import.

    What classes call their own methods, and what modules call what they define, mentions nothing.
    """
    found: dict[str, set[int]] = {}
    chosen = [program.units[index] for index in units if program.units[index].facts.language == language]
    for unit in chosen:
        for name, function in _spelled(unit, wanted):
            found.setdefault(name, set()).add(unit.functions + function)
    live = {unit.functions for unit in chosen}
    for name, function in _called(program, table, wanted):
        if program.unit_of(function).functions in live:
            found.setdefault(name, set()).add(function)
    return found


def _last_word(name: str) -> str:
    """The name that a spelling ends with: `"package.module:function`; other names are spelled whole."""
    return name[1:].rpartition(".")[2].rpartition(":")[2] if name[:1] == '"' else name


def _spelled(unit: Unit, wanted: Set[str]) -> Iterator[tuple[str, int]]:
    """The names that the imports and rows of a file spell, each with the function that they stand in."""
    for one in unit.facts.imports:
        if one.name in wanted:
            yield one.name, one.function
    local = {number: word for number, name in enumerate(unit.facts.names) if (word := _last_word(name)) in wanted}
    if local:
        own = {one.slot for one in unit.facts.classes}
        for op, a, name, function in _rows(unit, _NAMING):
            if name in local and not (op == flows.STORE and a in own):
                yield local[name], function
    for _, _, name, function in _rows(unit, _MATCHING):
        fits = re.compile(translate(unit.facts.names[name])).match
        for word in wanted:
            if fits(word):
                yield word, function


def _rows(unit: Unit, wanted: bytes) -> Iterator[tuple[int, int, int, int]]:
    """The rows with some ops, as (op, a, name, function that they stand in)."""
    function = 0
    for op, a, _, name, _ in flows.chosen(unit.facts.flows, wanted):
        if op == flows.ENTER:
            function = a
        else:
            yield op, a, name, function


def _called(program: Program, table: CallTable, wanted: Set[str]) -> Iterator[tuple[str, int]]:
    """The names that calls spell, as what they call or as a string that they hand over."""
    ids, names = program.name_ids, program.names
    members = {ids[name] for name in wanted if name in ids}
    for call, member in enumerate(table.members):
        if member in members:
            yield names[member], table.functions[call]
    literals = {
        number: word for number, name in enumerate(names) if name[:1] == '"' and (word := _last_word(name)) in wanted
    }
    if literals:
        for at, literal in enumerate(table.argument_values[flows.ARG_LITERAL :: flows.CALL_ARG]):
            if literal in literals:
                call = bisect_right(table.argument_ends, at * flows.CALL_ARG) - 1
                yield literals[literal], table.functions[call]


def uses_of_slots(unit: Unit) -> dict[int, list[tuple[int, int]]]:
    """By variable of a file, what reads it: the function, and the variable that takes the value (0 = none)."""
    aliases = _aliases(unit)
    found: dict[int, list[tuple[int, int]]] = {}
    function = 0
    for op, a, b, _, _ in flows.chosen(unit.facts.flows, _READING):
        if op == flows.ENTER:
            function = a
        elif op == flows.STORE:
            found.setdefault(aliases[b], []).append((function, 0))
        else:
            found.setdefault(aliases[b], []).append((function, aliases[a] if op == flows.COPY else 0))
    for slot, function in _slots_of_calls(unit):
        found.setdefault(aliases[slot], []).append((function, 0))
    for one in unit.facts.classes:
        for base in one.bases:
            found.setdefault(aliases[base], []).append((0, 0))
    return found


def _aliases(unit: Unit) -> array[int]:
    """By slot of a file, the one that stands for it in the end."""
    found = array("i")
    found.frombytes(unit.facts.aliases)
    for slot in range(len(found)):
        while found[found[slot]] != found[slot]:
            found[slot] = found[found[slot]]
    return found


def _slots_of_calls(unit: Unit) -> Iterator[tuple[int, int]]:
    """What the calls of a file call and hand over, each with the function that the call stands in."""
    for call in flows.call_records(unit.facts.calls):
        function = call[flows.IN_FUNCTION]
        yield call[flows.CALLEE], function
        yield call[flows.RECEIVER], function
        for slot in _slots_handed(call):
            yield slot, function


def decorated_slots(unit: Unit) -> frozenset[int]:
    """The variables of a file that decorators are given."""
    calls = flows.call_records(unit.facts.calls)
    return frozenset(slot for call in calls if call[flows.FLAGS] & flows.DECORATOR for slot in _slots_handed(call))


def _slots_handed(call: array[int]) -> array[int]:
    return call[flows.CALL_HEAD + flows.ARG_SLOT :: flows.CALL_ARG]
