"""Builds the constraints of a program and propagates values until nothing changes."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator
from typing import Final

from alef_audit.callgraph import containers, tokens
from alef_audit.callgraph.accessors import Accessors, accessors, write_load, write_store
from alef_audit.callgraph.admission import declare_classes
from alef_audit.callgraph.api import ApiGraph
from alef_audit.callgraph.apply import apply
from alef_audit.callgraph.calls import CallTable
from alef_audit.callgraph.class_statements import class_statements, unbound_class_methods
from alef_audit.callgraph.constraints import (
    BASE,
    CALL,
    CLASS_OF,
    COLLECT,
    ITERATE,
    META,
    RECEIVE,
    SPREAD,
    STORE,
    SUPER_OF,
    TYPE,
)
from alef_audit.callgraph.construction import settle_news
from alef_audit.callgraph.escape import hand_out
from alef_audit.callgraph.facades import read_through_facades
from alef_audit.callgraph.families import open_families, settle_hierarchy
from alef_audit.callgraph.handing import results_by_name
from alef_audit.callgraph.handlers import type_overrides
from alef_audit.callgraph.implementers import Interfaces
from alef_audit.callgraph.iteration import has_iterators
from alef_audit.callgraph.large import bound_for, large_tables
from alef_audit.callgraph.lazy import lazy_modules, lazy_slots, namespaces, read_lazily
from alef_audit.callgraph.library import METHODS
from alef_audit.callgraph.matching import attach_matches
from alef_audit.callgraph.members import (
    COLLECTION_METHODS,
    find_export,
    load_all,
    load_export,
    name_kinds,
    replaced_exports,
    settle_owned,
    settle_unnamed,
)
from alef_audit.callgraph.operations import attach_operations
from alef_audit.callgraph.program import Program, Unit
from alef_audit.callgraph.record_classes import note_records
from alef_audit.callgraph.state import State
from alef_audit.callgraph.tokens import token
from alef_audit.facts import flows
from alef_audit.resolution.graph import ModuleGraph

# What a declared type stands for is looked up when all values are known; what that finds may lead to the next one.
_SOURCES: Final = frozenset(op for op, columns in flows.SLOT_COLUMNS.items() if 2 in columns)
_ROUNDS: Final = 4
_NOT_RETURNED: Final = (-1, -1, -1)
_NONE: Final[frozenset[int]] = frozenset()


def solve(program: Program, modules: ModuleGraph, api: ApiGraph, table: CallTable) -> State:
    """Propagate all values of `program`. The result's `links`, `externals` and `getters` are the raw call graph."""
    state = State(program, modules, api, bound_for(len(table)))
    _tables(state)
    containers.note_sites(state)
    state.methods_only = _methods_only(program)
    state.reading = name_kinds(state)
    state.tables = large_tables(program, modules, table, state.bound)
    known = accessors(program, table)
    parameters = _parameter_results(program, table)
    iterates = has_iterators(program)
    declare_classes(state, table)
    types: list[tuple[int, int]] = []  # slot of a type, of what is declared to be of it
    for index, unit in enumerate(program.units):
        _write_rows(state, table, index, unit, known, parameters, iterates, types)
        _write_classes(state, table, unit)
    # superclasses first: what a class inherits depends on the order of all of them
    _propagate(state, table)
    note_records(state, table.aliases)
    for slot, declared in types:
        state.attach(slot, (TYPE, declared))
    _propagate(state, table)
    settle_hierarchy(state)
    settle_owned(state)
    type_overrides(state)
    class_statements(state, table)
    for call in range(len(table)):
        callee = table.callee(call)
        if callee:
            state.attach(callee, (CALL, call))
        containers.attach(state, table, call)
    results_by_name(state, table)
    attach_operations(state, table)
    attach_matches(state)
    _propagate(state, table)
    containers.unknown_receivers(state, table)
    settle_unnamed(state)
    _propagate(state, table)
    _open_world(state, table)
    _settle_decorators(state, table)
    _settle_interfaces(state, table)
    return state


def _open_world(state: State, table: CallTable) -> None:
    """What the program itself does not make or call, its users may."""
    hand_out(state, table)
    _propagate(state, table)
    settle_news(state, table)
    unbound_class_methods(state, table)
    open_families(state)
    _propagate(state, table)
    read_through_facades(state, table)
    _propagate(state, table)


def _settle_interfaces(state: State, table: CallTable) -> None:
    interfaces = Interfaces(state, table)
    changed: Iterable[int] = range(1, len(state.points_to))
    for _ in range(_ROUNDS):
        if not interfaces.settle(changed):
            break
        touched: dict[int, None] = {}
        _propagate(state, table, touched)
        changed = touched


def _tables(state: State) -> None:
    program = state.program
    for index, unit in enumerate(program.units):
        ids = program.name_ids
        local = array("i")
        local.frombytes(unit.facts.aliases)
        state.exports.append({ids[e.name]: unit.slots + local[e.slot] for e in unit.facts.exports if e.name in ids})
        targets = state.modules.targets[index]
        state.hidden.append(frozenset(ids[e.name] for e in unit.facts.exports if not e.starred and e.name in ids))
        state.stars.append(tuple(targets[star] for star in unit.facts.stars if targets[star] >= 0))
        state.classes.own.extend(
            frozenset(program.name_maps[index][name] for name in c.members) for c in unit.facts.classes
        )
        state.classes.fields.extend(
            tuple(program.name_maps[index][name] for name in c.fields) for c in unit.facts.classes
        )
    state.lazy = lazy_modules(state)
    state.namespaces = namespaces(program)


def _methods_only(program: Program) -> frozenset[int]:
    """Names of collections' methods that no text of the program stores anything under."""
    found = {program.name_ids[name] for name in COLLECTION_METHODS if name in program.name_ids}
    for index, unit in enumerate(program.units):
        names = program.name_maps[index]
        found.difference_update(names[c] for op, _, b, c, _ in flows.rows(unit.facts.flows) if b and op == flows.STORE)
        found.difference_update(program.name_ids[export.name] for export in unit.facts.exports)
    return frozenset(found)


def _write_classes(state: State, table: CallTable, unit: Unit) -> None:
    for offset, facts in enumerate(unit.facts.classes):
        for position, base in enumerate(facts.bases):
            slot = table.resolve(unit.slots + base)
            state.attach(slot, (BASE, unit.classes + offset, position))
        if facts.metaclass:
            state.attach(table.resolve(unit.slots + facts.metaclass), (META, unit.classes + offset))


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


def _write_rows(
    state: State,
    table: CallTable,
    index: int,
    unit: Unit,
    known: Accessors,
    parameters: dict[int, tuple[int, int, int]],
    iterates: bool,
    types: list[tuple[int, int]],
) -> None:
    """Turn the flow rows of one file into copies, initial tokens and constraints."""
    program = state.program
    names = program.name_maps[index]
    aliases, base = table.aliases, unit.slots
    function = unit.functions
    literals = containers.Literals()
    methods = {program.name_ids[name] for name in METHODS[unit.facts.language] if name in program.name_ids}
    lazy = lazy_slots(state, table, index, unit) if state.lazy else {}
    for op, a, b, c, line in flows.rows(unit.facts.flows):
        if op == flows.ENTER:
            function = unit.functions + a
            continue
        if op == flows.HANDED:
            state.returned.setdefault(function, set()).add((a, b))
            continue
        dst = aliases[base + a]
        if not dst or (b and op in _SOURCES and not aliases[base + b]):
            continue
        if op == flows.COPY:
            source = aliases[base + b]
            if parameters.get(source, _NOT_RETURNED)[0] == dst:
                # handed back: resolved at each call, or every user of a decorator would get what the others decorate
                _, owner, position = parameters[source]
                state.returned.setdefault(owner, set()).add((position, flows.HANDED_AS_IS))
                continue
            state.copy(source, dst)
        elif op == flows.LOAD or op == flows.ATTRIBUTE:
            if aliases[base + b] in lazy:
                read_lazily(state, table, lazy[aliases[base + b]], names[c], dst, (function, line))
            if base + a in table.shared:
                continue
            is_attribute = op == flows.ATTRIBUTE
            write_load(state, known, aliases[base + b], names[c], dst, function, line, attribute=is_attribute)
        elif op == flows.STORE:
            source = aliases[base + b] if b else 0
            if source:
                state.attach(dst, (STORE, source, names[c]))
            if dst in literals.spreads:
                literals.spreads[dst].add(names[c])
            if c == flows.ANY_NAME:
                state.stock.named_freely = True
            if names[c] in methods:
                literals.methods.append((dst, names[c]))
            write_store(state, known, dst, names[c], source, function, line)
        elif op == flows.FUNCTION:
            state.add(dst, token(tokens.FUNCTION, unit.functions + b))
        elif op == flows.CLASS:
            state.add(dst, token(tokens.CLASS, unit.classes + b))
        elif op == flows.OBJECT:
            made = token(tokens.OBJECT, unit.objects + b)
            state.add(dst, made)
            literals.made.append((dst, made))
            if unit.facts.objects[b].declared:
                state.type_objects.add(made)
                state.declared_in.append((dst, made))
        elif op == flows.IMPORT:
            _import(state, table, index, b, dst)
        elif op == flows.GLOBAL:
            _global(state, index, unit, names[c], dst)
        elif op == flows.SELF:
            state.add(dst, token(tokens.OPEN, unit.classes + b))
        elif op == flows.TYPE:
            state.declared.setdefault(dst, []).append(aliases[base + b])
            types.append((aliases[base + b], dst))
        elif op == flows.SUPER:
            state.add(dst, token(tokens.SUPER, unit.classes + b))
        elif op == flows.ITERATE:
            if iterates:
                state.attach(aliases[base + b], (ITERATE, dst, function, line, c))
        elif op == flows.CLASS_OF or op == flows.SUPER_OF:
            state.attach(aliases[base + b], (CLASS_OF if op == flows.CLASS_OF else SUPER_OF, dst))
        elif op == flows.SPREAD:
            state.attach(aliases[base + b], (SPREAD, dst))
            literals.spreads[dst] = set()
        elif op == flows.COLLECT:
            state.attach(aliases[base + b], (COLLECT, dst))
        elif op == flows.PAIR:
            literals.pairs.append((dst, names[c]))
        elif op == flows.MATCH:
            state.matches.append((aliases[base + b], dst, names[c]))
        elif op == flows.MODULE:
            state.add(dst, token(tokens.MODULE, index))
    if unit.facts.module_slot:
        state.add(aliases[base + unit.facts.module_slot], token(tokens.MODULE, index))
    containers.note_literals(state, literals)


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


def _propagate(state: State, table: CallTable, changed: dict[int, None] | None = None) -> None:
    """Difference propagation: hand each variable's new tokens to its successors and constraints, until
    none are left; `changed` takes down which variables that were.
    """
    queue, pending = state.queue, state.pending
    forward, loads, owners, uses, backlog = state.forward, state.loads, state.owners, state.uses, state.backlog
    while queue or backlog:
        while backlog:
            constraint, values = backlog.pop()
            for value in sorted(values):
                apply(state, table, constraint, value)
        if not queue:
            break
        variable = queue.pop()
        fresh, pending[variable] = pending[variable] or _NONE, None
        if changed is not None:
            changed[variable] = None
        targets = forward[variable]
        if targets:
            state.hand_on(fresh, targets)
        reads = loads[variable]
        if reads:
            for value in sorted(fresh):
                load_all(state, value, reads)
        owned_by = owners[variable]
        if owned_by:
            for value in state.receivers(fresh):
                for owner in tuple(owned_by):
                    apply(state, table, (RECEIVE, owner), value)
        constraints = uses[variable]
        if constraints:
            ordered = sorted(fresh)
            for constraint in tuple(constraints):
                for value in ordered:
                    apply(state, table, constraint, value)


def _settle_decorators(state: State, table: CallTable) -> None:
    """A decorator whose result stayed empty hands back what it decorates; then propagate once more."""
    for call in _decorator_calls(table):
        result = table.result(call)
        if result and not state.points_to[result]:
            for _, slot, _ in table.arguments(call):
                state.copy(slot, result)
    settle_unnamed(state)
    _propagate(state, table)


def _decorator_calls(table: CallTable) -> Iterator[int]:
    return (call for call in range(len(table)) if table.flags(call) & flows.DECORATOR)
