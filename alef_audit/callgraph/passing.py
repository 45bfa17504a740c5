"""What the call sites of a function pass for one of its parameters."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from alef_audit.callgraph import tokens
from alef_audit.callgraph.calls import CallTable
from alef_audit.callgraph.members import COLLECTION_METHODS
from alef_audit.callgraph.parameters import COLLECTING, WHOLE, Path, Spelled
from alef_audit.callgraph.state import State
from alef_audit.callgraph.tokens import MASK, SHIFT
from alef_audit.facts import flows
from alef_audit.facts.file import ParameterKind
from alef_audit.facts.flows import ELEMENT

# Literals nested in literals, spreads of spreads: followed so far.
_DEPTH: Final = 6
# A shift of this size stands for `f.apply(self, arguments)`: positions are not known.
_APPLIED: Final = 99


class Passed(NamedTuple):
    """What a site passes: functions to run, API nodes to call, and parameters of its own function that it forwards."""

    functions: list[int]
    nodes: list[int]
    forwards: list[Path]


class Sites:
    """The call sites of every function, and what they pass for a parameter."""

    __slots__ = ("_calls", "_spelled", "_state", "_table")

    def __init__(self, state: State, table: CallTable, spelled: Spelled) -> None:
        self._state = state
        self._table = table
        self._spelled = spelled
        self._calls: defaultdict[int, list[int]] = defaultdict(list)
        for call, function in state.links:
            self._calls[function].append(call)

    def of(self, function: int) -> list[int]:
        return sorted(self._calls.get(function, ()))

    def passed(self, call: int, path: Path) -> Passed:
        """What `call` passes for `path`."""
        found = Passed([], [], [])
        for slot, name in self._arguments(call, path, self._state.links[call, path.function]):
            self._take(slot, name, found, 0)
        for bound in self._state.partials.get(path.function, ()):
            # what `partial` bound is passed by the calls of what it gave
            for slot, name in self._arguments(bound, path, 1):
                self._take(slot, name, found, 0)
        return found

    def _arguments(self, call: int, path: Path, shift: int) -> Iterator[tuple[int, int]]:
        """The argument slots that reach a path, each with the field to read of it (WHOLE for the value itself)."""
        if shift >= _APPLIED:
            return
        parameters = self._state.program.functions[path.function].parameters
        wanted = parameters[path.position]
        position = sum(1 for parameter in parameters[: path.position] if not parameter.kind)
        name = self._table.name_of(path.function, wanted.name)
        named = {self._table.name_of(path.function, p.name) for p in parameters if not p.kind & COLLECTING}
        seen = -shift
        for label, slot, _ in self._table.arguments(call):
            if label == flows.NO_NAME:
                if wanted.kind == ParameterKind.REST:
                    if seen >= position and self._is_index(path.field, seen - position):
                        yield slot, WHOLE
                elif not wanted.kind and seen == position:
                    yield slot, path.field
                seen += 1
            elif label == flows.SPREAD_POSITIONAL:
                yield from self._spread(slot, path, wanted.kind, position - seen)
            elif label == flows.SPREAD_KEYWORD:
                if wanted.kind == ParameterKind.KEYWORDS:
                    yield slot, path.field
                elif path.field == WHOLE and wanted.kind != ParameterKind.REST:
                    yield slot, name
            elif wanted.kind == ParameterKind.KEYWORDS:
                if path.field in (label, ELEMENT) and label not in named:
                    yield slot, WHOLE
            elif label == name and wanted.kind != ParameterKind.REST:
                yield slot, path.field

    def _spread(self, slot: int, path: Path, kind: int, offset: int) -> Iterator[tuple[int, int]]:
        """`f(*xs)`: the element of xs that reaches the parameter, by position where that is known."""
        if kind == ParameterKind.REST:
            index = self._index(path.field)
            yield slot, self._name_of(index + offset) if index is not None and path.field != ELEMENT else ELEMENT
        elif not kind and path.field == WHOLE and offset >= 0:
            yield slot, self._name_of(offset)

    def _is_index(self, name: int, index: int) -> bool:
        wanted = self._index(name)
        return wanted is None or wanted == index

    def _index(self, name: int) -> int | None:
        """The position that a field name stands for; None for names that are no positions."""
        text = self._state.program.names[name] if name > ELEMENT else ""
        return int(text) if text.isdecimal() else None

    def _name_of(self, index: int) -> int:
        return self._state.program.name_ids.get(str(index), ELEMENT)

    def _take(self, slot: int, name: int, found: Passed, depth: int) -> None:
        """Add what `slot`, or its field `name`, holds."""
        if not slot or depth > _DEPTH:
            return
        forwarded = self._spelled.paths.get(slot)
        if forwarded is not None and forwarded.function not in self._calls:
            # no site of the program calls that function: what libraries hand it is known by its values only
            forwarded = None
        if name == WHOLE:
            if forwarded is not None:
                found.forwards.append(forwarded)
            else:
                self._add_callables(slot, found)
            return
        if forwarded is not None:
            if forwarded.field == WHOLE:
                found.forwards.append(Path(forwarded.function, forwarded.position, name))
            return
        literal = self._literal(slot)
        if literal:
            self._take_entry(literal, name, found, depth)
            return
        for value in self._state.held(slot):
            if value & MASK == tokens.OBJECT:
                for each in self._fields(value, name):
                    variable = self._state.known_field(value, each)
                    if variable:
                        self._add_callables(variable, found)

    def _fields(self, value: int, name: int) -> Iterable[int]:
        """The fields of an object that a read of `name` sees."""
        if name == ELEMENT:
            return self._state.fields.get(value, ())
        return (name,) if self._state.program.names[name] in COLLECTION_METHODS else (name, ELEMENT)

    def _take_entry(self, literal: int, name: int, found: Passed, depth: int) -> None:
        """An entry of a literal written at the site: what is written under the name, else what it spreads."""
        entries = self._spelled.stored.get(literal, ())
        exact = [source for entry, source in entries if entry == name or name == ELEMENT]
        is_element = name == ELEMENT or self._state.program.names[name] not in COLLECTION_METHODS
        chosen = exact or [source for entry, source in entries if entry == ELEMENT and is_element]
        for source in chosen:
            self._take(source, WHOLE, found, depth + 1)
        if not exact:
            for source in self._spelled.spread.get(literal, ()):
                self._take(source, name, found, depth + 1)

    def _literal(self, slot: int) -> int:
        """The slot of the literal that a slot was copied from, 0 if it is none."""
        spelled = self._spelled
        for _ in range(_DEPTH):
            if slot in spelled.stored:
                return slot
            if slot not in spelled.copies or slot in spelled.paths:
                return 0
            slot = spelled.copies[slot]
        return 0

    def _add_callables(self, slot: int, found: Passed) -> None:
        for value in self._state.held(slot):
            kind, index = value & MASK, value >> SHIFT
            if kind == tokens.FUNCTION:
                found.functions.append(index)
            elif kind == tokens.CLASS:
                found.functions.extend(self._methods(value, ("__init__", "__post_init__", "__new__", "constructor")))
            elif kind in (tokens.INSTANCE, tokens.OPEN):
                found.functions.extend(self._methods(value, ("__call__",)))
            elif kind == tokens.EXTERNAL:
                found.nodes.append(index)

    def _methods(self, value: int, names: tuple[str, ...]) -> Iterator[int]:
        known = self._state.classes
        is_open = value & MASK == tokens.OPEN
        members = known.down.get(value >> SHIFT, {}) if is_open else known.members.get(value, {})
        for name in names:
            variable = members.get(self._table.names[name])
            for held in self._state.held(variable) if variable is not None else ():
                if held & MASK == tokens.FUNCTION:
                    yield held >> SHIFT
