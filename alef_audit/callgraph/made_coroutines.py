"""Coroutines that are handed to what runs them: `asyncio.run(main())`, and `job = main()` in front of it."""

from alef_audit.callgraph.calls import CallTable
from alef_audit.callgraph.collect import Collector
from alef_audit.callgraph.graph import CALLBACK
from alef_audit.callgraph.mentions import uses_of_slots
from alef_audit.facts import flows
from alef_audit.facts.file import FunctionFlag
from alef_audit.rulepack.model import RootRow


def handed_coroutines(collector: Collector) -> list[tuple[RootRow, int, int]]:
    """The coroutines that rows make roots of: the row, the call that is given one, the function that makes it.

    A task that the same function runs to its end, `loop.run_until_complete(task)`, is not left running beside it.
    """
    if not collector.coroutines:
        return []
    table = collector.table
    made, held = _unawaited(collector), _Held(collector)
    found: list[tuple[RootRow, int, int]] = []
    for row, call in collector.coroutines:
        for inner, callee, how in made.get(table.function(call), ()):
            if inner == call:
                continue
            # what a call is handed as a callback is not what its result is made by
            if _is_inside(table, inner, call) or (how != CALLBACK and held.is_given(inner, call)):
                found.append((row, call, callee))
    ended = {(table.function(call), callee) for row, call, callee in found if not row.beside}
    return [one for one in found if not one[0].beside or (table.function(one[1]), one[2]) not in ended]


def _unawaited(collector: Collector) -> dict[int, list[tuple[int, int, int]]]:
    """By function, its calls that make a coroutine which is not awaited on the spot: call, async function, how."""
    table, functions = collector.table, collector.state.program.functions
    found: dict[int, list[tuple[int, int, int]]] = {}
    for (call, callee), edge in collector.edges.items():
        if functions[callee].flags & FunctionFlag.ASYNC and not table.flags(call) & flows.AWAITED:
            found.setdefault(edge.caller, []).append((call, callee, edge.how))
    return found


def _is_inside(table: CallTable, inner: int, call: int) -> bool:
    """Whether a call stands between the parentheses of another."""
    start, end = (table.line(call), table.column(call)), table.end_line(call)
    return start <= (table.line(inner), table.column(inner)) and table.line(inner) <= end


class _Held:
    """What the variables of a function hold, followed from one to the next and through the tasks made of it."""

    def __init__(self, collector: Collector) -> None:
        self._program, self._table = collector.state.program, collector.table
        self._uses: dict[int, dict[int, list[tuple[int, int]]]] = {}
        self._tasks: dict[int, list[int]] = {}  # by function, its calls that make a task of a coroutine
        for row, call in collector.coroutines:
            if row.beside and collector.table.result(call):
                self._tasks.setdefault(collector.table.function(call), []).append(call)

    def is_given(self, inner: int, call: int) -> bool:
        """Whether a variable that a call is given holds the result of an earlier call of the same function."""
        table = self._table
        result, given = table.result(inner), set(table.argument_slots(call)) - {0}
        if not result or not given or table.line(inner) > table.line(call):
            return False
        function = table.function(call)
        tasks = [(set(table.argument_slots(task)), table.result(task)) for task in self._tasks.get(function, ())]
        pending, seen = [result], {result}
        while pending:
            slot = pending.pop()
            if slot in given:
                return True
            new = self._takers(function, slot)
            new |= {made for slots, made in tasks if slot in slots}
            pending.extend(new - seen)
            seen |= new
        return False

    def _takers(self, function: int, slot: int) -> set[int]:
        """The variables of a function that are given the value of another one of it."""
        unit = self._program.unit_of(function)
        uses = self._uses.get(unit.functions)
        if uses is None:
            uses = self._uses[unit.functions] = uses_of_slots(unit)
        found = uses.get(slot - unit.slots, ())
        return {target + unit.slots for reader, target in found if target and unit.functions + reader == function}
