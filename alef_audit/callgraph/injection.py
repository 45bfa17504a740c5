"""Containers that give an instance of the class that they are asked for: `Container.get(Store)`, `app.get(Store)`."""

from typing import Final

from alef_audit.callgraph import tokens
from alef_audit.callgraph.api import ApiGraph
from alef_audit.callgraph.calls import CallTable
from alef_audit.callgraph.constraints import PROVIDED
from alef_audit.callgraph.families import make_live
from alef_audit.callgraph.selecting import selected
from alef_audit.callgraph.spelled import give_named
from alef_audit.callgraph.state import State
from alef_audit.callgraph.tokens import MASK, SHIFT, token

# What libraries of which no model speaks call this.
_ASKING: Final = frozenset(("get", "getInstance", "inject", "make", "resolve", "resolveInstance"))
_MOST: Final = 2  # the class, and options


def provide(state: State, table: CallTable, call: int, node: int) -> None:
    """`call` is a use of the API node: if that is such a container, it gives instances of the classes it is handed."""
    result, api = table.result(call), state.api
    for selector, is_named in api.provided.get(node, ()) if result else ():
        slots = selected(state, table, call, selector)
        if is_named:
            slots.append(state.variable())
            give_named(state, table, call, selector, slots[-1])
        for slot in slots:
            state.attach(slot, (PROVIDED, result))
    if result and node not in api.modelled and table.member(call) in _ASKING and _is_of_library(api, node):
        arguments = table.arguments(call)
        if 0 < len(arguments) <= _MOST and arguments[0][1]:
            state.attach(arguments[0][1], (PROVIDED, result))


def provided(state: State, value: int, result: int) -> None:
    """Let `result` hold an instance of the class `value`, or of what stands in for it."""
    if value & MASK == tokens.CLASS:
        make_live(state, value >> SHIFT)
        state.add(result, token(tokens.OPEN, value >> SHIFT))
    elif value & MASK == tokens.EXTERNAL and value >> SHIFT in state.api.made_type:
        state.add(result, token(tokens.EXTERNAL, state.api.instance(value >> SHIFT)))


def _is_of_library(api: ApiGraph, node: int) -> bool:
    """Whether a node belongs to a package: what the languages themselves have keeps things under classes as keys."""
    language = api.language[node]
    if node in (api.outside.get(language), api.globals_of(language)):
        return False
    while api.parent[node]:
        node = api.parent[node]
    return node in api.is_module and node != api.globals_of(language)
