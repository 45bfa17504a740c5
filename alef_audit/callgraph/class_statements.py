"""What a class statement runs (Python): `__init_subclass__`, `__set_name__`, metaclasses, enum constructors."""

from alef_audit.callgraph import tokens
from alef_audit.callgraph.calls import CallTable
from alef_audit.callgraph.classes import is_enum
from alef_audit.callgraph.constraints import LOAD, RUN
from alef_audit.callgraph.families import make_live
from alef_audit.callgraph.inheritance import member
from alef_audit.callgraph.state import State
from alef_audit.callgraph.tokens import MASK, SHIFT, token
from alef_audit.facts.file import FunctionFlag

_OF_METACLASS = ("__new__", "__init__", "__prepare__")


def add_metaclass(state: State, index: int, value: int) -> None:
    """Record that `value` is the metaclass of class `index`."""
    if value & MASK == tokens.CLASS:
        state.classes.add_metaclass(index, value >> SHIFT)
        make_live(state, value >> SHIFT)


def class_statements(state: State, table: CallTable) -> None:
    """Write the constraints of all class statements; superclasses and metaclasses are known."""
    ids = state.program.name_ids
    hooks = ids.get("__init_subclass__")
    named = ids.get("__set_name__")
    for index in range(len(state.program.classes)):
        if hooks is not None and index in state.classes.bases:
            _init_subclass(state, index, hooks)
        if named is not None:
            for name in sorted(state.classes.own[index]):
                state.attach(state.field(token(tokens.CLASS, index), name), (RUN, index, named))
        for metaclass in state.classes.metaclasses_of(index):
            for text in _OF_METACLASS:
                if text in ids:
                    state.attach(member(state, token(tokens.CLASS, metaclass), ids[text]), (RUN, index, 0))
        if "__init__" in ids and is_enum(state, index):
            _enum(state, table, index, ids["__init__"])


def _init_subclass(state: State, index: int, hooks: int) -> None:
    for ancestor in state.classes.ancestors(index)[1:]:
        if hooks in state.classes.own[ancestor]:
            state.attach(state.field(token(tokens.CLASS, ancestor), hooks), (RUN, index, 0))
            return


def _enum(state: State, table: CallTable, index: int, constructor: int) -> None:
    """Members are made from what they are bound to: the elements of a tuple are the arguments."""
    if constructor not in state.classes.own[index]:
        return
    made = state.field(token(tokens.CLASS, index), constructor)
    state.attach(made, (RUN, index, 0))
    for value in state.held(made):
        if value & MASK != tokens.FUNCTION:
            continue
        facts = state.program.functions[value >> SHIFT]
        for position, parameter in enumerate(facts.parameters):
            element = state.program.name_ids.get(str(position))
            if element is None or parameter.kind:
                continue
            for name in sorted(state.classes.own[index]):
                slot = table.slot_of(value >> SHIFT, parameter.slot)
                state.attach(state.field(token(tokens.CLASS, index), name), (LOAD, slot, element))


def run(state: State, table: CallTable, constraint: tuple[int, ...], value: int) -> None:
    """`value` is run by a class statement, or, if a name is given, its method of that name is."""
    _, index, name = constraint
    if name:
        if value & MASK == tokens.INSTANCE and state.classes.declares(value >> SHIFT, name):
            state.attach(member(state, value, name), (RUN, index, 0))
        return
    if value & MASK != tokens.FUNCTION:
        return
    function = value >> SHIFT
    facts, unit = state.program.classes[index], state.program.units[state.program.class_unit[index]]
    state.getters[unit.functions + facts.function, facts.line, function] = None
    callee = state.program.functions[function]
    if callee.flags & FunctionFlag.CLASSMETHOD and callee.receiver and callee.name == "__init_subclass__":
        state.add(table.slot_of(function, callee.receiver), token(tokens.CLASS, index))


def unbound_class_methods(state: State, table: CallTable) -> None:
    """A class method that nothing in the program calls is called on its class, or on one that is made."""
    for function, facts in enumerate(state.program.functions):
        if not facts.flags & FunctionFlag.CLASSMETHOD or not facts.receiver or facts.owner < 0:
            continue
        slot = table.slot_of(function, facts.receiver)
        if state.points_to[slot]:
            continue
        owner = state.program.unit_of(function).classes + facts.owner
        state.add(slot, token(tokens.OPEN_CLASS if state.classes.live_in(owner) else tokens.CLASS, owner))
