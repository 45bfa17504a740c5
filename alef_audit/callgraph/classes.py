"""What instances, classes, `self` and `super()` give under a name; some names and classes are special."""

from typing import Final

from alef_audit.callgraph import tokens
from alef_audit.callgraph.constraints import VALUE_OF
from alef_audit.callgraph.families import down_member, super_member
from alef_audit.callgraph.inheritance import language_of, member
from alef_audit.callgraph.record_classes import instance_of
from alef_audit.callgraph.state import State
from alef_audit.callgraph.tokens import MASK, SHIFT, token
from alef_audit.facts.flows import ELEMENT

_NAMED_TUPLES: Final = frozenset(("typing.NamedTuple", "collections.namedtuple"))
_CLASS_OF: Final = {"python": "__class__", "ecmascript": "constructor"}


def load_member(state: State, value: int, name: int, destination: int) -> None:
    """Let `destination` take `value.name`, for a class, an instance, `self`, `cls` or `super()`."""
    kind, index = value & MASK, value >> SHIFT
    text = state.program.names[name]
    if kind == tokens.SUPER:
        state.copy(super_member(state, index, name), destination)
    elif (
        kind in (tokens.CLASS, tokens.INSTANCE, tokens.OPEN)
        and is_enum(state, index)
        and _load_enum(state, value, name, destination)
    ):
        return
    elif kind in (tokens.INSTANCE, tokens.OPEN) and text == _CLASS_OF[language_of(state, index)]:
        state.add(destination, class_of(value))
    elif kind in (tokens.INSTANCE, tokens.OPEN) and text == "__dict__":
        state.add(destination, value)
    elif kind in (tokens.CLASS, tokens.OPEN_CLASS) and text == "prototype":
        state.add(destination, token(tokens.INSTANCE, index))
    elif kind in (tokens.OPEN, tokens.OPEN_CLASS):
        state.copy(down_member(state, index, name), destination)
        for made in state.classes.metaclasses.get(index, ()):
            for sub in state.classes.family(made):
                state.copy(member(state, token(tokens.CLASS, sub), name), destination)
    else:
        state.copy(member(state, value, name), destination)
        if kind == tokens.CLASS and state.classes.named_metaclasses and not state.classes.declares(index, name):
            for metaclass in state.classes.metaclasses_of(index):
                state.copy(member(state, token(tokens.INSTANCE, metaclass), name), destination)
    if kind in (tokens.INSTANCE, tokens.OPEN) and (name == ELEMENT or text.isdigit()) and state.classes.fields[index]:
        _unpack(state, index, name, destination)


def _unpack(state: State, index: int, name: int, destination: int) -> None:
    """The elements of a named tuple are its fields."""
    if any(
        ancestor & MASK == tokens.EXTERNAL and state.api.text[ancestor >> SHIFT] in _NAMED_TUPLES
        for ancestor in state.classes.order(index)
    ):
        fields = state.classes.fields_of(index)
        position = 0 if name == ELEMENT else int(state.program.names[name])
        for field in fields if name == ELEMENT else fields[position : position + 1]:
            state.copy(member(state, token(tokens.INSTANCE, index), field), destination)


def is_enum(state: State, index: int) -> bool:
    """Whether a class is an enumeration (Python)."""
    return index in state.classes.bases and any(
        ancestor & MASK == tokens.EXTERNAL and state.api.text[ancestor >> SHIFT].startswith("enum.")
        for ancestor in state.classes.order(index)
    )


def _load_enum(state: State, value: int, name: int, destination: int) -> bool:
    """Members of an enumeration are its instances; their `value` is what the body binds. False for all else."""
    index = value >> SHIFT
    text = state.program.names[name]
    own = state.classes.own[index]
    if value & MASK == tokens.CLASS:
        if name == ELEMENT or (name in own and not _is_method(state, index, name)):
            state.add(destination, instance_of(state, index))
            return True
        return False
    if text == "value":
        for member_name in sorted(own):
            state.attach(state.field(token(tokens.CLASS, index), member_name), (VALUE_OF, destination))
        return True
    return False


def _is_method(state: State, index: int, name: int) -> bool:
    held = state.held(state.field(token(tokens.CLASS, index), name))
    return any(value & MASK == tokens.FUNCTION for value in held)


def class_of(value: int) -> int:
    """The token for `type(value)`; the value itself when it is no instance of a class of the program."""
    kind, index = value & MASK, value >> SHIFT
    if kind == tokens.INSTANCE:
        return token(tokens.CLASS, index)
    if kind == tokens.OPEN:
        return token(tokens.OPEN_CLASS, index)
    if kind == tokens.MADE_BY:
        return token(tokens.FUNCTION, index)
    return value
