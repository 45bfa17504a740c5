"""Roots of last resort: coroutines that nothing else reaches, and the exported surface of a library."""

import re
from collections.abc import Iterable
from typing import Final

from alef_audit.callgraph.closure import closure
from alef_audit.callgraph.graph import CallGraph, RootSite
from alef_audit.callgraph.program import Program
from alef_audit.callgraph.timers import loops_for_ever
from alef_audit.facts.file import Function, FunctionFlag
from alef_audit.reachability.ways import Callees, callers_first

SURFACE_ROLES: Final = frozenset(("product", "generated", "vendored"))
_ROUNDS: Final = "loop that goes on for ever, at intervals"
_AWAITED: Final = "coroutine that runs on whichever event loop awaits it"
# Hooks that product code keeps for its tests: `testing.reset`, `resetCacheForTest`.
_FOR_TESTS: Final = re.compile(r"(?i)(^|[._])_*(test|tests|testing|testonly|test_only)([._]|$)|for_?tests?(ing)?$")
_REQUEST_NAMES: Final = frozenset(("req", "request"))
_RESPONSE_NAMES: Final = frozenset(("res", "response", "reply"))
_CALLBACK_NAMES: Final = frozenset(("cb", "callback", "done", "next", "fn"))


def async_functions(program: Program) -> frozenset[int]:
    return frozenset(i for i, f in enumerate(program.functions) if f.flags & FunctionFlag.ASYNC)


def surface_roots(
    graph: CallGraph,
    callees: Callees,
    hot: list[RootSite],
    started: set[int],
    *,
    reached: set[int],
    relevant: set[int],
    is_async: frozenset[int],
    has_dispatch: bool,
) -> list[RootSite]:
    """`coroutine` and `api` roots among the functions that lead to a blocking call (`relevant`) and are
    not `reached`.
    """
    program = graph.program
    known = {root.function for root in hot}
    candidates = [
        function
        for function in sorted(relevant & is_async)
        if function not in reached and function not in started and function not in known
        if program.unit_of(function).role in SURFACE_ROLES
        if not program.functions[function].flags & FunctionFlag.ABSTRACT
        if not _FOR_TESTS.search(program.functions[function].label)
        if function not in graph.unused or not (has_dispatch or program.unit_of(function).facts.language != "python")
    ]
    rounds = loops_for_ever(program).intersection(candidates)
    roots = [RootSite(function, "tick", _ROUNDS, "event-loop") for function in sorted(rounds)]
    roots += [
        RootSite(function, "coroutine", _AWAITED, "event-loop")
        for function in _topmost(callees, candidates)
        if function not in rounds
    ]
    return [*roots, *_api_roots(graph, relevant, reached | known | started, is_async, has_dispatch=has_dispatch)]


def started_functions(graph: CallGraph, callees: Callees, cold: list[RootSite]) -> set[int]:
    """Functions that run when the program is loaded or started: from module bodies, command lines, other threads.

    What a file of a command line defines and nobody calls is what its launcher runs.
    """
    called = {callee for below in callees.values() for callee in below}
    commands = (
        unit.functions + number
        for unit in graph.program.units
        if unit.role == "cli"
        for number, facts in enumerate(unit.facts.functions)
        if facts.parent == 0 and unit.functions + number not in called
    )
    return closure(callees, [*_module_bodies(graph.program), *commands, *(root.function for root in cold)])


def ending_only(callees: Callees, graph: CallGraph) -> set[int]:
    """The functions that end the process on a path of their own, and what nothing else leads to: the work of commands.

    What a package exports is for others, too.
    """
    if not graph.ending:
        return set()
    alone = closure(callees, graph.ending)
    others = closure(callees, callees.keys() - alone, graph.ending)
    return (alone - others - graph.exported) | graph.ending


def _module_bodies(program: Program) -> Iterable[int]:
    return (unit.functions for unit in program.units)


def _topmost(callees: Callees, candidates: list[int]) -> list[int]:
    """The candidates that no other candidate reaches; of a cycle, the member that comes first."""
    rank = {function: number for number, function in enumerate(callers_first(callees))}
    below: set[int] = set()
    chosen = []
    for start in sorted(candidates, key=lambda function: (rank.get(function, len(rank)), function)):
        if start in below:
            continue
        chosen.append(start)
        pending = [start]
        while pending:
            for callee in callees.get(pending.pop(), ()):
                if callee not in below:
                    below.add(callee)
                    pending.append(callee)
    return sorted(chosen)


def _api_roots(
    graph: CallGraph, relevant: set[int], known: set[int], is_async: frozenset[int], *, has_dispatch: bool
) -> list[RootSite]:
    """The functions that servers call. In a program that is one itself, those that take requests and responses only."""
    program = graph.program
    roots = []
    for function in sorted(relevant):
        facts = program.functions[function]
        unit = program.unit_of(function)
        if function in known or function in is_async or unit.role not in SURFACE_ROLES or facts.parent < 0:
            continue
        if unit.facts.language != "ecmascript":
            continue
        why = _takes_request(unit.facts.names, facts)
        if not why and not has_dispatch:
            why = _takes_callback(unit.facts.names, facts, is_exported=function in graph.exported)
        if why:
            roots.append(RootSite(function, "api", why, "event-loop"))
    return roots


def _takes_request(names: tuple[str, ...], facts: Function) -> str:
    """Why a function reads like something a server calls per request; "" if it does not."""
    parameters = [names[p.name] for p in facts.parameters[:2] if not p.kind]
    is_handler = len(parameters) == 2 and parameters[0] in _REQUEST_NAMES and parameters[1] in _RESPONSE_NAMES
    return "takes a request and a response" if is_handler else ""


def _takes_callback(names: tuple[str, ...], facts: Function, *, is_exported: bool) -> str:
    """Why a function of a library reads like one that answers by a callback; "" if it does not."""
    parameters = [names[p.name] for p in facts.parameters if not p.kind]
    if not parameters or parameters[-1] not in _CALLBACK_NAMES:
        return ""
    is_member = facts.owner >= 0 or "." in facts.label.split("(")[0]
    is_named = is_member and not facts.flags & FunctionFlag.ANONYMOUS
    is_surface = is_exported or is_named or ("." in facts.label and " " not in facts.label)
    return "asynchronous by its trailing callback, part of the package's surface" if is_surface else ""
