"""Descriptors of the program that decorate methods: reading an attribute runs what stands under its name, no other.

`class reify: def __get__(self, inst, owner): return self.wrapped(inst)` is one object per decoration; the solver knows
one of all of them, so that `__get__` seems to run whatever any of them decorates.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from msgspec import structs

from alef_audit.callgraph import tokens
from alef_audit.callgraph.calls import CallTable
from alef_audit.callgraph.collect import functions_in
from alef_audit.callgraph.graph import PROPERTY, CallGraph, Edge
from alef_audit.callgraph.program import Program
from alef_audit.callgraph.state import State
from alef_audit.callgraph.tokens import MASK, SHIFT
from alef_audit.facts import flows

_GET: Final = "__get__"
_Decorated = Mapping[str, list[int]]  # by name of the attribute


def by_attribute(graph: CallGraph, state: State) -> CallGraph:
    """`graph` in which reads lead past the `__get__` of such classes, with its guards, to what they decorate there."""
    carried = {
        index: decorated
        for index, decorated in _decorations(graph.program, graph.table, state).items()
        if len(decorated) > 1 and _reads(state, index) <= decorated.keys()
    }
    if not carried:
        return graph
    methods = _methods(graph.program, state, carried)
    wrapped = {each for decorated in carried.values() for found in decorated.values() for each in found}
    inner: dict[tuple[int, int], Edge] = {}  # (class, decorated) -> the edge by which a method of the class runs it
    edges: list[Edge] = []
    for edge in graph.edges:
        if edge.callee not in wrapped or edge.caller not in methods:
            edges.append(edge)
            continue
        for index in methods[edge.caller]:
            known = inner.setdefault((index, edge.callee), edge)
            if edge.guards < known.guards:
                inner[index, edge.callee] = edge
    for edge in graph.edges:
        for index in methods.get(edge.callee, ()):
            for name in state.described.get((edge.caller, edge.line, index), ()) if edge.call < 0 else ():
                found = [inner.get((index, each)) for each in carried[index].get(name, ())]
                edges += [_past(edge, each) for each in found if each is not None]
    edges.sort(key=lambda edge: (edge.caller, edge.line, edge.call, edge.callee))
    return replace(graph, edges=tuple(edges))


def _past(reading: Edge, inner: Edge) -> Edge:
    """The edge of a read that leads where its `__get__` leads."""
    guards = reading.guards | inner.guards
    return structs.replace(reading, callee=inner.callee, how=PROPERTY, guards=guards, decides=inner.decides)


def _reads(state: State, index: int) -> set[str]:
    """The names under which attributes are read that hold instances of the class."""
    return {name for (_, _, each), names in state.described.items() if each == index for name in names}


def _methods(program: Program, state: State, carried: Mapping[int, _Decorated]) -> dict[int, list[int]]:
    """The methods of the classes and their superclasses, with the classes whose instances run them."""
    found: dict[int, list[int]] = {}
    for index in carried:
        overridden: set[str] = set()
        for base in state.classes.order(index):
            if base & MASK != tokens.CLASS:
                continue
            unit = program.units[program.class_unit[base >> SHIFT]]
            own = [
                (unit.functions + offset, function.name)
                for offset, function in enumerate(unit.facts.functions)
                if function.owner == (base >> SHIFT) - unit.classes
            ]
            for method, name in own:
                found.setdefault(method, []).extend([index] * (name not in overridden))
            overridden |= {name for _, name in own}
    return found


def _decorations(program: Program, table: CallTable, state: State) -> dict[int, dict[str, list[int]]]:
    """By class that is a descriptor: what it decorates, by name."""
    name = program.name_ids.get(_GET)
    found: dict[int, dict[str, list[int]]] = {}
    if name is None or not state.described:
        return found
    for call, flags in enumerate(table.flag_sets):
        if not flags & flows.DECORATOR:
            continue
        for value in state.held(table.callee(call)):
            if value & MASK == tokens.CLASS and state.classes.declares(value >> SHIFT, name):
                known = found.setdefault(value >> SHIFT, {})
                for function in functions_in(state, table.arguments(call)[0][1]):
                    known.setdefault(program.functions[function].name, []).append(function)
    return found
