"""What a call means where more values than a variable may hold have reached its callee.

Which of them were kept depends on the order of arrival, so none of them is evidence.  Three things are: the declared
type of the receiver; what the receiver itself holds under exactly that name, leaving out all that is stored under
computed keys; and, where the receiver is a member that has lost values itself, what is written for the two by name:
`AWS = { util: require("./util") }` tells what `AWS.util.read()` means, whatever is stored on `AWS` in loops.
"""

from collections.abc import Iterable, Iterator, Set
from typing import Final

from alef_audit.callgraph import tokens
from alef_audit.callgraph.calls import CallTable
from alef_audit.callgraph.members import make_instance
from alef_audit.callgraph.state import State
from alef_audit.callgraph.tokens import MASK, SHIFT
from alef_audit.facts import flows

_NAMED: Final = frozenset((tokens.OBJECT, tokens.MODULE))
_LOADS: Final = flows.choice(flows.LOAD, flows.ATTRIBUTE)
_STORES: Final = flows.choice(flows.STORE)


class Written:
    """What the files of a program store under names, looked up where it is asked for."""

    __slots__ = ("_loads", "_sources", "_state", "_stores", "_table")

    def __init__(self, state: State, table: CallTable, calls: Iterable[int]) -> None:
        """`calls`: those of which it may be asked."""
        self._state, self._table = state, table
        receivers = {table.receiver(call) for call in calls}
        places = {state.program.function_unit[table.function(call)] for call in calls}
        self._loads = {
            slot: (base, name) for slot, base, name in self._rows(_LOADS, places) if base and slot in receivers
        }
        names = {name for _, name in self._loads.values()} | {table.members[call] for call in calls}
        self._stores: dict[int, list[tuple[int, int]]] = {}  # name -> (owner, what is stored)
        for owner, source, name in self._rows(_STORES, range(len(state.program.units)), names) if self._loads else ():
            self._stores.setdefault(name, []).append((owner, source))
        self._sources: dict[int, dict[int, list[int]]] = {}  # name -> owner's token -> what is stored in it

    def functions(self, call: int) -> set[int]:
        """The functions that are written under the name of what `call` calls, for what is written for its receiver."""
        base, name = self._loads.get(self._table.receiver(call), (0, 0))
        if not base or self._state.overflowed(base):
            return set()
        objects = (value for value in self._state.held(base) if value & MASK in _NAMED)
        members = {value for each in objects for value in self._values(each, name)}
        found = {value for each in members for value in self._values(each, self._table.members[call])}
        return {value >> SHIFT for value in found if value & MASK == tokens.FUNCTION}

    def _values(self, owner: int, name: int) -> Iterator[int]:
        """What is stored in an object under a name, by variables that have lost nothing."""
        known = self._sources.get(name)
        if known is None:
            known = self._sources[name] = self._by_owner(name)
        for source in known.get(owner, ()):
            yield from self._state.held(source)

    def _by_owner(self, name: int) -> dict[int, list[int]]:
        """What is stored under a name, by what it is stored in: minified files store thousands of things under one."""
        state = self._state
        found: dict[int, list[int]] = {}
        for slot, source in self._stores.pop(name, ()):
            if not state.overflowed(source) and not state.overflowed(slot):
                for owner in state.held(slot):
                    found.setdefault(owner, []).append(source)
        return found

    def _rows(
        self, wanted: bytes, units: Iterable[int], names: Set[int] = frozenset()
    ) -> Iterator[tuple[int, int, int]]:
        """The variables and the names of rows of these files; of certain names only, if some are given."""
        program, aliases = self._state.program, self._table.aliases
        for index in units:
            unit, own = program.units[index], program.name_maps[index]
            if not names or not names.isdisjoint(own):
                for _, a, b, c, _ in flows.chosen(unit.facts.flows, wanted):
                    if b and (not names or own[c] in names):
                        yield aliases[unit.slots + a], aliases[unit.slots + b], own[c]


def overflowed_calls(state: State, table: CallTable) -> frozenset[int]:
    """The calls whose callee lost values."""
    lost = state.saturated
    if lost.isdisjoint(state.wide):
        return frozenset([call for call, callee in enumerate(table.callees) if callee in lost])
    return frozenset([call for call, callee in enumerate(table.callees) if state.overflowed(callee)])


def certain_callees(state: State, table: CallTable, call: int, written: Written) -> tuple[list[int], list[int]]:
    """Functions and API nodes that the overflowed callee of `call` means for certain; empty if nothing is."""
    receiver, member = table.receiver(call), table.member(call)
    if not receiver or not member:
        return [], []
    functions, nodes = _declared(state, receiver, member, table)
    if not functions and not nodes:
        if not state.overflowed(receiver):
            functions, nodes = _exact(state, receiver, member, table.names[member])
        functions = functions or written.functions(call)
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
