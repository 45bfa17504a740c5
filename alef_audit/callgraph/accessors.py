"""Attributes whose reading or setting runs a function: properties and descriptors."""

from typing import Final, NamedTuple

from alef_audit.callgraph import tokens
from alef_audit.callgraph.calls import CallTable
from alef_audit.callgraph.constraints import GETTER, LOAD, ON_INSTANCE, READ, SET_ON, WRITE
from alef_audit.callgraph.inheritance import member
from alef_audit.callgraph.program import Program
from alef_audit.callgraph.state import State
from alef_audit.callgraph.tokens import MASK, SHIFT, token
from alef_audit.facts import flows
from alef_audit.facts.file import FunctionFlag

_DESCRIPTOR: Final = frozenset(("__get__", "__set__"))


class Accessors(NamedTuple):
    """Names that may stand for an accessor somewhere in the program; all other reads and writes are plain."""

    getters: frozenset[int]  # names of functions that are getters
    read: dict[int, int]  # name -> the name under which a function for reading it is stored
    written: dict[int, int]
    descriptors: frozenset[int]  # names of class attributes that may hold a descriptor
    on_read: frozenset[int]  # all names that may run something when they are read
    on_write: frozenset[int]


def accessors(program: Program, table: CallTable) -> Accessors:
    """Which names to look at."""
    ids = program.name_ids
    getters = frozenset(ids[f.name] for f in program.functions if f.flags & FunctionFlag.GETTER and f.name in ids)
    read: dict[int, int] = {}
    written: dict[int, int] = {}
    for text, name in ids.items():
        if " " not in text:
            continue
        if text.startswith(flows.GET) and text.removeprefix(flows.GET) in ids:
            read[ids[text.removeprefix(flows.GET)]] = name
        elif text.startswith(flows.SET) and text.removeprefix(flows.SET) in ids:
            written[ids[text.removeprefix(flows.SET)]] = name
    descriptors = _descriptors(program, table)
    return Accessors(getters, read, written, descriptors, getters | descriptors | {*read}, descriptors | {*written})


def _descriptors(program: Program, table: CallTable) -> frozenset[int]:
    """Names that a class body binds to what a call made, if the program has descriptors at all."""
    if not any(f.name in ("__get__", "__set__") and f.owner >= 0 for f in program.functions):
        return frozenset()
    made = {table.result(call) for call in range(len(table)) if table.result(call)}
    found: set[int] = set()
    for index, unit in enumerate(program.units):
        if unit.facts.language != "python":
            continue
        classes = {table.aliases[unit.slots + c.slot] for c in unit.facts.classes}
        held: set[int] = set()
        for op, a, b, c, _ in flows.rows(unit.facts.flows):
            if op == flows.COPY and table.aliases[unit.slots + b] in made:
                held.add(table.aliases[unit.slots + a])
            elif op == flows.STORE and b and table.aliases[unit.slots + a] in classes:
                if table.aliases[unit.slots + b] in held:
                    found.add(program.name_maps[index][c])
    return frozenset(found)


def write_load(state: State, known: Accessors, base: int, read: int, dst: int, function: int, line: int) -> None:
    """The constraints of `dst = base.name` for a name that may run something; `read` as in the constraint LOAD."""
    name = read if read >= 0 else ~read
    if name in known.getters or name in known.descriptors:
        through = state.passage((GETTER, dst, function, line, base, name))
        state.attach(base, (LOAD, through, read))
    else:
        state.attach(base, (LOAD, dst, read))
    if name in known.read:
        through = state.passage((READ, dst, function, line, base))
        state.attach(base, (ON_INSTANCE, through, known.read[name]))


def write_store(state: State, known: Accessors, base: int, name: int, src: int, function: int, line: int) -> None:
    """The constraints of `base.name = src` that run setters."""
    if name in known.written:
        through = state.passage((WRITE, src, function, line, base))
        state.attach(base, (ON_INSTANCE, through, known.written[name]))
    if name in known.descriptors:
        through = state.passage((SET_ON, src, function, line, base))
        state.attach(base, (ON_INSTANCE, through, name))


def run_getter(state: State, table: CallTable, constraint: tuple[int, ...], value: int) -> None:
    """`value` arrived under the name of a getter or descriptor: its result is read, or the value itself."""
    _, destination, function, line, base, *read = constraint
    kind, index = value & MASK, value >> SHIFT
    if kind == tokens.FUNCTION and state.program.functions[index].flags & FunctionFlag.GETTER:
        _run(state, table, index, function, line, destination, ())
    elif kind == tokens.INSTANCE and state.classes.declares(index, table.names["__get__"]):
        through = member(state, token(tokens.INSTANCE, index), table.names["__get__"])
        state.attach(through, (READ, destination, function, line, base))
        for name in read:
            state.described.setdefault((function, line, index), set()).add(state.program.names[name])
    else:
        state.add(destination, value)


def run_reader(state: State, table: CallTable, constraint: tuple[int, ...], value: int) -> None:
    """`value` is a function that reading an attribute runs."""
    _, destination, function, line, *arguments = constraint
    if value & MASK == tokens.FUNCTION:
        _run(state, table, value >> SHIFT, function, line, destination, tuple(arguments))


def run_setter(state: State, table: CallTable, constraint: tuple[int, ...], value: int) -> None:
    """`value` is a function that setting an attribute runs: it gets what is assigned, a descriptor's the object too."""
    _, source, function, line, *base = constraint
    if value & MASK == tokens.FUNCTION:
        _run(state, table, value >> SHIFT, function, line, 0, (*base, source))


def set_on(state: State, table: CallTable, constraint: tuple[int, ...], value: int) -> None:
    """`value` is what an attribute holds that is being set: a descriptor sets it itself."""
    if value & MASK == tokens.INSTANCE and state.classes.declares(value >> SHIFT, table.names["__set__"]):
        through = member(state, value, table.names["__set__"])
        state.attach(through, (WRITE, *constraint[1:]))


def _run(
    state: State, table: CallTable, callee: int, function: int, line: int, result: int, arguments: tuple[int, ...]
) -> None:
    """An access on `line` of `function` runs `callee`; the first argument is the object, which methods know anyway."""
    state.getters[function, line, callee] = None
    facts = state.program.functions[callee]
    if facts.owner >= 0 and facts.name not in _DESCRIPTOR:
        arguments = arguments[1:]
    elif facts.receiver and facts.owner < 0 and arguments:
        state.copy(arguments[0], table.slot_of(callee, facts.receiver))
        arguments = arguments[1:]
    state.copy(table.slot_of(callee, facts.result), result)
    positional = [parameter for parameter in facts.parameters if not parameter.kind]
    for slot, parameter in zip(arguments, positional, strict=False):
        state.copy(slot, table.slot_of(callee, parameter.slot))
