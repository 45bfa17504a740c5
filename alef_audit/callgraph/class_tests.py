"""Branches on the class of a value: `if isinstance(client, Fast): client.read()` calls no other class's method."""

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from alef_audit.callgraph import tokens
from alef_audit.callgraph.calls import CallTable
from alef_audit.callgraph.keeping import chain
from alef_audit.callgraph.predicates import implied, parse, separated
from alef_audit.callgraph.program import methods_of
from alef_audit.callgraph.state import State
from alef_audit.callgraph.tokens import MASK, SHIFT
from alef_audit.facts.file import Condition, FunctionFlag

_TEST: Final = re.compile(r"isinstance\((.*)\)\Z", re.DOTALL)
_SUBJECT: Final = re.compile(r"[\w.]+")


class _Test(NamedTuple):
    """What a test says of a value: its text and variable, and the classes that it is of, or of none of them."""

    subject: str
    variable: int
    holds: bool
    classes: tuple[int, ...]  # of the program
    outside: bool  # classes of libraries are among them


class ClassTests:
    """Which callees a call below a test for the class of its receiver can mean."""

    __slots__ = ("_empty", "_known", "_made", "_state", "_table")

    def __init__(self, state: State, table: CallTable) -> None:
        self._state = state
        self._table = table
        self._made: dict[tuple[int, int], list[int]] = {}  # (function, line) -> calls of `isinstance`
        for call in table.named("isinstance"):
            self._made.setdefault((table.function(call), table.lines[call]), []).append(call)
        self._empty: set[int] = set()  # results of calls that none of their callees fit
        self._known: dict[tuple[int, int], tuple[_Test, ...]] = {}  # (function, condition) -> what it says

    def fitting(self, call: int, functions: list[int]) -> list[int]:
        """Those of the methods in a callee that its receiver can have; plain functions are nobody's methods.

        What an iterator gives that is never made has none: calls are asked in the order of the table.
        """
        if not functions or not self._made:
            return functions
        if self._table.receiver(call) in self._empty:
            return []
        tests = self._about(call)
        fitting = [function for function in functions if self._fits(function, tests)] if tests else functions
        if not fitting and not any(test.holds and test.outside for test in tests):
            fitting = self._never_made(call, tests)
        if not fitting and self._table.result(call):
            self._empty.add(self._table.result(call))
        return fitting

    def _never_made(self, call: int, tests: tuple[_Test, ...]) -> list[int]:
        """Methods of classes that nothing instantiates, where the tests rule out all others that a declared type
        allows: whoever asks knows that there are such instances.
        """
        program, classes = self._state.program, self._state.classes
        receiver, member = self._table.receiver(call), self._table.members[call]
        declared = [value >> SHIFT for value in self._state.held(receiver) or () if value & MASK == tokens.OPEN]
        found: dict[int, None] = {}
        for sub in sorted({sub for index in declared for sub in classes.family(index)} - classes.live):
            orders = (value >> SHIFT for value in classes.order(sub) if value & MASK == tokens.CLASS)
            methods = next(filter(None, (methods_of(program, index, program.names[member]) for index in orders)), [])
            found.update(dict.fromkeys(method for method in methods if self._may_run(method, tests)))
        return list(found) if len(found) <= self._state.bound else []

    def _may_run(self, method: int, tests: tuple[_Test, ...]) -> bool:
        return not self._state.program.functions[method].flags & FunctionFlag.STUB and self._fits(method, tests)

    def is_of_program(self, call: int) -> bool:
        """Whether the receiver of a call is tested to be an instance of classes that the program itself defines."""
        return any(
            test.holds and not test.outside and not any(self._state.classes.outside_bases(c) for c in test.classes)
            for test in self._about(call)
        )

    def _about(self, call: int) -> tuple[_Test, ...]:
        """The tests around a call that speak of its receiver."""
        condition = self._table.condition(call)
        if condition < 0 or not self._made:
            return ()
        function, receiver = self._table.function(call), self._table.receiver(call)
        conditions = self._state.program.unit_of(function).facts.conditions
        subject = self._table.text(call).rpartition(".")[0]
        return tuple(
            test
            for index in chain(conditions, condition)
            for test in self._read(function, index, conditions)
            if (subject and test.subject == subject) or (receiver and test.variable == receiver)
        )

    def _read(self, function: int, index: int, conditions: tuple[Condition, ...]) -> tuple[_Test, ...]:
        known = self._known.get((function, index))
        if known is None:
            known = self._known[function, index] = tuple(self._tests(function, conditions[index]))
        return known

    def _tests(self, function: int, condition: Condition) -> Iterator[_Test]:
        made = self._made.get((function, condition.line), ())
        # of several tests in one line it is not known which call is which
        if len(made) != 1 or "isinstance(" not in condition.text or "…" in condition.text:
            return
        for text, holds in implied(parse(condition.text), condition.holds):
            inside = _TEST.match(text)
            parts = separated(inside[1]) if inside else []
            if len(parts) == 2 and _SUBJECT.fullmatch(subject := parts[0].strip()):
                yield from self._test(subject, holds, made[0])

    def _test(self, subject: str, holds: bool, call: int) -> Iterator[_Test]:
        slots = list(self._table.argument_slots(call))
        if len(slots) != 2 or not slots[1]:
            return
        values = list(self._classes(slots[1]))
        if not values or any(value & MASK not in (tokens.CLASS, tokens.EXTERNAL) for value in values):
            return
        classes = tuple(value >> SHIFT for value in values if value & MASK == tokens.CLASS)
        yield _Test(subject, slots[0], holds, classes, len(classes) < len(values))

    def _classes(self, slot: int) -> Iterator[int]:
        """What stands as the second argument: a class, or a tuple of classes."""
        for value in self._state.held(slot):
            if value & MASK == tokens.OBJECT:
                for field in self._state.fields.get(value, {}).values():
                    yield from self._state.held(field)
            else:
                yield value

    def _fits(self, function: int, tests: tuple[_Test, ...]) -> bool:
        program, classes = self._state.program, self._state.classes
        own = program.functions[function].owner
        if own < 0:
            return True
        unit = program.unit_of(function)
        owner = unit.classes + own
        for test in tests:
            if not test.holds:
                if any(owner in classes.family(each) for each in test.classes):
                    return False
                continue
            meant = {base for each in test.classes for sub in classes.family(each) for base in classes.ancestors(sub)}
            from_outside = test.outside and any(classes.outside_bases(sub) for sub in classes.family(owner))
            if owner not in meant and not from_outside:
                return False
        return True
