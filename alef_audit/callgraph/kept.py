"""Instances that carry a function: what the call that makes one hands to its constructor, by the field that keeps it.

`HassJob(target)` keeps `target` in a field of that name; who runs `job.target()` runs what that call was given.
"""

from typing import Final

from alef_audit.callgraph import tokens
from alef_audit.callgraph.calls import CallTable
from alef_audit.callgraph.keeping import CONSTRUCTORS
from alef_audit.callgraph.parameters import Literals, Spelled
from alef_audit.callgraph.program import methods_of
from alef_audit.callgraph.state import State
from alef_audit.callgraph.tokens import MASK, SHIFT
from alef_audit.facts import flows

_COPIES: Final = 4
_STORED: Final = flows.choice(flows.SELF, flows.STORE)

_Keeping = dict[int, tuple[int, int]]  # field -> constructor and its parameter's position, -1 for a generated one


class Kept:
    """The fields of classes in which constructors keep their arguments, and the calls that make instances."""

    __slots__ = ("_classes", "_made", "_spelled", "_state", "_stores", "_table")

    def __init__(self, state: State, table: CallTable, spelled: Spelled) -> None:
        self._state = state
        self._table = table
        self._spelled = spelled
        self._classes: dict[int, _Keeping] = {}
        self._stores: dict[int, dict[int, _Keeping]] = {}  # unit -> constructor -> what it keeps
        self._made: dict[int, int] | None = None

    def fields(self, index: int) -> _Keeping:
        """The fields in which instances of a class keep what their constructor is given."""
        found = self._classes.get(index)
        if found is None:
            found = self._classes[index] = self._read_class(index)
        return found

    def making(self, literals: Literals, slot: int) -> tuple[int, int]:
        """The call that made what a slot holds, and the class; (-1, -1) if it is not one call of one class."""
        if self._made is None:
            self._made = {result: call for call, result in enumerate(self._table.results) if result}
        for _ in range(_COPIES):
            call = self._made.get(slot, -1)
            if call >= 0:
                held = self._state.held(self._table.callee(call))
                is_class = len(held) == 1 and held[0] & MASK == tokens.CLASS
                return (call, held[0] >> SHIFT) if is_class else (-1, -1)
            if slot not in literals.copies or slot in literals.rewritten or slot in self._spelled.paths:
                break
            slot = literals.copies[slot]
        return -1, -1

    def _read_class(self, index: int) -> _Keeping:
        program, classes = self._state.program, self._state.classes
        found: _Keeping = {}
        constructors = [
            function
            for ancestor in classes.ancestors(index)
            for name in CONSTRUCTORS
            for function in methods_of(program, ancestor, name)
        ]
        for function in constructors:
            for field, where in self._read_constructor(function).items():
                found.setdefault(field, where)
        if not constructors:
            found = {field: (-1, position) for position, field in enumerate(classes.fields_of(index))}
        return found

    def _read_constructor(self, function: int) -> _Keeping:
        number = self._state.program.function_unit[function]
        found = self._stores.get(number)
        if found is None:
            found = self._stores[number] = self._read_unit(number)
        return found.get(function, {})

    def _read_unit(self, number: int) -> dict[int, _Keeping]:
        """What the constructors of a file keep."""
        program, table, paths = self._state.program, self._table, self._spelled.paths
        unit, names = program.units[number], program.name_maps[number]
        slots = table.slots_of(unit)
        functions = range(unit.functions, unit.functions + len(unit.facts.functions))
        constructors = [each for each in functions if program.functions[each].name in CONSTRUCTORS]
        if not constructors:
            return {}
        found: dict[int, _Keeping] = {each: {} for each in constructors}
        instances = {table.slot_of(each, program.functions[each].receiver) for each in constructors}
        for op, a, b, c, _ in flows.chosen(unit.facts.flows, _STORED):
            if op == flows.SELF:
                instances.add(slots[a])
            elif slots[a] in instances:
                path = paths.get(slots[b])
                if path is not None and not path.fields and path.function in found:
                    found[path.function].setdefault(names[c], (path.function, path.position))
        return found
