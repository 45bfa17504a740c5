"""functools: what partial binds, what singledispatch chooses from, and where `__wrapped__` leads."""

from alef_audit.callgraph import tokens
from alef_audit.callgraph.calls import CallTable
from alef_audit.callgraph.classes import load_member
from alef_audit.callgraph.constraints import BOUND, CONSTRUCT, DISPATCH, REGISTER, STORE
from alef_audit.callgraph.state import State
from alef_audit.callgraph.tokens import MASK, SHIFT, token
from alef_audit.facts import flows

_PARTIAL = ("functools.partial", "functools.partialmethod")
_AROUND = ("contextlib.ContextDecorator", "contextlib.AsyncContextDecorator")
_CONTEXT = ("__enter__", "__exit__", "__aenter__", "__aexit__")
_DISPATCH = ("functools.singledispatch", "functools.singledispatchmethod")


def wrap(state: State, table: CallTable, call: int, node: int) -> None:
    """`call` uses a member of functools."""
    text = state.api.text[node]
    arguments = table.arguments(call)
    first = arguments[0][1] if arguments else 0
    if not first:
        return
    if text in _PARTIAL:
        state.attach(first, (BOUND, call))
    elif text in _DISPATCH:
        state.attach(first, (DISPATCH,))
    elif text == "functools.wraps" and table.result(call):
        state.wraps[table.result(call)] = first
    elif text == "functools.wraps()" or text == "functools.update_wrapper":
        given = arguments[1][1] if text.endswith("update_wrapper") and len(arguments) > 1 else 0
        original = given or state.wraps.get(table.callee(call), 0)
        if original and "__wrapped__" in state.program.name_ids:
            state.attach(first, (STORE, original, table.names["__wrapped__"]))


def enters_around(state: State, index: int) -> bool:
    """Whether instances of a class decorate functions so that these run inside them (contextlib.ContextDecorator)."""
    return any(
        value & MASK == tokens.EXTERNAL and state.api.text[value >> SHIFT] in _AROUND
        for value in state.classes.order(index)
    )


def around(state: State, table: CallTable, constraint: tuple[int, ...], value: int) -> None:
    """Calls of the function `value` enter and leave an instance."""
    if value & MASK != tokens.FUNCTION:
        return
    chosen = _accompanied(state, value >> SHIFT)
    for name in _CONTEXT:
        if name in state.program.name_ids:
            load_member(state, constraint[1], table.names[name], chosen)


def _accompanied(state: State, function: int) -> int:
    """The variable of what every call of a function runs besides, or instead."""
    chosen = state.dispatched.get(function)
    if chosen is None:
        chosen = state.dispatched[function] = state.variable()
        for call, callee in tuple(state.links):
            if callee == function:
                state.attach(chosen, (CONSTRUCT, call))
    return chosen


def dispatch(state: State, table: CallTable, constraint: tuple[int, ...], value: int) -> None:
    """`value` is a function that singledispatch makes generic."""
    index = value >> SHIFT
    if value & MASK != tokens.FUNCTION:
        return
    _accompanied(state, index)
    if "register" in state.program.name_ids:
        state.add(state.field(value, table.names["register"]), token(tokens.REGISTER_OF, index))


def register(state: State, table: CallTable, call: int, index: int) -> None:
    """`generic.register(…)`: with a function, or with a type and then a function."""
    result = table.result(call)
    for _, slot, _ in table.arguments(call):
        if slot:
            state.attach(slot, (REGISTER, index, result))
    if result and not table.flags(call) & flows.DECORATOR:
        state.add(result, token(tokens.REGISTER_OF, index))


def registered(state: State, table: CallTable, constraint: tuple[int, ...], value: int) -> None:
    """`value` was handed to `generic.register`."""
    _, index, result = constraint
    if value & MASK == tokens.FUNCTION:
        state.add(state.dispatched[index], value)
        if result:
            state.add(result, value)
