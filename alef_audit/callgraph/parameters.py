"""Functions handed over as parameters, resolved per call site.

`withLock(fn)`, `retry(() => …)`, `measure({ run })` call what they are given.  Followed through the parameter, every
caller of
such a helper would seem to run the callbacks of all its other callers.  Instead the use of a parameter is carried back
to
the sites that pass it: the edge goes from the function that contains the site to the callback it passes (one level of
call-site sensitivity, for parameters that are called; k-CFA of Shivers 1991 with k = 1 where it pays).
"""

from array import array
from collections import defaultdict, deque
from typing import Final, NamedTuple

from alef_audit.callgraph import tokens
from alef_audit.callgraph.calls import CallTable
from alef_audit.callgraph.program import Program
from alef_audit.callgraph.state import State
from alef_audit.callgraph.tokens import MASK, SHIFT
from alef_audit.facts import flows

_WHOLE: Final = -1


class Path(NamedTuple):
    """A parameter, or a field of the object that it holds (`params.load`)."""

    function: int
    position: int
    field: int  # name, or -1 for the parameter itself


class Use(NamedTuple):
    """Somewhere the value of a path is run: at `call`, behind `guard`, in the loops that the call itself adds."""

    call: int
    guard: int
    loops: tuple[str, ...]


def parameter_paths(program: Program, table: CallTable) -> dict[int, Path]:
    """Which slots hold a parameter, or a field loaded from one, and nothing else that matters."""
    paths: dict[int, Path] = {}
    for index, facts in enumerate(program.functions):
        for position, parameter in enumerate(facts.parameters):
            if parameter.slot and not parameter.kind & 3:
                paths[table.slot_of(index, parameter.slot)] = Path(index, position, _WHOLE)
    for number, unit in enumerate(program.units):
        rows = array("i")
        rows.frombytes(unit.facts.flows)
        names = program.name_maps[number]
        aliases, base = table.aliases, unit.slots
        for at in range(0, len(rows), flows.ROW):
            op = rows[at]
            if op != flows.LOAD and op != flows.COPY:
                continue
            source = paths.get(aliases[base + rows[at + 2]])
            if source is None or (op == flows.LOAD and source.field != _WHOLE):
                continue
            destination = aliases[base + rows[at + 1]]
            if destination not in paths:
                name = names[rows[at + 3]]
                if op == flows.COPY:
                    paths[destination] = source
                elif name != flows.ELEMENT:
                    paths[destination] = Path(source.function, source.position, name)
    return paths


class Sites:
    """The call sites of every function, and what they pass for a parameter."""

    __slots__ = ("_calls", "_paths", "_state", "_table")

    def __init__(self, state: State, table: CallTable, paths: dict[int, Path]) -> None:
        self._state = state
        self._table = table
        self._paths = paths
        self._calls: defaultdict[int, list[int]] = defaultdict(list)
        for call, function in state.links:
            self._calls[function].append(call)

    def of(self, function: int) -> list[int]:
        return sorted(self._calls.get(function, ()))

    def passed(self, call: int, path: Path) -> tuple[list[int], list[Path]]:
        """What `call` passes for `path`: functions, and paths of its own function that it only forwards."""
        slot = self._argument(call, path)
        if not slot:
            return [], []
        held = self._state.held(slot)
        forwarded = self._paths.get(slot)
        if path.field == _WHOLE:
            if forwarded is not None:
                return [], [forwarded]
            return [value >> SHIFT for value in held if value & MASK == tokens.FUNCTION], []
        if forwarded is not None and forwarded.field == _WHOLE:
            return [], [Path(forwarded.function, forwarded.position, path.field)]
        functions: list[int] = []
        forwards: list[Path] = []
        for value in held:
            variable = self._state.fields.get((value, path.field)) if value & MASK == tokens.OBJECT else None
            if variable is None:
                continue
            functions.extend(
                other >> SHIFT
                for other in self._state.held(variable)
                if other & MASK == tokens.FUNCTION
            )
        return functions, forwards

    def _argument(self, call: int, path: Path) -> int:
        """The slot of the argument that reaches a parameter, by position or by name; 0 if that is not known."""
        facts = self._state.program.functions[path.function]
        wanted = facts.parameters[path.position]
        name = self._table.name_of(path.function, wanted.name)
        position = sum(1 for parameter in facts.parameters[: path.position] if not parameter.kind)
        seen = 0
        for label, slot, _ in self._table.arguments(call):
            if label == flows.NO_NAME:
                if seen == position and not wanted.kind:
                    return slot
                seen += 1
            elif label > 0 and label == name:
                return slot
            elif label < 0:
                return 0
        return 0


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
