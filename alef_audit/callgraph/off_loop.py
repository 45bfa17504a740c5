"""Calls that the event loop's thread never comes to, for the code asks which thread it runs on.

`if loop_ident == threading.get_ident(): raise RuntimeError(…)` in front of a wait, and the same in a function that is
called before it; `try: asyncio.get_running_loop()`, `except RuntimeError: return asyncio.run(main())`; a function that
does so to tell whether a loop runs, `if in_async(): … else: run_at_once()`.  And what
follows `asyncio.run(…)` in a plain function: under a running loop that raises (documentation of `asyncio.run`).
"""

import re
from collections.abc import Callable, Mapping, Set
from dataclasses import replace
from typing import Final

from msgspec.structs import replace as changed

from alef_audit.callgraph.graph import PROPERTY, CallGraph
from alef_audit.callgraph.guards import BIT
from alef_audit.callgraph.keeping import Keeping, Read, chain
from alef_audit.callgraph.predicates import atoms, comparison, implied, parse
from alef_audit.facts.file import Condition, FunctionFlag, Handler

_THREAD: Final = re.compile(r"(?:threading\.)?(?:get_ident\(\)|current_thread\(\)(?:\.ident)?)")
_ASKED: Final = re.compile(r"(?:asyncio\.)?_?get_(?:running|event)_loop\(\)")
_RUNNING: Final = re.compile(r"(?P<loop>[\w.]+(?:\(\))?)\.is_running\(\)")
_MARKS: Final = ("get_ident()", "current_thread()", "running_loop()", "is_running()")
_ELSEWHERE: Final = BIT["offload.executor"]
_STARTING: Final = re.compile(r"asyncio\.run|(?:[\w.]+\.)?run_until_complete")
_CALLED: Final = re.compile(r"(?:\w+\.)*(?P<name>\w+)\([^()]*\)")
_NONE: Final[frozenset[int]] = frozenset()
_NO_NAMES: Final[frozenset[str]] = frozenset()
_LOOP: Final = re.compile(r"loop", re.IGNORECASE)


def without_other_threads(graph: CallGraph, keeping: Keeping) -> CallGraph:
    """`graph` without the calls that only other threads than the event loop's make.

    Calls behind the start of a loop stay, for they are made where none runs: on another thread, or before.
    """
    closed, later = _closed(graph, keeping), _behind_starts(graph)
    if not closed and not later:
        return graph
    edges = (edge for edge in graph.edges if edge.call not in closed and closed.isdisjoint(edge.via))
    sinks = (sink for sink in graph.sinks if sink.call not in closed and closed.isdisjoint(sink.via))
    return replace(
        graph,
        edges=tuple(changed(edge, guards=edge.guards | _ELSEWHERE) if edge.call in later else edge for edge in edges),
        sinks=tuple(replace(sink, guards=sink.guards | _ELSEWHERE) if sink.call in later else sink for sink in sinks),
    )


def _closed(graph: CallGraph, keeping: Keeping) -> set[int]:
    program, table = graph.program, graph.table
    asking = {
        number: frozenset(index for index, each in enumerate(unit.facts.conditions) if _asks(each))
        for number, unit in enumerate(program.units)
        if unit.facts.language == "python"
    }
    asking = {number: indices for number, indices in asking.items() if indices}
    telling = _telling(graph)
    found: set[int] = set()
    raising: set[int] = set()
    for call, (function, innermost) in enumerate(zip(table.functions, table.conditions, strict=True)):
        asked = asking.get(program.function_unit[function], _NONE) if innermost >= 0 else _NONE
        names = telling.get(function, _NO_NAMES)
        if innermost >= 0 and (asked or names):
            conditions, reads = program.unit_of(function).facts.conditions, keeping.reads.get(function, {})
            for index in chain(conditions, innermost):
                test = conditions[index]
                if (index in asked and _leads_elsewhere(test, reads)) or (names and _is_told(test, names)):
                    found.add(call)
                    if conditions[index].parent < 0 and conditions[index].handler & Handler.RAISES:
                        raising.add(function)
    return found | _behind(graph, raising)


def _telling(graph: CallGraph) -> dict[int, set[str]]:
    """By function, the names of those it calls that tell whether a loop runs."""
    functions, found = graph.program.functions, dict[int, set[str]]()
    for edge in graph.edges:
        if functions[edge.callee].flags & FunctionFlag.ASKS_LOOP and edge.how <= PROPERTY:
            found.setdefault(edge.caller, set()).add(functions[edge.callee].name)
    return found


def _is_told(test: Condition, names: Set[str]) -> bool:
    """Whether a test does not lead to what stands below it where one of these functions says that a loop runs."""
    calls = ((_CALLED.fullmatch(atom), outcome) for atom, outcome in implied(parse(test.text), test.holds))
    return any(called is not None and called["name"] in names and not outcome for called, outcome in calls)


def _starting(graph: CallGraph) -> dict[int, list[int]]:
    """By function of Python, the calls that start a loop, and raise where one runs; not those that may be caught."""
    found: dict[int, list[int]] = {}
    for call in graph.table.named("run", "run_until_complete"):
        function = graph.table.function(call)
        if graph.program.unit_of(function).facts.language == "python" and _STARTING.fullmatch(graph.table.text(call)):
            if not _is_caught(graph, function, graph.table.line(call)):
                found.setdefault(function, []).append(call)
    return found


def _behind_starts(graph: CallGraph) -> set[int]:
    """The calls in front of which a loop is started, on their own way through the function."""
    table = graph.table
    return _after(graph, _starting(graph), lambda call, later: table.end_line(call) < table.line(later))


def _behind(graph: CallGraph, raising: set[int]) -> set[int]:
    """The calls in front of which a function is called that raises on the loop's thread."""
    table = graph.table
    called: dict[int, list[int]] = {}
    for edge in graph.edges if raising else ():
        is_call = edge.call >= 0 and edge.how <= PROPERTY and not edge.guards
        if is_call and edge.callee in raising and not _is_caught(graph, edge.caller, edge.line):
            called.setdefault(edge.caller, []).append(edge.call)
    calling = (edge for edge in graph.edges if edge.how <= PROPERTY) if called else ()
    others = {edge.call for edge in calling if edge.callee not in raising}
    sure = {function: [call for call in calls if call not in others] for function, calls in called.items()}
    return _after(graph, sure, lambda call, later: table.line(call) <= table.line(later) and call != later)


def _after(graph: CallGraph, first: Mapping[int, list[int]], precedes: Callable[[int, int], bool]) -> set[int]:
    """The calls of these functions that one of their calls `first` precedes, whatever the tests around them give."""
    table, found = graph.table, set[int]()
    if not first:
        return found
    calls = {edge.call for edge in graph.edges if edge.caller in first}
    calls |= {sink.call for sink in graph.sinks if sink.function in first}
    for later in calls - {-1}:
        function = table.function(later)
        conditions = graph.program.unit_of(function).facts.conditions
        around = {-1, *chain(conditions, table.condition(later))}
        if any(precedes(call, later) and table.condition(call) in around for call in first.get(function, ())):
            found.add(later)
    return found


def _is_caught(graph: CallGraph, function: int, line: int) -> bool:
    """Whether something that is raised at a line of a function may be caught in it, and not raised again."""
    end = graph.program.functions[function].end_line
    conditions = graph.program.unit_of(function).facts.conditions
    ends = Handler.CATCHES | Handler.RAISES
    return any(each.handler & ends == Handler.CATCHES and line <= each.line <= end for each in conditions)


def _asks(test: Condition) -> bool:
    return any(mark in test.text for mark in _MARKS) or _LOOP.search(test.text) is not None


def _leads_elsewhere(test: Condition, reads: Mapping[str, list[Read]]) -> bool:
    """Whether what stands below a test runs on another thread than an event loop's.

    Of several tests in one the thread's decides: the others ask whether there is a loop at all.
    """
    parsed = parse(test.text)
    for atom, outcome in implied(parsed, test.holds):
        given = _is_loop(atom, test.text, reads)
        if given is not None and given is not outcome:
            return True
    found = [_is_loop(atom, test.text, reads) for atom in atoms(parsed)]
    here = next((each for each in found if each is not None), None)
    return here is not None and here is not test.holds and " or " not in test.text and "not " not in test.text


def _holds_loop(name: str, reads: Mapping[str, list[Read]]) -> bool:
    """Whether a local holds the running loop, and None only where there is none."""
    return any("get_running_loop" in read.value and _ASKED.fullmatch(read.value) for read in reads.get(name, ()))


def _is_loop(atom: str, text: str, reads: Mapping[str, list[Read]]) -> bool | None:
    """What a test gives on the loop's thread; None if it asks something else."""
    if _ASKED.fullmatch(atom) or _holds_loop(atom, reads):
        return True
    running = _RUNNING.fullmatch(atom)
    if running is not None:
        bound = reads.get(running["loop"], ())
        held = bound[0].value if len(bound) == 1 else running["loop"]
        return True if _ASKED.fullmatch(held) else None
    compared = comparison(atom)
    if compared is None or compared.sign not in ("==", "!="):
        return None
    if compared.right == "None" and _holds_loop(compared.left, reads):
        return compared.sign == "!="
    sides = (compared.left, compared.right)
    if any(map(_THREAD.fullmatch, sides)) and _LOOP.search(text):
        return compared.sign == "=="
    return None
