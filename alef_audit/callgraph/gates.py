"""Constant arguments that decide a branch: `read(path, { allowKeychainPrompt: false })`, `save(sync=False)`.

One level of call-site sensitivity: literals handed directly, in an object literal, by keyword, and the defaults of
what is not handed at all.  A *gate* is a set of calls of a function that decide some of its branches alike.  Entering
by one of them closes those branches; or, where an argument asks for new work, not entering by one of the others takes
the guard away.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from alef_audit.callgraph.calls import CallTable
from alef_audit.callgraph.graph import PROPERTY, CallGraph, Edge
from alef_audit.callgraph.guards import GATES
from alef_audit.callgraph.keeping import Keeping, Read, chain, plain
from alef_audit.callgraph.memos import Memo
from alef_audit.callgraph.predicates import Truth, comparison, parse, truth
from alef_audit.callgraph.recall import Option
from alef_audit.facts import flows
from alef_audit.facts.file import Function, ParameterKind

_ABSENT: Final = "undefined"
_UNKNOWN: Final = ""
_FALSE: Final = frozenset((flows.FALSE, flows.NULL, _ABSENT, "0", '"'))
_NOTHING: Final = frozenset((flows.NULL, _ABSENT))
_LITERALS: Final = {
    "true": flows.TRUE,
    "True": flows.TRUE,
    "false": flows.FALSE,
    "False": flows.FALSE,
    "null": flows.NULL,
    "None": flows.NULL,
    "undefined": _ABSENT,
}
_WORDS: Final = frozenset(_LITERALS.values())
_QUOTED: Final = re.compile(r"""(["'])([^"'\\]{0,119})\1""")
_NAME: Final = re.compile(r"(?<![\w$.\"'])[A-Za-z_$][\w$]*")
_FALLBACK: Final = re.compile(r"(?P<path>[\w$.]+) (?:\?\?|\|\|) (?P<literal>true|false)")
_PATH: Final = re.compile(r"[\w$]+(?:\.[\w$]+)?")
_DEPTH: Final = 3


@dataclass(slots=True)
class Gates:
    """What gates do, by function and condition, and by edge (its number in the graph)."""

    closing: dict[tuple[int, int], int] = field(default_factory=dict)  # condition -> gate that closes its branch
    bypassing: dict[tuple[int, int], int] = field(default_factory=dict)  # memo -> gate without which it does not hold
    decides: dict[int, int] = field(default_factory=dict)
    entered: dict[int, int] = field(default_factory=dict)  # function -> gates that are decided where it is a root
    _used: dict[int, dict[frozenset[int], int]] = field(default_factory=dict)

    def gate(self, function: int, deciding: frozenset[int]) -> int:
        """The gate of the edges `deciding` into `function`; 0 when the function has too many already."""
        known = self._used.setdefault(function, {})
        if deciding not in known and len(known) < len(GATES):
            known[deciding] = GATES[len(known)]
            for edge in deciding:
                self.decides[edge] = self.decides.get(edge, 0) | known[deciding]
        return known.get(deciding, 0)


def find_gates(
    graph: CallGraph, keeping: Keeping, memos: Iterable[Memo], links: Mapping[tuple[int, int], int]
) -> Gates:
    """The gates of the program. `links` says how many arguments of a call stand before a function's first."""
    gates = Gates()
    incoming: dict[int, list[int]] = {}
    for number, edge in enumerate(graph.edges):
        incoming.setdefault(edge.callee, []).append(number)
    for function, conditions in sorted(_deciding_conditions(graph, keeping, incoming).items()):
        numbers = [number for number in incoming[function] if _is_plain_call(graph.edges[number])]
        calls = {number: _Call(graph, keeping, function, graph.edges[number], links) for number in numbers}
        facts = graph.program.unit_of(function).facts
        for index in sorted(conditions):
            condition = facts.conditions[index]
            decided = (n for n, call in calls.items() if call.evaluate(condition.text) is (not condition.holds))
            deciding = frozenset(decided)
            gate = gates.gate(function, deciding) if deciding else 0
            if gate:
                gates.closing[function, index] = gate
    for memo in memos:
        if memo.recalled.options:
            _add_bypass(graph, keeping, gates, memo, incoming.get(memo.function, []), links)
    return gates


def _add_bypass(
    graph: CallGraph,
    keeping: Keeping,
    gates: Gates,
    memo: Memo,
    incoming: list[int],
    links: Mapping[tuple[int, int], int],
) -> None:
    """Tell the calls that ask for new work from the others."""
    asking = set()
    for number in incoming:
        edge = graph.edges[number]
        if _is_plain_call(edge):
            call = _Call(graph, keeping, memo.function, edge, links)
            if any(call.bypasses(option) for option in memo.recalled.options):
                asking.add(number)
    gate = gates.gate(memo.function, frozenset(incoming) - asking) if asking else 0
    if gate:
        gates.bypassing[memo.function, memo.condition] = gate
        gates.entered[memo.function] = gates.entered.get(memo.function, 0) | gate


def _is_plain_call(edge: Edge) -> bool:
    """Whether the arguments of the edge's call are those of the function."""
    return edge.call >= 0 and edge.how <= PROPERTY


def _deciding_conditions(graph: CallGraph, keeping: Keeping, incoming: Mapping[int, list[int]]) -> dict[int, set[int]]:
    """The conditions around edges and blocking calls that may ask for an argument, by function."""
    program, table = graph.program, graph.table
    found: dict[int, set[int]] = {}
    names: dict[int, frozenset[str] | None] = {}
    blocking = _blocking(graph, incoming)
    calls = ((edge.caller, edge.call) for edge in graph.edges if edge.callee in blocking)
    for function, call in (*calls, *((sink.function, sink.call) for sink in graph.sinks)):
        condition = table.condition(call) if call >= 0 else -1
        if condition < 0 or function not in incoming:
            continue
        if function not in names:
            names[function] = _asked_names(
                program.functions[function], program.unit_of(function).facts.names, keeping, function
            )
        asked = names[function]
        facts = program.unit_of(function).facts
        for index in chain(facts.conditions, condition):
            if index in found.get(function, ()):
                break
            if asked is None or not asked.isdisjoint(_NAME.findall(facts.conditions[index].text)):
                found.setdefault(function, set()).add(index)
    return found


def _blocking(graph: CallGraph, incoming: Mapping[int, list[int]]) -> set[int]:
    """The functions that come to a blocking call: branches that lead to no such function need no gate."""
    found = {sink.function for sink in graph.sinks}
    pending = list(found)
    while pending:
        for number in incoming.get(pending.pop(), ()):
            caller = graph.edges[number].caller
            if caller not in found:
                found.add(caller)
                pending.append(caller)
    return found


def _asked_names(facts: Function, names: tuple[str, ...], keeping: Keeping, function: int) -> frozenset[str] | None:
    """Parameters, and locals read from one; None if a parameter is taken apart, so that any name may be of it."""
    if any(not parameter.name for parameter in facts.parameters):
        return None
    parameters = {names[parameter.name] for parameter in facts.parameters}
    locals_ = (
        local
        for local, bound in keeping.reads.get(function, {}).items()
        if any(not parameters.isdisjoint(_NAME.findall(read.value)) for read in bound)
    )
    return frozenset(parameters.union(locals_)) if parameters else frozenset()


class _Call:
    """One call of a function, as what it hands over decides the function's tests."""

    __slots__ = ("_given", "_reads", "_unnamed")

    def __init__(
        self, graph: CallGraph, keeping: Keeping, function: int, edge: Edge, links: Mapping[tuple[int, int], int]
    ) -> None:
        program, table = graph.program, graph.table
        facts, unit = program.functions[function], program.unit_of(function)
        self._reads: Mapping[str, list[Read]] = keeping.reads.get(function, {})
        self._given: dict[str, str] = {}
        self._unnamed: dict[str, str] = {}
        if links.get((edge.call, function), 0):
            return
        is_python = unit.facts.language == "python"
        literals, labelled, ends = _arguments(table, edge.call, program.names)
        for position, parameter in enumerate(facts.parameters):
            name = unit.facts.names[parameter.name]
            default = unit.facts.names[parameter.literal] or (_UNKNOWN if is_python else _ABSENT)
            if parameter.kind & (ParameterKind.REST | ParameterKind.KEYWORDS):
                break
            if name in labelled:
                value = labelled[name]
            elif position < len(literals) and not parameter.kind & ParameterKind.KEYWORD_ONLY:
                value = literals[position]
                value = default if value == _ABSENT else value
            else:
                value = default if ends else _UNKNOWN
            if name:
                self._given[name] = value
            else:
                self._unnamed |= flows.options_of(value) or {}

    def bypasses(self, option: Option) -> bool:
        """Whether the call gives an option the value that asks for new work."""
        path = f"{option.parameter}.{option.field}" if option.field else option.parameter
        value = self._value(path)
        return value not in (_UNKNOWN, _ABSENT) and (value not in _FALSE) != option.inert

    def evaluate(self, text: str, depth: int = 0) -> Truth:
        """What a test of the function gives for this call."""
        return truth(parse(text), lambda atom: self._atom(atom, depth))

    def _atom(self, text: str, depth: int) -> Truth:
        bound = self._reads.get(text)
        if bound is not None:
            return self.evaluate(bound[0].value, depth + 1) if len(bound) == 1 and depth < _DEPTH else None
        fallback = _FALLBACK.fullmatch(plain(text))
        if fallback is not None:
            value = self._value(fallback["path"])
            return None if value == _UNKNOWN else (fallback["literal"] if value in _NOTHING else value) not in _FALSE
        compared = comparison(text)
        if compared is None:
            value = self._value(plain(text))
            return None if value == _UNKNOWN else value not in _FALSE
        value, right = self._value(plain(compared.left)), _literal(compared.right)
        if value == _UNKNOWN or right is None or compared.sign not in ("==", "!="):
            return None
        if right.startswith('"') and not (value.startswith('"') or value in _WORDS):
            return None
        same = value == right or (value in _NOTHING and right in _NOTHING)
        return same == (compared.sign == "==")

    def _value(self, path: str) -> str:
        """The literal spelling of what a parameter, or a field of one, is given; _UNKNOWN if it is not known."""
        if not _PATH.fullmatch(path):
            return _UNKNOWN
        name, _, inner = path.partition(".")
        if name in self._reads:
            return _UNKNOWN
        if not inner:
            value = self._given.get(name, self._unnamed.get(name, _UNKNOWN))
            return _UNKNOWN if value.startswith("{") else value
        holder = self._given.get(name, _UNKNOWN)
        told = flows.options_of(holder)
        if told is not None:
            return told.get(inner, _ABSENT)
        return _ABSENT if holder == _ABSENT else _UNKNOWN


def _literal(text: str) -> str | None:
    """The literal spelling of what a test compares with; None if that is no literal."""
    quoted = _QUOTED.fullmatch(text)
    return flows.string_literal(quoted[2]) if quoted else _LITERALS.get(text)


def _arguments(table: CallTable, call: int, names: tuple[str, ...]) -> tuple[list[str], dict[str, str], bool]:
    """Literal spellings of positional and of named arguments, and whether that is all there are."""
    positional: list[str] = []
    labelled: dict[str, str] = {}
    for label, _, literal in table.arguments(call):
        if label in (flows.SPREAD_POSITIONAL, flows.SPREAD_KEYWORD):
            return positional, labelled, False
        spelled = names[literal] if literal else _UNKNOWN
        if label:
            labelled[names[label]] = spelled
        else:
            positional.append(spelled)
    return positional, labelled, True
