"""The tests under which the calls of a path run, as far as they tell a reader when the path is taken."""

import re
from collections.abc import Iterator
from typing import Final

from alef_audit.callgraph.environment import environment_tests
from alef_audit.callgraph.graph import CallGraph, Edge, SinkSite
from alef_audit.callgraph.guards import BIT
from alef_audit.callgraph.keeping import chain, tests_around
from alef_audit.callgraph.platforms import asks_platform, platform_tests
from alef_audit.callgraph.predicates import Atom, Not, atoms, comparison, implied, parse, unwrapped
from alef_audit.facts.file import Condition

AFTER_FAILURE: Final = "only after an exception"
# More conditions than this are read by nobody: those of the platform and of arguments come first, those of kinds and
# values next.
_MOST: Final = 4
_LONGEST: Final = 100
_LITERAL: Final = re.compile(r"""(["'])[^"'\\]*\1""")
_NAME: Final = re.compile(r"[\w$]+")
_KIND: Final = re.compile(r"isinstance\(|typeof |\binstanceof\b")
_EXCEPTIONAL: Final = BIT["exceptional"]


def conditions_of(graph: CallGraph, sink: SinkSite, edges: list[Edge]) -> tuple[str, ...]:
    """Tests under which the calls of the path run: of the platform, of environment variables, of arguments that some
    callers hand over, of failures; nearest to the blocking call first, of what kind or value something is; and, from
    the entry point on, the others that a branch is entered by.
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
    for call, _ in steps:
        for text in _entering(graph, call):
            if len(found) < _MOST and text not in found:
                found.append(text)
    return tuple(text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…" for text in found)


def occasion_of(graph: CallGraph, sink: SinkSite, edges: list[Edge]) -> str:
    """The test by which the root itself selects, of all that it is called for, what takes the path; "" for none."""
    call = edges[0].call if edges else sink.call
    if call < 0 or (edges[0].guards if edges else sink.guards) & _EXCEPTIONAL:
        return ""
    _, conditions, innermost = _place(graph, call)
    fixed = {
        _told(test) for test in (*platform_tests(conditions, innermost), *environment_tests(conditions, innermost))
    }
    telling = [text for text in _telling(conditions, innermost) if text not in fixed]
    entering = [text for text in _entering(graph, call) if text not in fixed]
    return next((text for text in (*reversed(telling), *entering) if not _NAME.fullmatch(text)), "")


def steps_on(graph: CallGraph, sink: SinkSite, edges: list[Edge]) -> int:
    """How much has to come together for the path: two for each function, one for each test around them."""
    calls = [edge.call for edge in edges if edge.call >= 0] + [sink.call]
    return 2 * (len(edges) + 1) + sum(_tests(*_place(graph, call)[1:]) for call in calls)


def _tests(conditions: tuple[Condition, ...], innermost: int) -> int:
    leaving = (conditions[index] for index in chain(conditions, innermost) if conditions[index].exits)
    return tests_around(conditions, innermost) + sum(_selects(test) for test in leaving)


def _place(graph: CallGraph, call: int) -> tuple[int, tuple[Condition, ...], int]:
    function = graph.table.function(call)
    return function, graph.program.unit_of(function).facts.conditions, graph.table.condition(call)


def _told(test: Condition) -> str:
    text = unwrapped(test.text)
    if test.holds:
        return text
    parsed = parse(text)
    if isinstance(parsed, Not) and isinstance(parsed.operand, Atom):
        return parsed.operand.text
    return _spelled(text, holds=False) if isinstance(parsed, Atom) else f"not ({text})"


def _entering(graph: CallGraph, call: int) -> Iterator[str]:
    """The tests whose branch a call stands in, from the outermost on, without those of what is kept, those that hold
    wherever none of several values is at hand, and those of whether there is what was looked for: it mostly is.
    """
    if call < 0:
        return
    function, conditions, innermost = _place(graph, call)
    for index in reversed(list(chain(conditions, innermost))):
        test = conditions[index]
        if test.exits or test.handler or (function, index) in graph.untold or _is_other(test):
            continue
        told = _told(test)
        value = graph.asked.get((function, told))
        if value is None:
            yield told
        elif value:
            yield value


def _is_other(test: Condition) -> bool:
    """Whether a branch is entered by what is not one of several values: `else` of `kind === "a"`."""
    known = list(implied(parse(test.text), test.holds))
    compared = [comparison(atom) for atom, _ in known]
    return bool(known) and all(
        each is not None
        and each.sign == ("!=" if holds else "==")
        and any(map(_LITERAL.fullmatch, (each.left, each.right)))
        for each, (_, holds) in zip(compared, known, strict=True)
    )


def _selects(test: Condition) -> bool:
    """Whether an early exit lets pass one value or kind only: `if (event.type !== "stats") return`."""
    if test.handler or "…" in test.text or asks_platform(test):
        return False
    return any(_is_telling(atom, outcome) for atom, outcome in implied(parse(test.text), test.holds))


def _telling(conditions: tuple[Condition, ...], innermost: int) -> Iterator[str]:
    """The tests of kinds and of literal values whose branch the call stands in, from the innermost on."""
    for index in chain(conditions, innermost):
        test = conditions[index]
        if test.handler or "…" in test.text:
            continue
        if test.exits:
            yield from (_spelled(*known) for known in implied(parse(test.text), test.holds) if _is_telling(*known))
        elif any(_is_telling(atom, test.holds or atom != test.text) for atom in atoms(parse(test.text))):
            yield _told(test)


def _spelled(atom: str, holds: bool) -> str:
    """An atom that gave `holds`, as a test that holds."""
    compared = comparison(atom)
    if holds or compared is None:
        return atom if holds else f"not ({atom})"
    sign = next((sign for sign in ("!==", "!=") if sign in atom), "")
    return atom.replace(sign, "===" if sign == "!==" else "==", 1) if sign else f"not ({atom})"


def _is_telling(atom: str, holds: bool) -> bool:
    """Whether an atom asks for a kind, or says which literal something is: that it is none of several says little."""
    if _KIND.search(atom):
        return holds
    compared = comparison(atom)
    if compared is None or compared.sign != ("==" if holds else "!="):
        return False
    return any(map(_LITERAL.fullmatch, (compared.left, compared.right)))
