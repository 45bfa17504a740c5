"""Structural types: what stands for an interface that no class names.

An object, function or instance that reaches a variable declared to hold an interface implements it.  Where nothing but
the declared type of a receiver is known, its members are those of the implementers; where actual values are known they
stay the answer.  All of this is settled from final sets, so the order in which values arrived does not matter.
"""

from typing import Final

from alef_audit.callgraph import tokens
from alef_audit.callgraph.calling import link
from alef_audit.callgraph.calls import CallTable
from alef_audit.callgraph.members import make_instance, member
from alef_audit.callgraph.program import CALLED
from alef_audit.callgraph.state import CALL, LOAD, State
from alef_audit.callgraph.tokens import MASK, SHIFT, token
from alef_audit.facts.file import ClassKind
from alef_audit.facts.flows import ALIASED, ELEMENT, NO_NAME

_WHOLE: Final = NO_NAME  # the program-wide name of `flows.WHOLE`
_VALUES: Final = frozenset((tokens.OBJECT, tokens.FUNCTION, tokens.INSTANCE))


def declare(state: State, value: int, variable: int) -> None:
    """`variable` is declared to hold an instance of the class or alias `value`."""
    index = value >> SHIFT
    if value & MASK == tokens.CLASS and state.program.classes[index].kind == ClassKind.INTERFACE:
        state.typed.setdefault(variable, []).append(index)
        own = state.own_members[index]
        if _WHOLE in own:
            state.copy(member(state, index, _WHOLE), variable)
            if len(own) == 1:
                return
    made = make_instance(value, state)
    if made is not None:
        state.add(variable, made)
    elif value & MASK == tokens.OBJECT and ALIASED in state.program.name_ids:
        state.read_field(value, state.program.name_ids[ALIASED], variable)


def settle_interfaces(state: State, table: CallTable) -> None:
    """Let reads and calls that know a declared type only reach what implements it; the caller propagates."""
    implementers = _Implementers(state)
    reads: list[tuple[int, int]] = []
    calls: list[tuple[int, int]] = []
    for variable, constraints in enumerate(state.uses):
        if not constraints:
            continue
        interfaces = _interfaces_only(state, variable)
        if not interfaces:
            continue
        for constraint in constraints:
            if constraint[0] == LOAD and constraint[2] != ELEMENT:
                found = implementers.fields(interfaces, constraint[2])
                reads.extend((source, constraint[1]) for source in found)
            elif constraint[0] == CALL:
                functions = implementers.functions(interfaces)
                calls.extend((constraint[1], function) for function in functions)
    for source, destination in reads:
        state.copy(source, destination)
    for call, function in calls:
        link(state, table, call, function)


def _interfaces_only(state: State, variable: int) -> list[int]:
    """The interfaces in a variable that holds declared types and nothing else."""
    held = state.points_to[variable]
    if not held:
        return []
    found: list[int] = []
    for value in held:
        if value & MASK == tokens.OPEN and state.program.classes[value >> SHIFT].kind == ClassKind.INTERFACE:
            found.append(value >> SHIFT)
        elif value not in state.type_objects:
            return []
    return sorted(found)


class _Implementers:
    """Interface -> the tokens that stand for it, from where values meet declared types."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._of: dict[int, set[int]] = {}
        self._pending: list[tuple[int, int]] = []  # (declared type: an OPEN or declared OBJECT token, value)
        self._seen: set[tuple[int, int]] = set()
        for variable, interfaces in state.typed.items():
            for value in self._actual(variable):
                for interface in interfaces:
                    self._offer(token(tokens.OPEN, interface), value)
        for variable, declared in state.declared_in:
            for value in self._actual(variable):
                self._offer(declared, value)
        while self._pending:
            self._descend(*self._pending.pop())

    def fields(self, interfaces: list[int], name: int) -> list[int]:
        """The variables of field `name` of all that implements one of the interfaces; none if these are too many."""
        state = self._state
        found: dict[int, None] = {}
        for value in self._all(interfaces):
            if value & MASK == tokens.OBJECT:
                field = state.fields.get((value, name))
                if field is not None and state.points_to[field]:
                    found[field] = None
            elif value & MASK == tokens.INSTANCE:
                found[member(state, value >> SHIFT, name)] = None
        return list(found) if len(found) <= state.bound else []

    def functions(self, interfaces: list[int]) -> list[int]:
        """The functions that stand for one of the function types; none if these are too many."""
        found = [value >> SHIFT for value in self._all(interfaces) if value & MASK == tokens.FUNCTION]
        return found if len(found) <= self._state.bound else []

    def _all(self, interfaces: list[int]) -> list[int]:
        """What implements the interfaces or those derived from them."""
        found: set[int] = set()
        seen = set(interfaces)
        pending = list(interfaces)
        while pending:
            current = pending.pop()
            found |= self._of.get(current, set())
            for sub in self._state.class_subs.get(current, ()):
                if sub not in seen:
                    seen.add(sub)
                    pending.append(sub)
        return sorted(found)

    def _actual(self, variable: int) -> list[int]:
        declared = self._state.type_objects
        return [value for value in self._state.held(variable) if value & MASK in _VALUES and value not in declared]

    def _offer(self, declared: int, value: int) -> None:
        if (declared, value) not in self._seen:
            self._seen.add((declared, value))
            self._pending.append((declared, value))

    def _descend(self, declared: int, value: int) -> None:
        """`value` is declared to be `declared`: so are its fields."""
        state = self._state
        if declared & MASK == tokens.OBJECT:
            for name in state.object_fields.get(declared, ()):
                self._descend_field(state.fields[declared, name], name, value)
            return
        index = declared >> SHIFT
        own = state.own_members[index]
        if not self._fits(index, value):
            return
        self._of.setdefault(index, set()).add(value)
        for name in sorted(own):
            variable = state.members.get((index, name))
            if variable is None:
                continue
            if name == _WHOLE:
                self._offer_all(variable, [value])
            elif name != CALLED:
                self._descend_field(variable, name, value)
        for base in state.class_bases.get(index, ()):
            if base & MASK == tokens.CLASS and state.program.classes[base >> SHIFT].kind == ClassKind.INTERFACE:
                self._offer(token(tokens.OPEN, base >> SHIFT), value)

    def _fits(self, index: int, value: int) -> bool:
        """Whether a value can stand for an interface: a function if it can be called, an object if it has a member."""
        state = self._state
        own = state.own_members[index]
        if value & MASK == tokens.FUNCTION:
            return CALLED in own or _WHOLE in own
        if value & MASK == tokens.INSTANCE:
            return True
        return not own or ELEMENT in own or _WHOLE in own or any((value, name) in state.fields for name in own)

    def _descend_field(self, variable: int, name: int, value: int) -> None:
        state = self._state
        if value & MASK != tokens.OBJECT or not state.points_to[variable]:
            return
        names = state.object_fields.get(value, ()) if name == ELEMENT else (name,)
        for each in names:
            field = state.fields.get((value, each))
            if field is not None:
                self._offer_all(variable, self._actual(field))

    def _offer_all(self, variable: int, values: list[int]) -> None:
        """Offer values to the declared types in `variable`."""
        state = self._state
        for declared in state.points_to[variable] or ():
            is_open = declared & MASK == tokens.OPEN
            if declared in state.type_objects or (
                is_open and state.program.classes[declared >> SHIFT].kind == ClassKind.INTERFACE
            ):
                for value in values:
                    self._offer(declared, value)
