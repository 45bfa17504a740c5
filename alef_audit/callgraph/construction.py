"""Making instances: constructors, `__new__`, metaclasses, and the fields of generated constructors."""

from typing import Final

from alef_audit.callgraph import tokens
from alef_audit.callgraph.calls import CallTable
from alef_audit.callgraph.classes import is_enum
from alef_audit.callgraph.constraints import CONSTRUCT, INIT, MAKE, MAKE_FIELD, NEW_OF, RECEIVE
from alef_audit.callgraph.families import down_member, make_live
from alef_audit.callgraph.inheritance import language_of, member
from alef_audit.callgraph.record_classes import instance_of
from alef_audit.callgraph.state import State
from alef_audit.callgraph.tokens import MASK, SHIFT, token
from alef_audit.facts import flows

_PYTHON: Final = ("__init__", "__post_init__")
_ECMASCRIPT: Final = ("constructor",)
INITIALISERS: Final = (".__init__", ".constructor")
_SUPER: Final = ("super().__init__", "super")


def construct(
    state: State, table: CallTable, call: int, index: int, result: int, *, plain: bool = False, bare: bool = False
) -> None:
    """`C(...)` or `new C(...)`: an instance reaches `result`, the constructor runs.

    `plain` goes round the metaclass, `bare` passes no arguments.
    """
    names = table.names
    if language_of(state, index) != "python":
        make_live(state, index)
        _give(state, result, instance_of(state, index))
        _initialise(state, table, call, index, _ECMASCRIPT)
        _inherited(state, table, call, index, _ECMASCRIPT[0])
        return
    if not plain and _by_metaclass(state, table, call, index):
        return
    if is_enum(state, index):
        _give(state, result, instance_of(state, index))
        return
    if state.classes.declares(index, names["__new__"]):
        variable = member(state, token(tokens.CLASS, index), names["__new__"])
        state.attach(variable, (NEW_OF, call, index, result))
        state.attach(variable, (RECEIVE, token(tokens.CLASS, index)))
        return
    instantiate(state, table, call, index, result, bare=bare)


def instantiate(state: State, table: CallTable, call: int, index: int, result: int, *, bare: bool = False) -> None:
    """An instance of exactly this class is made at `call`, and initialised there."""
    make_live(state, index)
    _give(state, result, instance_of(state, index))
    _initialise(state, table, call, index, _PYTHON)
    if not state.classes.declares(index, table.names["__init__"]):
        _generated(state, table, call, index, bare=bare)
        if not bare:
            _inherited(state, table, call, index, _PYTHON[0])


def construct_open(state: State, table: CallTable, call: int, index: int) -> None:
    """`cls(...)`, `type(self)(...)`: an instance of the class or of one derived from it."""
    _give(state, table.result(call), token(tokens.OPEN, index))
    for name in (*_PYTHON, "__new__") if language_of(state, index) == "python" else _ECMASCRIPT:
        if name in state.program.name_ids:
            state.attach(down_member(state, index, table.names[name]), (CONSTRUCT, call))


def _initialise(state: State, table: CallTable, call: int, index: int, constructors: tuple[str, ...]) -> None:
    for name in constructors:
        if name in state.program.name_ids:
            state.attach(member(state, token(tokens.CLASS, index), table.names[name]), (CONSTRUCT, call))


def _inherited(state: State, table: CallTable, call: int, index: int, constructor: str) -> None:
    """A class that declares no constructor is made as the one is that it derives from."""
    name = state.program.name_ids.get(constructor)
    if name is None or not state.classes.declares(index, name):
        _make_outside(state, call, index)


def initialise_outside(state: State, table: CallTable, call: int) -> None:
    """`super().__init__(…)`, or `super(…)`, in a class that derives from one outside the program."""
    function = table.function(call)
    owner = state.program.functions[function].owner
    if owner >= 0 and table.text(call) in _SUPER:
        _make_outside(state, call, state.program.unit_of(function).classes + owner)


def _make_outside(state: State, call: int, index: int) -> None:
    """A class outside the program, from which one of the program derives, is made at `call`, where models speak of
    that.
    """
    api = state.api
    for base in state.classes.outside_bases(index)[:1]:
        if base in api.guards or base in api.sinks or base in api.roots:
            state.externals[call, base] = None


def _by_metaclass(state: State, table: CallTable, call: int, index: int) -> bool:
    called = table.names["__call__"]
    for metaclass in state.classes.metaclasses_of(index):
        if state.classes.declares(metaclass, called):
            state.attach(member(state, token(tokens.INSTANCE, metaclass), called), (CONSTRUCT, call))
            return True
    return False


def made_by_new(state: State, table: CallTable, constraint: tuple[int, ...], function: int) -> None:
    """`function` is the `__new__` that runs when a class is called: what it returns is initialised."""
    _, call, index, result = constraint
    state.news[call, index, function] = result
    state.attach(table.slot_of(function, state.program.functions[function].result), (INIT, call, index, result))


def initialise_made(state: State, table: CallTable, constraint: tuple[int, ...], value: int) -> None:
    """`value` is what a `__new__` returned that was called for a class."""
    _, call, index, result = constraint
    kind = value & MASK
    if kind == tokens.OPEN and value >> SHIFT in state.classes.ancestors(index):
        # what super().__new__(cls) made: of the class that was called
        instantiate(state, table, call, index, result)
        return
    _give(state, result, value)
    if kind == tokens.INSTANCE and index in state.classes.ancestors(value >> SHIFT):
        _initialise(state, table, call, value >> SHIFT, _PYTHON)


def settle_news(state: State, table: CallTable) -> None:
    """Where it is not known what a `__new__` returns, it returns an instance of the class."""
    for (call, index, function), result in tuple(state.news.items()):
        held = state.held(table.slot_of(function, state.program.functions[function].result))
        if not any(value & MASK in (tokens.INSTANCE, tokens.OPEN) for value in held):
            instantiate(state, table, call, index, result)


def call_new(state: State, table: CallTable, call: int) -> None:
    """`super().__new__(cls)` and `object.__new__(C)`, outside the program: an instance of the class given."""
    arguments = table.arguments(call)
    slot = arguments[0][1] if arguments else 0
    result = table.result(call)
    if not slot or not result:
        return
    function = table.function(call)
    facts = state.program.functions[function]
    if facts.owner >= 0 and facts.receiver and table.slot_of(function, facts.receiver) == slot:
        state.add(result, token(tokens.OPEN, state.program.unit_of(function).classes + facts.owner))
    else:
        state.attach(slot, (MAKE, result))


def make(state: State, value: int, result: int) -> None:
    """Let `result` hold an instance of the class `value`."""
    if value & MASK == tokens.CLASS:
        make_live(state, value >> SHIFT)
        state.add(result, token(tokens.INSTANCE, value >> SHIFT))
    elif value & MASK == tokens.OPEN_CLASS:
        state.add(result, token(tokens.OPEN, value >> SHIFT))


def _give(state: State, result: int, value: int) -> None:
    if result:
        state.add(result, value)


# --- generated constructors


def _generated(state: State, table: CallTable, call: int, index: int, *, bare: bool) -> None:
    """The constructor of a dataclass, a named tuple, a model: arguments become attributes, defaults are made."""
    fields = state.classes.fields_of(index)
    instance = token(tokens.INSTANCE, index)
    names = state.program.names
    for field in fields:
        factory = state.program.name_ids.get(flows.FACTORY + names[field])
        if factory is not None:
            made = member(state, token(tokens.CLASS, index), factory)
            state.attach(made, (MAKE_FIELD, call, state.field(instance, field)))
    position = 0
    for label, slot, _ in () if bare else table.arguments(call):
        if label == flows.NO_NAME:
            if position < len(fields) and slot:
                state.copy(slot, state.field(instance, fields[position]))
            position += 1
        elif label > 0 and slot and (label in fields or state.classes.declares(index, label)):
            state.copy(slot, state.field(instance, label))
        elif label < 0:
            position = len(fields)
