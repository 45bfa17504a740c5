"""Functions nested in a function that is handed something, and what they do with it."""

from msgspec import structs

from alef_audit.callgraph import guards
from alef_audit.callgraph.api import usual
from alef_audit.callgraph.collect import Collector, functions_in
from alef_audit.callgraph.parameters import Use, guards_between, within

_Key = tuple[int, int]  # of an edge: call, callee


class Closures:
    """What is known of nested functions by the edges that are there when it is made: the guards between a function and
    those nested in it, and which of these run later as well.
    """

    __slots__ = ("_active", "_collector", "_incoming", "_known", "_outgoing", "_program", "_registered")

    def __init__(self, collector: Collector) -> None:
        self._collector = collector
        self._program = collector.state.program
        self._outgoing: dict[int, list[tuple[int, int]]] = {}
        self._incoming: dict[int, set[int]] = {}
        for edge in collector.edges.values():
            self._add(edge.caller, edge.callee, edge.guards)
        for caller, _, getter in collector.state.getters:
            self._add(caller, getter, 0)
        self._registered = {function for function, _ in collector.roots}
        for slot, _, _ in collector.registered:
            self._registered.update(functions_in(collector.state, slot))
        self._known: dict[tuple[int, int], int | None] = {}
        self._active: dict[int, set[int]] = {}

    def _add(self, caller: int, callee: int, guard: int) -> None:
        if self._program.functions[callee].parent > 0:
            self._outgoing.setdefault(caller, []).append((callee, guard))
            self._incoming.setdefault(callee, set()).add(caller)

    def between(self, outer: int, inner: int) -> int | None:
        """As `guards_between`."""
        if outer == inner:
            return 0
        if (outer, inner) not in self._known:
            self._known[outer, inner] = guards_between(self._program, self._outgoing, outer, inner)
        return self._known[outer, inner]

    def outlives(self, outer: int, inner: int) -> bool:
        """Whether `inner`, which `outer` runs, is run by others later as well: a listener, or what listeners call."""
        active = self._run_by(outer)
        seen, pending = {inner}, [inner]
        while pending:
            function = pending.pop()
            if function in self._registered:
                return True
            for caller in self._incoming.get(function, ()):
                if caller == outer or caller in seen:
                    continue
                if caller not in active:
                    return True
                seen.add(caller)
                pending.append(caller)
        return False

    def _run_by(self, outer: int) -> set[int]:
        """The functions nested in `outer` that it runs itself, directly or by others of them."""
        found = self._active.get(outer)
        if found is None:
            found, pending = set(), [outer]
            while pending:
                for callee, _ in self._outgoing.get(pending.pop(), ()):
                    if callee not in found and callee != outer and within(self._program, callee, outer):
                        found.add(callee)
                        pending.append(callee)
            self._active[outer] = found
        return found

    def tell_apart(self, entered: set[tuple[int, int]]) -> None:
        """Mark the ways by which an outer function itself enters an inner one (the pairs of `entered`), so that they
        are not taken for those of whoever runs the inner one later.

        A function on such a way that runs later as well hands on how it was entered: its edges stand twice.
        """
        deciding: set[_Key] = set()
        doubled: set[_Key] = set()
        incoming: dict[int, list[_Key]] = {}
        for key, edge in self._collector.edges.items():
            if edge.callee in self._incoming:
                incoming.setdefault(edge.callee, []).append(key)
        for outer, inner in sorted(entered):
            active = self._run_by(outer)
            seen, pending = {inner}, [inner]
            while pending:
                for key in incoming.get(pending.pop(), ()):
                    caller = self._collector.edges[key].caller
                    if caller != outer and caller not in active:
                        continue
                    is_later = caller != outer and self.outlives(outer, caller)
                    (doubled if is_later else deciding).add(key)
                    if caller != outer and caller not in seen:
                        seen.add(caller)
                        pending.append(caller)
        self._mark(deciding - doubled, doubled)

    def _mark(self, deciding: set[_Key], doubled: set[_Key]) -> None:
        edges = self._collector.edges
        for key in deciding | doubled:
            edge = edges[key]
            decided = structs.replace(edge, decides=edge.decides | guards.KNOWN)
            if key in doubled:
                self._collector.further.append(decided)
                edges[key] = structs.replace(edge, closed=edge.closed | guards.KNOWN)
            else:
                edges[key] = decided


def passed_sink(collector: Collector, site: int, node: int, use: Use) -> None:
    """A blocking library function that `site` hands over and a helper runs."""
    api = collector.state.api
    row = usual(api.sinks.get(node, []))
    if row is None or use.guard & guards.OFFLOAD or node in api.neutral:
        return
    if use.awaited and (collector.language(site) == "python" or row.unless_awaited):
        return
    collector.handed_sink(site, node, use.loops, use.via)
