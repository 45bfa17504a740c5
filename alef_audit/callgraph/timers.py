"""Functions that come round again at intervals: loops that go on for ever, tasks and timers that set themselves."""

import re
from collections.abc import Iterable, Mapping
from typing import Final

from alef_audit.callgraph import guards
from alef_audit.callgraph.calls import CallTable
from alef_audit.callgraph.closure import closure
from alef_audit.callgraph.graph import CALLBACK, CallGraph, Edge, RootSite
from alef_audit.callgraph.keeping import chain
from alef_audit.callgraph.loops import is_timer
from alef_audit.callgraph.program import Program
from alef_audit.facts import flows
from alef_audit.facts.file import Condition, FunctionFlag, Handler, Leaving, Loop

# `while (true)`, `for (;;)`, and the tests of loops that go on until they are told to stop.
ENDLESS: Final = re.compile(r"[\s();]*(true|True|1)?[\s();]*")
UNTIL_STOPPED: Final = re.compile(
    r"(?i)abort|cancel|running|shutting|shutdown|stop(ped|ping|_event)?\b|clos(ed|ing)\b|is_?alive"
)
_ENDS: Final = Leaving.FUNCTION | Leaving.LOOP
_RESTING: Final = ("sleep",)
_AFTER_FAILURES: Final = "catch"
# What a promise calls when it settles as it should: `work().finally(() => schedule())` goes round like `try … finally`.
_SETTLED: Final = ("then", "finally")


def loops_for_ever(program: Program) -> frozenset[int]:
    """The async functions that rest in every round of a loop which nothing ends but that they are told to stop."""
    found: set[int] = set()
    for unit in program.units:
        loops = [loop for loop in unit.facts.loops if _is_for_ever(loop)]
        for loop in loops:
            function = unit.functions + loop.function
            if program.functions[function].flags & FunctionFlag.ASYNC:
                found.add(function)
        if loops:
            found.difference_update(_ended(program, unit.functions, found))
    return frozenset(found)


def _is_for_ever(loop: Loop) -> bool:
    is_usual = is_timer(loop) and loop.yields and loop.parent < 0
    return is_usual and bool(ENDLESS.fullmatch(loop.test) or UNTIL_STOPPED.search(loop.test))


def _ended(program: Program, first: int, functions: Iterable[int]) -> set[int]:
    """Those of the functions of a file, which start at `first`, whose loop ends once it has what it waits for."""
    unit = program.unit_of(first)
    found: set[int] = set()
    for function in functions:
        facts = program.functions[function]
        if program.unit_of(function) is not unit:
            continue
        for test in unit.facts.conditions:
            if facts.line <= test.line <= facts.end_line and test.leaving & _ENDS:
                if not UNTIL_STOPPED.search(test.text):
                    found.add(function)
    return found


def scheduling_themselves(
    graph: CallGraph, roots: Iterable[RootSite], outgoing: Mapping[int, list[int]]
) -> frozenset[int]:
    """The coroutines that rest, and that are started as a task by what they call themselves."""
    table, functions = graph.table, graph.program.functions
    resting = {table.function(call) for call in table.named(*_RESTING) if table.flags(call) & flows.AWAITED}
    return frozenset(
        root.function
        for root in roots
        if root.beside and root.call >= 0 and root.function in resting
        if functions[root.function].flags & FunctionFlag.ASYNC
        if table.function(root.call) in closure(outgoing, [root.function])
    )


def setting_themselves(graph: CallGraph, roots: Iterable[RootSite]) -> frozenset[int]:
    """What runs after a delay, and has itself run after the next one: `function poll() { …; setTimeout(poll, 500); }`.

    What it calls on the way counts too, in its own file: `safeBeat` awaits `beat`, which sets the timer for `safeBeat`;
    so does a function that is handed what it sets the timer for.
    A test on the way makes it a retry, or a wait for something that will be there, unless it asks only whether to stop.
    """
    delayed = {root.function: root for root in roots if root.delayed and root.call >= 0}
    if not delayed:
        return frozenset()
    unit, table = graph.program.function_unit, graph.table
    units = {unit[function] for function in delayed}
    setters = {table.function(root.call) for root in delayed.values()}
    helpers: dict[int, set[int]] = {}
    for edge in graph.edges:
        if edge.callee in setters and edge.call >= 0:
            helpers.setdefault(edge.call, set()).add(edge.callee)
    outgoing: dict[int, list[int]] = {}
    setting: dict[int, set[int]] = {}
    for edge in graph.edges:
        if unit[edge.caller] in units and unit[edge.caller] == unit[edge.callee] and _is_always_made(graph, edge):
            root = delayed.get(edge.callee)
            if root is not None and edge.how == CALLBACK and _sets(table, helpers, edge.call, root.call):
                setting.setdefault(edge.callee, set()).add(edge.caller)
            else:
                outgoing.setdefault(edge.caller, []).append(edge.callee)
    return frozenset(
        function for function, callers in setting.items() if not callers.isdisjoint(closure(outgoing, [function]))
    )


def _sets(table: CallTable, helpers: Mapping[int, set[int]], call: int, setting: int) -> bool:
    """Whether a call sets a timer as the call `setting` does, or leads to the function that makes that one."""
    return table.members[call] == table.members[setting] or table.function(setting) in helpers.get(call, ())


def _is_always_made(graph: CallGraph, edge: Edge) -> bool:
    """Whether whoever runs a function makes this call, unless it is told to stop."""
    member = graph.table.member(edge.call) if edge.call >= 0 else _AFTER_FAILURES
    doubt = guards.LOW if member in _SETTLED else guards.DOUBT
    if edge.guards & doubt or member == _AFTER_FAILURES:
        return False
    conditions = graph.program.unit_of(edge.caller).facts.conditions
    return all(_is_usual(conditions[index]) for index in chain(conditions, graph.table.condition(edge.call)))


def _is_usual(test: Condition) -> bool:
    return not test.handler & Handler.CATCHES and UNTIL_STOPPED.search(test.text) is not None
