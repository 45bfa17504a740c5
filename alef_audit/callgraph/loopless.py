"""Roots by a name alone where no event loop is: the loop of a blocking client runs on the thread of whoever calls it.

A name is a hint.  In JavaScript it is enough, for everything runs on a loop.  In Python `handle_message` may as well be
a step of a blocking client, and a callback that is registered with an object of the program runs where that calls it.
"""

from collections.abc import Iterable, Iterator, Mapping

from alef_audit.callgraph.closure import callees_of, callers_of, closure
from alef_audit.callgraph.graph import CallGraph, Edge, RootSite
from alef_audit.callgraph.guards import OFFLOAD
from alef_audit.facts.file import FunctionFlag
from alef_audit.rulepack.kinds import COLD


def on_loops(graph: CallGraph, roots: list[RootSite], loops: Iterable[str]) -> list[RootSite]:
    """`roots` without those by a name alone that no event loop runs; `loops` are packages that are one.

    These are synchronous functions of Python that no coroutine and no other root leads to, where neither their own file
    nor one that leads to them has anything to do with a loop; and functions that are only ever handed to other threads.
    """
    hints = [root for root in roots if _is_hint(root)]
    if not hints:
        return roots
    into = _calls_into(graph, {root.function for root in hints})
    gone = {root for root in hints if _runs_elsewhere(into.get(root.function, ()))}
    plain = [root for root in hints if root not in gone and _is_plain(graph, root.function)]
    if plain:
        gone |= set(_without_loop(graph, roots, plain, into, frozenset(loops)))
    return [root for root in roots if root not in gone] if gone else roots


def _is_hint(root: RootSite) -> bool:
    return (root.by_name or root.by_word) and root.runs_on == "event-loop" and root.kind not in COLD


def _is_plain(graph: CallGraph, function: int) -> bool:
    facts = graph.program.functions[function]
    return not facts.flags & FunctionFlag.ASYNC and graph.program.unit_of(function).facts.language == "python"


def _calls_into(graph: CallGraph, functions: set[int]) -> dict[int, list[Edge]]:
    found: dict[int, list[Edge]] = {}
    for edge in graph.edges:
        if edge.callee in functions:
            found.setdefault(edge.callee, []).append(edge)
    return found


def _runs_elsewhere(edges: Iterable[Edge]) -> bool:
    found = [edge.guards & OFFLOAD for edge in edges]
    return bool(found) and all(found)


def _without_loop(
    graph: CallGraph,
    roots: list[RootSite],
    plain: list[RootSite],
    into: Mapping[int, list[Edge]],
    loops: frozenset[str],
) -> Iterator[RootSite]:
    program = graph.program
    starts = {function for function, facts in enumerate(program.functions) if facts.flags & FunctionFlag.ASYNC}
    starts |= {root.function for root in roots if root.runs_on == "event-loop" and not _is_hint(root)}
    reached = closure(callees_of(graph, OFFLOAD), starts)
    looping = _looping_files(graph, loops)
    callers = callers_of(graph)
    for root in plain:
        if root.function in reached:
            continue
        if root.by_word and all(edge.call == root.call for edge in into.get(root.function, ())):
            continue  # who calls what is registered is not known
        leading = closure(callers, [root.function])
        if looping.isdisjoint(program.function_unit[function] for function in leading):
            yield root


def _looping_files(graph: CallGraph, loops: frozenset[str]) -> set[int]:
    """The files that define coroutines, or import an event loop."""
    return {
        index
        for index, unit in enumerate(graph.program.units)
        if any(facts.flags & FunctionFlag.ASYNC for facts in unit.facts.functions)
        or any(item.specifier.partition(".")[0] in loops for item in unit.facts.imports)
    }
