"""Promises made by hand: what `resolve` is given becomes the value that the promise stands for.

A promise and its value share one variable (`await` copies), so `resolve` is a token that names the variable.
"""

from typing import Final

from alef_audit.callgraph import tokens
from alef_audit.callgraph.calls import CallTable
from alef_audit.callgraph.constraints import EXECUTOR
from alef_audit.callgraph.state import State
from alef_audit.callgraph.tokens import MASK, SHIFT, token
from alef_audit.facts import flows

_MADE: Final = "Promise"
_WITH_RESOLVERS: Final = "Promise.withResolvers"


def make_promise(state: State, table: CallTable, call: int, node: int) -> None:
    """`new Promise(executor)` and `Promise.withResolvers()`: give `resolve` and `reject` to who asks for them."""
    text, result = state.api.text[node], table.result(call)
    if text == _MADE and table.flags(call) & flows.NEW:
        for _, slot, _ in table.arguments(call)[:1]:
            if slot:
                state.attach(slot, (EXECUTOR, result))
    elif text == _WITH_RESOLVERS and result:
        made, value = state.new_object(), state.variable()
        state.add(result, made)
        for name, held in (("resolve", token(tokens.RESOLVE_OF, value)), ("reject", _reject(state))):
            if name in state.program.name_ids:
                state.add(state.field(made, state.program.name_ids[name]), held)
        if "promise" in state.program.name_ids:
            state.copy(value, state.field(made, state.program.name_ids["promise"]))


def run_executor(state: State, table: CallTable, value: int, promise: int) -> None:
    """The function `value` was handed to `new Promise`: its parameters settle the promise."""
    if value & MASK != tokens.FUNCTION:
        return
    function = value >> SHIFT
    parameters = [p for p in state.program.functions[function].parameters if not p.kind]
    settling = (token(tokens.RESOLVE_OF, promise), _reject(state))
    for parameter, held in zip(parameters, settling, strict=False):
        state.add(table.slot_of(function, parameter.slot), held)


def settle_promise(state: State, table: CallTable, call: int, promise: int) -> None:
    """`resolve(value)` is called."""
    for _, slot, _ in table.arguments(call)[:1]:
        state.copy(slot, promise)


def resolving(state: State) -> int:
    """The API node that a call of `resolve` is a use of."""
    return state.api.child(state.api.child(state.api.globals_of("ecmascript"), _MADE), "resolve")


def _reject(state: State) -> int:
    node = state.api.child(state.api.child(state.api.globals_of("ecmascript"), _MADE), "reject")
    return token(tokens.EXTERNAL, node)
