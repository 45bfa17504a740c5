"""Tests by which a caller chooses between something and nothing to hand over: `event = changed ? make() : undefined`.

Where the callee has nothing to do without it (`if (!event) return`), they tell when what follows runs.
"""

import re
from collections.abc import Iterator
from typing import Final

from alef_audit.auditing.rounds import handed_parameters
from alef_audit.callgraph.early import asked_for
from alef_audit.callgraph.graph import PROPERTY, CallGraph, Edge
from alef_audit.callgraph.keeping import Chosen, chain
from alef_audit.callgraph.predicates import implied, parse
from alef_audit.facts import flows

_NAME: Final = re.compile(r"[A-Za-z_$][\w$]*")


def tests_of_arguments(graph: CallGraph, edge: Edge, call: int) -> Iterator[Chosen]:
    """The tests that decide whether the function that an edge enters gets what it needs to make the call `call`."""
    if edge.call < 0 or edge.how > PROPERTY or call < 0 or edge.caller not in graph.chosen:
        return
    needed = set(_needed(graph, call))
    for name, spelled in handed_parameters(graph, edge) if needed else ():
        local = flows.held_path(spelled) or flows.tested_path(spelled)
        chosen = graph.chosen[edge.caller].get(local) if name in needed else None
        if chosen is not None:
            yield chosen


def _needed(graph: CallGraph, call: int) -> Iterator[str]:
    """The names that hold something where a call is made, as the tests around it say."""
    conditions = graph.program.unit_of(graph.table.function(call)).facts.conditions
    for index in chain(conditions, graph.table.condition(call)):
        test = conditions[index]
        for atom, outcome in () if test.handler and not test.exits else implied(parse(test.text), test.holds):
            subject, there = asked_for(atom, outcome)
            if there and _NAME.fullmatch(subject):
                yield subject
