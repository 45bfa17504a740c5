"""What is sure of a long path: that the last coroutine on it runs on a loop, whoever awaits it.

A path is as certain as all of its steps together, and a level follows that.  Where a step is a coroutine of Python what
comes before tells how often the call blocks a loop; that it does follows from the steps behind.
"""

from collections.abc import Sequence, Set
from typing import NamedTuple

from alef_audit.auditing.conditions import steps_on
from alef_audit.auditing.levels import certain
from alef_audit.callgraph.graph import CallGraph, Edge, SinkSite
from alef_audit.callgraph.guards import LOW, confidence_of
from alef_audit.rulepack.kinds import Confidence, Steps


class Behind(NamedTuple):
    """The part of a path behind its last coroutine."""

    edges: list[Edge]
    confidence: Confidence


def behind_coroutine(
    graph: CallGraph, sink: SinkSite, edges: Sequence[Edge], is_async: Set[int], limits: Steps
) -> Behind | None:
    """The rest of a path from the last coroutine on that something on it calls; None if there is none, or if it is a
    guess that it is called.
    """
    around = graph.function_guards
    crossed = [edge.guards | around.get(edge.callee, 0) for edge in edges]
    first = next((at + 1 for at in reversed(range(len(edges))) if edges[at].callee in is_async), 0)
    if not first or any(bits & LOW for bits in crossed[:first]):
        return None
    rest = list(edges[first:])
    weakest = sink.guards
    for bits in crossed[first:]:
        weakest |= bits
    return Behind(rest, certain(confidence_of(weakest), steps_on(graph, sink, rest), limits))
