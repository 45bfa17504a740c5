"""What the call sites of a function pass for one of its parameters."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple, TypeVar

from alef_audit.callgraph import tokens
from alef_audit.callgraph.calls import CallTable
from alef_audit.callgraph.kept import Kept
from alef_audit.callgraph.members import COLLECTION_METHODS
from alef_audit.callgraph.parameters import COLLECTING, DEEPEST, Literals, Path, Spelled
from alef_audit.callgraph.state import State
from alef_audit.callgraph.tokens import MASK, SHIFT
from alef_audit.callgraph.variables import WIDE
from alef_audit.facts import flows
from alef_audit.facts.file import ParameterKind
from alef_audit.facts.flows import EACH, ELEMENT

# Literals nested in literals, spreads of spreads: followed so far.
_DEPTH: Final = 6
# The names that stand for any element.
_ANY: Final = (ELEMENT, EACH)
_FIELDED: Final = (tokens.OBJECT, tokens.INSTANCE, tokens.OPEN)
# A shift of this size stands for `f.apply(self, arguments)`: positions are not known.
_APPLIED: Final = 99
# A site that passes more functions than a large table holds passes everything that there is.  So do, where all sites
# together pass so many, those with more than a few.
_PLENTY: Final = 4 * WIDE
_ALTOGETHER: Final = 8 * WIDE
_FEW: Final = 16


_Value = TypeVar("_Value", int, Path)


class Passed(NamedTuple):
    """What a site passes: functions to run, blocking API nodes, and parameters of its own function that it forwards."""

    functions: list[int]
    nodes: list[int]
    forwards: list[Path]

    def copied(self) -> "Passed":
        return Passed([*self.functions], [*self.nodes], [*self.forwards])

    def once(self) -> "Passed":
        """The same, each once."""
        return Passed(_unique(self.functions), _unique(self.nodes), _unique(self.forwards))


def _unique(values: list[_Value]) -> list[_Value]:
    return list(dict.fromkeys(values)) if len(values) > 1 else values


def _without_crowds(sites: list[tuple[int, Passed]]) -> list[tuple[int, Passed]]:
    """The sites, without functions that are so many that they are no evidence of what runs."""
    most = _FEW if sum(len(passed.functions) for _, passed in sites) > _ALTOGETHER else WIDE
    return [
        (call, passed if len(passed.functions) <= most else passed._replace(functions=[])) for call, passed in sites
    ]


# How an argument arrives at a parameter.
_PLAIN: Final = 0  # as it is
_INDEX: Final = 1  # as the element of a rest parameter at that index
_LABEL: Final = 2  # under that name in a parameter that collects keyword arguments
_SPREAD: Final = 3  # `*xs`: with the elements of xs from that position on
_MAPPING: Final = 4  # `**options`: with what is under the parameter's name, which is given


_Fields = tuple[int, ...]
_Arrival = tuple[int, int, int]  # slot, way, detail


@dataclass(frozen=True, slots=True, eq=False)
class _Callables:
    """Functions and blocking API nodes, each once; there is one object for equal ones."""

    functions: tuple[int, ...]
    nodes: tuple[int, ...]


_NOTHING: Final = _Callables((), ())


class _Fielded(NamedTuple):
    """The values of a variable that have fields."""

    values: list[int]
    are_lost: bool  # whether some are missing


_NO_FIELDS: Final = _Fielded([], are_lost=False)


class _Layout(NamedTuple):
    """The parameters of a function, by their positions in its facts."""

    plain: list[int]  # those that take an argument by position
    names: list[int]
    kinds: list[int]
    rest: list[tuple[int, int]]  # those that collect surplus arguments, with how many plain ones stand before


# For every parameter, the sites that hand it something, in order, with the arguments that arrive.
_Arrivals = list[dict[int, list[_Arrival]]]


class Sites:
    """The call sites of every function, and what they pass for a parameter."""

    __slots__ = (
        "_arrivals",
        "_blocking",
        "_calls",
        "_held_by",
        "_held_in",
        "_joined",
        "_kept",
        "_known",
        "_passed",
        "_spelled",
        "_state",
        "_table",
        "_values",
    )

    def __init__(self, state: State, table: CallTable, spelled: Spelled, blocking: frozenset[int]) -> None:
        """`blocking` are the API nodes of which it matters who passes them."""
        self._blocking = blocking
        self._state = state
        self._table = table
        self._spelled = spelled
        self._kept = Kept(state, table, spelled)
        self._calls: dict[int, list[int]] = {}
        self._arrivals: dict[int, _Arrivals] = {}
        self._passed: dict[Path, list[tuple[int, Passed]]] = {}
        self._held_in: dict[_Fields, dict[int, _Callables]] = {}  # by value
        self._held_by: dict[_Fields, dict[int, _Callables]] = {}  # by variable
        self._joined: dict[tuple[_Callables, ...], _Callables] = {}
        self._known: dict[tuple[tuple[int, ...], tuple[int, ...]], _Callables] = {}
        self._values: dict[int, _Fielded] = {}
        for call, function in state.links:
            self._calls.setdefault(function, []).append(call)

    def passing(self, path: Path) -> list[tuple[int, Passed]]:
        """The call sites that pass anything for a path, in order, with what they pass."""
        known = self._passed.get(path)
        if known is None:
            known = self._passed[path] = self._pass(path) if path.function in self._calls else []
        return known

    def arriving(self, path: Path, call: int) -> list[int]:
        """The arguments that a call passes for a parameter as they are."""
        if path.fields or not self.passing(path):
            return []
        arrivals = self._arrivals[path.function][path.position].get(call, [])
        return [slot for slot, way, _ in arrivals if way == _PLAIN]

    def is_told_apart(self, path: Path) -> bool:
        """Whether the call sites pass different functions for a path, so that it matters which of them runs what."""
        known: set[tuple[int, ...]] = set()
        seen, pending = {path}, [path]
        while pending:
            for _, passed in self.passing(pending.pop()):
                if passed.functions or passed.nodes:
                    known.add((*sorted(passed.functions), -1, *sorted(passed.nodes)))
                    if len(known) > 1:
                        return True
                pending += [forward for forward in passed.forwards if forward not in seen]
                seen.update(passed.forwards)
        return False

    def are_kept(self, slot: int, field: int) -> bool:
        """Whether a slot holds instances whose constructor keeps an argument in that field."""
        return any(
            value & MASK in (tokens.INSTANCE, tokens.OPEN) and field in self._kept.fields(value >> SHIFT)
            for value in self._state.held(slot)
        )

    def _pass(self, path: Path) -> list[tuple[int, Passed]]:
        function = path.function
        kind = self._state.program.functions[function].parameters[path.position].kind
        if function not in self._arrivals:
            calls = sorted(self._calls[function])
            self._arrivals[function] = self._arriving(function, [(c, self._state.links[c, function]) for c in calls])
        by_call = self._arrivals[function][path.position]
        bound = Passed([], [], [])
        if function in self._state.partials:
            # what `partial` bound is passed by the calls of what it gave
            partials = self._arriving(function, [(call, 1) for call in self._state.partials[function]])
            for call, arrivals in partials[path.position].items():
                self._take_all(call, arrivals, kind, path.fields, bound)
        result: list[tuple[int, Passed]] = []
        found = bound.copied()
        for call in sorted(self._calls[function]) if any(bound) else by_call:
            self._take_all(call, by_call.get(call, []), kind, path.fields, found)
            if any(found):
                result.append((call, found.once()))
                found = bound.copied()
        return _without_crowds(result)

    def _arriving(self, function: int, calls: list[tuple[int, int]]) -> _Arrivals:
        """What arrives at the parameters of `function`; before a call's first positional argument stand so many."""
        layout = self._layout(function)
        found: _Arrivals = [{} for _ in layout.kinds]
        for call, shift in calls:
            seen = -shift
            for label, slot, _ in self._table.arguments(call) if shift < _APPLIED else ():
                if not slot:
                    pass
                elif label == flows.NO_NAME and not layout.rest:
                    if 0 <= seen < len(layout.plain):
                        found[layout.plain[seen]].setdefault(call, []).append((slot, _PLAIN, 0))
                else:
                    for position, way, detail in _reached(layout, label, seen):
                        found[position].setdefault(call, []).append((slot, way, detail))
                seen += label == flows.NO_NAME
        return found

    def _layout(self, function: int) -> _Layout:
        parameters = self._state.program.functions[function].parameters
        plain = [position for position, parameter in enumerate(parameters) if not parameter.kind]
        return _Layout(
            plain=plain,
            names=[self._table.name_of(function, parameter.name) for parameter in parameters],
            kinds=[parameter.kind for parameter in parameters],
            rest=[
                (position, sum(before < position for before in plain))
                for position, parameter in enumerate(parameters)
                if parameter.kind == ParameterKind.REST
            ],
        )

    def _take_all(self, call: int, arrivals: list[_Arrival], kind: int, fields: _Fields, found: Passed) -> None:
        """Add what the arguments of `call` pass for a field of the parameter."""
        for slot, way, detail in arrivals:
            if way == _PLAIN:
                self._take(call, slot, fields, found, 0)
            elif way == _SPREAD:
                for names in self._spread(fields, kind, detail):
                    self._take(call, slot, names, found, 0)
            elif way == _MAPPING:
                self._take(call, slot, (detail, *fields), found, 0)
            elif fields and (self._is_index(fields[0], detail) if way == _INDEX else fields[0] in (detail, *_ANY)):
                self._take(call, slot, fields[1:], found, 0)

    def _spread(self, fields: _Fields, kind: int, offset: int) -> Iterator[_Fields]:
        """`f(*xs)`: the element of xs that reaches the parameter, by position where that is known."""
        if kind != ParameterKind.REST:
            yield (self._name_of(offset), *fields)
        elif fields:
            index = self._index(fields[0])
            yield (self._name_of(index + offset) if index is not None else ELEMENT, *fields[1:])

    def _is_index(self, name: int, index: int) -> bool:
        wanted = self._index(name)
        return wanted is None or wanted == index

    def _index(self, name: int) -> int | None:
        """The position that a field name stands for; None for names that are no positions."""
        text = self._state.program.names[name] if name > ELEMENT else ""
        return int(text) if text.isdecimal() else None

    def _name_of(self, index: int) -> int:
        return self._state.program.name_ids.get(str(index), ELEMENT)

    def _take(self, call: int, slot: int, fields: _Fields, found: Passed, depth: int) -> None:
        """Add what `slot`, or its field, holds; `call` says in which file the slot is written."""
        if not slot or depth > _DEPTH:
            return
        forwarded = self._spelled.paths.get(slot)
        if forwarded is not None and forwarded.function not in self._calls:
            # no site of the program calls that function: what libraries hand it is known by its values only
            forwarded = None
        if forwarded is not None:
            if len(forwarded.fields) + len(fields) <= DEEPEST:
                found.forwards.append(forwarded.field(*fields))
            return
        if not fields:
            self._add_callables(slot, found)
            return
        values, are_lost = self._fielded(slot)
        if not values and not are_lost:
            return
        literals = self._spelled.literals(call)
        literal = self._literal(literals, slot)
        if literal:
            self._take_entry(call, literals, literal, fields, found, depth)
            return
        arguments = self._kept_arguments(literals, slot, fields[0])
        for argument in arguments:
            self._take(call, argument, fields[1:], found, depth + 1)
        if not arguments:
            self._take_fields(slot, fields, found)

    def _fielded(self, slot: int) -> _Fielded:
        """What a slot holds that has fields, and whether values were lost on the way to it."""
        found = self._values.get(slot)
        if found is None:
            values = [value for value in self._state.held(slot) if value & MASK in _FIELDED]
            are_lost = self._state.overflowed(slot)
            found = self._values[slot] = _Fielded(values, are_lost) if values or are_lost else _NO_FIELDS
        return found

    def _kept_arguments(self, literals: Literals, slot: int, field: int) -> list[int]:
        """The arguments that an instance keeps in a field, if the file makes it in one place and they are plain."""
        call, index = self._kept.making(literals, slot)
        constructor, position = self._kept.fields(index).get(field, (-1, -1)) if call >= 0 else (-1, -1)
        if position < 0:
            return []
        if constructor < 0:
            given = [
                slot
                for at, (label, slot, _) in enumerate(self._table.arguments(call))
                if label == field or (label == flows.NO_NAME and at == position)
            ]
            is_left_out = not given and all(label >= 0 for label, _, _ in self._table.arguments(call))
            default = self._state.known_field(tokens.token(tokens.CLASS, index), field) if is_left_out else 0
            return [slot for slot in (*given, default) if slot]
        shift = self._state.links.get((call, constructor))
        if shift is None:
            return []
        arrivals = self._arriving(constructor, [(call, shift)])[position].get(call, [])
        return [slot for slot, way, _ in arrivals if way == _PLAIN] if all(w == _PLAIN for _, w, _ in arrivals) else []

    def _take_fields(self, slot: int, fields: _Fields, found: Passed) -> None:
        """What objects hold that are not written at the site."""
        held = self._in_fields(slot, fields)
        found.functions.extend(held.functions)
        found.nodes.extend(held.nodes)

    def _in_fields(self, variable: int, fields: _Fields) -> _Callables:
        """What the values of a variable hold under these names."""
        values = self._fielded(variable).values
        known = self._held_in.setdefault(fields, {})
        for value in values:
            if value not in known:
                known[value] = self._together(self._read_field(value, fields))
        return self._together(map(known.__getitem__, values))

    def _read_field(self, value: int, fields: _Fields) -> Iterator[_Callables]:
        known = self._held_by.setdefault(fields[1:], {})
        for variable in self._variables(value, fields[0]):
            held = known.get(variable)
            if held is None:
                further = fields[1:]
                held = known[variable] = self._in_fields(variable, further) if further else self._callables(variable)
            yield held

    def _together(self, parts: Iterable[_Callables]) -> _Callables:
        """All of these, each once; what passes everything needs no more."""
        found = dict.fromkeys(parts)
        found.pop(_NOTHING, None)
        if len(found) < 2:
            return next(iter(found), _NOTHING)
        key = tuple(found)
        known = self._joined.get(key)
        if known is None:
            functions: dict[int, None] = {}
            for each in key:
                functions.update(dict.fromkeys(each.functions))
                if len(functions) > _PLENTY:
                    break
            nodes = dict.fromkeys([node for each in key for node in each.nodes])
            known = self._joined[key] = self._one(tuple(functions), tuple(nodes))
        return known

    def _one(self, functions: tuple[int, ...], nodes: tuple[int, ...]) -> _Callables:
        """The one object for these: thousands of fields hold the same."""
        if not functions and not nodes:
            return _NOTHING
        return self._known.setdefault((functions, nodes), _Callables(functions, nodes))

    def _variables(self, value: int, name: int) -> Iterator[int]:
        """The variables of what a read of `name` from `value` sees, but for methods."""
        if value & MASK == tokens.OBJECT:
            for each in self._fields(value, name):
                variable = self._state.known_field(value, each)
                if variable:
                    yield variable
        elif value & MASK in (tokens.INSTANCE, tokens.OPEN) and name in self._kept.fields(value >> SHIFT):
            yield from filter(None, (self._members(value).get(name, 0),))

    def _fields(self, value: int, name: int) -> Iterable[int]:
        """The fields of an object that a read of `name` sees."""
        if name in _ANY:
            is_mapping = name == EACH and self._state.stock.keyed.get(value) is not None
            return () if is_mapping else self._state.fields.get(value, ())
        return (name,) if self._state.program.names[name] in COLLECTION_METHODS else (name, ELEMENT)

    def _take_entry(
        self, call: int, literals: Literals, literal: int, fields: _Fields, found: Passed, depth: int
    ) -> None:
        """An entry of a literal written at the site: what is written under the name, else what it spreads."""
        name, entries = fields[0], literals.stored.get(literal, ())
        if name == EACH and self._is_mapping(literal):
            return
        exact = [source for entry, source in entries if entry == name or name in _ANY]
        is_element = name in _ANY or self._state.program.names[name] not in COLLECTION_METHODS
        chosen = exact or [source for entry, source in entries if entry == ELEMENT and is_element]
        for source in chosen:
            self._take(call, source, fields[1:], found, depth + 1)
        if not exact or name in _ANY:
            for source in literals.spread.get(literal, ()):
                self._take(call, source, fields, found, depth + 1)

    def _is_mapping(self, literal: int) -> bool:
        return any(self._state.stock.keyed.get(value) is not None for value in self._state.held(literal))

    def _literal(self, literals: Literals, slot: int) -> int:
        """The slot of the literal that a slot was copied from, 0 if it is none."""
        for _ in range(_DEPTH):
            if slot in literals.stored:
                return slot
            if slot not in literals.copies or slot in self._spelled.paths:
                return 0
            slot = literals.copies[slot]
        return 0

    def _callables(self, slot: int) -> _Callables:
        held = Passed([], [], [])
        self._add_callables(slot, held)
        return self._one(tuple(dict.fromkeys(held.functions)), tuple(dict.fromkeys(held.nodes)))

    def _add_callables(self, slot: int, found: Passed) -> None:
        for value in self._state.held(slot):
            kind, index = value & MASK, value >> SHIFT
            if kind == tokens.FUNCTION:
                found.functions.append(index)
            elif kind == tokens.CLASS:
                found.functions.extend(self._methods(value, ("__init__", "__post_init__", "__new__", "constructor")))
            elif kind in (tokens.INSTANCE, tokens.OPEN):
                found.functions.extend(self._methods(value, ("__call__",)))
            elif kind == tokens.EXTERNAL and index in self._blocking:
                found.nodes.append(index)

    def _members(self, value: int) -> dict[int, int]:
        """The variables of the members of an instance that are read somewhere."""
        known = self._state.classes
        return known.down.get(value >> SHIFT, {}) if value & MASK == tokens.OPEN else known.members.get(value, {})

    def _methods(self, value: int, names: tuple[str, ...]) -> Iterator[int]:
        members = self._members(value)
        for name in names:
            variable = members.get(self._table.names[name])
            for held in self._state.held(variable) if variable is not None else ():
                if held & MASK == tokens.FUNCTION:
                    yield held >> SHIFT


def _reached(layout: _Layout, label: int, seen: int) -> Iterator[tuple[int, int, int]]:
    """The parameters that an argument reaches, with the way and its detail; `seen` positional ones stand before it."""
    if label == flows.NO_NAME:
        if 0 <= seen < len(layout.plain):
            yield layout.plain[seen], _PLAIN, 0
        for position, before in layout.rest:
            if seen >= before:
                yield position, _INDEX, seen - before
    elif label == flows.SPREAD_POSITIONAL:
        for index in range(max(0, seen), len(layout.plain)):
            yield layout.plain[index], _SPREAD, index - seen
        for position, before in layout.rest:
            yield position, _SPREAD, before - seen
    else:
        for position, (name, kind) in enumerate(zip(layout.names, layout.kinds, strict=True)):
            if label == flows.SPREAD_KEYWORD:
                if kind == ParameterKind.KEYWORDS:
                    yield position, _PLAIN, 0
                elif kind != ParameterKind.REST:
                    yield position, _MAPPING, name
            elif kind == ParameterKind.KEYWORDS:
                if label not in _named(layout):
                    yield position, _LABEL, label
            elif label == name and kind != ParameterKind.REST:
                yield position, _PLAIN, 0


def _named(layout: _Layout) -> set[int]:
    """The names under which parameters take an argument."""
    return {name for name, kind in zip(layout.names, layout.kinds, strict=True) if not kind & COLLECTING}
