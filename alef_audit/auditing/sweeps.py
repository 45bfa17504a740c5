"""Loops on a path that a call runs in whatever the element is: no test stands between them and the call.

A call of microseconds is worth a word where loops make thousands of it in one go.  How many elements a test inside of
the loop lets pass cannot be told, and most tests pass few: symbolic links, directories of a certain name, files of old.
And where each round waits for other work, the calls do not add up to one long stop.
"""

from collections.abc import Set

from alef_audit.auditing.conditions import telling_lines
from alef_audit.auditing.rounds import Round, calls_of, starts_at
from alef_audit.auditing.trace import loops_at, loops_of
from alef_audit.callgraph.graph import CallGraph, Edge, SinkSite
from alef_audit.callgraph.keeping import chain
from alef_audit.callgraph.loops import loops_around
from alef_audit.facts import flows
from alef_audit.rulepack.lexicon import TestWords


def untested_loops(graph: CallGraph, sink: SinkSite, edges: list[Edge], single: Set[Round], words: TestWords) -> int:
    """How many of the loops that multiply along `edges` and around the blocking call have no test inside, and do not
    wait for other work in each round.
    """
    steps = [(edge.call, loops_of(graph, edge)) for edge in edges] + [(sink.call, loops_at(graph, sink))]
    count = 0
    for step, (call, loops) in reversed(list(enumerate(steps))):
        tests = telling_lines(graph, call, words)
        starts = starts_at(graph, call) if call >= 0 else []
        for number, loop in reversed(list(enumerate(loops))):
            # loops that the call itself makes (`items.map(callback)`) are inside of those it stands in
            if number < len(starts) and (
                any(line >= starts[number] for line in tests) or _waits_between(graph, call, len(starts) - 1 - number)
            ):
                return count
            if (step, number) not in single and graph.loops.multiplicity.multiplies(loop):
                count += 1
        if tests:
            return count
    return count


def _waits_between(graph: CallGraph, call: int, outwards: int) -> bool:
    """Whether the usual round of the loop that stands so many loops around `call` awaits something beside it."""
    table = graph.table
    facts = graph.program.unit_of(table.function(call)).facts
    loop = list(loops_around(table, call))[outwards]
    usual = {-1, *chain(facts.conditions, table.condition(call))}
    return any(
        other != call
        and table.flags(other) & flows.AWAITED
        and table.loops[other] == loop
        and all(facts.conditions[at].exits or at in usual for at in chain(facts.conditions, table.condition(other)))
        for other in calls_of(graph, table.function(call))
    )
