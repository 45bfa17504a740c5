"""Builds the constraints of a program and propagates values until nothing changes."""

from __future__ import annotations

from array import array
from collections.abc import Collection, Iterator
from typing import Final

from alef_audit.callgraph import containers
from alef_audit.callgraph.admission import declare_classes
from alef_audit.callgraph.api import ApiGraph
from alef_audit.callgraph.apply import apply, call_all, store_all
from alef_audit.callgraph.blank import blank_makers
from alef_audit.callgraph.calls import CallTable
from alef_audit.callgraph.class_statements import class_statements, unbound_class_methods
from alef_audit.callgraph.constraints import (
    RECEIVE,
    TYPE,
)
from alef_audit.callgraph.construction import settle_news
from alef_audit.callgraph.creations import find_creations
from alef_audit.callgraph.crowded import let_in
from alef_audit.callgraph.escape import hand_out
from alef_audit.callgraph.facades import read_through_facades
from alef_audit.callgraph.families import open_families, settle_hierarchy
from alef_audit.callgraph.handing import results_by_name
from alef_audit.callgraph.handlers import type_overrides
from alef_audit.callgraph.implementers import Interfaces
from alef_audit.callgraph.keyed import note_keyed
from alef_audit.callgraph.large import bound_for, large_tables
from alef_audit.callgraph.lazy import lazy_modules, namespaces
from alef_audit.callgraph.matching import attach_matches
from alef_audit.callgraph.members import (
    COLLECTION_METHODS,
    load_all,
    name_kinds,
    settle_owned,
    settle_unnamed,
)
from alef_audit.callgraph.open_bases import open_bases
from alef_audit.callgraph.operations import attach_operations
from alef_audit.callgraph.program import Program, Unit
from alef_audit.callgraph.record_classes import note_records
from alef_audit.callgraph.rows import write_rows
from alef_audit.callgraph.state import State
from alef_audit.callgraph.variables import each_of
from alef_audit.facts import flows
from alef_audit.facts.file import FunctionFlag
from alef_audit.resolution.graph import ModuleGraph

# What a declared type stands for is looked up when all values are known; what that finds may lead to the next one.
_ROUNDS: Final = 4
_STORES: Final = flows.choice(flows.STORE)


def solve(
    program: Program, modules: ModuleGraph, api: ApiGraph, table: CallTable, bases: Collection[str] = ()
) -> State:
    """Propagate all values of `program`. The result's `links`, `externals` and `getters` are the raw call graph.

    `bases` are the words by which a class from outside says that others are to derive from it.
    """
    state = State(program, modules, api, bound_for(len(table)))
    _tables(state)
    containers.note_sites(state)
    state.stock.blank = blank_makers(program, table)
    state.methods_only = _methods_only(program)
    state.reading = name_kinds(state)
    state.tables = large_tables(program, modules, table, state.bound)
    declare_classes(state, table)
    types = write_rows(state, table)
    # superclasses first: what a class inherits depends on the order of all of them
    _propagate(state, table)
    note_records(state, table.aliases)
    open_bases(state, bases)
    for slot, declared in types:
        state.attach(slot, (TYPE, declared))
    _propagate(state, table)
    settle_hierarchy(state)
    settle_owned(state)
    type_overrides(state)
    class_statements(state, table)
    note_keyed(state, table)
    for call in range(len(table)):
        callee = table.callee(call)
        if callee:
            state.call(callee, call)
        containers.attach(state, table, call)
    results_by_name(state, table)
    attach_operations(state, table)
    attach_matches(state)
    _propagate(state, table)
    state.share_sets()
    containers.unknown_receivers(state, table)
    settle_unnamed(state)
    _propagate(state, table)
    _open_world(state, table)
    if let_in(state, table):
        _propagate(state, table)
    _settle_decorators(state, table)
    _settle_interfaces(state, table)
    state.makers, state.made_through = find_creations(state, table)
    state.release()
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
    changed: Collection[int] = range(1, len(state.points_to))
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
        state.classes.methods.extend(_methods(program, unit))
    state.lazy = lazy_modules(state)
    state.namespaces = namespaces(program)


def _methods(program: Program, unit: Unit) -> list[frozenset[int]]:
    """Per class of a file: the names of the functions that its body defines, but for those left to others to fill."""
    found: list[set[int]] = [set() for _ in unit.facts.classes]
    for function in unit.facts.functions:
        if function.owner >= 0 and not function.flags & FunctionFlag.STUB and function.name in program.name_ids:
            found[function.owner].add(program.name_ids[function.name])
    return [frozenset(names) for names in found]


def _methods_only(program: Program) -> frozenset[int]:
    """Names of collections' methods that no text of the program stores anything under."""
    found = {program.name_ids[name] for name in COLLECTION_METHODS if name in program.name_ids}
    for unit, names in zip(program.units, program.name_maps, strict=True):
        rows = unit.facts.flows
        stored = {names[name] for name in set(flows.column(rows, flows.FIRST + 2, _STORES))}
        if not found.isdisjoint(stored):
            # but for those that plain values only are stored under
            found.difference_update([names[name] for _, _, b, name, _ in flows.chosen(rows, _STORES) if b])
        found.difference_update([program.name_ids[export.name] for export in unit.facts.exports])
    return frozenset(found)


def _propagate(state: State, table: CallTable, changed: dict[int, None] | None = None) -> None:
    """Difference propagation: hand each variable's new tokens to its successors and constraints, until
    none are left; `changed` takes down which variables that were.
    """
    pending, backlog = state.pending, state.backlog
    forward, loads, uses, watched = state.forward, state.loads, state.uses, state.watched
    stores, calls, owners = state.stores, state.calls, state.owners
    while pending or backlog:
        while backlog:
            constraint, values = backlog.pop()
            for value in sorted(values):
                apply(state, table, constraint, value)
        if not pending:
            break
        variable, fresh = pending.popitem()
        if changed is not None:
            changed[variable] = None
        targets = forward[variable]
        if targets:
            state.hand_on(fresh, targets)
        if not watched[variable]:
            continue
        reads, constraints = loads.get(variable), uses.get(variable)
        writes, called, owned_by = stores.get(variable), calls.get(variable), owners.get(variable)
        ordered = sorted(fresh)
        if reads:
            for value in ordered:
                load_all(state, value, reads)
        for owner in each_of(owned_by):
            for value in state.receivers(fresh):
                apply(state, table, (RECEIVE, owner), value)
        if writes:
            store_all(state, table, ordered, writes)
        for constraint in tuple(constraints) if constraints else ():
            for value in ordered:
                apply(state, table, constraint, value)
        if called is not None:
            call_all(state, table, ordered, each_of(called))


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
