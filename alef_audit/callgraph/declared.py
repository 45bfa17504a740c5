"""What a call means by the declared type of its receiver, where the values that reached it say nothing any more."""

from alef_audit.callgraph import tokens
from alef_audit.callgraph.calls import CallTable
from alef_audit.callgraph.members import make_instance
from alef_audit.callgraph.state import State
from alef_audit.callgraph.tokens import MASK, SHIFT


def declared_callees(state: State, table: CallTable, call: int) -> tuple[list[int], list[int]]:
    """Functions and API nodes that `receiver.member()` means by the receiver's annotation; empty if it has none."""
    functions: set[int] = set()
    nodes: set[int] = set()
    member = table.member(call)
    for source in state.declared.get(table.receiver(call), ()) if member else ():
        for value in state.held(source):
            made = make_instance(value, state)
            if made is None:
                continue
            kind, index = made & MASK, made >> SHIFT
            if kind == tokens.OPEN:
                variable = state.down.get((index, table.names[member]))
                if variable is not None and variable not in state.saturated:
                    functions.update(v >> SHIFT for v in state.held(variable) if v & MASK == tokens.FUNCTION)
            elif kind == tokens.EXTERNAL:
                node = state.api.child(index, member)
                if node:
                    nodes.add(node)
    return sorted(functions), sorted(nodes)
