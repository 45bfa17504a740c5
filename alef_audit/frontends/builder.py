"""Collects the facts of one file: interned names, slots, scopes, rows.  Shared by every front end.

A scope maps names to slots.  A name that is referenced before its declaration is seen gets a slot at once; when the
scope is closed, the names that were never declared in it become aliases of the enclosing scope's slot, and at the
outermost scope a GLOBAL row.  So one walk over the tree suffices, whatever the order of declarations.
"""

import re
import struct
from collections import defaultdict
from collections.abc import Callable, Sequence
from itertools import count
from typing import Final

from alef_audit.facts import flows, kept
from alef_audit.facts.file import (
    Class,
    Condition,
    Directive,
    Export,
    FileFacts,
    Function,
    Import,
    Loop,
    Object,
    Problem,
)

_FIRST_NAME: Final = re.compile(r"[\w$#]+")
_RECEIVERS: Final = frozenset(("this", "self", "cls"))
_LONG_WAY: Final = 16  # scopes
_RESERVED: Final = {name: index for index, name in enumerate(flows.RESERVED)}


class Scope:
    """Names of one function (or of the module): `slots` of all names met, `declared` those that belong to it.

    `function` is the index of the function that it belongs to.  `texts` holds what is known of strings: name -> (what
    iterating over it gives, what it holds).  `given` are the names that callers give a value, `assigned` those that
    were assigned to, `standing` those that stand for something else that outlives the function (`cache = self._cache`),
    `few` those that hold a literal of few elements, `fixed` those that hold one value only (with what is known of it:
    `flows.PRESENT` …), `imported` those that a function imports, `loaded` those that speak of what was read from a
    file.
    """

    __slots__ = (
        "assigned",
        "declared",
        "few",
        "fixed",
        "function",
        "given",
        "imported",
        "loaded",
        "parent",
        "slots",
        "standing",
        "texts",
    )

    def __init__(self, parent: "Scope | None", fresh: Callable[[], int], function: int = 0) -> None:
        self.parent = parent
        self.function = function
        self.slots = defaultdict[str, int](fresh)  # a new name gets a fresh slot
        self.declared: set[str] = set()
        self.texts: dict[str, tuple[frozenset[str], frozenset[str]]] = {}
        self.given: frozenset[str] = frozenset()
        self.standing: frozenset[str] = frozenset()
        self.imported: frozenset[str] = frozenset()
        self.assigned: set[str] = set()
        self.few: set[str] = set()
        self.fixed: dict[str, str] = {}
        self.loaded: set[str] = set()

    def holds_few(self, name: str) -> bool:
        """Whether what `name` stands for here holds a literal of few elements."""
        scope: Scope | None = self
        while scope is not None and name not in scope.declared:
            scope = scope.parent
        return scope is not None and name in scope.few

    def is_given(self, name: str) -> bool:
        """Whether what `name` stands for here is what a caller gave, to this function or to one around it."""
        scope: Scope | None = self
        while scope is not None and name not in scope.declared:
            scope = scope.parent
        return scope is not None and name in scope.given and name not in scope.assigned

    def is_outer(self, name: str) -> bool:
        """Whether a function around this one declares what `name` stands for here."""
        if name in self.declared:
            return False
        scope = self.parent
        for _ in range(_LONG_WAY):
            if scope is None or name in scope.declared:
                break
            scope = scope.parent
        return scope is not None and name in scope.declared and scope.parent is not None


class FactsBuilder:
    """The growing tables of one file.  Front ends call its methods in source order; `finish` seals them."""

    def __init__(self, language: str) -> None:
        self.language = language
        # a new name gets the next number
        self.names = defaultdict[str, int](count(len(flows.RESERVED)).__next__, _RESERVED)
        self.name: Callable[[str], int] = self.names.__getitem__  # the index of a name
        self.slot: Callable[[], int] = count(1).__next__  # a fresh slot
        self.aliases: dict[int, int] = {}
        # rows are gathered in lists, which grow several times faster than arrays of machine integers
        self.flows: list[int] = []
        self.calls: list[int] = []
        self.operations: list[int] = []
        self.kept: list[int] = []
        # functions and what they give another value, with the conditions under which
        self._rebound: dict[tuple[int, str], set[tuple[int, str]]] = {}
        self._subjects: list[tuple[Scope, str]] = []  # where each row of `kept` stands, and the name it starts with
        self.functions: list[Function | None] = []
        self.classes: list[Class | None] = []
        self.objects: list[Object] = []
        self.imports: list[Import] = []
        self.exports: list[Export] = []
        self.stars: list[int] = []
        self.loops: list[Loop] = []
        self.conditions: list[Condition] = []
        self.data_types: list[tuple[int, ...]] = []
        self.admitting: list[tuple[int, ...]] = []
        self.directives: list[Directive] = []
        self.problems: list[Problem] = []
        self.module_slot = 0
        self._entered = -1
        self._last_call = -1  # where the record of the last call starts

    def defined(self) -> tuple[Function, ...]:
        """The functions of the file, the module body first."""
        return tuple(f for f in self.functions if f is not None)

    # --- scopes

    def reference(self, scope: Scope, name: str) -> int:
        """The slot of `name` seen from `scope`, wherever it is declared."""
        return scope.slots[name]

    def declare(self, scope: Scope, name: str) -> int:
        scope.declared.add(name)
        return scope.slots[name]

    def declare_plain(self, scope: Scope, name: str) -> None:
        """Declare a name that no callable can be reached from: it takes no slot."""
        scope.declared.add(name)
        scope.slots[name] = 0

    def close(self, scope: Scope) -> None:
        """Link the names that `scope` does not declare to the enclosing scope, or to the language's globals."""
        declared, aliases = scope.declared, self.aliases
        outer = scope.parent.slots if scope.parent is not None else None
        for name, slot in scope.slots.items():
            if name in declared:
                continue
            if outer is None:
                self.flows.extend((flows.GLOBAL, slot, 0, self.name(name), 0))
            else:
                aliases[slot] = outer[name]
        self._keep_shadows(scope)

    def _keep_shadows(self, scope: Scope) -> None:
        """Note the names that a function declares and a function around it declares, too; not from far away."""
        left, around = scope.declared, scope.parent
        for _ in range(_LONG_WAY):
            if around is None or around.parent is None or not left:
                return
            shadowed = left & around.declared
            for name in sorted(shadowed):
                self.keep(kept.SHADOW, scope, scope.function, -1, 0, name)
            left, around = left - shadowed, around.parent

    # --- rows

    def row(self, op: int, a: int, b: int, c: int, line: int) -> None:
        self.flows.extend((op, a, b, c, line))

    def enter(self, function: int) -> None:
        """Say in which function the rows that follow are written."""
        if function != self._entered:
            self._entered = function
            self.flows.extend((flows.ENTER, function, 0, 0, 0))

    def copy(self, dst: int, src: int) -> None:
        if src and dst and src != dst:
            self.flows.extend((flows.COPY, dst, src, 0, 0))

    def load(self, base: int, name: str, line: int) -> int:
        """A fresh slot that holds base.name; 0 when base is 0."""
        if not base:
            return 0
        dst = self.slot()
        self.flows.extend((flows.LOAD, dst, base, self.name(name), line))
        return dst

    def attribute(self, base: int, name: str, line: int) -> int:
        """`load`, in a language that tells the attributes of a collection from its elements."""
        if not base:
            return 0
        dst = self.slot()
        self.flows.extend((flows.ATTRIBUTE, dst, base, self.name(name), line))
        return dst

    def store(self, base: int, name: str, src: int, line: int) -> None:
        if base and src:
            self.flows.extend((flows.STORE, base, src, self.name(name), line))

    def object(self, function: int, line: int, label: str, kind: int = 0, length: int = -1) -> int:
        """A fresh slot that holds a new allocation site."""
        dst = self.slot()
        self.flows.extend((flows.OBJECT, dst, len(self.objects), 0, line))
        self.objects.append(Object(function, line, label, kind, length))
        return dst

    def declared(self, dst: int, function: int, line: int, fields: list[tuple[str, int]], kind: int = 0) -> None:
        """Write to `dst` an object that stands for a type with these (name, slot) fields."""
        holder = self.slot()  # what is stored on `dst` would reach the values that it holds as well
        for each in (holder, dst):
            self.flows.extend((flows.OBJECT, each, len(self.objects), 0, line))
        self.objects.append(Object(function, line, "", kind, declared=True))
        for name, slot in fields:
            self.store(holder, name, slot, line)

    def call(
        self,
        *,
        function: int,
        line: int,
        column: int,
        end_line: int,
        callee: int,
        receiver: int = 0,
        member: str = "",
        text: str = "",
        result: int = 0,
        flags: int = 0,
        loop: int = -1,
        condition: int = -1,
        arguments: list[tuple[int, int, int]] | tuple[tuple[int, int, int], ...] = (),
    ) -> None:
        """Write one call record; `arguments` are (label, slot, literal) triples as `flows` defines them."""
        names = self.name(member), self.name(text[:80])
        values: list[int] = []
        for argument in arguments:
            values += argument
        place, rest = (function, line, column, callee, receiver), (result, flags, loop, condition, end_line)
        self.called((len(arguments), *place, *names, *rest), values)

    def called(self, head: tuple[int, ...], arguments: list[int]) -> None:
        """Write one call record: its head, and the integers of its arguments, as `flows` defines them."""
        self._last_call = len(self.calls)
        self.calls += head
        self.calls += arguments

    def last_call(self, column: int, end_line: int) -> int:
        """Where the record of the last call starts if that call spans this place; else -1."""
        at = self._last_call
        if at < 0 or (self.calls[at + flows.COLUMN], self.calls[at + flows.END_LINE]) != (column, end_line):
            return -1
        return at

    def judge(self, at: int) -> None:
        """Mark the call whose record starts at `at`: its value is looked at for its truth."""
        if at >= 0:
            self.calls[at + flows.FLAGS] |= flows.JUDGED

    def mark_calls(self, start: int, end: int, function: int, flag: int) -> None:
        """Mark the calls of a function whose records stand from `start` up to `end`."""
        while start < end:
            if self.calls[start + flows.IN_FUNCTION] == function:
                self.calls[start + flows.FLAGS] |= flag
            start += flows.CALL_HEAD + flows.CALL_ARG * self.calls[start]

    def operation(
        self,
        *,
        function: int,
        line: int,
        column: int,
        base: int,
        member: str,
        result: int = 0,
        arguments: tuple[int, ...] = (),
        loop: int = -1,
        condition: int = -1,
    ) -> None:
        """Say that the method `member` of `base` runs if `base` is an instance of a class that defines it."""
        if base:
            first, second = (*arguments, 0, 0)[:2]
            self.operations.extend(
                (
                    function,
                    line,
                    column,
                    base,
                    self.name(member),
                    result,
                    len(arguments),
                    first,
                    second,
                    loop,
                    condition,
                )
            )

    def keep(
        self,
        kind: int,
        scope: Scope,
        function: int,
        condition: int,
        line: int,
        subject: str,
        key: str = "",
        value: str = "",
    ) -> None:
        """Write one row of what functions keep, see `facts.kept`; a value is put on one line."""
        if "\n" in value:
            value = " ".join(value.split())
        name = self.name
        self.kept.extend((kind, function, condition, line, name(subject), name(key), name(value), kept.UNKNOWN, 0))
        first = _FIRST_NAME.search(value.removeprefix("await ") if kind == kept.READ else subject)
        self._subjects.append((scope, first.group() if first else ""))

    def rebind(self, scope: Scope, line: int, subject: str, condition: int = -1, value: str = "") -> None:
        """Write down, once for each function, condition and value, that `subject` takes another value than it was
        declared with: the literal that `value` spells, if it does so once.
        """
        if scope.parent is None:
            return
        known = self._rebound.setdefault((scope.function, subject), set())
        if (condition, value) not in known:
            known.add((condition, value))
            self.keep(kept.REBOUND, scope, scope.function, condition, line, subject, value=value)

    def is_rebound(self, scope: Scope, name: str) -> bool:
        """Whether a name of a function takes another value, as far as the file has been read."""
        return (scope.function, name) in self._rebound

    def _settle_owners(self, aliases: list[int]) -> None:
        """Say of every row which function declares the name that its subject (of reads: the value) starts with."""
        known: dict[tuple[Scope, str], Scope | None] = {}
        for row, (innermost, name) in enumerate(self._subjects):
            scope = _declaring(innermost, name, known)
            end = (row + 1) * kept.ROW
            if name in _RECEIVERS:
                self.kept[end - 2] = kept.RECEIVER
            elif scope is not None:
                self.kept[end - 2 : end] = (scope.function, aliases[scope.slots[name]])

    # --- tables

    def reserve_function(self) -> int:
        """An index for a function whose body is walked before its facts are complete."""
        self.functions.append(None)
        return len(self.functions) - 1

    def reserve_class(self) -> int:
        self.classes.append(None)
        return len(self.classes) - 1

    def add_import(self, dst: int, item: Import) -> int:
        """Record an import; `dst` (0 = none) receives what it binds."""
        index = len(self.imports)
        self.imports.append(item)
        if dst:
            self.flows.extend((flows.IMPORT, dst, index, 0, item.line))
        return index

    def finish(self, lines: int) -> FileFacts:
        """Seal the tables.  Every reserved function and class must have been filled in."""
        aliases = list(range(self.slot()))
        outer = self.aliases
        for slot, target in outer.items():
            passed = [slot]
            while target in outer and aliases[target] == target:
                passed.append(target)
                target = outer[target]
            for one in passed:
                aliases[one] = aliases[target]
        self._settle_owners(aliases)
        return FileFacts(
            language=self.language,
            lines=lines,
            names=tuple(self.names),
            slots=len(aliases),
            aliases=_packed(aliases),
            flows=_packed(self.flows),
            calls=_packed(self.calls),
            functions=self.defined(),
            classes=tuple(c for c in self.classes if c is not None),
            objects=tuple(self.objects),
            imports=tuple(self.imports),
            exports=tuple(self.exports),
            stars=tuple(self.stars),
            module_slot=self.module_slot,
            loops=tuple(self.loops),
            conditions=tuple(self.conditions),
            directives=tuple(self.directives),
            problems=tuple(self.problems),
            operations=_packed(self.operations),
            data_types=tuple(self.data_types),
            declared=tuple(self.admitting),
            kept=_packed(self.kept),
        )


def _declaring(innermost: Scope, name: str, known: dict[tuple[Scope, str], Scope | None]) -> Scope | None:
    """The scope that declares a name; long ways there are kept in `known`."""
    scope: Scope | None = innermost
    passed: list[Scope] = []
    while scope is not None and name not in scope.declared:
        if known and (scope, name) in known:
            scope = known[scope, name]
            break
        passed.append(scope)
        scope = scope.parent
    if len(passed) > _LONG_WAY:
        known.update(((one, name), scope) for one in passed)
    return scope


def _packed(numbers: Sequence[int]) -> bytes:
    """The bytes of an `array("i")` of these numbers."""
    return struct.pack(f"{len(numbers)}i", *numbers)
