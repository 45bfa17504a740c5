"""Closures that run what their factory was handed: decorators, `retried(load)`, `make(fn) { return () => fn() }`.

The closure is one function, so that whoever calls one decorated function would seem to run all of them.  Where it is
known which calls of the factory made the closure that a call runs (`creations.py`), what those were handed becomes an
edge of that very call; the closure's own edges stay, for those who enter it in any other way.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final, NamedTuple

from msgspec import structs

from alef_audit.callgraph import graph, guards, tokens
from alef_audit.callgraph.collect import Collector
from alef_audit.callgraph.narrow import awaitable
from alef_audit.callgraph.nested import Closures, passed_sink
from alef_audit.callgraph.parameters import Path, Use, enclosing, parent_of, within
from alef_audit.callgraph.passing import Passed, Sites
from alef_audit.callgraph.tokens import MASK, token

# Decorators around decorators, and factories of factories.
_DEPTH: Final = 6
_RUNS: Final = (tokens.CALL_OF, tokens.APPLY_OF)


class Captured(NamedTuple):
    """A place in a closure that runs a parameter of a function around it."""

    path: Path
    use: Use
    held: list[int]  # the functions that the parameter may hold there


class _Handed(NamedTuple):
    """What calls of a factory were handed for a parameter, and the arguments that it stands in."""

    passed: Passed
    slots: list[int]


class _Entry(NamedTuple):
    """A call that runs a closure which `made` gave."""

    call: int
    closure: int
    made: frozenset[int]
    use: Use  # what lies between the call and the closure
    depth: int


class _Separation:
    """The work on one program."""

    def __init__(self, collector: Collector, sites: Sites, closures: Closures, captured: Iterable[Captured]) -> None:
        self._collector = collector
        self._sites = sites
        self._state = collector.state
        self._by_site: dict[Path, dict[int, Passed]] = {}
        self._captured: dict[int, list[Captured]] = {}
        self._known: dict[tuple[frozenset[int], int, Path], _Handed | None] = {}
        self._explained: set[tuple[int, int]] = set()  # edges into closures of which is known what they run
        self._open: set[tuple[int, int]] = set()  # edges by which something else may be run as well
        self._added: dict[tuple[int, int], tuple[int, int]] = {}  # edge -> the one into the closure that it is for
        for each in captured:
            closure = self._closure_of(each)
            between = closures.between(closure, collector.table.function(each.use.call)) if closure >= 0 else None
            if between is not None:
                guard = each.use.guard | between | collector.function_guards.get(closure, 0)
                use = structs.replace(each.use, guard=guard)
                self._captured.setdefault(closure, []).append(each._replace(use=use))
        for closure, found in tuple(self._captured.items()):
            # what is handed over may be one closure that was made for each of them
            if not any(sites.is_told_apart(e.path) or not self._captured.keys().isdisjoint(e.held) for e in found):
                del self._captured[closure]

    def _closure_of(self, captured: Captured) -> int:
        """The innermost function around a call of which is known where it comes from; -1 if there is none."""
        program = self._state.program
        function = self._collector.table.function(captured.use.call)
        while function >= 0 and function != captured.path.function:
            if function in self._state.makers:
                return function
            function = parent_of(program, function)
        return -1

    def run(self) -> None:
        """Write the edges, and close those of the closures to the calls that have their own."""
        edges = self._collector.edges
        nothing = Use(-1, 0, (), awaited=False)
        entering = [edge for edge in edges.values() if edge.callee in self._captured and edge.call >= 0]
        pending = []
        for edge in entering:
            made = self._made(edge.call, edge.callee)
            if not made:
                self._open.add((edge.call, edge.callee))
            else:
                use = structs.replace(nothing, guard=edge.guards, loops=edge.loops, via=edge.via)
                pending.append(_Entry(edge.call, edge.callee, made, use, 0))
        seen: set[tuple[int, int, frozenset[int], int]] = set()
        for entry in pending:  # grows
            key = (entry.call, entry.closure, entry.made, entry.use.guard)
            if key not in seen:
                seen.add(key)
                pending.extend(self._enter(entry))
        self._close()

    def _made(self, call: int, closure: int) -> frozenset[int] | None:
        """The calls that made the closure which `call` runs; None if it is not known."""
        table = self._collector.table
        running = {token(kind, closure) for kind in _RUNS}
        callee = table.callee(call)
        slots = [callee, *table.argument_slots(call)]
        if callee and not running.isdisjoint(self._state.points_to[callee] or ()):
            slots.append(table.receiver(call))
        return self._made_in(slots, closure)

    def _made_in(self, slots: Iterable[int], closure: int) -> frozenset[int] | None:
        makers, found = self._state.makers[closure], set[int]()
        value = token(tokens.FUNCTION, closure)
        for slot in slots:
            held = (self._state.points_to[slot] if slot else None) or frozenset()
            if any(each & MASK == tokens.VALUES_OF for each in held):
                return None
            if value in held:
                made = makers.get(slot)
                if made is None:
                    return None
                found |= made
        return frozenset(found) or None

    def _enter(self, entry: _Entry) -> Iterable[_Entry]:
        """The edges of one call; gives the closures that it runs by them."""
        collector, key = self._collector, (entry.call, entry.closure)
        handed = [
            (each, self._handed(entry.made, entry.closure, each.path, 0)) for each in self._captured[entry.closure]
        ]
        if all(found is None for _, found in handed):
            self._open.add(key)
            return
        self._explained.add(key)
        for captured, found in handed:
            use, around = captured.use, collector.loops.around(captured.use.call)
            via = (use.call,) if collector.table.condition(use.call) >= 0 else ()
            between = structs.replace(
                entry.use,
                guard=entry.use.guard | use.guard | around.guard,
                loops=entry.use.loops + use.loops + around.loops,
                awaited=use.awaited,
                via=entry.use.via + via,
            )
            slots, functions = [], captured.held
            if found is not None:
                slots, functions = found.slots, self._meant(captured, found)
            if use.of_kind:
                functions = collector.function_kinds.of_kind(functions, awaited=use.awaited)
            for function in functions:
                edge = (entry.call, function)
                if edge not in collector.edges:
                    self._added[edge] = key
                collector.edge(entry.call, function, graph.CALLBACK, between.guard, between.loops, between.via)
                if function in self._captured:
                    made = self._made_in(slots, function) if entry.depth < _DEPTH else None
                    if made:
                        yield _Entry(entry.call, function, made, between, entry.depth + 1)
                    else:
                        self._open.add(edge)
            for node in found.passed.nodes if found is not None else ():
                passed_sink(collector, entry.call, node, between)

    def _meant(self, captured: Captured, found: _Handed) -> list[int]:
        """The functions that a closure's call runs for those who were handed `found`."""
        collector, call = self._collector, captured.use.call
        if call not in collector.overflowed:
            return [function for function in captured.held if self._is_meant(function, captured, found)]
        # the parameter lost values: which ones it still holds says nothing, what these callers handed over does
        handed = sorted(set(found.passed.functions))
        if not captured.use.awaited:
            return handed
        return awaitable(self._state, collector.table, call, handed, collector.returning_calls)

    def _is_meant(self, function: int, captured: Captured, found: _Handed) -> bool:
        """Whether a closure's call runs `function` for those who were handed `found`; defaults run for all."""
        if any(found.passed):
            return function in found.passed.functions
        return all(function not in passed.functions for passed in self._sites_of(captured.path).values())

    def _sites_of(self, path: Path) -> dict[int, Passed]:
        found = self._by_site.get(path)
        if found is None:
            found = self._by_site[path] = dict(self._sites.passing(path))
        return found

    def _handed(self, made: frozenset[int], closure: int, path: Path, depth: int) -> _Handed | None:
        """What the calls that made a closure were handed for a parameter around it; None if it is not known."""
        key = (made, closure, path)
        if key not in self._known:
            self._known[key] = None
            joined = _Handed(Passed([], [], []), [])
            for call in sorted(made):
                found = self._handed_by(call, closure, path, depth)
                if found is None or found.passed.forwards:
                    return None
                _join(joined, found)
            self._known[key] = joined
        return self._known[key]

    def _handed_by(self, call: int, closure: int, path: Path, depth: int) -> _Handed | None:
        """What one of them was handed, parameters of the function that it stands in included."""
        through = self._state.made_through.get((closure, call))
        if depth > _DEPTH:
            return None
        if through is not None:
            return self._handed_on(call, closure, path, through, depth)
        factory = parent_of(self._state.program, closure)
        if path.function == factory:
            return _Handed(self._sites_of(path).get(call, Passed([], [], [])), self._sites.arriving(path, call))
        if factory not in self._state.makers or not within(self._state.program, factory, path.function):
            return None
        made = self._made_in([self._collector.table.callee(call)], factory)
        return self._handed(made, factory, path, depth + 1) if made else None

    def _handed_on(self, call: int, closure: int, path: Path, through: frozenset[int], depth: int) -> _Handed | None:
        """What a call is handed of a function that itself calls the factory, `through` these calls."""
        joined = _Handed(Passed([], [], []), [])
        for inner in sorted(through):
            found = self._handed_by(inner, closure, path, depth + 1)
            if found is None:
                return None
            _join(
                joined,
                found._replace(
                    passed=found.passed._replace(forwards=[]), slots=[] if found.passed.forwards else found.slots
                ),
            )
            for forward in found.passed.forwards:
                if (call, forward.function) not in self._state.links:
                    return None
                passed = self._sites_of(forward).get(call, Passed([], [], []))
                _join(joined, _Handed(passed, self._sites.arriving(forward, call)))
        return joined

    def _close(self) -> None:
        """Who entered a closure by an explained edge finds the closure's own edges closed."""
        edges, table = self._collector.edges, self._collector.table
        explained = self._explained - self._open
        entered = {closure for _, closure in explained}
        closing: set[tuple[int, int]] = set()
        handing: list[int] = []
        for closure in sorted(entered):
            for captured in self._captured[closure]:
                closing.update((captured.use.call, function) for function in captured.held)
                self._close_sinks(captured)
            if any(table.function(captured.use.call) != closure for captured in self._captured[closure]):
                handing.append(closure)
        self._hand_down(handing)
        pending = [edge for edge, origin in self._added.items() if origin in closing]
        while pending:
            closing.update(pending)
            pending = [edge for edge, origin in self._added.items() if origin in closing and edge not in closing]
        for key in closing & edges.keys():
            edges[key] = structs.replace(edges[key], closed=edges[key].closed | guards.KNOWN)
        for key in explained & edges.keys():
            edges[key] = structs.replace(edges[key], decides=edges[key].decides | guards.KNOWN)

    def _close_sinks(self, captured: Captured) -> None:
        sinks, api, call = self._collector.sinks, self._collector.state.api, captured.use.call
        for passed in self._sites_of(captured.path).values():
            for node in passed.nodes:
                sink = sinks.get((call, api.text[node]))
                if sink is not None:
                    sinks[call, api.text[node]] = replace(sink, closed=guards.KNOWN)

    def _hand_down(self, closures: Sequence[int]) -> None:
        """The functions nested in a closure are entered as the closure is: each edge among them stands twice."""
        collector, program = self._collector, self._state.program
        nested: dict[int, list[tuple[int, int]]] = {closure: [] for closure in closures}
        for key, edge in collector.edges.items() if nested else ():
            if edge.callee not in self._captured:
                for closure in enclosing(program, edge.callee):
                    if closure in nested and within(program, edge.caller, closure):
                        nested[closure].append(key)
        for closure in closures:
            for key in nested[closure]:
                edge = collector.edges[key]
                collector.further.append(structs.replace(edge, decides=edge.decides | guards.KNOWN))
                collector.edges[key] = structs.replace(edge, closed=edge.closed | guards.KNOWN)


def separate(collector: Collector, sites: Sites, closures: Closures, captured: Iterable[Captured]) -> None:
    """Give the calls of closures that run what their factory was handed edges to what that was."""
    if collector.state.makers:
        _Separation(collector, sites, closures, captured).run()


def _join(joined: _Handed, found: _Handed) -> None:
    joined.passed.functions.extend(found.passed.functions)
    joined.passed.nodes.extend(found.passed.nodes)
    joined.passed.forwards.extend(found.passed.forwards)
    joined.slots.extend(found.slots)
