"""Code that runs where a file is what the process was started with, and not where the file is imported.

`if __name__ == "__main__"`, `require.main === module`, `import.meta.main`: who imports such a module runs its body
without what stands below the test.  The body is one function all the same, so that its edges there are closed (a gate,
as in `gates.py`) to those who enter it by an import.
"""

import re
from collections.abc import Iterable, Sequence, Set
from typing import NamedTuple

from msgspec import structs

from alef_audit.callgraph import guards
from alef_audit.callgraph.calls import CallTable
from alef_audit.callgraph.closing import closed_calls
from alef_audit.callgraph.closure import closure
from alef_audit.callgraph.graph import IMPORT, Edge, SinkSite
from alef_audit.callgraph.keeping import chain
from alef_audit.callgraph.predicates import comparison, implied, parse
from alef_audit.callgraph.program import Program
from alef_audit.facts.file import Condition
from alef_audit.rulepack.lexicon import MainTests


class MainWords:
    """The tests that hold where a file was started, compiled."""

    __slots__ = ("_equal", "_holding")

    def __init__(self, words: MainTests) -> None:
        self._equal = [(re.compile(one, re.DOTALL), re.compile(two, re.DOTALL)) for one, two in words.equal]
        self._holding = re.compile("|".join(words.holding), re.DOTALL)

    def tells(self, test: Condition) -> bool:
        """Whether what stands below a test of a file's body runs only where the file was started."""
        return any(self._is_start(atom, outcome) for atom, outcome in implied(parse(test.text), test.holds))

    def _is_start(self, atom: str, outcome: bool) -> bool:
        compared = comparison(atom)
        if compared is None:
            return outcome and self._holding.fullmatch(atom) is not None
        if compared.sign not in ("==", "!=") or (compared.sign == "==") is not outcome:
            return False
        sides = (compared.left, compared.right), (compared.right, compared.left)
        return any(one.fullmatch(left) and two.fullmatch(right) for one, two in self._equal for left, right in sides)


def behind_starts(
    program: Program, table: CallTable, edges: Iterable[Edge], sinks: Iterable[SinkSite], words: MainTests
) -> tuple[list[Edge], list[SinkSite]]:
    """The edges and the blocking calls, those that only the start of a file runs closed to who imports it."""
    edges, sinks = list(edges), list(sinks)
    imported = {edge.callee for edge in edges if edge.call < 0 and edge.how == IMPORT}
    started = _started(program, table, imported, MainWords(words))
    if not started:
        return edges, sinks
    bodies = {table.function(call) for call in started}
    edges, sinks = closed_calls(edges, sinks, started.__contains__)
    for number, edge in enumerate(edges):
        if edge.call < 0 and edge.callee in bodies:
            edges[number] = structs.replace(edge, decides=edge.decides | guards.KNOWN)
    return edges, sinks


def _started(program: Program, table: CallTable, imported: Set[int], words: MainWords) -> set[int]:
    """The calls in the bodies `imported` that only the start of their file makes."""
    told: dict[tuple[int, int], bool] = {}
    found: set[int] = set()
    for call, (function, condition) in enumerate(zip(table.functions, table.conditions, strict=True)):
        if condition < 0 or function not in imported:
            continue
        key = (function, condition)
        if key not in told:
            conditions = program.unit_of(function).facts.conditions
            told[key] = any(words.tells(conditions[index]) for index in chain(conditions, condition))
        if told[key]:
            found.add(call)
    return found


class Calls(NamedTuple):
    """The calls of a program for walks that know no gates."""

    outgoing: dict[int, list[int]]
    incoming: dict[int, list[int]]
    behind: dict[int, list[int]]  # by the body of a file, what only its start runs

    def below(self, starts: Iterable[int]) -> set[int]:
        """`starts` and everything below them; what the start of a file runs below those that are such bodies."""
        started = set(starts)
        inside = (self.behind[body] for body in started & self.behind.keys())
        return closure(self.outgoing, started.union(*inside))

    def above(self, targets: Iterable[int]) -> set[int]:
        """`targets` and everything above them."""
        found = closure(self.incoming, targets)
        return found | {body for body, callees in self.behind.items() if not found.isdisjoint(callees)}


def calls_of(program: Program, edges: Sequence[Edge]) -> Calls:
    """The calls that edges stand for, those aside that only the start of a file makes."""
    calls = Calls({}, {}, {})
    for edge in edges:
        if edge.closed & guards.KNOWN and program.functions[edge.caller].parent < 0:
            calls.behind.setdefault(edge.caller, []).append(edge.callee)
            continue
        calls.outgoing.setdefault(edge.caller, []).append(edge.callee)
        calls.incoming.setdefault(edge.callee, []).append(edge.caller)
    return calls
