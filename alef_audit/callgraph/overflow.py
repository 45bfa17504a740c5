"""What a call means where more values than a variable may hold have reached its callee.

Which of them were kept depends on the order of arrival, so none of them is evidence.  Two things are: the declared
type of the receiver, and what the receiver itself holds under exactly that name, leaving out all that is stored under
computed keys.
"""

from alef_audit.callgraph import tokens
from alef_audit.callgraph.calls import CallTable
from alef_audit.callgraph.members import make_instance
from alef_audit.callgraph.state import State
from alef_audit.callgraph.tokens import MASK, SHIFT


def overflowed_calls(state: State, table: CallTable) -> frozenset[int]:
    """The calls whose callee lost values."""
    lost = state.saturated
    if lost.isdisjoint(state.wide):
        return frozenset([call for call, callee in enumerate(table.callees) if callee in lost])
    return frozenset([call for call, callee in enumerate(table.callees) if state.overflowed(callee)])


def certain_callees(state: State, table: CallTable, call: int) -> tuple[list[int], list[int]]:
    """Functions and API nodes that the overflowed callee of `call` means for certain; empty if nothing is."""
    receiver, member = table.receiver(call), table.member(call)
    if not receiver or not member:
        return [], []
    functions, nodes = _declared(state, receiver, member, table)
    if not functions and not nodes and not state.overflowed(receiver):
        functions, nodes = _exact(state, receiver, member, table.names[member])
    return sorted(functions), sorted(nodes)


def _declared(state: State, receiver: int, member: str, table: CallTable) -> tuple[set[int], set[int]]:
    functions: set[int] = set()
    nodes: set[int] = set()
    for source in state.declared.get(receiver, ()):
        for value in state.held(source):
            made = make_instance(value, state)
            if made is None:
                continue
            kind, index = made & MASK, made >> SHIFT
            if kind == tokens.OPEN:
                functions |= _functions(state, state.classes.down.get(index, {}).get(table.names[member]))
            elif kind == tokens.EXTERNAL:
                node = state.api.child(index, member)
                nodes |= {node} if node else set()
    return functions, nodes


def _exact(state: State, receiver: int, member: str, name: int) -> tuple[set[int], set[int]]:
    """What the values of a receiver that lost none hold under a name; no functions where some of them are no objects
    of the program.
    """
    functions: set[int] = set()
    nodes: set[int] = set()
    certain = True
    for value in state.held(receiver):
        kind, index = value & MASK, value >> SHIFT
        if kind == tokens.OBJECT:
            functions |= _functions(state, state.known_field(value, name))
        elif kind in (tokens.INSTANCE, tokens.CLASS):
            functions |= _functions(state, state.classes.members.get(value, {}).get(name))
        else:
            certain = False
            node = state.api.child(index, member) if kind == tokens.EXTERNAL else 0
            nodes |= {node} if node else set()
    return functions if certain else set(), nodes


def _functions(state: State, variable: int | None) -> set[int]:
    """The functions in a variable that lost none of its values."""
    if variable is None or state.overflowed(variable):
        return set()
    return {value >> SHIFT for value in state.held(variable) if value & MASK == tokens.FUNCTION}
