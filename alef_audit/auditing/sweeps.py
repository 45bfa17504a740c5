"""Loops on a path that a call runs in whatever the element is: no test stands between them and the call.

A call of microseconds is worth a word where loops make thousands of it.  How many elements a test inside of the loop
lets pass cannot be told, and most tests pass few: symbolic links, directories of a certain name, files of old.
"""

from collections.abc import Set

from alef_audit.auditing.conditions import telling_lines
from alef_audit.auditing.rounds import Round, starts_at
from alef_audit.auditing.trace import loops_at, loops_of
from alef_audit.callgraph.graph import CallGraph, Edge, SinkSite
from alef_audit.rulepack.lexicon import TestWords


def untested_loops(graph: CallGraph, sink: SinkSite, edges: list[Edge], single: Set[Round], words: TestWords) -> int:
    """How many of the loops that multiply along `edges` and around the blocking call have no test inside."""
    steps = [(edge.call, loops_of(graph, edge)) for edge in edges] + [(sink.call, loops_at(graph, sink))]
    count = 0
    for step, (call, loops) in reversed(list(enumerate(steps))):
        tests = telling_lines(graph, call, words)
        starts = starts_at(graph, call) if call >= 0 else []
        for number, loop in reversed(list(enumerate(loops))):
            # loops that the call itself makes (`items.map(callback)`) are inside of those it stands in
            if number < len(starts) and any(line >= starts[number] for line in tests):
                return count
            if (step, number) not in single and graph.loops.multiplicity.multiplies(loop):
                count += 1
        if tests:
            return count
    return count
