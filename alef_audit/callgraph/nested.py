"""Functions nested in a function that is handed something, and what they do with it."""

from alef_audit.callgraph import guards
from alef_audit.callgraph.api import usual
from alef_audit.callgraph.collect import Collector
from alef_audit.callgraph.parameters import Use, guards_between


class Closures:
    """The guards between a function and those nested in it, by the edges that are known when it is made."""

    def __init__(self, collector: Collector) -> None:
        self._program = collector.state.program
        functions = self._program.functions
        self._outgoing: dict[int, list[tuple[int, int]]] = {}
        for edge in collector.edges.values():
            if functions[edge.callee].parent > 0:
                self._outgoing.setdefault(edge.caller, []).append((edge.callee, edge.guards))
        for caller, _, getter in collector.state.getters:
            if functions[getter].parent > 0:
                self._outgoing.setdefault(caller, []).append((getter, 0))
        self._known: dict[tuple[int, int], int | None] = {}

    def between(self, outer: int, inner: int) -> int | None:
        """As `guards_between`."""
        if outer == inner:
            return 0
        if (outer, inner) not in self._known:
            self._known[outer, inner] = guards_between(self._program, self._outgoing, outer, inner)
        return self._known[outer, inner]


def passed_sink(collector: Collector, site: int, node: int, use: Use) -> None:
    """A blocking library function that `site` hands over and a helper runs."""
    api = collector.state.api
    row = usual(api.sinks.get(node, []))
    if row is None or use.guard & guards.OFFLOAD or node in api.neutral:
        return
    if use.awaited and (collector.language(site) == "python" or row.unless_awaited):
        return
    collector.handed_sink(site, node, use.loops, use.via)
