"""What a call hands over, by the parameters of the function that it enters: literals, options, records.

Values are kept as the front ends spell them (`facts/flows.py`); what is not spelled is unknown.
"""

from collections.abc import Mapping
from typing import NamedTuple, Protocol
from weakref import ReferenceType

from alef_audit.callgraph.graph import PROPERTY, CallGraph, Edge
from alef_audit.callgraph.keeping import Keeping
from alef_audit.callgraph.keywords import Keywords
from alef_audit.callgraph.named_literals import NamedLiterals
from alef_audit.callgraph.records import Records
from alef_audit.callgraph.values import ABSENT, PRESENT, TRUTHY, UNKNOWN, literal_of
from alef_audit.facts import flows
from alef_audit.facts.file import Parameter, ParameterKind


class Options(NamedTuple):
    """An object with the spellings of some of its fields; all others hold `absent`, or what is spread in it."""

    values: Mapping[str, str]
    absent: str
    # the call that it was made for: what it hands on is of the caller there; a reference of its own would be a circle,
    # which reference counts do not free, and with it all that the call knows of the program
    maker: "ReferenceType[Maker]"

    def field(self, name: str) -> str:
        """The spelling of a field, UNKNOWN if nothing is known of it."""
        return flows.option(self.values, name, self.absent)


Value = str | Options


class Maker(Protocol):
    """A call that hands over options."""

    def resolved(self, value: Value) -> Value:
        """What an argument of the call holds."""
        ...


class _Arguments(NamedTuple):
    """What positional and named arguments hold; the keywords that the caller was given and that are `spread` as they
    are, "" for none, None for those of which nothing is known; whether positional ones are spread too.
    """

    positional: list[Value]
    labelled: dict[str, Value]
    spread: str | None
    spreads: bool


class Surroundings(NamedTuple):
    """The program that calls stand in. `links` says how many arguments of a call stand before a function's first.

    `trusting`: what a caller was given counts as what it is declared to be.
    """

    graph: CallGraph
    keeping: Keeping
    links: Mapping[tuple[int, int], int]
    records: Records
    literals: NamedLiterals
    keywords: Keywords
    trusting: bool = False


class HandedOver:
    """What the parameters of a function hold for one call, each with its default; the fields of a parameter without a
    name; the keywords that no parameter takes, with the name of what does.
    """

    __slots__ = ("_edge", "_maker", "_surroundings", "given", "keywords", "unnamed")

    def __init__(self, surroundings: Surroundings, edge: Edge, maker: "ReferenceType[Maker]") -> None:
        self._surroundings, self._edge, self._maker = surroundings, edge, maker
        self.given: dict[str, tuple[Value, Value]] = {}
        self.unnamed: dict[str, str] = {}
        self.keywords: tuple[str, Options] | None = None
        program = surroundings.graph.program
        facts, parameters = program.unit_of(edge.callee).facts, program.functions[edge.callee].parameters
        if edge.how > PROPERTY:
            self._give_unknown(parameters, facts.names)
        elif not surroundings.links.get((edge.call, edge.callee), 0):
            self._take(parameters, facts.names, is_python=facts.language == "python")

    def _take(self, parameters: tuple[Parameter, ...], names: tuple[str, ...], *, is_python: bool) -> None:
        positional, labelled, spread, spreads = self._arguments()
        for position, parameter in enumerate(parameters):
            name = names[parameter.name]
            spelled = names[parameter.literal]
            if not spelled or spelled in flows.REQUIREMENTS:
                spelled = UNKNOWN if is_python else ABSENT
            constant = flows.constant_path(spelled)
            named = self._surroundings.literals.of(self._edge.callee, constant) if constant else ""
            default = named if constant else self._read(spelled)
            if parameter.kind & ParameterKind.KEYWORDS and spread is not None:
                told = {label: each if isinstance(each, str) else UNKNOWN for label, each in labelled.items()}
                told |= {flows.SPREAD_OPTIONS: spread} if spread else {}
                self.keywords = name, Options(told, ABSENT, self._maker)
            if parameter.kind & (ParameterKind.REST | ParameterKind.KEYWORDS):
                continue
            is_open = spreads and not parameter.kind & ParameterKind.KEYWORD_ONLY
            default = UNKNOWN if is_open else default
            value: Value = UNKNOWN if spread is None else f"{spread}.{name}" if spread else default
            if name in labelled:
                value = labelled.pop(name)
            elif position < len(positional) and not parameter.kind & ParameterKind.KEYWORD_ONLY:
                value = positional[position]
            if name:
                self.given[name] = (value, default)
            elif isinstance(value, Options):
                self.unnamed |= value.values

    def _give_unknown(self, parameters: tuple[Parameter, ...], names: tuple[str, ...]) -> None:
        """What is handed on as a value is called with arguments that are not those of the call."""
        for parameter in parameters:
            self.given[names[parameter.name]] = UNKNOWN, UNKNOWN

    def _arguments(self) -> _Arguments:
        """What the call hands over."""
        graph, call = self._surroundings.graph, self._edge.call
        names = graph.program.names
        positional: list[Value] = []
        labelled: dict[str, Value] = {}
        spread: str | None = ""
        spreads = False
        for label, slot, literal in graph.table.arguments(call):
            spreads |= label == flows.SPREAD_POSITIONAL
            if label == flows.SPREAD_POSITIONAL or (spreads and label == flows.NO_NAME):
                continue
            if label == flows.SPREAD_KEYWORD:
                name = flows.handed_path(names[literal]) or flows.tested_path(names[literal])
                told = self._surroundings.keywords.told_of(graph.table, call, name) if name else {}
                labelled |= {
                    key: literal_of(text) or constant_of(self._surroundings, self._edge, text)
                    for key, text in told.items()
                }
                is_only = spread == "" and name in self._collecting()
                spread = flows.handed_literal(name) if is_only else None
                continue
            value = self._read(names[literal]) if literal else UNKNOWN
            if slot and value in (UNKNOWN, PRESENT, TRUTHY):
                value = self._record(slot) or value
            if label:
                labelled[names[label]] = value
            else:
                positional.append(value)
        return _Arguments(positional, labelled, spread, spreads)

    def _collecting(self) -> set[str]:
        """The parameters that take the other keywords of the function that makes the call."""
        graph, caller = self._surroundings.graph, self._edge.caller
        names, parameters = graph.program.unit_of(caller).facts.names, graph.program.functions[caller].parameters
        return {names[each.name] for each in parameters if each.kind & ParameterKind.KEYWORDS}

    def _constant(self, path: str) -> str:
        return constant_of(self._surroundings, self._edge, path)

    def _read(self, spelled: str) -> Value:
        told = flows.options_of(spelled)
        if told is not None:
            return Options(told, ABSENT, self._maker)
        return UNKNOWN if spelled == flows.OPAQUE else spelled

    def _record(self, slot: int) -> Value:
        record = self._surroundings.records.made(slot) if slot else None
        return Options(record, UNKNOWN, self._maker) if record is not None else UNKNOWN


def constant_of(surroundings: Surroundings, edge: Edge, path: str) -> str:
    """The literal that a constant stands for in the function that makes a call; UNKNOWN if it is none."""
    return surroundings.literals.of(edge.caller, path)
