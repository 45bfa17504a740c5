"""Loops that have one round on a path: over a list that the path itself hands over as a literal of few elements, over
functions of which the path goes through one, of which a test takes one round, or that are left once the path has been
gone through.
"""

import re
from bisect import bisect_left
from collections.abc import Iterator, Set
from typing import Final

from alef_audit.callgraph.graph import PROPERTY, CallGraph, Edge, SinkSite
from alef_audit.callgraph.keeping import chain, plain
from alef_audit.callgraph.loops import loops_around
from alef_audit.callgraph.predicates import NOTHING, comparison, implied, parse
from alef_audit.callgraph.values import literal_of
from alef_audit.facts import flows
from alef_audit.facts.file import Leaving, Loop
from alef_audit.reachability.reach import Reachability

_PATH: Final = re.compile(r"[A-Za-z_$][\w$]*(?:\??\.[A-Za-z_$][\w$]*)?")
_NAME: Final = re.compile(r"[A-Za-z_$][\w$]*")
_CHAIN: Final = re.compile(r"[A-Za-z_$][\w$]*(?:\.[\w$]+)*")
# What the first of two variables numbers, or is the key of.
_PAIR: Final = re.compile(r"[\[(]?\s*([A-Za-z_$][\w$]*)\s*,")
_NUMBERED: Final = re.compile(r"\benumerate\(|\.items\(\)|\bentries\(")
_OBJECTS: Final = frozenset(("self", "cls", "this"))
# How many functions are looked at below the others of a list.
_LOOKED_AT: Final = 2_000
# A step of the path, and a loop around its call: both by their number.
Round = tuple[int, int]


def single_rounds(reach: Reachability, sink: SinkSite, edges: list[Edge]) -> frozenset[Round]:
    """The loops around calls of the path along `edges` that do not multiply there."""
    graph, found = reach.graph, set[Round]()
    for step, call in enumerate([*(edge.call for edge in edges), sink.call]):
        ended = _ended(graph, call) | _selected(graph, call) if call >= 0 else ()
        for number, loop in enumerate(graph.loops.around(call).loops if call >= 0 else ()):
            if number in ended or (
                loop.over
                and (
                    _is_handed_few(graph, edges, step, loop.over)
                    or (step < len(edges) and _is_one_of(reach, sink, edges, step, loop.each))
                )
            ):
                found.add((step, number))
    return frozenset(found)


def _ended(graph: CallGraph, call: int) -> set[int]:
    """The loops around a call, the outermost being 0, that end with a branch that the call stands in:
    `for each in all: if fits(each): value = work(each); return value`.
    """
    table, facts = graph.table, graph.program.unit_of(graph.table.function(call)).facts
    lines = starts_at(graph, call)
    ended: set[int] = set()
    for index in chain(facts.conditions, table.condition(call)) if lines else ():
        test = facts.conditions[index]
        if not test.exits and test.leaving & (Leaving.FUNCTION | Leaving.LOOP):
            # what starts later is further inside
            outside = sum(line < test.line for line in lines)
            ended.update(range(outside) if test.leaving & Leaving.FUNCTION else range(outside - 1, outside))
    line, loops = table.line(call), _loops_of(graph, call)
    for number, loop in enumerate(loops):
        last = loop.last
        if last is not None and last.line <= line <= last.end_line:
            ended.update(range(number + 1) if last.leaving == Leaving.FUNCTION else (number,))
    return ended - {-1}


def _selected(graph: CallGraph, call: int) -> set[int]:
    """The loops around a call, the outermost being 0, of which a test around it takes one round:
    `for each in all: if each == wanted: work(each)`.
    """
    table, function = graph.table, graph.table.function(call)
    facts, loops = graph.program.unit_of(function).facts, _loops_of(graph, call)
    given = {facts.names[each.name] for each in graph.program.functions[function].parameters}
    selected: set[int] = set()
    for index in chain(facts.conditions, table.condition(call)) if loops else ():
        test = facts.conditions[index]
        told = [_equal(plain(atom), outcome) for atom, outcome in implied(parse(test.text), test.holds)]
        equal = [(one, other) for pair in told if pair is not None for one, other in (pair, pair[::-1])]
        for one, other in equal:
            if _is_from_outside(other, given):
                around = [at for at, loop in enumerate(loops) if loop.line <= test.line and _tells_apart(loop) == one]
                selected.update(around[-1:])
    return selected


def _equal(atom: str, outcome: bool) -> tuple[str, str] | None:
    """The two operands that are equal where a test `atom` gave `outcome`; None if it does not say."""
    compared = comparison(atom)
    if compared is None or compared.sign != ("==" if outcome else "!="):
        return None
    return compared.left, compared.right


def _is_from_outside(text: str, given: Set[str]) -> bool:
    """Whether a text is a literal, a constant, what the function was given, or of its object."""
    if literal_of(text) is not None:
        return text not in NOTHING
    name = text.partition(".")[0] if _CHAIN.fullmatch(text) else ""
    return name in given or name in _OBJECTS or (name.isupper() and len(name) > 1)


def _tells_apart(loop: Loop) -> str:
    """The variable of a loop that has a value of its own in every round."""
    if _NAME.fullmatch(loop.each):
        return loop.each
    found = _PAIR.match(loop.each) if _NUMBERED.search(loop.over) else None
    return found[1] if found is not None else ""


def _loops_of(graph: CallGraph, call: int) -> list[Loop]:
    """The loops around a call in its function, the outermost first."""
    loops = graph.program.unit_of(graph.table.function(call)).facts.loops
    return [loops[at] for at in loops_around(graph.table, call)][::-1]


def starts_at(graph: CallGraph, call: int) -> list[int]:
    """The lines where the loops around a call start, the outermost first."""
    return [loop.line for loop in _loops_of(graph, call)]


def _is_handed_few(graph: CallGraph, edges: list[Edge], step: int, over: str) -> bool:
    """Whether what is ranged over in the function at `step` is a parameter, or a field of one, that the path fills with
    a literal of few elements.
    """
    path = over
    while step > 0 and _PATH.fullmatch(path):
        step -= 1
        spelled = _handed(graph, edges[step], path.replace("?", ""))
        if spelled == flows.FEW:
            return True
        path = flows.handed_path(spelled)
    return False


def _handed(graph: CallGraph, edge: Edge, path: str) -> str:
    """What an edge's call hands over for a parameter of the callee, or a field of one, as `flows` spells it."""
    if edge.call < 0 or edge.how > PROPERTY:
        return ""
    head, _, field = path.partition(".")
    for name, spelled in handed_parameters(graph, edge):
        told = flows.options_of(spelled)
        if name == head:
            if not field or told is not None:
                return spelled if told is None or not field else flows.option(told, field, absent="")
            handed = flows.handed_path(spelled)
            return flows.handed_literal(f"{handed}.{field}") if handed and "." not in handed else ""
        if not name and not field and told is not None and head in told:
            return told[head]
    return ""


def handed_parameters(graph: CallGraph, edge: Edge) -> Iterator[tuple[str, str]]:
    """The parameters of an edge's callee, "" for a pattern, with the spelling of what is handed over."""
    names, table = graph.program.names, graph.table
    arguments = table.arguments(edge.call)
    if any(label in (flows.SPREAD_POSITIONAL, flows.SPREAD_KEYWORD) for label, _, _ in arguments):
        return
    positional = [names[literal] for label, _, literal in arguments if label == flows.NO_NAME]
    labelled = {names[label]: names[literal] for label, _, literal in arguments if label != flows.NO_NAME}
    own = graph.program.unit_of(edge.callee).facts.names
    for position, parameter in enumerate(graph.program.functions[edge.callee].parameters):
        name = own[parameter.name]
        yield name, labelled.get(name, positional[position] if position < len(positional) else "")


def _is_one_of(reach: Reachability, sink: SinkSite, edges: list[Edge], step: int, each: str) -> bool:
    """Whether a loop calls several functions of the program, each made once, of which few lead to the sink."""
    edge, graph = edges[step], reach.graph
    text = graph.table.text(edge.call)
    if not each or not (text == each or text.startswith(f"{each}.")):
        return False
    facts, unit = graph.program.functions[edge.callee], graph.program.unit_of(edge.callee)
    if facts.owner >= 0 or facts.parent < 0:
        return False
    maker = unit.functions + facts.parent
    if facts.parent > 0 and (
        maker not in {one.caller for one in edges[: step + 1]} or _in_loop(graph, maker, facts.line)
    ):
        return False
    others = {one.callee for one in reach.outgoing.get(edge.caller, ()) if one.call == edge.call} - {edge.callee}
    return 2 * sum(_leads(reach, other, sink.function) for other in others) <= len(others)


def _in_loop(graph: CallGraph, function: int, line: int) -> bool:
    """Whether a call around `line` of a function stands in a loop."""
    table = graph.table
    return any(
        table.loops[call] >= 0 and table.line(call) <= line <= table.end_line(call)
        for call in calls_of(graph, function)
    )


def calls_of(graph: CallGraph, function: int) -> Iterator[int]:
    """The calls that a function makes itself."""
    table, unit = graph.table, graph.program.unit_of(function)
    # calls stand file by file
    first = bisect_left(table.functions, unit.functions)
    last = bisect_left(table.functions, unit.functions + len(unit.facts.functions))
    return (call for call in range(first, last) if table.functions[call] == function)


def _leads(reach: Reachability, start: int, target: int) -> bool:
    """Whether `start` comes to `target`; if that is much work, it is said to."""
    seen, pending = {start}, [start]
    while pending:
        if target in seen or len(seen) > _LOOKED_AT:
            return True
        for edge in reach.outgoing.get(pending.pop(), ()):
            if edge.callee not in seen:
                seen.add(edge.callee)
                pending.append(edge.callee)
    return target in seen
