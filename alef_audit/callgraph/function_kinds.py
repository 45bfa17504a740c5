"""Branches on the kind of a function: `if iscoroutinefunction(f):`, `if job.job_type is JobType.Callback:`.

What such a branch calls is asynchronous, or carries a mark that a decorator put on it; a plain function
is not called there.
"""

import re
from collections.abc import Iterable, Sequence
from typing import Final

from alef_audit.callgraph.calls import CallTable
from alef_audit.callgraph.program import Program
from alef_audit.facts import flows, kept
from alef_audit.facts.file import FunctionFlag

_NAMES: Final = re.compile(r"(?<![.\w])\w+")
_FIELD: Final = re.compile(r"(\w+)\.\w+")
_RECEIVERS: Final = ("self", "cls")
_ASYNCHRONOUS: Final = FunctionFlag.ASYNC | FunctionFlag.AWAITABLE


class FunctionKinds:
    """Which calls stand in such a branch, and which functions they can mean."""

    __slots__ = ("_is", "_known", "_marked", "_program", "_sources", "_table")

    def __init__(self, program: Program, table: CallTable, words: Sequence[str], marked: Iterable[int]) -> None:
        """`words` are what names of such kinds and of tests for them contain; `marked` functions are decorated."""
        kinds = "|".join(map(re.escape, words))
        self._is = re.compile(rf"\bis_?\w*(?:{kinds})\w*\(|(?:\bis|==)\s+[\w.]*\.\w*(?:{kinds})\w*$", re.IGNORECASE)
        self._program = program
        self._table = table
        self._marked = frozenset(marked)
        self._known: dict[int, dict[int, frozenset[str]]] = {}
        self._sources: dict[int, dict[tuple[int, str], set[str]]] = {}

    def fitting(self, call: int, name: str, functions: list[int]) -> list[int]:
        """Those of the functions that `call` can run, which finds them in `name` or in a field of it."""
        if not functions or not self.is_chosen(call, name):
            return functions
        facts, member = self._program.functions, self._table.member(call)
        fitting = set(self.of_kind(functions, awaited=bool(self._table.flags(call) & flows.AWAITED)))
        return [
            each for each in functions if each in fitting or (facts[each].owner >= 0 and facts[each].name == member)
        ]

    def of_kind(self, functions: Iterable[int], *, awaited: bool) -> list[int]:
        """Those of the functions that are asynchronous, or are marked and not `awaited`."""
        facts = self._program.functions
        marked = () if awaited else self._marked
        return [each for each in functions if facts[each].flags & _ASYNCHRONOUS or each in marked]

    def is_chosen(self, call: int, name: str) -> bool:
        """Whether `call` stands in a branch that a test of `name` for a kind of function leads to."""
        condition = self._table.condition(call)
        if condition < 0 and not self._table.flags(call) & flows.AWAITED:
            return False
        number = self._program.function_unit[self._table.function(call)]
        tested = self._known.get(number)
        if tested is None:
            tested = self._known[number] = self._read(number)
        if not tested or not name or name in _RECEIVERS:
            return False
        meant = {name, *self._read_from(number).get((self._table.function(call), name), ())}
        conditions = self._program.units[number].facts.conditions
        while condition >= 0:
            if not meant.isdisjoint(tested.get(condition, ())):
                return True
            condition = conditions[condition].parent
        return self._is_awaited_behind(call, name, tested)

    def _is_awaited_behind(self, call: int, name: str, tested: dict[int, frozenset[str]]) -> bool:
        """Whether a function awaits what the one around it has tested: the wrapper that a decorator makes of coroutines
        only, `if iscoroutinefunction(f): async def wrapper(*a): return await f(*a)`.
        """
        function = self._table.function(call)
        unit, facts = self._program.unit_of(function), self._program.functions[function]
        if not self._table.flags(call) & flows.AWAITED or facts.parent <= 0:
            return False
        around, conditions = unit.facts.functions[facts.parent], unit.facts.conditions
        return any(name in names and around.line <= conditions[at].line <= facts.line for at, names in tested.items())

    def _read_from(self, number: int) -> dict[tuple[int, str], set[str]]:
        """What the locals of a file are fields of: `target = job.target` is of the kind that `job` is tested for."""
        known = self._sources.get(number)
        if known is None:
            known = self._sources[number] = {}
            unit = self._program.units[number]
            names = unit.facts.names
            for row in kept.rows(unit.facts.kept):
                field = _FIELD.fullmatch(names[row.value]) if row.kind == kept.READ else None
                if field is not None and field[1] not in _RECEIVERS:
                    known.setdefault((unit.functions + row.function, names[row.subject]), set()).add(field[1])
        return known

    def _read(self, number: int) -> dict[int, frozenset[str]]:
        """The names that the conditions of a file test for a kind, where they hold; Python's functions have kinds."""
        facts = self._program.units[number].facts
        if facts.language != "python":
            return {}
        return {
            index: frozenset(_NAMES.findall(test.text))
            for index, test in enumerate(facts.conditions)
            if test.holds
            and self._is.search(test.text)
            and not test.text.startswith("not ")
            and " or " not in test.text
        }
