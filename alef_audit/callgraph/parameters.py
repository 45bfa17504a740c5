"""Functions handed over as parameters, resolved per call site.

`withLock(fn)`, `retry(() => …)`, `measure({ run })` call what they are given.  Followed through the parameter, every
caller of such a helper would seem to run the callbacks of all its other callers.  Instead the use of a parameter is
carried back to the sites that pass it: the edge goes from the function that contains the site to the callback it passes
(one level of call-site sensitivity, for parameters that are called; k-CFA of Shivers 1991 with k = 1 where it pays).

This module finds the slots that stand for parameters; `passing.py` says what a call site passes for one.
"""

from collections import deque
from typing import Final, NamedTuple

import msgspec
from msgspec.structs import replace

from alef_audit.callgraph.calls import CallTable
from alef_audit.callgraph.loops import Ranged
from alef_audit.callgraph.program import Program
from alef_audit.facts import flows
from alef_audit.facts.file import ParameterKind

WHOLE: Final = -1
COLLECTING: Final = ParameterKind.REST | ParameterKind.KEYWORDS
# Methods of dicts and maps that give the value under the literal that is their first argument.
_KEYED: Final = ("get", "pop", "setdefault")
_VIEWS: Final = ("items", "values", "enumerate")


class Path(msgspec.Struct, frozen=True, gc=False):
    """A parameter, or a field of the object that it holds (`params.load`, `hooks["ready"]`, a step of `*steps`)."""

    function: int
    position: int
    field: int  # name, ELEMENT for any, or WHOLE for the parameter itself


class Use(msgspec.Struct, frozen=True, gc=False):
    """Somewhere the value of a path is run: at `call`, behind `guard`, in the loops that the call itself adds."""

    call: int
    guard: int
    loops: tuple[Ranged, ...]
    awaited: bool
    via: tuple[int, ...] = ()  # the call under a condition that runs the value, where it is the only one


class Literals(NamedTuple):
    """How the literals of one file are written, by slot."""

    copies: dict[int, int]  # slot -> slot that it was first copied from
    stored: dict[int, list[tuple[int, int]]]  # slot of a literal -> (name, slot) entries
    spread: dict[int, list[int]]  # slot of a literal -> slots whose fields it takes


class Spelled:
    """What the text itself says of slots, before any value is known."""

    __slots__ = ("_literals", "_program", "_table", "paths")

    def __init__(self, program: Program, table: CallTable) -> None:
        self._program = program
        self._table = table
        self._literals: dict[int, Literals] = {}
        self.paths = parameter_paths(program, table)  # slot -> the parameter, or field of one, that it holds

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
            paths[table.slot_of(index, parameter.slot)] = Path(index, position, WHOLE)
    paths.pop(0, None)  # parameters that hold data only are no variables
    _read_keys(program, table, paths)
    pairs = _read_views(program, table, paths)
    for number in range(len(program.units)):
        _read_rows(program, table, number, paths, pairs)
    paths.pop(0, None)
    return paths


_MOVES: Final = flows.choice(flows.LOAD, flows.ATTRIBUTE, flows.COPY)
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
                continue
            if source.field == WHOLE:
                name = flows.ELEMENT if c == flows.EACH else names[c]
                if slots[a] not in paths and (name != flows.ELEMENT or _collects(program, source)):
                    paths[slots[a]] = Path(source.function, source.position, name)
                continue
        if base in pairs and op == flows.LOAD:
            if c == flows.EACH:
                pairs.setdefault(slots[a], pairs[base])
            elif program.names[names[c]] == "1":
                paths.setdefault(slots[a], replace(pairs[base], field=flows.ELEMENT))


def _read_literals(program: Program, table: CallTable, number: int) -> Literals:
    unit, names = program.units[number], program.name_maps[number]
    slots = table.slots_of(unit)
    copies: dict[int, int] = {}
    entries: dict[int, list[tuple[int, int]]] = {}
    spread: dict[int, list[int]] = {}
    made: list[int] = []
    for op, a, b, c, _ in flows.chosen(unit.facts.flows, _LITERALS):
        slot = slots[a]
        if op == flows.COPY:
            copies.setdefault(slot, slots[b])
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
    return Literals(copies, {slot: entries.get(slot, []) for slot in made}, spread)


def _collects(program: Program, path: Path) -> bool:
    """Whether a path's parameter collects surplus arguments: each of its elements is an argument of the call site."""
    return bool(program.functions[path.function].parameters[path.position].kind & COLLECTING)


def _read_keys(program: Program, table: CallTable, paths: dict[int, Path]) -> None:
    """`hooks.get("ready")` and `hooks.pop("ready")` are fields of a parameter too."""
    for call in table.named(*_KEYED):
        result, source = table.result(call), paths.get(table.receiver(call))
        if not result or result in paths or source is None or source.field != WHOLE:
            continue
        arguments = table.arguments(call)
        literal = program.names[arguments[0][2]] if arguments else ""
        name = program.name_ids.get(literal[1:]) if literal.startswith('"') else None
        if name:
            paths[result] = Path(source.function, source.position, name)


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
        if source is None or source.field != WHOLE or not _collects(program, source):
            continue
        if name == "values":
            paths.setdefault(table.result(call), source)
        else:
            pairs[table.result(call)] = source
    return pairs


def within(program: Program, function: int, outer: int) -> bool:
    """Whether `function` is `outer` or nested in it."""
    while function >= 0:
        if function == outer:
            return True
        parent = program.functions[function].parent
        function = parent + program.unit_of(function).functions if parent >= 0 else -1
    return False


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
