"""Modules with a `__getattr__` of their own (PEP 562): reading a name that they do not define runs it."""

from alef_audit.callgraph import tokens
from alef_audit.callgraph.calls import CallTable
from alef_audit.callgraph.members import find_export, load_export
from alef_audit.callgraph.state import NAMED, State
from alef_audit.callgraph.tokens import MASK, SHIFT

GETTER_NAME = "__getattr__"


def lazy_modules(state: State) -> dict[int, int]:
    """Unit -> its module-level `__getattr__`."""
    return {
        number: unit.functions + offset
        for number, unit in enumerate(state.program.units)
        if unit.facts.language == "python"
        for offset, facts in enumerate(unit.facts.functions)
        if facts.name == GETTER_NAME and facts.parent == 0 and facts.owner < 0
    }


def read_lazily(state: State, table: CallTable, unit: int, name: int, destination: int, where: tuple[int, int]) -> bool:
    """Read `name` of a module with `__getattr__` at (function, line). False if the module defines the name itself."""
    getter = state.lazy.get(unit)
    text = state.program.names[name]
    if getter is None or text.startswith("__") or find_export(state, unit, name, set()):
        return False
    state.getters[*where, getter] = None
    result = table.slot_of(getter, state.program.functions[getter].result)
    state.attach(result, (NAMED, destination, name))
    return True


def keep_named(state: State, value: int, name: int, destination: int) -> None:
    """Of what a module's `__getattr__` gives for all names, what it gives for this one."""
    kind, index = value & MASK, value >> SHIFT
    program, text = state.program, state.program.names[name]
    if kind == tokens.MODULE:
        if program.units[index].module.rpartition(".")[2] == text:
            state.add(destination, value)
        else:
            load_export(state, index, name, destination)
    elif kind == tokens.CLASS:
        if program.classes[index].name == text:
            state.add(destination, value)
    elif kind == tokens.FUNCTION:
        if program.functions[index].name == text:
            state.add(destination, value)
    else:
        state.add(destination, value)
