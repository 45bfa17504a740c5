"""Modules with a `__getattr__` of their own (PEP 562): reading a name that they do not define runs it."""

from alef_audit.callgraph import tokens
from alef_audit.callgraph.calls import CallTable
from alef_audit.callgraph.constraints import NAMED
from alef_audit.callgraph.members import find_export, load_export
from alef_audit.callgraph.program import Program, Unit
from alef_audit.callgraph.state import State
from alef_audit.callgraph.tokens import MASK, SHIFT
from alef_audit.facts import flows

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


def lazy_slots(state: State, table: CallTable, index: int, unit: Unit) -> dict[int, int]:
    """Slots that hold a module with a `__getattr__` of its own -> that module."""
    found = {}
    for op, dst, number, _, _ in flows.rows(unit.facts.flows):
        if op == flows.IMPORT:
            target = state.modules.targets[index][number]
            is_module = not unit.facts.imports[number].name or (index, number) in state.modules.modules
            if target in state.lazy and is_module:
                found[table.resolve(unit.slots + dst)] = target
    return found


def namespaces(program: Program) -> dict[str, int]:
    """Dotted name -> unit of the modules below top-level folders without `__init__.py` (PEP 420)."""
    modules = {unit.module: index for index, unit in enumerate(program.units) if unit.facts.language == "python"}
    return {name: unit for name, unit in modules.items() if "." in name and name.split(".")[0] not in modules}


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
