"""Calls that run only after a failure: in an `except` or `catch` clause that undoes, tells or raises again.

What a clause does instead of what failed is none: `try: return cache[key]`, `except KeyError: return load(key)` is how
a program asks, and the clause is where the work is done.  So a clause alone says nothing.  What counts is that nobody
uses what the call gives and the clause tells somebody of the failure, that it ends by raising, or that the call takes
back what was begun.  Neither is a retry a failure: it is how a program waits.  But what a loop looks into before it
tries again, after one failure that is told from the others, is not what it is for: the first try mostly succeeds.
"""

from collections.abc import Set
from typing import Final

from alef_audit.callgraph.graph import CallGraph
from alef_audit.callgraph.keeping import chain
from alef_audit.callgraph.leading import Leading
from alef_audit.callgraph.reached import Reached
from alef_audit.callgraph.recall import words_of
from alef_audit.facts import flows
from alef_audit.facts.file import Condition, Handler, Leaving
from alef_audit.rulepack.guards import GuardWords
from alef_audit.rulepack.kinds import SinkKind

_PAUSES: Final[frozenset[SinkKind]] = frozenset(("blocking.sleep", "blocking.wait"))
_CALLBACK: Final = ".catch callback"


def after_failures(graph: CallGraph, words: GuardWords, reached: Reached, leading: Leading) -> frozenset[int]:
    """The `leading` calls that run only where something failed."""
    handled = _handled(graph, {graph.table.functions[call] for call in leading.calls})
    pauses = {sink.call for sink in graph.sinks if sink.kind in _PAUSES}
    table, found = graph.table, set[int]()
    for around, calls in handled.items():
        function, _ = around
        conditions = graph.program.unit_of(function).facts.conditions
        telling = {table.condition(call) for call in calls if _tells(graph, call, words)}
        for call in leading.calls.intersection(calls):
            if (
                _undoes(graph, call, words)
                or _raises(conditions, table.condition(call))
                or (_looks_into(graph, call, conditions) and _PAUSES.isdisjoint(reached.by(call) or _PAUSES))
            ):
                found.add(call)
            elif call not in pauses and table.flag_sets[call] & flows.DISCARDED:
                outside = {-1, *chain(conditions, table.condition(call))}
                if not outside.isdisjoint(telling) and (_tells(graph, call, words) or not _in_retry(graph, call)):
                    found.add(call)
    return frozenset(found)


def _handled(graph: CallGraph, functions: Set[int]) -> dict[tuple[int, int], list[int]]:
    """The calls in handlers by function, one of these, and the handler's condition; -1 for what is handed to
    `.catch(…)`.
    """
    table, program = graph.table, graph.program
    handlers = [
        frozenset(index for index, each in enumerate(unit.facts.conditions) if each.handler & Handler.CATCHES)
        for unit in program.units
    ]
    callbacks = {index for index, facts in enumerate(program.functions) if facts.label.endswith(_CALLBACK)}
    found: dict[tuple[int, int], list[int]] = {}
    inside: dict[tuple[int, int], int] = {}  # (file, condition) -> the handler that it stands in, -1 for none
    for call, (function, innermost) in enumerate(zip(table.functions, table.conditions, strict=True)):
        if function not in functions:
            continue
        unit = program.function_unit[function]
        if innermost >= 0 and handlers[unit]:
            handler = inside.get((unit, innermost))
            if handler is None:
                outward = chain(program.units[unit].facts.conditions, innermost)
                handler = inside[unit, innermost] = next((each for each in outward if each in handlers[unit]), -1)
            if handler >= 0:
                found.setdefault((function, handler), []).append(call)
                continue
        if function in callbacks:
            found.setdefault((function, -1), []).append(call)
    return found


def _raises(conditions: tuple[Condition, ...], innermost: int) -> bool:
    """Whether what stands below a condition comes to the end of a handler that raises."""
    for index in chain(conditions, innermost):
        if conditions[index].handler & Handler.CATCHES:
            return bool(conditions[index].handler & Handler.RAISES)
        if not conditions[index].exits:
            return False
    return False


def _looks_into(graph: CallGraph, call: int, conditions: tuple[Condition, ...]) -> bool:
    """Whether a call stands in a loop's clause for one failure, the others being raised again, where what is tried
    ends the loop.
    """
    table = graph.table
    if table.loops[call] < 0 or table.flag_sets[call] & flows.RETURNED:
        return False
    selects = False
    for index in chain(conditions, table.condition(call)):
        test = conditions[index]
        if test.handler & Handler.CATCHES:
            loop = graph.program.unit_of(table.function(call)).facts.loops[table.loops[call]]
            return selects and bool(test.leaving & Leaving.TRIED) and loop.line < test.line
        selects = selects or bool(test.exits and test.leaving & Leaving.RAISES)
    return False


def _tells(graph: CallGraph, call: int, words: GuardWords) -> bool:
    """Whether a statement tells somebody that something failed: `logger.exception(…)`, `log_error(…)`."""
    spoken = words_of(_called(graph, call))
    failure = spoken.intersection(words.failure)
    said = spoken == failure or not spoken.isdisjoint(words.telling)
    return bool(failure and said and graph.table.flag_sets[call] & flows.DISCARDED)


def _undoes(graph: CallGraph, call: int, words: GuardWords) -> bool:
    return not words_of(_called(graph, call)).isdisjoint(words.undoing)


def _called(graph: CallGraph, call: int) -> str:
    return graph.table.text(call).rpartition(".")[2]


def _in_retry(graph: CallGraph, call: int) -> bool:
    """Whether a call stands in a loop that tries again, or of which it is not known why it goes on."""
    loops = graph.loops
    return any(not loop.over or loops.multiplicity.retries(loop) for loop in loops.around(call).loops)
