"""Bounded guesses for calls whose receiver is unknown: methods that carry a rare name."""

from dataclasses import dataclass
from typing import Final

from alef_audit.callgraph.program import Program
from alef_audit.facts.file import FunctionFlag

# More methods than this under one name and a guess says nothing.
_FEW: Final = 3
_SHORT: Final = 5


@dataclass(frozen=True, slots=True)
class MethodIndex:
    by_name: dict[tuple[str, str], tuple[int, ...]]
    is_async: frozenset[int]

    def candidates(self, language: str, name: str, *, awaited: bool) -> tuple[int, ...]:
        """Functions that a call of an unknown object's `name` may mean; awaited calls mean asynchronous ones only."""
        found = self.by_name.get((language, name), ())
        if awaited:
            found = tuple(function for function in found if function in self.is_async)
        return found if len(found) <= _FEW else ()


def method_index(program: Program, common: frozenset[str]) -> MethodIndex:
    """Index the methods of product code by language and name, but for `common` names: guesses by those are wrong."""
    by_name: dict[tuple[str, str], list[int]] = {}
    awaitable: set[int] = set()
    for unit in program.units:
        if unit.role in ("test", "example", "docs", "dependency"):
            continue
        for offset, facts in enumerate(unit.facts.functions):
            name = facts.name
            if facts.owner < 0 or len(name) < _SHORT or name in common or name.startswith("__"):
                continue
            if facts.flags & (FunctionFlag.ABSTRACT | FunctionFlag.GETTER | FunctionFlag.SETTER):
                continue
            by_name.setdefault((unit.facts.language, name), []).append(unit.functions + offset)
            if facts.flags & (FunctionFlag.ASYNC | FunctionFlag.AWAITABLE):
                awaitable.add(unit.functions + offset)
    return MethodIndex({key: tuple(found) for key, found in by_name.items()}, frozenset(awaitable))
