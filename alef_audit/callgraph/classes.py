"""Members of classes: what an instance, a class, `self` and `super()` see under a name.

What a class body stores stands on the CLASS token, what is stored through instances on the INSTANCE token; an instance
sees both, of its class and of all superclasses, a definition in a class body hides those further up.  Of the classes
that `self` can stand for, those count that the program instantiates (Bacon and Sweeney 1996, "rapid type analysis"); a
family of which nothing is instantiated is a library's, and all of it counts.
"""

from typing import Final

from alef_audit.callgraph import tokens
from alef_audit.callgraph.constraints import VALUE_OF
from alef_audit.callgraph.state import State
from alef_audit.callgraph.tokens import MASK, SHIFT, token
from alef_audit.facts.file import ClassKind, FunctionFlag
from alef_audit.facts.flows import ANY_NAME, ELEMENT

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
            state.add(destination, token(tokens.INSTANCE, index))
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


def language_of(state: State, index: int) -> str:
    """The language that a class is written in."""
    return state.program.units[state.program.class_unit[index]].facts.language


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


def member(state: State, value: int, name: int) -> int:
    """The variable of a member of a class (CLASS token) or of exactly its instances (INSTANCE token)."""
    known = state.classes.members.setdefault(value, {})
    found = known.get(name)
    if found is None:
        found = known[name] = state.variable()
        if state.classes.known:
            _wire_member(state, value, name, found)
        else:
            _read_level(state, value, value >> SHIFT, name, found)
    return found


def _read_level(state: State, value: int, index: int, name: int, variable: int) -> None:
    state.read_field(token(tokens.CLASS, index), name, variable)
    if value & MASK == tokens.INSTANCE:
        state.read_field(token(tokens.INSTANCE, index), name, variable)
        if state.stock.named_freely and not state.program.names[name].startswith("_"):
            state.read_field(token(tokens.INSTANCE, index), ANY_NAME, variable)


def _wire_member(state: State, value: int, name: int, variable: int) -> None:
    hierarchy = state.classes
    declared = False
    outside: list[int] = []
    for ancestor in hierarchy.order(value >> SHIFT):
        index = ancestor >> SHIFT
        if ancestor & MASK != tokens.CLASS:
            outside.append(index)
        elif not declared:
            _read_level(state, value, index, name, variable)
            declared = name in hierarchy.own[index] and not _is_type_only(state, index)
        elif value & MASK == tokens.INSTANCE:
            state.read_field(token(tokens.INSTANCE, index), name, variable)
    text = state.program.names[name]
    if declared or name == ELEMENT or " " in text:
        return
    for node in outside:
        child = state.api.child(state.api.instance(node), text)
        if child:
            state.add(variable, token(tokens.EXTERNAL, child))


def _is_type_only(state: State, index: int) -> bool:
    """Whether a class is an interface of TypeScript: what it declares is defined elsewhere."""
    return state.program.classes[index].kind == ClassKind.INTERFACE and language_of(state, index) == "ecmascript"


def down_member(state: State, index: int, name: int) -> int:
    """The variable of a member seen through `self`, `cls` or a declared type: that of whatever can be meant."""
    known = state.classes.down.setdefault(index, {})
    found = known.get(name)
    if found is None:
        found = known[name] = state.variable()
        if state.program.classes[index].kind == ClassKind.INTERFACE:
            # declared fields hold what their types say
            state.read_field(token(tokens.INSTANCE, index), name, found)
        if state.classes.known:
            _wire_down(state, index, name, found)
    return found


def _wire_down(state: State, index: int, name: int, variable: int) -> None:
    chosen = _meant(state, index)
    if len(chosen) > 1 and not any(sub in state.classes.live for sub in chosen):
        chosen = _concrete(state, chosen, name)
    for sub in chosen:
        state.copy(member(state, token(tokens.INSTANCE, sub), name), variable)


def _meant(state: State, index: int) -> list[int]:
    """The classes that `self` can be an instance of; none while that is still open."""
    family = state.classes.family(index)
    live = [sub for sub in family if sub in state.classes.live]
    return live or (family if len(family) == 1 or state.classes.open else [])


def _concrete(state: State, family: list[int], name: int) -> list[int]:
    """Those of a family that do not leave the member to others, or all if each of them does."""
    found = []
    for sub in family:
        held = state.held(member(state, token(tokens.INSTANCE, sub), name))
        if any(value & MASK != tokens.FUNCTION or not _is_abstract(state, value >> SHIFT) for value in held):
            found.append(sub)
    return found or family


def _is_abstract(state: State, function: int) -> bool:
    return bool(state.program.functions[function].flags & FunctionFlag.STUB)


def super_member(state: State, index: int, name: int) -> int:
    """The variable of `super().name` in a class: what comes next for whatever `self` can be."""
    known = state.classes.supers.setdefault(index, {})
    found = known.get(name)
    if found is None:
        found = known[name] = state.variable()
        if state.classes.known:
            for sub in _meant(state, index):
                _wire_super(state, index, sub, name, found)
    return found


def _wire_super(state: State, index: int, sub: int, name: int, variable: int) -> None:
    """Let `variable` take what follows class `index` in the resolution order of class `sub`."""
    order = state.classes.order(sub)
    own = token(tokens.CLASS, index)
    outside: list[int] = []
    for ancestor in order[order.index(own) + 1 :] if own in order else ():
        if ancestor & MASK != tokens.CLASS:
            outside.append(ancestor >> SHIFT)
            continue
        state.read_field(ancestor, name, variable)
        if name in state.classes.own[ancestor >> SHIFT]:
            return
    text = state.program.names[name]
    if text == "__call__":
        for made in state.classes.metaclasses.get(index, ()):
            state.add(variable, token(tokens.PLAIN_CLASS, made))
    for node in outside or (_object(state) if text == "__new__" else ()):
        child = state.api.child(state.api.instance(node), text)
        if child:
            state.add(variable, token(tokens.EXTERNAL, child))


def _object(state: State) -> tuple[int, ...]:
    """The class that every class of Python derives from."""
    return (state.api.child(state.api.globals_of("python"), "object"),)


# --- changes


def add_base(state: State, index: int, position: int, base: int) -> None:
    """Record that class `index` derives from token `base` and let members flow accordingly."""
    if base & MASK not in (tokens.CLASS, tokens.EXTERNAL) or not state.classes.add_base(index, position, base):
        return
    if state.classes.known:
        for sub in state.classes.family(index):
            _wire_class(state, sub)


def settle_hierarchy(state: State) -> None:
    """The superclasses are known: from now on members are inherited."""
    state.classes.known = True
    for index in sorted({value >> SHIFT for value in state.classes.members}):
        _wire_class(state, index)
    for index in sorted(state.classes.down):
        for name, variable in tuple(state.classes.down[index].items()):
            _wire_down(state, index, name, variable)
    for index in sorted(state.classes.supers):
        for name, variable in tuple(state.classes.supers[index].items()):
            for sub in _meant(state, index):
                _wire_super(state, index, sub, name, variable)


def _wire_class(state: State, index: int) -> None:
    for kind in (tokens.CLASS, tokens.INSTANCE):
        value = token(kind, index)
        for name, variable in tuple(state.classes.members.get(value, {}).items()):
            _wire_member(state, value, name, variable)
    if index in state.classes.live:
        _announce(state, index)


def make_live(state: State, index: int) -> None:
    """The program makes an instance of the class: `self` in its superclasses can be one."""
    if index in state.classes.live:
        return
    state.classes.live.add(index)
    if state.classes.known:
        _announce(state, index)


def _announce(state: State, index: int) -> None:
    instance = token(tokens.INSTANCE, index)
    for ancestor in state.classes.ancestors(index):
        for name, variable in tuple(state.classes.down.get(ancestor, {}).items()):
            state.copy(member(state, instance, name), variable)
        for name, variable in tuple(state.classes.supers.get(ancestor, {}).items()):
            _wire_super(state, ancestor, index, name, variable)


def open_families(state: State) -> None:
    """Whatever nobody instantiates is for the program's users to derive from and to instantiate."""
    state.classes.open = True
    for index in sorted({*state.classes.down, *state.classes.supers}):
        if state.classes.live_in(index):
            continue
        for name, variable in tuple(state.classes.down.get(index, {}).items()):
            _wire_down(state, index, name, variable)
        for name, variable in tuple(state.classes.supers.get(index, {}).items()):
            for sub in _meant(state, index):
                _wire_super(state, index, sub, name, variable)
