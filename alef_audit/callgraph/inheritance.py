"""Members of exactly one class and of its exact instances, inherited ones included.

What a class body stores stands on the CLASS token, what is stored through instances on the INSTANCE token; an instance
sees both, of its class and of all superclasses, a definition in a class body hides those further up.
"""

from typing import Final

from alef_audit.callgraph import tokens
from alef_audit.callgraph.state import State
from alef_audit.callgraph.tokens import MASK, SHIFT, token
from alef_audit.facts.file import ClassKind
from alef_audit.facts.flows import ANY_NAME, ELEMENT

# Bases that say how a class is meant and give it no members.
_WITHOUT_MEMBERS: Final = ("typing.", "typing_extensions.", "abc.")


def language_of(state: State, index: int) -> str:
    """The language that a class is written in."""
    return state.program.units[state.program.class_unit[index]].facts.language


def member(state: State, value: int, name: int) -> int:
    """The variable of a member of a class (CLASS token) or of exactly its instances (INSTANCE token)."""
    known = state.classes.members.setdefault(value, {})
    found = known.get(name)
    if found is None:
        found = known[name] = state.variable()
        if state.classes.known:
            wire_member(state, value, name, found)
        else:
            _read_level(state, value, value >> SHIFT, name, found)
    return found


def _read_level(state: State, value: int, index: int, name: int, variable: int) -> None:
    state.read_field(token(tokens.CLASS, index), name, variable)
    if value & MASK == tokens.INSTANCE:
        state.read_field(token(tokens.INSTANCE, index), name, variable)
        if state.is_set_freely(value >> SHIFT, name):
            state.read_field(token(tokens.INSTANCE, index), ANY_NAME, variable)


def wire_member(state: State, value: int, name: int, variable: int) -> None:
    hierarchy = state.classes
    declared = False
    outside: list[int] = []
    for ancestor in hierarchy.order(value >> SHIFT):
        index = ancestor >> SHIFT
        if ancestor & MASK != tokens.CLASS:
            outside.append(index)
        elif not declared:
            _read_level(state, value, index, name, variable)
            declared = name in hierarchy.own[index] and not is_type_only(state, index)
        elif value & MASK == tokens.INSTANCE:
            state.read_field(token(tokens.INSTANCE, index), name, variable)
    if not declared:
        for node in outside:
            outside_member(state, node, name, variable)


def outside_member(state: State, node: int, name: int, variable: int) -> None:
    """Let `variable` take what instances of a class outside the program have under a name."""
    text = state.program.names[name]
    if name == ELEMENT or " " in text or state.api.text[node].startswith(_WITHOUT_MEMBERS):
        return
    instance = state.api.instance(node)
    kept = state.api.bags.of(instance)
    if kept:
        state.read_field(token(tokens.EXTERNAL, kept), name, variable)
    child = state.api.child(instance, text)
    if child:
        state.add(variable, token(tokens.EXTERNAL, child))


def is_type_only(state: State, index: int) -> bool:
    """Whether a class is an interface of TypeScript: what it declares is defined elsewhere."""
    return state.program.classes[index].kind == ClassKind.INTERFACE and language_of(state, index) == "ecmascript"
