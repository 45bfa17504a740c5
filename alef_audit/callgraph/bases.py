"""What classes derive from: superclasses of the program, and those of libraries."""

from alef_audit.callgraph import tokens
from alef_audit.callgraph.state import State
from alef_audit.callgraph.tokens import MASK, SHIFT, token
from alef_audit.facts.flows import ELEMENT


def load_from_bases(state: State, index: int, name: int, destination: int) -> None:
    """Members that a class inherits from outside the program."""
    if name == ELEMENT or declares(state, index, name):
        return
    if not state.operating:
        state.inherited[index, name, destination] = None
    _give_inherited(state, index, name, destination)


def settle_inherited(state: State) -> None:
    """Look again at members that were read before the superclasses were known."""
    for index, name, destination in state.inherited:
        if not declares(state, index, name):
            _give_inherited(state, index, name, destination)
    state.inherited.clear()


def _give_inherited(state: State, index: int, name: int, destination: int) -> None:
    for node in external_bases(state, index):
        child = state.api.child(state.api.instance(node), state.program.names[name])
        if child:
            state.add(destination, token(tokens.EXTERNAL, child))


def declares(state: State, index: int, name: int) -> bool:
    """Whether a class or a superclass of the program defines the member itself."""
    seen = {index}
    pending = [index]
    while pending:
        current = pending.pop()
        if name in state.own_members[current]:
            return True
        for base in state.class_bases.get(current, ()):
            if base & MASK == tokens.CLASS and base >> SHIFT not in seen:
                seen.add(base >> SHIFT)
                pending.append(base >> SHIFT)
    return False


def external_bases(state: State, index: int) -> list[int]:
    """API nodes of the classes outside the program that a class derives from, at any distance."""
    found: list[int] = []
    seen = {index}
    pending = [index]
    while pending:
        current = pending.pop()
        for base in state.class_bases.get(current, ()):
            if base & MASK == tokens.EXTERNAL:
                if base >> SHIFT not in found:
                    found.append(base >> SHIFT)
            elif base >> SHIFT not in seen:
                seen.add(base >> SHIFT)
                pending.append(base >> SHIFT)
    return found
