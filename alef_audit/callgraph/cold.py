"""Functions that no serving loop runs, told by what they are called and by what they do.

Four kinds.  What starts a program, or keeps its data in order before that, is called so and listens or registers what
is served.  A coroutine that always listens, or registers what answers requests, is a start whatever it is called: who
awaits it serves nobody before.  What asks a person at a terminal waits for a person.  What ends or replaces the process
is the last that its loop runs: nobody is kept waiting who is not cut off a moment later.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Final

import re2

from alef_audit.callgraph.always import always_leading
from alef_audit.callgraph.boundaries import Marks
from alef_audit.callgraph.closure import callers_of, closure
from alef_audit.callgraph.graph import CallGraph, RootSite
from alef_audit.callgraph.loop_text import words_in
from alef_audit.callgraph.loops import is_timer
from alef_audit.callgraph.program import Program
from alef_audit.callgraph.timers import ENDLESS, UNTIL_STOPPED
from alef_audit.facts.file import FunctionFlag, Loop
from alef_audit.rulepack.lexicon import ColdName, Lexicon, Prompts

_ROLES: Final = frozenset(("product", "generated", "vendored", "cli"))
_FIRST_WORD: Final = re.compile(r'["\[]+\s*(?:sudo\s+)?([\w.-]+)')
_SETS_UP: Final = "listens or registers what answers requests: part of the start"
_ASKS: Final = "asks a person at a terminal"


def cold_roots(graph: CallGraph, lexicon: Lexicon) -> list[RootSite]:
    """Roots that are not hot: start-ups by their names, and functions that ask a person."""
    found = [
        RootSite(function, row.kind, row.why, "event-loop", by_name=True) for function, row in _named(graph, lexicon)
    ]
    named = {root.function for root in found}
    found.extend(
        RootSite(function, "startup", _SETS_UP, "event-loop", by_name=True)
        for function in _setting_up(graph)
        if function not in named
    )
    found.extend(RootSite(function, "cli", _ASKS, "event-loop", by_name=True) for function in _asking(graph, lexicon))
    return found


def ending_marks(graph: CallGraph, lexicon: Lexicon, project: frozenset[str], hot: Iterable[RootSite]) -> Marks:
    """The marks of what ends or replaces the process; `project` as in `endings`, `hot` is what people call hot."""
    found = endings(graph, lexicon, project)
    ends = frozenset(found) - {root.function for root in hot}
    return Marks(endings=ends, why={function: f"its call of {found[function]}" for function in ends})


def endless_functions(program: Program) -> frozenset[int]:
    """The functions with a loop that does not end: what they do in it is no part of a start."""
    return frozenset(
        unit.functions + loop.function for unit in program.units for loop in unit.facts.loops if _is_endless(loop)
    )


def _is_endless(loop: Loop) -> bool:
    if loop.over:
        return False
    return is_timer(loop) or bool(ENDLESS.fullmatch(loop.test)) or bool(UNTIL_STOPPED.search(loop.test))


def endings(graph: CallGraph, lexicon: Lexicon, project: frozenset[str]) -> dict[int, str]:
    """The functions that end or replace the process that runs them, with the call that tells it.

    Such a function is called so (`restartGateway`), and ends the process itself, or has it restarted by the service
    manager: then it takes nothing that could name another service, and is called after the program, of which `project`
    are the names.
    """
    words = lexicon.ending
    phrases = tuple(f" {phrase} " for phrase in words.phrases)
    own = frozenset(words.own) | project
    told: dict[str, bool] = {}
    calls = frozenset(words.calls)
    found: dict[int, str] = {}
    for call, node in graph.externals:
        text = graph.api.text[node]
        function = graph.table.function(call)
        name = graph.program.functions[function].name
        ends = told.get(name)
        if ends is None:
            spoken = f" {' '.join(words_in(name))} "
            ends = told[name] = any(phrase in spoken for phrase in phrases)
        if ends and (text in calls or (node in graph.api.sinks and _restarts_itself(graph, call, own, words.managers))):
            found.setdefault(function, text)
    return found


def _restarts_itself(graph: CallGraph, call: int, own: frozenset[str], managers: tuple[str, ...]) -> bool:
    """Whether a call hands the program's own service to the service manager."""
    facts = graph.program.functions[graph.table.function(call)]
    if any(not parameter.kind for parameter in facts.parameters):
        return False
    words = words_in(facts.name)
    joined = {"".join(words[start:end]) for start in range(len(words)) for end in range(start + 1, len(words) + 1)}
    if joined.isdisjoint(own):
        return False
    names = graph.program.names
    texts = [names[literal] for _, _, literal in graph.table.arguments(call)[:1] if literal]
    return any((first := _FIRST_WORD.match(text)) is not None and first[1] in managers for text in texts)


def _named(graph: CallGraph, lexicon: Lexicon) -> Iterator[tuple[int, ColdName]]:
    """Functions called like start-ups, with the row that says so."""
    patterns = re2.Set.FullMatchSet()
    for row in lexicon.cold:
        patterns.Add(row.pattern)
    patterns.Compile()
    known: dict[str, list[int]] = {}
    endless = endless_functions(graph.program)
    served: set[int] | None = None
    for unit in graph.program.units:
        if unit.role not in _ROLES:
            continue
        for offset, facts in enumerate(unit.facts.functions):
            hits = known.get(facts.name)
            if hits is None:
                hits = known[facts.name] = sorted(patterns.Match(facts.name) or ()) if facts.name else []
            if not hits or facts.flags & FunctionFlag.ABSTRACT or unit.functions + offset in endless:
                continue
            if served is None:
                served = _serving(graph)
            for hit in hits:
                if not lexicon.cold[hit].serves or unit.functions + offset in served:
                    yield unit.functions + offset, lexicon.cold[hit]
                    break


def _serving(graph: CallGraph) -> set[int]:
    """The functions that lead to a call which listens, or which registers what is run later."""
    starts = {graph.table.function(call) for call, node in graph.externals if node in graph.api.serving}
    starts |= {graph.table.function(root.call) for root in graph.roots if root.call >= 0 and not root.soon}
    return closure(callers_of(graph), starts)


def _setting_up(graph: CallGraph) -> list[int]:
    """The coroutines that listen or register handlers of requests, and those that always await one."""
    program = graph.program
    calls = [call for call, node in graph.externals if node in graph.api.serving]
    calls += [root.call for root in graph.roots if root.call >= 0 and root.kind == "request" and not root.general]
    endless = endless_functions(program)
    return [
        function
        for function in sorted(always_leading(graph, map(graph.table.function, calls)))
        if program.functions[function].parent >= 0 and program.functions[function].flags & FunctionFlag.ASYNC
        if program.unit_of(function).role in _ROLES and function not in endless
    ]


def _asking(graph: CallGraph, lexicon: Lexicon) -> list[int]:
    """The functions that ask a person, and what those are nested in."""
    program, table = graph.program, graph.table
    nodes, texts = _prompting_nodes(graph, lexicon.prompts.calls), _prompting_texts(program, lexicon.prompts)
    asking = {table.function(call) for call, node in graph.externals if node in nodes}
    asking.update(table.functions[call] for call, text in enumerate(table.texts if texts else ()) if text in texts)
    for function in list(asking):
        asking.update(_around(program, function))
    # one that asks for ever is a dialogue, or reads a pipe
    asking -= endless_functions(program)
    return sorted(function for function in asking if program.functions[function].parent >= 0)


def _around(program: Program, function: int) -> Iterator[int]:
    """The functions that an anonymous function is nested in, up to the first that has a name."""
    unit = program.unit_of(function)
    while program.functions[function].flags & FunctionFlag.ANONYMOUS and program.functions[function].parent > 0:
        function = unit.functions + program.functions[function].parent
        yield function


def _prompting_texts(program: Program, words: Prompts) -> frozenset[int]:
    """The calls of a prompter's methods, as they are written: `ctx.prompter.confirm`."""
    ends = tuple(f"{asker}." for asker in words.askers)
    member = re.compile("|".join(words.members))
    return frozenset(
        number
        for name, number in program.name_ids.items()
        if any(end in name for end in ends)
        and name.rpartition(".")[0].endswith(words.askers)
        and member.fullmatch(name.rpartition(".")[2])
    )


def _prompting_nodes(graph: CallGraph, expressions: tuple[str, ...]) -> frozenset[int]:
    patterns = re2.Set.FullMatchSet()
    for one in expressions:
        patterns.Add(one)
    patterns.Compile()
    text = graph.api.text
    return frozenset(node for node in {node for _, node in graph.externals} if patterns.Match(text[node]))
