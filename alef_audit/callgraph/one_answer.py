"""Listeners for one answer: `child.once("message", …)`, `rl.question(…)`, a listener that stops listening first thing.

They run once for every time that they are registered, so that they are as hot as the function that does so: what a
command of a command line, or the start of a program, waits for in this way keeps nobody else waiting.
"""

from collections.abc import Mapping, Set
from dataclasses import replace
from typing import Final

from alef_audit.callgraph.graph import CallGraph, RootSite
from alef_audit.callgraph.mains import Calls, calls_of
from alef_audit.rulepack.kinds import COLD, RootKind
from alef_audit.rulepack.lexicon import ListeningWords

_COMMAND: Final = "one answer that a command waits for"
_START: Final = "one event that the start of the program waits for"
_PASSING: Final[frozenset[RootKind]] = frozenset(("warmup", "lifecycle"))
_Asking = Mapping[int, int]  # listener -> the function that registers it


def answers_to_starts(graph: CallGraph, roots: list[RootSite], words: ListeningWords) -> list[RootSite]:
    """`roots`, the listeners for one answer being part of the commands and starts that alone register them."""
    asking = _for_one(graph, roots, words)
    if not asking:
        return roots
    calls, table = calls_of(graph.program, graph.edges), graph.table
    # what runs once after its registration, or at the end of a life, is as hot as who registers it, whatever it is
    passing = {root.function: table.function(root.call) for root in roots if root.call >= 0 and root.kind in _PASSING}
    passing |= asking
    commands = {root.function for root in roots if root.kind == "cli"}
    starts = {root.function for root in roots if root.kind in COLD} | {unit.functions for unit in graph.program.units}
    started = _following(calls, calls.below(starts), passing)
    elsewhere = {listener for listener, function in passing.items() if function not in started}
    hot = {root.function for root in roots if root.kind not in COLD and root.function not in passing} | elsewhere
    cold = asking.keys() - _following(calls, calls.below(hot), passing)
    commanded = _following(calls, calls.below(commands), passing) if cold else ()
    return [
        replace(root, kind="cli", why=_COMMAND)
        if root.function in cold and asking[root.function] in commanded
        else replace(root, kind="startup", why=_START)
        if root.function in cold
        else root
        for root in roots
    ]


def _for_one(graph: CallGraph, roots: list[RootSite], words: ListeningWords) -> _Asking:
    """The listeners that are registered by one call, for one answer, and for nothing else."""
    table, stopping, kinds = graph.table, frozenset(words.stopping), dict[int, int]()
    for root in roots:
        kinds[root.function] = kinds.get(root.function, 0) + 1
    listening = {
        root.function: root.call
        for root in roots
        if root.general and root.call >= 0 and not root.again and root.kind not in COLD and kinds[root.function] == 1
    }
    found = {listener: table.function(call) for listener, call in listening.items() if table.member(call) in words.once}
    for call, function in enumerate(table.functions) if len(found) < len(listening) else ():
        registered = listening.get(function, -1)
        if registered >= 0 and table.condition(call) < 0 and table.member(call) in stopping:
            if _emitter(graph, call) == _emitter(graph, registered):
                found[function] = table.function(registered)
    return found


def _emitter(graph: CallGraph, call: int) -> str:
    """What a call speaks to, as written."""
    return graph.table.text(call).rpartition(".")[0]


def _following(calls: Calls, reached: Set[int], asking: _Asking) -> set[int]:
    """`reached`, the listeners that functions in it register, and all that these reach."""
    found = set(reached)
    while more := {listener for listener, function in asking.items() if function in found and listener not in found}:
        found |= calls.below(more)
    return found
