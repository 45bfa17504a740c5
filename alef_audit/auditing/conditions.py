"""The tests under which the calls of a path run, as far as they tell a reader when the path is taken."""

import re
from collections.abc import Iterator
from typing import Final

from alef_audit.callgraph.environment import environment_tests
from alef_audit.callgraph.graph import CallGraph, Edge, SinkSite
from alef_audit.callgraph.guards import BIT
from alef_audit.callgraph.keeping import chain
from alef_audit.callgraph.platforms import platform_tests
from alef_audit.callgraph.predicates import atoms, comparison, parse
from alef_audit.facts.file import Condition

AFTER_FAILURE: Final = "only after an exception"
# More conditions than this are read by nobody: those of kinds and values give way to the others.
_MOST: Final = 3
_LITERAL: Final = re.compile(r"""(["'])[^"'\\]*\1""")
_KIND: Final = re.compile(r"isinstance\(|typeof |\binstanceof\b")
_EXCEPTIONAL: Final = BIT["exceptional"]


def conditions_of(graph: CallGraph, sink: SinkSite, edges: list[Edge]) -> tuple[str, ...]:
    """Tests under which the calls of the path run: of the platform, of environment variables, of arguments that some
    callers hand over, of failures; and, nearest to the blocking call first, of what kind or value something is.
    """
    found: list[str] = []
    steps = [(edge.call, edge.guards) for edge in edges if edge.call >= 0] + [(sink.call, sink.guards)]
    for call, guards in steps:
        function, conditions, innermost = _place(graph, call)
        asked = [conditions[index] for index in chain(conditions, innermost) if (function, index) in graph.gated]
        around = (*platform_tests(conditions, innermost), *environment_tests(conditions, innermost), *asked)
        told = [_told(test) for test in around]
        if guards & _EXCEPTIONAL:
            told.append(AFTER_FAILURE)
        found += [text for text in dict.fromkeys(told) if text not in found]
    for call, _ in reversed(steps):
        _, conditions, innermost = _place(graph, call)
        for text in _telling(conditions, innermost):
            if len(found) < _MOST and text not in found:
                found.append(text)
    return tuple(found)


def steps_on(graph: CallGraph, sink: SinkSite, edges: list[Edge]) -> int:
    """How much has to come together for the path: two for each function, one for each test around them."""
    calls = [edge.call for edge in edges if edge.call >= 0] + [sink.call]
    return 2 * (len(edges) + 1) + sum(_tests(*_place(graph, call)[1:]) for call in calls)


def _tests(conditions: tuple[Condition, ...], innermost: int) -> int:
    return sum(not conditions[index].exits for index in chain(conditions, innermost))


def _place(graph: CallGraph, call: int) -> tuple[int, tuple[Condition, ...], int]:
    function = graph.table.function(call)
    return function, graph.program.unit_of(function).facts.conditions, graph.table.condition(call)


def _told(test: Condition) -> str:
    return test.text if test.holds else f"not ({test.text})"


def _telling(conditions: tuple[Condition, ...], innermost: int) -> Iterator[str]:
    """The tests of kinds and of literal values whose branch the call stands in, from the innermost on."""
    for index in chain(conditions, innermost):
        test = conditions[index]
        if test.exits or test.handler or "…" in test.text:
            continue
        parsed = parse(test.text)
        if any(_is_telling(atom, test.holds or atom != test.text) for atom in atoms(parsed)):
            yield _told(test)


def _is_telling(atom: str, holds: bool) -> bool:
    """Whether an atom asks for a kind, or says which literal something is: that it is none of several says little."""
    if _KIND.search(atom):
        return holds
    compared = comparison(atom)
    if compared is None or compared.sign != ("==" if holds else "!="):
        return False
    return any(map(_LITERAL.fullmatch, (compared.left, compared.right)))
