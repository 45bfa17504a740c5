"""Structural types: what stands for an interface that no class names.

An object, function or instance that reaches a variable declared to hold an interface implements it.  Where nothing but
the declared type of a receiver is known, its members are those of the implementers; where actual values are known they
stay the answer.  All of this is settled from final sets, so the order in which values arrived does not matter.
"""

from collections.abc import Collection
from typing import Final

from alef_audit.callgraph import tokens
from alef_audit.callgraph.calling import link
from alef_audit.callgraph.calls import CallTable
from alef_audit.callgraph.inheritance import member
from alef_audit.callgraph.members import make_instance
from alef_audit.callgraph.program import CALLED, WHOLE
from alef_audit.callgraph.state import State
from alef_audit.callgraph.tokens import MASK, SHIFT, token
from alef_audit.callgraph.variables import each_of
from alef_audit.facts import flows
from alef_audit.facts.file import ClassKind
from alef_audit.facts.flows import ALIASED, ELEMENT

_PARAMETERS: Final = 8  # positions of declared function types that are looked at
_VALUES: Final = frozenset((tokens.OBJECT, tokens.FUNCTION, tokens.INSTANCE))


def declare(state: State, value: int, variable: int) -> None:
    """`variable` is declared to hold an instance of the class or alias `value`."""
    index = value >> SHIFT
    if value & MASK == tokens.EXTERNAL and index in state.open_bases:
        state.add(variable, token(tokens.EXTERNAL, state.open_bases[index]))
        return
    if value & MASK == tokens.CLASS and state.program.classes[index].kind == ClassKind.INTERFACE:
        state.typed.setdefault(variable, []).append(index)
        own = state.classes.own[index]
        if WHOLE in own:
            state.copy(member(state, token(tokens.INSTANCE, index), WHOLE), variable)
            if len(own) == 1:
                return
    made = make_instance(value, state)
    if made is not None:
        state.add(variable, made)
    elif value & MASK == tokens.OBJECT and ALIASED in state.program.name_ids:
        state.read_field(value, state.program.name_ids[ALIASED], variable)


class Interfaces:
    """Lets reads and calls that know a declared type only reach what implements it, and gives the parameters of what
    implements a function type the types that it says.

    One round may lead to the next (`api.store().read()`): `settle` looks again at what the last round changed.
    """

    def __init__(self, state: State, table: CallTable) -> None:
        self._state = state
        self._table = table
        self._implementers = _Implementers(state, table)
        classes = state.program.classes
        interfaces = (index for index, facts in enumerate(classes) if facts.kind == ClassKind.INTERFACE)
        self._types = {*state.type_objects, *(token(tokens.OPEN, index) for index in interfaces)}
        self._candidates: dict[int, None] = {}
        self._copied: set[tuple[int, int]] = set()

    def settle(self, changed: Collection[int]) -> bool:
        """One round, given the variables that changed since the last one; False if it found nothing new. The caller
        propagates.
        """
        state, implementers = self._state, self._implementers
        implementers.extend(changed)
        points_to, loads, waiting = state.points_to, state.loads, state.calls
        for variable in changed:
            if variable in loads or variable in waiting:
                held = points_to[variable]
                if held and held <= self._types:
                    self._candidates[variable] = None
        reads = list(implementers.typed_parameters)
        calls: list[tuple[int, int]] = []
        for variable in self._candidates:
            held = points_to[variable]
            if not held or not held <= self._types:
                continue
            declared = sorted(held)
            integers = iter(loads.get(variable, ()))
            for destination, name in zip(integers, integers, strict=True):
                if name != ELEMENT:
                    plain = name if name >= 0 else ~name
                    reads.extend((field, destination) for field in implementers.fields(declared, plain))
            if variable in waiting:
                functions = implementers.functions(declared)
                calls.extend((call, function) for call in each_of(waiting[variable]) for function in functions)
        return self._apply(reads, calls)

    def _apply(self, reads: list[tuple[int, int]], calls: list[tuple[int, int]]) -> bool:
        state, found = self._state, False
        for read in reads:
            if read not in self._copied:
                self._copied.add(read)
                state.copy(*read)
                found = True
        for call, function in calls:
            if (call, function) not in state.links:
                link(state, self._table, call, function)
                found = True
        return found


def is_declared(state: State, value: int) -> bool:
    """Whether a token only says what a value looks like."""
    if value & MASK == tokens.OPEN:
        return state.program.classes[value >> SHIFT].kind == ClassKind.INTERFACE
    return value in state.type_objects


class _Implementers:
    """Declared type (an OPEN token of an interface or the object of a type) -> the tokens that stand for it, from where
    values meet declared types.
    """

    def __init__(self, state: State, table: CallTable) -> None:
        self._state = state
        self._table = table
        self._of: dict[int, set[int]] = {}
        self._pending: list[tuple[int, int]] = []
        self._seen: set[tuple[int, int]] = set()
        self._parameter_names = {
            state.program.name_ids[name]: position
            for position in range(_PARAMETERS)
            if (name := flows.parameter_name(position)) in state.program.name_ids
        }
        self.typed_parameters: list[tuple[int, int]] = []  # (variable of the declared type, parameter)
        self._declared_in: dict[int, list[int]] = {}  # variable -> types that are written for it
        for variable, interfaces in state.typed.items():
            self._declared_in.setdefault(variable, []).extend(token(tokens.OPEN, index) for index in interfaces)
        for variable, declared in state.declared_in:
            self._declared_in.setdefault(variable, []).append(declared)

    def extend(self, variables: Collection[int]) -> None:
        """Take in the values that the variables hold by now."""
        declared_in = self._declared_in
        few = sorted(declared_in) if len(declared_in) < len(variables) else variables
        for variable in few:
            types = declared_in.get(variable) if variable in variables else None
            if types is not None:
                for value in self._actual(variable):
                    for declared in types:
                        self._offer(declared, value)
        while self._pending:
            self._descend(*self._pending.pop())

    def fields(self, declared: list[int], name: int) -> list[int]:
        """The variables of field `name` of all that implements one of the types; none if these are too many."""
        state = self._state
        found: dict[int, None] = {}
        for value in self._all(declared):
            if value & MASK == tokens.OBJECT:
                field = state.known_field(value, name)
                if state.points_to[field]:
                    found[field] = None
            elif value & MASK == tokens.INSTANCE:
                found[member(state, value, name)] = None
        return list(found) if len(found) <= state.bound else []

    def functions(self, declared: list[int]) -> list[int]:
        """The functions that stand for one of the function types; none if these are too many."""
        found = [value >> SHIFT for value in self._all(declared) if value & MASK == tokens.FUNCTION]
        return found if len(found) <= self._state.bound else []

    def _all(self, declared: list[int]) -> list[int]:
        """What implements the types or interfaces derived from them."""
        found: set[int] = set()
        seen = set(declared)
        pending = list(declared)
        while pending:
            current = pending.pop()
            found |= self._of.get(current, set())
            for sub in self._state.classes.subs.get(current >> SHIFT, ()) if current & MASK == tokens.OPEN else ():
                below = token(tokens.OPEN, sub)
                if below not in seen:
                    seen.add(below)
                    pending.append(below)
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
            self._of.setdefault(declared, set()).add(value)
            for name, variable in tuple(state.fields.get(declared, {}).items()):
                self._descend_field(variable, name, value)
            return
        index = declared >> SHIFT
        if not self._fits(index, value):
            return
        self._of.setdefault(declared, set()).add(value)
        for name in sorted(state.classes.own[index]):
            variable = state.known_field(token(tokens.INSTANCE, index), name)
            if not variable:
                continue
            if name == WHOLE:
                self._offer_all(variable, [value])
            else:
                self._descend_field(variable, name, value)
        for base in state.classes.direct_bases(index):
            if base & MASK == tokens.CLASS and is_declared(state, token(tokens.OPEN, base >> SHIFT)):
                self._offer(token(tokens.OPEN, base >> SHIFT), value)

    def _fits(self, index: int, value: int) -> bool:
        """Whether a value can stand for an interface: a function if it can be called, an object if it has a member."""
        state = self._state
        own = state.classes.own[index]
        if value & MASK == tokens.FUNCTION:
            return CALLED in own or WHOLE in own
        if value & MASK == tokens.INSTANCE:
            return True
        return not own or ELEMENT in own or WHOLE in own or not own.isdisjoint(state.fields.get(value, ()))

    def _descend_field(self, variable: int, name: int, value: int) -> None:
        state = self._state
        if not state.points_to[variable] or name == CALLED:
            return
        if value & MASK == tokens.FUNCTION and name in self._parameter_names:
            self._type_parameter(variable, self._parameter_names[name], value >> SHIFT)
        elif value & MASK == tokens.OBJECT:
            names = state.fields.get(value, ()) if name == ELEMENT else (name,)
            for each in tuple(names):
                field = state.known_field(value, each)
                if field:
                    self._offer_all(variable, self._actual(field))

    def _type_parameter(self, variable: int, position: int, function: int) -> None:
        """A parameter to which nothing is known to be passed has the type that the declared function type says."""
        parameters = self._state.program.functions[function].parameters
        if position < len(parameters) and not parameters[position].kind:
            slot = self._table.slot_of(function, parameters[position].slot)
            if not slot:
                return
            types = [
                value for value in sorted(self._state.points_to[variable] or ()) if is_declared(self._state, value)
            ]
            self._declared_in.setdefault(slot, []).extend(types)
            if self._state.points_to[slot]:
                self._offer_all(variable, self._actual(slot))
            else:
                self.typed_parameters.append((variable, slot))

    def _offer_all(self, variable: int, values: list[int]) -> None:
        """Offer values to the declared types in `variable`."""
        for declared in self._state.points_to[variable] or ():
            if is_declared(self._state, declared):
                for value in values:
                    self._offer(declared, value)
