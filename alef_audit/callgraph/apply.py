"""What each kind of constraint does with a token that reaches its variable."""

from collections.abc import Callable, Iterable, Sequence
from typing import Final

from alef_audit.callgraph import accessors, class_statements, collected, construction, prototypes, tokens, wrappers
from alef_audit.callgraph.admission import admit
from alef_audit.callgraph.calling import (
    apply_call,
    apply_reflected,
    bind,
    link_token,
    make_field,
    receive_class,
    type_parameter,
)
from alef_audit.callgraph.calls import CallTable
from alef_audit.callgraph.classes import class_of
from alef_audit.callgraph.constraints import (
    ADMIT,
    APPLY,
    AROUND,
    BASE,
    BOUND,
    CALL,
    CLASS_OF,
    COLLECT,
    CONSTRUCT,
    DISPATCH,
    ENTRIES,
    EXECUTOR,
    FINISHED,
    GETTER,
    GIVE,
    HEIR,
    HEIR_OF,
    INHERITS,
    INIT,
    LINKED,
    LOAD,
    MAKE,
    MAKE_FIELD,
    MATCH,
    META,
    METHOD,
    NAMED,
    NEW_OF,
    ON_INSTANCE,
    OPERATE,
    PARAMETER,
    PICK,
    PROVIDED,
    PUT,
    READ,
    RECEIVE,
    RECEIVER,
    REGISTER,
    RESULT,
    RETURNED,
    RUN,
    SAME,
    SET_ON,
    SETTLED,
    SPREAD,
    STORE,
    SUBTYPE,
    SUPER_OF,
    TAKE,
    TAKE_ENTRIES,
    TYPE,
    VALUE_OF,
    WRITE,
    Constraint,
)
from alef_audit.callgraph.families import add_base
from alef_audit.callgraph.implementers import declare
from alef_audit.callgraph.injection import provided
from alef_audit.callgraph.iteration import ITERATION, apply_iteration
from alef_audit.callgraph.lazy import keep_named
from alef_audit.callgraph.matching import match
from alef_audit.callgraph.members import keep_instances, load, store
from alef_audit.callgraph.operations import operate
from alef_audit.callgraph.promises import run_executor
from alef_audit.callgraph.receivers import is_method_to_be
from alef_audit.callgraph.state import State
from alef_audit.callgraph.tokens import MASK, SHIFT, token
from alef_audit.facts.file import FunctionFlag

# What takes the token of a table's values as it is.
_WHOLE: Final = (LOAD, ADMIT)
_OBJECT_LIKE: Final = (tokens.OBJECT, tokens.PROTOTYPE, tokens.MODULE)

Handler = Callable[[State, CallTable, Constraint, int], None]


def apply(state: State, table: CallTable, constraint: Constraint, value: int) -> None:
    """Apply a constraint to one token."""
    op = constraint[0]
    if value & MASK == tokens.VALUES_OF and op not in _WHOLE:
        state.delegate(value >> SHIFT, constraint)
    else:
        _HANDLERS[op](state, table, constraint, value)


def _store(state: State, table: CallTable, constraint: Constraint, value: int) -> None:
    _, source, name = constraint
    store(state, value, name, source)
    kind, index = value & MASK, value >> SHIFT
    if kind in _OBJECT_LIKE:
        state.own(source, value if kind != tokens.PROTOTYPE else token(tokens.MADE_BY, index))
    elif kind == tokens.CLASS:
        # a plain function becomes a method
        state.own(source, token(tokens.OPEN, index))


def store_all(state: State, table: CallTable, values: Sequence[int], stores: list[int]) -> None:
    """`STORE` for every pair (source, name) that is listed in `stores`."""
    prototype = table.names["__proto__"]
    for at in range(0, len(stores), 2):
        source, name = stores[at], stores[at + 1]
        for value in values:
            if value & MASK == tokens.OBJECT and name != prototype:
                state.copy(source, state.field(value, name))
                state.own(source, value)
            else:
                apply(state, table, (STORE, source, name), value)


def call_all(state: State, table: CallTable, values: Sequence[int], calls: Iterable[int]) -> None:
    """`CALL` for every one of the `calls`."""
    for call in calls:
        for value in values:
            if value & MASK == tokens.VALUES_OF:
                state.delegate(value >> SHIFT, (CALL, call))
            else:
                apply_call(state, table, call, value)


def _receive(state: State, table: CallTable, constraint: Constraint, value: int) -> None:
    if value & MASK != tokens.FUNCTION:
        return
    receiver = constraint[1]
    facts = state.program.functions[value >> SHIFT]
    if facts.receiver:
        if facts.owner < 0 or (receiver & MASK == tokens.CLASS and facts.flags & FunctionFlag.CLASSMETHOD):
            state.add(table.slot_of(value >> SHIFT, facts.receiver), receiver)
    elif receiver & MASK == tokens.OPEN and is_method_to_be(facts, state.program.unit_of(value >> SHIFT).facts.names):
        state.add(table.slot_of(value >> SHIFT, facts.parameters[0].slot), receiver)


def _on_instance(state: State, table: CallTable, constraint: Constraint, value: int) -> None:
    if value & MASK not in (tokens.CLASS, tokens.OPEN_CLASS):
        load(state, value, constraint[2], constraint[1])


def _value_of(state: State, table: CallTable, constraint: Constraint, value: int) -> None:
    if value & MASK != tokens.FUNCTION:
        state.add(constraint[1], value)


def _result(state: State, table: CallTable, constraint: Constraint, value: int) -> None:
    if value & MASK == tokens.FUNCTION:
        facts = state.program.functions[value >> SHIFT]
        state.copy(table.slot_of(value >> SHIFT, facts.result), constraint[1])


def _super_of(state: State, table: CallTable, constraint: Constraint, value: int) -> None:
    if value & MASK in (tokens.CLASS, tokens.OPEN_CLASS):
        state.add(constraint[1], token(tokens.SUPER, value >> SHIFT))


def _new_of(state: State, table: CallTable, constraint: Constraint, value: int) -> None:
    if value & MASK == tokens.FUNCTION:
        link_token(state, table, constraint[1], value, result=0)
        construction.made_by_new(state, table, constraint, value >> SHIFT)


_HANDLERS: Final[dict[int, Handler]] = {
    LOAD: lambda state, table, constraint, value: load(state, value, constraint[2], constraint[1]),
    CALL: lambda state, table, constraint, value: apply_call(state, table, constraint[1], value),
    STORE: _store,
    ADMIT: lambda state, table, constraint, value: admit(state, value, constraint[1]),
    TYPE: lambda state, table, constraint, value: declare(state, value, constraint[1]),
    EXECUTOR: lambda state, table, constraint, value: run_executor(state, table, value, constraint[1]),
    OPERATE: lambda state, table, constraint, value: operate(state, table, constraint[1], value),
    MATCH: lambda state, table, constraint, value: match(state, value, constraint[2], constraint[1]),
    NAMED: lambda state, table, constraint, value: keep_named(state, value, constraint[2], constraint[1]),
    FINISHED: lambda state, table, constraint, value: collected.finish(state, value, constraint[1]),
    SAME: lambda state, table, constraint, value: keep_instances(state, value, constraint[1]),
    **dict.fromkeys(ITERATION, apply_iteration),
    RECEIVE: _receive,
    SPREAD: prototypes.spread,
    TAKE: prototypes.take,
    HEIR: prototypes.heir,
    HEIR_OF: prototypes.heir_of,
    INHERITS: prototypes.inherits,
    SUBTYPE: prototypes.subtype,
    VALUE_OF: _value_of,
    BOUND: lambda state, table, constraint, value: bind(state, table, constraint[1], value),
    DISPATCH: wrappers.dispatch,
    AROUND: wrappers.around,
    REGISTER: wrappers.registered,
    ON_INSTANCE: _on_instance,
    SUPER_OF: _super_of,
    RESULT: _result,
    NEW_OF: _new_of,
    CONSTRUCT: lambda state, table, constraint, value: link_token(
        state, table, constraint[1], value, outside=len(constraint) > 2
    ),
    BASE: lambda state, table, constraint, value: add_base(state, constraint[1], constraint[2], value),
    META: lambda state, table, constraint, value: class_statements.add_metaclass(state, constraint[1], value),
    CLASS_OF: lambda state, table, constraint, value: state.add(constraint[1], class_of(value)),
    INIT: construction.initialise_made,
    MAKE: lambda state, table, constraint, value: construction.make(state, value, constraint[1]),
    MAKE_FIELD: make_field,
    PROVIDED: lambda state, table, constraint, value: provided(state, value, constraint[1]),
    GETTER: accessors.run_getter,
    READ: accessors.run_reader,
    WRITE: accessors.run_setter,
    SET_ON: accessors.set_on,
    RUN: class_statements.run,
    RECEIVER: lambda state, table, constraint, value: receive_class(state, table, constraint[1], constraint[2], value),
    SETTLED: lambda state, table, constraint, value: collected.settled(state, table, constraint[1], value),
    **dict.fromkeys((METHOD, GIVE, RETURNED, COLLECT, ENTRIES, TAKE_ENTRIES, LINKED), collected.apply),
    PUT: lambda state, table, constraint, value: collected.put(state, value, constraint[1], constraint[2]),
    PICK: lambda state, table, constraint, value: collected.pick(state, value, constraint[2], constraint[1]),
    APPLY: lambda state, table, constraint, value: apply_reflected(state, table, constraint[1], value),
    PARAMETER: lambda state, table, constraint, value: type_parameter(
        state, table, value, constraint[1], constraint[2]
    ),
}
