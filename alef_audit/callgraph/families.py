"""What a class and those that derive from it give together: what `self` and declared types can be, and `super()`.

A member seen through `self` is that of whatever the program makes instances of.  Its values come from the *levels* of
those classes, that is from the classes in their resolution orders: from the first one that defines the name, and from
what is stored through instances on any of them.  A level is read once per family, however many classes share it.

Of the classes that `self` can stand for, those count that the program instantiates (Bacon and Sweeney 1996, "rapid type
analysis"); a family of which nothing is instantiated is a library's, and all of it counts.
"""

from typing import Final

from alef_audit.callgraph import tokens
from alef_audit.callgraph.inheritance import is_type_only, member, outside_member, wire_member
from alef_audit.callgraph.state import State
from alef_audit.callgraph.tokens import MASK, SHIFT, token
from alef_audit.facts.file import ClassKind, FunctionFlag
from alef_audit.facts.flows import ANY_NAME

_NO_NAMES: Final[frozenset[int]] = frozenset()


def down_member(state: State, index: int, name: int) -> int:
    """The variable of a member seen through `self`, `cls` or a declared type: that of whatever can be meant."""
    known = state.classes.down.get(index)
    if known is None:
        known = state.classes.down[index] = {}
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
    """Let the variable of a family's member take what the levels hold that are known by now."""
    hierarchy = state.classes
    if index not in hierarchy.levels:
        hierarchy.levels[index] = {}
        for sub in hierarchy.live_in(index):
            _see(state, index, sub)
    levels = hierarchy.levels[index]
    if not levels:
        _wire_unmade(state, index, name, variable)
        return
    for level in hierarchy.definers.get(name, ()):
        if level in levels and name not in levels[level]:
            state.read_field(token(tokens.CLASS, level), name, variable)
    for owner in hierarchy.holders.get(name, ()):
        if owner >> SHIFT in levels:
            state.copy(state.fields[owner][name], variable)
    for owner in hierarchy.holders.get(ANY_NAME, ()) if state.is_set_freely(index, name) else ():
        if owner >> SHIFT in levels and state.is_set_freely(owner >> SHIFT, name):
            state.copy(state.fields[owner][ANY_NAME], variable)
    for node, sub in hierarchy.outside_of.get(index, {}).items():
        if not _defines(state, sub, name):
            outside_member(state, node, name, variable)


def _wire_unmade(state: State, index: int, name: int, variable: int) -> None:
    """A family of which the program makes no instance: a library's, if nothing else is known in the end."""
    chosen = _meant(state, index)
    if len(chosen) > 1:
        chosen = _concrete(state, chosen, name)
    for sub in chosen:
        state.copy(member(state, token(tokens.INSTANCE, sub), name), variable)


def _see(state: State, index: int, sub: int) -> None:
    """The program makes instances of `sub`, one of the family of class `index`: read what its levels add."""
    hierarchy = state.classes
    levels, down = hierarchy.levels[index], hierarchy.down.get(index, {})
    defined: set[int] = set()
    for value in hierarchy.order(sub):
        level = value >> SHIFT
        if value & MASK != tokens.CLASS:
            if level not in hierarchy.outside_of.setdefault(index, {}):
                hierarchy.outside_of[index][level] = sub
                for name in down.keys() - defined:
                    outside_member(state, level, name, down[name])
            continue
        own = _NO_NAMES if is_type_only(state, level) else hierarchy.own[level]
        hidden = levels.get(level)
        if hidden is None:
            hidden = own
            hierarchy.seen_in.setdefault(level, []).append(index)
            _read_instances(state, index, level, down)
            for name in (_stored(state, tokens.CLASS, level) - own) & down.keys():
                state.copy(state.fields[token(tokens.CLASS, level)][name], down[name])
        if hidden:
            for name in (hidden - defined) & down.keys():
                state.read_field(token(tokens.CLASS, level), name, down[name])
            hidden = hidden & defined
        levels[level] = hidden or _NO_NAMES
        defined |= own


def _read_instances(state: State, index: int, level: int, down: dict[int, int]) -> None:
    stored = _stored(state, tokens.INSTANCE, level)
    for name in stored & down.keys():
        state.copy(state.fields[token(tokens.INSTANCE, level)][name], down[name])
    if ANY_NAME in stored:
        for name, variable in tuple(down.items()):
            if state.is_set_freely(level, name) and state.is_set_freely(index, name):
                state.copy(state.fields[token(tokens.INSTANCE, level)][ANY_NAME], variable)


def _stored(state: State, kind: int, level: int) -> set[int]:
    return set(state.fields.get(token(kind, level), ()))


def _defines(state: State, index: int, name: int) -> bool:
    """Whether the body of a class or superclass says what an instance has under a name."""
    hierarchy = state.classes
    return any(name in hierarchy.own[each] and not is_type_only(state, each) for each in hierarchy.ancestors(index))


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


def _meant(state: State, index: int) -> list[int]:
    """The classes that `self` can be an instance of; none while that is still open."""
    live = state.classes.live_in(index)
    if live:
        return live
    family = state.classes.family(index)
    return family if len(family) == 1 or state.classes.open else []


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
        outside_member(state, node, name, variable)


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
    state.classes.settle()
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
            wire_member(state, value, name, variable)
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
    for ancestor in state.classes.ancestors(index):
        if ancestor in state.classes.levels:
            _see(state, ancestor, index)
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
