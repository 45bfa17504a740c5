"""Calls that read like registrations, and what the functions that they are handed are registered for."""

import re
from typing import Final

import re2

from alef_audit.callgraph.program import Program
from alef_audit.rulepack.lexicon import Lexicon, Registration

# What stands before the name of a parameter that is not used.
_UNUSED: Final = "_"


class Registrations:
    """What the lexicon says of functions that are handed to members of certain names."""

    __slots__ = ("_known", "_program", "_rows", "_set", "_takes")

    def __init__(self, program: Program, lexicon: Lexicon) -> None:
        self._program = program
        self._rows = lexicon.registration
        self._takes = {row: tuple(map(re.compile, row.takes)) for row in self._rows if row.takes}
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

    def fits(self, row: Registration, function: int) -> bool:
        """Whether a row speaks of a function: of any, or of those whose first parameters have certain names."""
        takes = self._takes.get(row)
        if takes is None:
            return True
        names = self._program.unit_of(function).facts.names
        parameters = [names[each.name] for each in self._program.functions[function].parameters if not each.kind]
        return len(parameters) >= len(takes) and all(
            wanted.fullmatch(name.lstrip(_UNUSED)) for wanted, name in zip(takes, parameters, strict=False)
        )
