"""Records that a call makes on the spot: `process(Form(file_id=id))`, whose other fields hold their defaults.

Only classes count that hold data and nothing else: their constructors are generated, and no method changes a field.
"""

from collections.abc import Iterable, Mapping
from typing import Final

from alef_audit.callgraph import tokens
from alef_audit.callgraph.calls import CallTable
from alef_audit.callgraph.keeping import Keeping
from alef_audit.callgraph.state import State
from alef_audit.callgraph.tokens import MASK, SHIFT
from alef_audit.facts import flows

_SETTINGS: Final = frozenset(("model_config", "Config", "__slots__", "__doc__", "__module__"))


class Records:
    """Answers for the values of arguments; `bases` are the last names of library classes that only hold data."""

    __slots__ = ("_bases", "_defaults", "_keeping", "_makers", "_state", "_table")

    def __init__(self, state: State, table: CallTable, keeping: Keeping, bases: frozenset[str]) -> None:
        self._state, self._table, self._keeping, self._bases = state, table, keeping, bases
        self._makers: dict[int, int] | None = None
        self._defaults: dict[int, Mapping[str, str] | None] = {}

    def made(self, slot: int) -> Mapping[str, str] | None:
        """The spellings of the fields of the record that a call leaves in `slot`, "" for those that are not known; None
        if none is made there, or if it is not known how.
        """
        if self._makers is None:
            self._makers = self._calls()
        call = self._makers.get(slot, -1)
        if call < 0:
            return None
        held = self._state.held(self._table.callee(call))
        if len(held) != 1 or held[0] & MASK != tokens.CLASS:
            return None
        defaults = self._defaults_of(held[0] >> SHIFT)
        return self._filled(call, defaults) if defaults is not None else None

    def required(self, classes: Iterable[int], field: str) -> str:
        """What a field of an instance of the class in these slots must hold, see `flows.REQUIRED`; "" if unknown."""
        held = {each for slot in classes for each in self._state.held(slot)}
        found = next(iter(held)) if len(held) == 1 else 0
        if found & MASK != tokens.CLASS or not held:
            return ""
        program = self._state.program
        for ancestor in self._state.classes.order(found >> SHIFT):
            if ancestor & MASK == tokens.CLASS:
                number = ancestor >> SHIFT
                unit = program.units[program.class_unit[number]]
                key = (unit.functions, program.classes[number].qualname)
                if field in {unit.facts.names[name] for name in program.classes[number].fields}:
                    return self._keeping.required.get(key, {}).get(field, "")
        return ""

    def _filled(self, call: int, defaults: Mapping[str, str]) -> Mapping[str, str] | None:
        names, fields = self._state.program.names, dict(defaults)
        for label, _, literal in self._table.arguments(call):
            if label <= 0:
                return None  # positional arguments and spreads: which field is meant is not told
            fields[names[label]] = names[literal] if literal else ""
        return fields

    def _calls(self) -> dict[int, int]:
        """The calls with named arguments that leave their value in a slot of their own; -1 for shared ones."""
        table, found = self._table, dict[int, int]()
        ends = table.argument_ends
        for call, result in enumerate(table.results):
            if result and table.argument_values[ends[call] : ends[call + 1] : flows.CALL_ARG].count(flows.NO_NAME) == 0:
                found[result] = call if ends[call + 1] > ends[call] and result not in found else -1
        return found

    def _defaults_of(self, index: int) -> Mapping[str, str] | None:
        """The literal defaults of a record's fields by name; None if the class is more than a record."""
        if index not in self._defaults:
            self._defaults[index] = self._read(index)
        return self._defaults[index]

    def _read(self, index: int) -> Mapping[str, str] | None:
        program = self._state.program
        fields: dict[str, str] = {}
        for ancestor in self._state.classes.order(index):
            number = ancestor >> SHIFT
            if ancestor & MASK == tokens.EXTERNAL:
                if self._state.api.text[number].rpartition(".")[2] not in self._bases:
                    return None
                continue
            if ancestor & MASK != tokens.CLASS:
                return None
            unit = program.units[program.class_unit[number]]
            own = {unit.facts.names[name] for name in program.classes[number].fields}
            if any(unit.facts.names[name] not in own | _SETTINGS for name in program.classes[number].members):
                return None
            told = self._keeping.fields.get((unit.functions, program.classes[number].qualname), {})
            for name in own:
                fields.setdefault(name, told.get(name, ""))
        return fields
