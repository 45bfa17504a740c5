"""Functions handed over as parameters, resolved per call site.

`withLock(fn)`, `retry(() => …)`, `measure({ run })` call what they are given.  Followed through the parameter, every
caller of such a helper would seem to run the callbacks of all its other callers.  Instead the use of a parameter is
carried back to the sites that pass it: the edge goes from the function that contains the site to the callback it passes
(one level of call-site sensitivity, for parameters that are called; k-CFA of Shivers 1991 with k = 1 where it pays).

This module finds the slots that stand for parameters; `passing.py` says what a call site passes for one.
"""

from collections import deque
from collections.abc import Iterator
from typing import Final, NamedTuple

import msgspec

from alef_audit.callgraph.calls import CallTable
from alef_audit.callgraph.loops import Ranged
from alef_audit.callgraph.program import Program
from alef_audit.facts import flows
from alef_audit.facts.file import ParameterKind

# Fields of fields of parameters: followed so far.
DEEPEST: Final = 2
COLLECTING: Final = ParameterKind.REST | ParameterKind.KEYWORDS
# Methods of dicts and maps that give the value under the literal that is their first argument.
_KEYED: Final = ("get", "pop", "setdefault")
_VIEWS: Final = ("items", "values", "enumerate")
# Methods of arrays that call the function that they are given with each element in first place.
_STEPPING: Final = ("map", "forEach", "flatMap", "filter", "some", "every", "find")


class Path(msgspec.Struct, frozen=True, gc=False):
    """A parameter, or a field of the object that it holds (`params.load`, `hooks["ready"]`, `options.tasks[0]`)."""

    function: int
    position: int
    fields: tuple[int, ...] = ()  # names from the outside in, ELEMENT for any, EACH for what iterating gives

    def field(self, *names: int) -> "Path":
        """That field of what the path stands for."""
        return Path(self.function, self.position, self.fields + names)


class Use(msgspec.Struct, frozen=True, gc=False):
    """Somewhere the value of a path is run: at `call`, behind `guard`, in the loops that the call itself adds."""

    call: int
    guard: int
    loops: tuple[Ranged, ...]
    awaited: bool
    of_kind: bool = False  # in a branch that plain functions never reach
    via: tuple[int, ...] = ()  # the call under a condition that runs the value, where it is the only one


class Literals(NamedTuple):
    """How the literals of one file are written, by slot."""

    copies: dict[int, int]  # slot -> slot that it was first copied from
    stored: dict[int, list[tuple[int, int]]]  # slot of a literal -> (name, slot) entries
    spread: dict[int, list[int]]  # slot of a literal -> slots whose fields it takes
    rewritten: set[int]  # slots that something else is copied into, too


class Spelled:
    """What the text itself says of slots, before any value is known."""

    __slots__ = ("_literals", "_program", "_table", "paths", "stepping")

    def __init__(self, program: Program, table: CallTable) -> None:
        self._program = program
        self._table = table
        self._literals: dict[int, Literals] = {}
        self.paths = parameter_paths(program, table)  # slot -> the parameter, or field of one, that it holds
        # function written for `map`, `forEach` of a parameter -> that call; its own first parameter is an element
        self.stepping = _read_steps(program, table, self.paths)

    def collects(self, path: Path) -> bool:
        """Whether a path's parameter collects surplus arguments: its elements are arguments of the call site."""
        return bool(self._program.functions[path.function].parameters[path.position].kind & COLLECTING)

    def literals(self, call: int) -> Literals:
        """The literals of the file that `call` stands in; read when they are asked for."""
        number = self._program.function_unit[self._table.functions[call]]
        found = self._literals.get(number)
        if found is None:
            found = self._literals[number] = _read_literals(self._program, self._table, number)
        return found


def parameter_paths(program: Program, table: CallTable) -> dict[int, Path]:
    """Read off the flow rows which slots hold a parameter, or a field loaded from one."""
    paths: dict[int, Path] = {}
    for index, facts in enumerate(program.functions):
        for position, parameter in enumerate(facts.parameters):
            paths[table.slot_of(index, parameter.slot)] = Path(index, position)
    paths.pop(0, None)  # parameters that hold data only are no variables
    _read_keys(program, table, paths)
    pairs = _read_views(program, table, paths)
    for number in range(len(program.units)):
        _read_rows(program, table, number, paths, pairs)
    paths.pop(0, None)
    return paths


_MOVES: Final = flows.choice(flows.LOAD, flows.ATTRIBUTE, flows.COPY)
_WRITTEN: Final = flows.choice(flows.FUNCTION)
_LITERALS: Final = flows.choice(flows.COPY, flows.OBJECT, flows.STORE, flows.SPREAD)


def _read_rows(program: Program, table: CallTable, number: int, paths: dict[int, Path], pairs: dict[int, Path]) -> None:
    unit, names = program.units[number], program.name_maps[number]
    slots = table.slots_of(unit)
    for op, a, b, c, _ in flows.chosen(unit.facts.flows, _MOVES):
        base = slots[b]
        if base in paths:
            source = paths[base]
            if op == flows.COPY:
                paths.setdefault(slots[a], source)
            elif slots[a] not in paths and len(source.fields) < DEEPEST:
                paths[slots[a]] = source.field(c if c == flows.EACH else names[c])
            continue
        if base in pairs and op == flows.LOAD:
            if c == flows.EACH:
                pairs.setdefault(slots[a], pairs[base])
            elif program.names[names[c]] == "1":
                paths.setdefault(slots[a], pairs[base])


def _read_literals(program: Program, table: CallTable, number: int) -> Literals:
    unit, names = program.units[number], program.name_maps[number]
    slots = table.slots_of(unit)
    copies: dict[int, int] = {}
    entries: dict[int, list[tuple[int, int]]] = {}
    spread: dict[int, list[int]] = {}
    made: list[int] = []
    rewritten: set[int] = set()
    for op, a, b, c, _ in flows.chosen(unit.facts.flows, _LITERALS):
        slot = slots[a]
        if op == flows.COPY:
            if copies.setdefault(slot, slots[b]) != slots[b]:
                rewritten.add(slot)
        elif op == flows.OBJECT:
            made.append(slot)
        elif op == flows.STORE:
            known = entries.get(slot)
            if known is None:
                entries[slot] = [(names[c], slots[b])]
            else:
                known.append((names[c], slots[b]))
        else:
            spread.setdefault(slot, []).append(slots[b])
    return Literals(copies, {slot: entries.get(slot, []) for slot in made}, spread, rewritten)


def _collects(program: Program, path: Path) -> bool:
    """Whether a path's parameter collects surplus arguments: each of its elements is an argument of the call site."""
    kind = program.functions[path.function].parameters[path.position].kind
    return not path.fields and bool(kind & COLLECTING)


def _read_keys(program: Program, table: CallTable, paths: dict[int, Path]) -> None:
    """`hooks.get("ready")` and `hooks.pop("ready")` are fields of a parameter too."""
    for call in table.named(*_KEYED):
        result, source = table.result(call), paths.get(table.receiver(call))
        if not result or result in paths or source is None or len(source.fields) >= DEEPEST:
            continue
        arguments = table.arguments(call)
        literal = program.names[arguments[0][2]] if arguments else ""
        name = program.name_ids.get(literal[1:]) if literal.startswith('"') else None
        if name:
            paths[result] = source.field(name)


def _read_views(program: Program, table: CallTable, paths: dict[int, Path]) -> dict[int, Path]:
    """`kwargs.values()` stands for kwargs; gives the slots of `kwargs.items()` and `enumerate(args)`, whose elements
    are pairs with an argument of the call site in second place.
    """
    pairs: dict[int, Path] = {}
    for call in table.named(*_VIEWS):
        if not table.result(call):
            continue
        name = table.member(call)
        arguments = table.arguments(call)
        viewed = arguments[0][1] if name == "enumerate" and arguments else table.receiver(call)
        source = paths.get(viewed)
        if source is None or len(source.fields) >= DEEPEST:
            continue
        if name != "values":
            pairs[table.result(call)] = source.field(flows.EACH if name == "enumerate" else flows.ELEMENT)
        elif _collects(program, source):
            paths.setdefault(table.result(call), source)
    return pairs


def _read_steps(program: Program, table: CallTable, paths: dict[int, Path]) -> dict[int, int]:
    """The functions written for `map`, `forEach` and their like of a parameter: what reaches them are its elements.

    Gives the call by such a function; in `paths`, its first parameter becomes an element of what it steps through.
    """
    calls = [call for call in table.named(*_STEPPING) if paths.get(table.receiver(call)) and table.arguments(call)]
    if not calls:
        return {}
    wanted = {table.arguments(call)[0][1]: call for call in calls}
    found: dict[int, int] = {}
    for number in {program.function_unit[table.function(call)] for call in calls}:
        unit = program.units[number]
        slots = table.slots_of(unit)
        for _, slot, index, _, _ in flows.chosen(unit.facts.flows, _WRITTEN):
            if slots[slot] in wanted:
                found[unit.functions + index] = wanted[slots[slot]]
    ours: dict[int, list[int]] = {}
    for slot, path in paths.items():
        if path.function in found and path.position == 0:
            ours.setdefault(path.function, []).append(slot)
    for function in sorted(ours):  # outer ones first
        source = paths.get(table.receiver(found[function]))
        for slot in ours[function]:
            path = paths[slot]
            if source is not None and len(source.fields) + len(path.fields) < DEEPEST:
                paths[slot] = source.field(flows.EACH, *path.fields)
    return found


def within(program: Program, function: int, outer: int) -> bool:
    """Whether `function` is `outer` or nested in it."""
    parents = program.parents
    while function != outer and function >= 0:
        function = parents[function]
    return function == outer


def enclosing(program: Program, function: int) -> Iterator[int]:
    """A function and those that it is nested in, the module body last."""
    parents = program.parents
    while function >= 0:
        yield function
        function = parents[function]


def parent_of(program: Program, function: int) -> int:
    """The function that `function` is nested in, -1 for that of a module."""
    return program.parents[function]


def guards_between(program: Program, outgoing: dict[int, list[tuple[int, int]]], outer: int, inner: int) -> int | None:
    """The guards crossed from `outer` to `inner`, a function nested in it, by the best path among nested functions.

    None when no such path is known: then `inner` is a closure that others run later.
    """
    if outer == inner:
        return 0
    best = {outer: 0}
    queue = deque([outer])
    while queue:
        current = queue.popleft()
        for callee, guard in outgoing.get(current, ()):
            crossed = best[current] | guard
            if callee in best and best[callee] & ~crossed == 0:
                continue
            if callee in best and crossed & ~best[callee] != 0:
                continue
            if within(program, callee, outer):
                best[callee] = crossed
                queue.append(callee)
    return best.get(inner)
