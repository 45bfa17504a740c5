"""What calls come to: kinds of blocking calls, each with what it costs at most."""

from collections.abc import Mapping
from typing import Final

from alef_audit.callgraph.graph import CallGraph
from alef_audit.rulepack.kinds import COSTS, SinkKind

# Functions that are looked at below a call.
_MOST: Final = 3_000
Kinds = Mapping[SinkKind, int]


class Reached:
    """Answers for single calls of a graph; None where that is too much to look at."""

    __slots__ = ("_below", "_callees", "_calls", "_direct", "_sinks")

    def __init__(self, graph: CallGraph) -> None:
        self._callees: dict[int, list[int]] = {}
        self._calls: dict[int, list[int]] = {}
        self._sinks: dict[int, list[tuple[SinkKind, int]]] = {}
        self._direct: dict[int, list[tuple[SinkKind, int]]] = {}
        self._below: dict[int, Kinds | None] = {}
        for edge in graph.edges:
            self._callees.setdefault(edge.caller, []).append(edge.callee)
            if edge.call >= 0:
                self._calls.setdefault(edge.call, []).append(edge.callee)
        for sink in graph.sinks:
            told = sink.kind, COSTS.index(sink.cost)
            self._sinks.setdefault(sink.function, []).append(told)
            self._direct.setdefault(sink.call, []).append(told)

    def by(self, call: int) -> Kinds | None:
        """The kinds that a call comes to, with the position of their cost among COSTS."""
        found: dict[SinkKind, int] = {}
        for kind, cost in self._direct.get(call, ()):
            found[kind] = max(cost, found.get(kind, 0))
        for callee in self._calls.get(call, ()):
            if callee not in self._below:
                self._below[callee] = self._look(callee)
            below = self._below[callee]
            if below is None:
                return None
            for kind, cost in below.items():
                found[kind] = max(cost, found.get(kind, 0))
        return found

    def _look(self, function: int) -> Kinds | None:
        found: dict[SinkKind, int] = {}
        seen, pending = {function}, [function]
        while pending:
            one = pending.pop()
            for kind, cost in self._sinks.get(one, ()):
                found[kind] = max(cost, found.get(kind, 0))
            for callee in self._callees.get(one, ()):
                if callee not in seen:
                    seen.add(callee)
                    pending.append(callee)
            if len(seen) > _MOST:
                return None
        return found
