"""Work that is done only where other work of its kind gave nothing: `const one = load(p); if (one) return one;` in
front of it.

What was tried first blocks on every dispatch and stays reported.  What costs more than that, or is of another kind,
is no fallback: an environment file is asked first and the keychain for whoever has none.  Nor is what takes long.
"""

from collections.abc import Container, Iterator
from typing import Final

from alef_audit.callgraph.early import asked_for
from alef_audit.callgraph.graph import CallGraph
from alef_audit.callgraph.keeping import chain
from alef_audit.callgraph.leading import Leading
from alef_audit.callgraph.predicates import comparison, implied, parse
from alef_audit.callgraph.reached import Kinds, Reached
from alef_audit.facts import flows
from alef_audit.facts.file import Condition, Handler, Leaving
from alef_audit.frontends.words import names_cache
from alef_audit.rulepack.kinds import COSTS

_LONG: Final = COSTS.index("seconds")
# Fields by which a row of a database says whether there is one.
_SAYING: Final = frozenset(("found", "exists", "ok", "count", "cnt", "n", "total", "one", "hit"))


def second_choices(
    graph: CallGraph, reached: Reached, guards: Container[tuple[int, int]], leading: Leading
) -> frozenset[int]:
    """The `leading` calls that run only where another one, which costs as much and is of the same kind, gave nothing.

    `guards` are the functions and conditions that are guards already: what is looked up in a cache is no work.
    """
    table, program = graph.table, graph.program
    candidates = [
        frozenset(
            index
            for index, each in enumerate(unit.facts.conditions)
            if each.exits and each.leaving & Leaving.GIVES_TESTED and not each.handler & Handler.RAISES
        )
        for unit in program.units
    ]
    below: dict[tuple[int, int], list[int]] = {}
    for call in sorted(leading.calls):
        function, innermost = table.functions[call], table.conditions[call]
        known = candidates[program.function_unit[function]]
        if innermost >= 0 and known and function in graph.held:
            for index in chain(program.unit_of(function).facts.conditions, innermost):
                if index in known and (function, index) not in guards:
                    below.setdefault((function, index), []).append(call)
    guarded = {edge.call for edge in graph.edges if edge.guards}
    tried = _calls_by_place(graph, {function for function, _ in below})
    found: set[int] = set()
    for (function, index), calls in below.items():
        conditions = program.unit_of(function).facts.conditions
        for local in _found_nothing(conditions[index]):
            held = graph.held[function].get(local)
            if held is not None and names_cache(held.callee):
                continue
            first = tried.get((function, held.line, held.callee), -1) if held is not None else -1
            outside = {-1, *chain(conditions, index)}
            if first < 0 or first in guarded or table.condition(first) not in outside:
                continue
            kinds = reached.by(first)
            found.update(call for call in calls if kinds and _is_within(reached.by(call), kinds))
    return frozenset(found)


def _calls_by_place(graph: CallGraph, functions: set[int]) -> dict[tuple[int, int, str], int]:
    """The calls of `functions` by function, line and what is called, as written."""
    table = graph.table
    return {
        (function, table.line(call), table.text(call)): call
        for call, function in enumerate(table.functions)
        if function in functions and not table.flag_sets[call] & flows.IMPLICIT
    }


def _found_nothing(test: Condition) -> Iterator[str]:
    """The locals that hold nothing where control passes beyond an early exit."""
    for atom, outcome in implied(parse(test.text), test.holds):
        subject, there = asked_for(atom, outcome)
        local, _, member = subject.rpartition(".")
        if member and not there and (not local or (member in _SAYING and comparison(atom) is not None)):
            yield local or member


def _is_within(kinds: Kinds | None, others: Kinds) -> bool:
    """Whether a call comes to nothing that costs more than others, and to nothing that takes long: two processes in a
    row are two stalls, and nobody knows which of them is the usual one.
    """
    return (
        bool(kinds)
        and kinds is not None
        and all(cost < _LONG and cost <= others.get(kind, -1) for kind, cost in kinds.items())
    )
