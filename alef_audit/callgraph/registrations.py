"""Calls that read like registrations, and what the functions that they are handed are registered for."""

import re
from typing import Final

import re2

from alef_audit.callgraph.calls import CallTable
from alef_audit.facts.flows import ARG_LITERAL
from alef_audit.rulepack.lexicon import Lexicon, Registration

# What stands before the name of a parameter that is not used.
_UNUSED: Final = "_"


class Registrations:
    """What the lexicon says of functions that are handed to members of certain names."""

    __slots__ = ("_answering", "_known", "_paths", "_program", "_rows", "_set", "_table", "_takes")

    def __init__(self, table: CallTable, lexicon: Lexicon) -> None:
        self._program = table.program
        self._table = table
        self._rows = lexicon.registration
        self._takes = {row: tuple(map(re.compile, row.takes)) for row in self._rows if row.takes}
        self._paths = {row: re2.compile(row.path) for row in self._rows if row.path}
        self._answering: dict[Registration, frozenset[tuple[int, str]]] = {}
        self._known: dict[int, tuple[Registration, ...]] = {}
        self._set = re2.Set.FullMatchSet()
        for row in self._rows:
            self._set.Add(row.pattern)
        self._set.Compile()

    def of_member(self, member: int) -> tuple[Registration, ...]:
        """The rows for a member that reads like a registration, the first that fits a function being its row."""
        found = self._known.get(member)
        if found is None:
            name = self._program.names[member]
            found = tuple(self._rows[index] for index in sorted(self._set.Match(name) or ())) if name else ()
            self._known[member] = found
        return found

    def fits(self, row: Registration, function: int, call: int) -> bool:
        """Whether a row speaks of a function that `call` is handed."""
        if row in self._paths and not self._paths[row].fullmatch(self._first_text(call)):
            return False
        return self._takes_named(row, function) and self._answers(row, function)

    def _first_text(self, call: int) -> str:
        """The text that is the first argument of a call; "" for any other."""
        first = self._table.arguments(call)[:1]
        text = self._program.names[first[0][ARG_LITERAL]] if first else ""
        return text[1:] if text.startswith('"') else ""

    def _takes_named(self, row: Registration, function: int) -> bool:
        takes = self._takes.get(row)
        if takes is None:
            return True
        parameters = self._parameters(function)
        return len(parameters) >= len(takes) and all(
            wanted.fullmatch(name.lstrip(_UNUSED)) for wanted, name in zip(takes, parameters, strict=False)
        )

    def _answers(self, row: Registration, function: int) -> bool:
        if not row.answers:
            return True
        if row not in self._answering:
            table = self._table
            calls = table.named(*row.answers)
            self._answering[row] = frozenset(
                (table.function(call), text.partition(".")[0]) for call in calls if "." in (text := table.text(call))
            )
        parameters = self._parameters(function)
        return len(parameters) > 1 and (function, parameters[1]) in self._answering[row]

    def _parameters(self, function: int) -> list[str]:
        names = self._program.unit_of(function).facts.names
        return [names[each.name] for each in self._program.functions[function].parameters if not each.kind]
