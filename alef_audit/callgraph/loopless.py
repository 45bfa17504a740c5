"""Roots by a name alone where no event loop is: the loop of a blocking client runs on the thread of whoever calls it.

A name is a hint.  In JavaScript it is enough, for everything runs on a loop.  In Python `handle_message` may as well be
a step of a blocking client, and a callback that is registered with an object of the program runs where that calls it.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from alef_audit.callgraph.closure import callees_of, callers_of, closure
from alef_audit.callgraph.graph import CallGraph, Edge, RootSite
from alef_audit.callgraph.guards import OFFLOAD
from alef_audit.callgraph.hot import PRODUCT
from alef_audit.callgraph.memos import method_class
from alef_audit.callgraph.state import State
from alef_audit.callgraph.twins import Twins
from alef_audit.facts.file import FunctionFlag
from alef_audit.rulepack.kinds import COLD
from alef_audit.rulepack.lexicon import Lexicon

# Superclasses that say nothing of who calls a method.
_NEUTRAL: Final = ("abc.", "typing.", "typing_extensions.", "enum.", "object", "dict", "list")


def on_loops(graph: CallGraph, state: State, roots: list[RootSite], lexicon: Lexicon) -> list[RootSite]:
    """`roots` without those by a name alone that no event loop runs.

    These are synchronous functions of Python that no coroutine and no other root leads to, where neither their own file
    nor one that leads to them has anything to do with a loop; the blocking halves of what stands twice, and what they
    lead to; methods of classes without coroutines whose superclass is a library's, for that one calls them where it
    will; what runs where its user does, in a program without coroutines; and functions that are only ever handed to
    other threads.
    """
    roots = [root for root in roots if not root.either or _has_loop(graph, root)]
    hints = [root for root in roots if _is_hint(root)]
    if not hints:
        return roots
    into = _calls_into(graph, {root.function for root in hints})
    gone = {root for root in hints if _runs_elsewhere(into.get(root.function, ()))}
    plain = [root for root in hints if root not in gone and _is_plain(graph, root.function)]
    if plain:
        gone |= set(_without_loop(graph, state, roots, plain, into, lexicon))
    return [root for root in roots if root not in gone] if gone else roots


def _has_loop(graph: CallGraph, root: RootSite) -> bool:
    """Whether the program has coroutines, or hands the function to others that may."""
    units = (unit for unit in graph.program.units if unit.role in PRODUCT)
    return root.function in graph.exported or any(
        facts.flags & FunctionFlag.ASYNC for unit in units for facts in unit.facts.functions
    )


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
    state: State,
    roots: list[RootSite],
    plain: list[RootSite],
    into: Mapping[int, list[Edge]],
    lexicon: Lexicon,
) -> Iterator[RootSite]:
    program = graph.program
    starts = {function for function, facts in enumerate(program.functions) if facts.flags & FunctionFlag.ASYNC}
    starts |= {root.function for root in roots if root.runs_on == "event-loop" and not _is_hint(root)}
    reached = closure(callees_of(graph, OFFLOAD), starts)
    looping = _looping_files(graph, frozenset(lexicon.event_loops))
    callers, twins = callers_of(graph), Twins(program, lexicon.twins)
    for root in plain:
        if root.by_name and twins.have([root.function]):
            yield root  # a coroutine that calls it all the same leads there
            continue
        if root.function in reached:
            continue
        if root.by_word and all(edge.call == root.call for edge in into.get(root.function, ())):
            continue  # who calls what is registered is not known
        leading = closure(callers, [root.function])
        if looping.isdisjoint(program.function_unit[function] for function in leading) or _is_blocking_half(
            graph, state, twins, root, leading
        ):
            yield root


def _is_blocking_half(graph: CallGraph, state: State, twins: Twins, root: RootSite, leading: Iterable[int]) -> bool:
    """Whether a function that has a hot name is there for those who are on no loop; `leading` are those above it."""
    return root.by_name and (twins.have(leading) or _is_library_method(graph, state, root.function))


def _is_library_method(graph: CallGraph, state: State, function: int) -> bool:
    """Whether a function is a method of a class that a library's is the base of, and none of whose methods waits."""
    program = graph.program
    index = method_class(program, function) if program.functions[function].owner >= 0 else -1
    if index < 0:
        return False
    unit = program.unit_of(function)
    own = (facts for facts in unit.facts.functions if facts.owner == index - unit.classes)
    if any(facts.flags & FunctionFlag.ASYNC for facts in own):
        return False
    return any(not state.api.text[node].startswith(_NEUTRAL) for node in state.classes.outside_bases(index))


def _looping_files(graph: CallGraph, loops: frozenset[str]) -> set[int]:
    """The files that define coroutines, or import an event loop."""
    return {
        index
        for index, unit in enumerate(graph.program.units)
        if any(facts.flags & FunctionFlag.ASYNC for facts in unit.facts.functions)
        or any(item.specifier.partition(".")[0] in loops for item in unit.facts.imports)
    }
