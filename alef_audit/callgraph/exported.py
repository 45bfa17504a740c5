"""What a package hands to the programs that import it: functions, the methods of classes and objects, and those of
the objects that its functions make: `module.exports = (root) => ({ translate(phrase, done) { … } })`.
"""

from collections.abc import Iterable, Iterator, Set

from alef_audit.callgraph import tokens
from alef_audit.callgraph.calls import CallTable
from alef_audit.callgraph.collect import functions_among
from alef_audit.callgraph.state import State
from alef_audit.callgraph.tokens import MASK, SHIFT, token


def exported_functions(state: State, table: CallTable, entries: Set[str]) -> frozenset[int]:
    """The public functions that the files `entries` export, re-exports included, and public methods of what they do."""
    found: set[int] = set()
    for index, unit in enumerate(state.program.units):
        if unit.path in entries:
            for value in _values(state, index):
                found.update(_functions(state, value))
    made = [
        function
        for exported in found
        for value in _results(state, table, exported)
        if value & MASK == tokens.OBJECT
        for function in _functions(state, value)
    ]
    return frozenset(found.union(made))


def _results(state: State, table: CallTable, function: int) -> list[int]:
    """What calling a function gives, if none of it is lost."""
    slot = table.slot_of(function, state.program.functions[function].result)
    return state.held(slot) if slot and not state.overflowed(slot) else []


def _values(state: State, unit: int) -> set[int]:
    """What a file exports under public names."""
    program = state.program
    slots = {slot for other in (unit, *state.stars[unit]) for slot in _slots(state, other)}
    replaced = state.module_replaced.get(unit)
    if replaced is not None:
        slots.add(replaced)
    for name, variable in state.fields.get(token(tokens.MODULE, unit), {}).items():
        if _is_public(program.names[name]):
            slots.add(variable)
    return {value for slot in slots for value in state.held(slot)}


def _slots(state: State, unit: int) -> Iterator[int]:
    """The variables of the names that a file exports: what `from m import *` takes, or all of an ECMAScript module."""
    program = state.program
    facts = program.units[unit].facts
    public = {program.name_ids[export.name] for export in facts.exports if export.starred and _is_public(export.name)}
    for name, slot in state.exports[unit].items():
        if name in public:
            yield slot


def _functions(state: State, value: int) -> Iterable[int]:
    kind, index = value & MASK, value >> SHIFT
    if kind in (tokens.CLASS, tokens.INSTANCE, tokens.OPEN):
        return _methods(state, index)
    if kind == tokens.OBJECT:
        fields = state.fields.get(value, {}).items()
        public = [variable for name, variable in fields if _is_public(state.program.names[name])]
        return [function for variable in public for function in functions_among(state.held(variable))]
    return functions_among([value])


def _methods(state: State, index: int) -> Iterator[int]:
    program = state.program
    for ancestor in state.classes.order(index):
        if ancestor & MASK != tokens.CLASS:
            continue
        number = ancestor >> SHIFT
        unit = program.units[program.class_unit[number]]
        for offset, facts in enumerate(unit.facts.functions):
            if facts.owner == number - unit.classes and _is_public(facts.name):
                yield unit.functions + offset


def _is_public(name: str) -> bool:
    return bool(name) and name[0] not in "_#"
