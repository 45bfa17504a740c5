"""What libraries hand to the functions that are registered with them: `async def post(request)` gets a request.

Rows of registrations say the types of the first parameters (`gets` of a `[[root]]`).
"""

from collections.abc import Iterator
from fnmatch import fnmatchcase

from alef_audit.callgraph import tokens
from alef_audit.callgraph.bag_types import extended
from alef_audit.callgraph.calls import CallTable
from alef_audit.callgraph.constraints import PARAMETER
from alef_audit.callgraph.selecting import selected
from alef_audit.callgraph.state import State
from alef_audit.callgraph.tokens import token
from alef_audit.facts import flows


def type_handlers(state: State, table: CallTable, call: int, node: int) -> None:
    """`call` calls an API node: functions that it registers get values of the types that the node's rows name."""
    handed = state.api.handed
    if node not in handed and state.api.parent[node] not in handed:
        return
    if table.flags(call) & flows.DECORATOR or state.api.registers_decorated(node):
        # `@app.get("/")`, `app.get("/")(f)`: the rows stand on `app.get`, the decorator is what calling it gave
        slots = [slot for _, slot, _ in table.arguments(call)[:1]]
        for each in (node, state.api.parent[node]):
            for selector, types in handed.get(each, ()):
                for slot in slots if selector is None else ():
                    _give(state, slot, types)
        return
    for selector, types in handed.get(node, ()):
        for slot in selected(state, table, call, selector) if selector is not None else ():
            _give(state, slot, types)


def type_overrides(state: State) -> None:
    """Methods by which classes of the program implement those of a library get what its rows say."""
    for node, names, types in state.api.implemented:
        for name, index in _methods(state, node, names):
            _give(state, state.field(token(tokens.CLASS, index), name), types)


def _methods(state: State, node: int, patterns: tuple[str, ...]) -> Iterator[tuple[int, int]]:
    """Names and classes of the members that fit, of classes which derive from a type."""
    for index in sorted(state.classes.bases):
        outside = (state.api.made_type.get(base, 0) for base in state.classes.outside_bases(index))
        if any(node in (base, *extended(state.api.bases, base)) for base in outside):
            for name in sorted(state.classes.own[index]):
                if any(fnmatchcase(state.program.names[name], pattern) for pattern in patterns):
                    yield name, index


def _give(state: State, slot: int, types: tuple[int, ...]) -> None:
    for position, node in enumerate(types):
        if slot and node:
            state.attach(slot, (PARAMETER, position, node))
