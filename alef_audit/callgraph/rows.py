"""From the flow rows of the files to the solver's constraints, and to the values that start it."""

from typing import Final, NamedTuple

from alef_audit.callgraph import containers, tokens
from alef_audit.callgraph.accessors import Accessors, accessors, write_load, write_store
from alef_audit.callgraph.calls import CallTable
from alef_audit.callgraph.constraints import BASE, CLASS_OF, COLLECT, ITERATE, META, SPREAD, SUPER_OF
from alef_audit.callgraph.containers import Literals
from alef_audit.callgraph.iteration import has_iterators
from alef_audit.callgraph.lazy import lazy_slots, read_lazily
from alef_audit.callgraph.library import METHODS
from alef_audit.callgraph.members import define, find_export, load_export, replaced_exports
from alef_audit.callgraph.program import Program, Unit
from alef_audit.callgraph.state import State
from alef_audit.callgraph.tokens import token
from alef_audit.facts import flows

_SOURCES: Final = frozenset(op for op, columns in flows.SLOT_COLUMNS.items() if 2 in columns)
_OF_CLASS: Final = {flows.CLASS: tokens.CLASS, flows.SELF: tokens.OPEN, flows.SUPER: tokens.SUPER}
# Constraints that only tell where what they find goes.
_PLAIN: Final = {
    flows.CLASS_OF: CLASS_OF,
    flows.SUPER_OF: SUPER_OF,
    flows.SPREAD: SPREAD,
    flows.COLLECT: COLLECT,
}
_SPREADS: Final = flows.choice(flows.SPREAD)
_SPREADING: Final = flows.choice(flows.STORE, flows.SPREAD)
_COPIES: Final = flows.choice(flows.COPY)
_NOT_RETURNED: Final = (-1, -1, -1)


class _Known(NamedTuple):
    """What writing the rows of any file looks up."""

    accessors: Accessors
    parameters: dict[int, tuple[int, int, int]]
    iterates: bool
    methods: dict[str, frozenset[int]]  # by language, names of the methods of its collections
    types: list[tuple[int, int]]  # grows
    # parameters that a function hands back, and those that take another value, of the file that is being written
    handed: set[int]
    rebound: set[int]


def write_rows(state: State, table: CallTable) -> list[tuple[int, int]]:
    """Turn the flow rows of all files into copies, constraints and initial tokens.

    Gives the variables of types, each with the variable that is declared to be of it.
    """
    program = state.program
    ids = program.name_ids
    known = _Known(
        accessors(program, table),
        _parameter_results(program, table),
        has_iterators(program),
        {language: frozenset(ids[name] for name in names if name in ids) for language, names in METHODS.items()},
        [],
        set(),
        set(),
    )
    for index, unit in enumerate(program.units):
        _write_rows(state, table, index, unit, known)
        _hand_back_rebound(state, table, unit, known)
        _write_classes(state, table, unit)
    return known.types


def _parameter_results(program: Program, table: CallTable) -> dict[int, tuple[int, int, int]]:
    """Slot of every plain parameter -> its function's result slot, the function, the parameter's position."""
    found = {}
    for function, facts in enumerate(program.functions):
        result = table.slot_of(function, facts.result)
        position = 0
        for parameter in facts.parameters:
            if not parameter.kind:
                if parameter.slot:
                    found[table.slot_of(function, parameter.slot)] = (result, function, position)
                position += 1
    return found


def _write_rows(state: State, table: CallTable, index: int, unit: Unit, known: _Known) -> None:
    """The rows of one file, in order: what a literal sets last counts, and what a body binds stands first."""
    names, aliases, base = state.program.name_maps[index], table.aliases, unit.slots
    read, written = known.accessors.on_read, known.accessors.on_write
    lazy = lazy_slots(state, table, index, unit) if state.lazy else {}
    methods = known.methods[unit.facts.language]
    literals = containers.Literals()
    bodies = {facts.slot: unit.classes + number for number, facts in enumerate(unit.facts.classes)}
    function = unit.functions
    for op, a, b, c, line in flows.rows(unit.facts.flows):
        if op == flows.ENTER:
            function = unit.functions + a
            continue
        if op == flows.HANDED:
            state.returned.setdefault(function, set()).add((a, b))
            continue
        destination = aliases[base + a]
        if not destination or (b and op in _SOURCES and not aliases[base + b]):
            continue
        if op == flows.KEYED:
            state.keyed_rows.append((function, names[c], aliases[base + b], destination))
        elif op == flows.LOAD or op == flows.ATTRIBUTE:
            source, name = aliases[base + b], names[c]
            if source in lazy:
                read_lazily(state, table, lazy[source], name, destination, (function, line))
            if base + a in table.shared:
                continue
            key = ~name if op == flows.ATTRIBUTE else name
            if name in read:
                write_load(state, known.accessors, source, key, destination, function, line)
            elif source:
                state.read(source, destination, key)
        elif op == flows.STORE:
            source, name = aliases[base + b] if b else 0, names[c]
            if source and a in bodies:
                define(state, bodies[a], name, source)
            elif source:
                state.write(destination, source, name)
            if c == flows.ANY_NAME:
                state.stock.named_freely = True
            if name in methods:
                literals.methods.append((destination, name))
            if name in written:
                write_store(state, known.accessors, destination, name, source, function, line)
        elif op == flows.COPY:
            _copy(state, known, aliases[base + b], destination)
        elif op == flows.ITERATE:
            if known.iterates:
                state.attach(aliases[base + b], (ITERATE, destination, function, line, c))
        elif op in _SOURCES:
            _write_constraint(state, known, op, destination, aliases[base + b], names[c])
        else:
            _write_value(state, table, index, op, destination, b, names[c], literals)
    if unit.facts.module_slot:
        state.add(aliases[base + unit.facts.module_slot], token(tokens.MODULE, index))
    literals.overriding = _overriding(table, index, unit)
    containers.note_literals(state, literals)


def _write_constraint(state: State, known: _Known, op: int, destination: int, source: int, name: int) -> None:
    if op == flows.TYPE:
        state.declared.setdefault(destination, []).append(source)
        known.types.append((source, destination))
    elif op == flows.MATCH:
        state.matches.append((source, destination, name))
    else:
        state.attach(source, (_PLAIN[op], destination))


def _write_value(
    state: State, table: CallTable, index: int, op: int, slot: int, number: int, name: int, literals: Literals
) -> None:
    """A function, class, object, module or library value where it first stands; `number` is its index in the file."""
    unit = state.program.units[index]
    if op == flows.FUNCTION:
        state.add(slot, token(tokens.FUNCTION, unit.functions + number))
    elif op == flows.OBJECT:
        value = token(tokens.OBJECT, unit.objects + number)
        state.add(slot, value)
        literals.made.append((slot, value))
        if unit.facts.objects[number].declared:
            state.type_objects.add(value)
            state.declared_in.append((slot, value))
    elif op == flows.IMPORT:
        _import(state, table, index, number, slot)
    elif op == flows.GLOBAL:
        _global(state, index, unit, name, slot)
    elif op == flows.PAIR:
        literals.pairs.append((slot, name))
    elif op == flows.MODULE:
        state.add(slot, token(tokens.MODULE, index))
    else:
        state.add(slot, token(_OF_CLASS[op], unit.classes + number))


def _write_classes(state: State, table: CallTable, unit: Unit) -> None:
    """The superclasses and metaclasses that the classes of one file name."""
    for index, facts in enumerate(unit.facts.classes, unit.classes):
        for position, base in enumerate(facts.bases):
            state.attach(table.resolve(unit.slots + base), (BASE, index, position))
        if facts.metaclass:
            state.attach(table.resolve(unit.slots + facts.metaclass), (META, index))


def _copy(state: State, known: _Known, source: int, destination: int) -> None:
    result, function, position = known.parameters.get(source, _NOT_RETURNED)
    if result == destination:
        # handed back: resolved at each call, or every user of a decorator would get what the others decorate
        state.returned.setdefault(function, set()).add((position, flows.HANDED_AS_IS))
        known.handed.add(source)
    else:
        state.copy(source, destination)
        if destination in known.parameters:
            known.rebound.add(destination)


def _hand_back_rebound(state: State, table: CallTable, unit: Unit, known: _Known) -> None:
    """Let functions give what they bind the parameters to that they hand back: `session = session or Session()`.

    The parameter itself is left out of it: what callers hand over each of them gets back for itself.
    """
    wanted = known.handed & known.rebound
    known.handed.clear()
    known.rebound.clear()
    if not wanted:
        return
    sources: dict[int, list[int]] = {}
    for _, a, b, _, _ in flows.chosen(unit.facts.flows, _COPIES):
        sources.setdefault(table.aliases[unit.slots + a], []).append(table.aliases[unit.slots + b])
    for parameter in sorted(wanted):
        result, *_ = known.parameters[parameter]
        for source in _leading(sources, parameter):
            _copy(state, known, source, result)
    known.handed.clear()


def _leading(sources: dict[int, list[int]], parameter: int) -> list[int]:
    """The variables whose values a parameter takes, for those of which it is one itself what else they take."""
    found: list[int] = []
    seen = {parameter}
    pending = list(sources[parameter])
    while pending:
        source = pending.pop()
        if source and source not in seen:
            seen.add(source)
            if parameter in sources.get(source, ()):
                pending.extend(sources[source])
            else:
                found.append(source)
    return found


def _overriding(table: CallTable, index: int, unit: Unit) -> dict[int, set[int]]:
    """Slots of literals that spread something -> the names that they set after it."""
    found: dict[int, set[int]] = {}
    names = table.program.name_maps[index]
    if not any(flows.column(unit.facts.flows, flows.FIRST, _SPREADS)):
        return found
    for op, a, _, c, _ in flows.chosen(unit.facts.flows, _SPREADING):
        slot = table.aliases[unit.slots + a]
        if op == flows.SPREAD:
            found[slot] = set()
        elif slot in found:
            found[slot].add(names[c])
    return found


def _import(state: State, table: CallTable, index: int, number: int, dst: int) -> None:
    facts = state.program.units[index].facts.imports[number]
    target = state.modules.targets[index][number]
    if target >= 0:
        if facts.name and (index, number) not in state.modules.modules:
            inner = state.modules.submodules.get((index, facts.name)) if target == index else None
            if inner is not None:
                # `from . import name` in a package: its own submodule
                state.add(dst, token(tokens.MODULE, inner))
                return
            if state.lazy:
                where = (state.program.units[index].functions + facts.function, facts.line)
                read_lazily(state, table, target, state.program.name_ids[facts.name], dst, where)
            load_export(state, target, state.program.name_ids[facts.name], dst)
        else:
            state.add(dst, token(tokens.MODULE, target))
            if state.program.units[target].facts.module_slot:
                state.copy(replaced_exports(state, target), dst)
    # of a followed package both: what the analysis does not find in its files is at least known by name
    external = state.modules.externals[index][number]
    if not external:
        return
    node = state.api.module(state.program.units[index].facts.language, external)
    if facts.name:
        node = state.api.child(node, facts.name)
    if node:
        state.add(dst, token(tokens.EXTERNAL, node))


def _global(state: State, index: int, unit: Unit, name: int, dst: int) -> None:
    for other in reversed(state.stars[index]):
        slot = find_export(state, other, name, set()) if name not in state.hidden[other] else 0
        if slot:
            state.copy(slot, dst)
            return
    language = unit.facts.language
    text = state.program.names[name]
    node = state.api.child(state.api.globals_of(language), text)
    if text in ("globalThis", "global", "self") and language == "ecmascript":
        node = state.api.globals_of(language)
    if node:
        state.add(dst, token(tokens.EXTERNAL, node))
