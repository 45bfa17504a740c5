"""Calls on a path that run one of several methods: which of them it is decides whether the path is taken.

`tool.execute(request)` runs the method of whatever class the tool is of, `handlers[name](request)` what stands under a
name, and so does `handler(request)` behind `handler = handlers[name]`.  Where only one of them leads to the blocking
call, that the call comes by it is a condition like any other.
"""

import re
from array import array
from collections.abc import Iterator
from typing import Final

from alef_audit.auditing.receivers import Receivers
from alef_audit.callgraph.graph import HOW, CallGraph, Edge

_CALLS: Final = tuple(map(HOW.index, ("direct", "import", "method", "property", "dynamic")))
_RECEIVER: Final = re.compile(r"[\w$.?\[\]\"']+")
_ENTRY: Final = re.compile(r"[\w$.?]+\[[\w$.]+(?:\([^()]*\))?\]")
_NAMED: Final = re.compile(r"[\w$].*")
_LONGEST: Final = 60


class Dispatch:
    """What the calls of one program may run; counted once, when first asked for."""

    __slots__ = ("_graph", "_receivers", "_several")

    def __init__(self, graph: CallGraph, receivers: Receivers) -> None:
        self._graph = graph
        self._receivers = receivers
        self._several: dict[int, set[int]] | None = None

    def choices(self, edges: list[Edge]) -> Iterator[tuple[int, str]]:
        """The calls along `edges` of which only some run what follows, with what has to be so: "tool is a GlobTool"."""
        decided = self._receivers.decided(edges)
        for number, edge in enumerate(edges):
            text = self._graph.table.text(edge.call) if edge.call >= 0 else ""
            if (edge.call, edge.callee) in self._graph.on_platform:
                continue  # told as a test of the platform
            if not text or edge.how not in _CALLS or number in decided or len(text) > _LONGEST:
                continue
            told = self._told(edge, text, self._others(edge))
            if told:
                yield edge.call, told

    def _others(self, edge: Edge) -> set[int]:
        """What else the call of an edge may run."""
        if self._several is None:
            self._several = _several(self._graph)
        return self._several.get(edge.call, set()) - {edge.callee}

    def _told(self, edge: Edge, text: str, others: set[int]) -> str:
        if not others:
            return ""
        functions, table = self._graph.program.functions, self._graph.table
        name, owner = functions[edge.callee].name, self._class_name(edge.callee)
        receiver = text.rpartition(".")[0]
        if owner and name == table.member(edge.call) and _RECEIVER.fullmatch(receiver):
            if all(functions[other].name == name and self._class_name(other) for other in others):
                return f"{receiver} is {'an' if owner[0] in 'AEIOU' else 'a'} {owner}"
        text = self._graph.looked_up.get((edge.caller, text), text)
        if _ENTRY.fullmatch(text) and _NAMED.fullmatch(functions[edge.callee].label):
            return f"{text} is {functions[edge.callee].label}"
        return ""

    def _class_name(self, function: int) -> str:
        facts, unit = self._graph.program.functions[function], self._graph.program.unit_of(function)
        return unit.facts.classes[facts.owner].name if facts.owner >= 0 else ""


def _several(graph: CallGraph) -> dict[int, set[int]]:
    """The functions that calls may run, of calls that may run more than one."""
    first = array("i", [-1]) * len(graph.table)
    found: dict[int, set[int]] = {}
    for edge in graph.edges:
        if edge.call < 0 or edge.how not in _CALLS:
            continue
        known = first[edge.call]
        if known < 0:
            first[edge.call] = edge.callee
        elif known != edge.callee:
            found.setdefault(edge.call, {known}).add(edge.callee)
    return found
