"""Uses of parameters, carried back to the call sites that pass them (see `parameters.py`)."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from msgspec import structs

from alef_audit.callgraph import graph, guards
from alef_audit.callgraph.calls import CallTable
from alef_audit.callgraph.captured import Captured, separate
from alef_audit.callgraph.collect import Collector
from alef_audit.callgraph.loops import Ranged
from alef_audit.callgraph.nested import Closures, passed_sink
from alef_audit.callgraph.parameters import Path, Use, parent_of
from alef_audit.callgraph.passing import Passed, Sites
from alef_audit.facts.flows import EACH, ELEMENT

# Loops around calls that forward a parameter, and around the call that runs it: more say nothing any more.
_LOOPS: Final = 4


class _Explained:
    """What call sites pass for each path, directly or by forwarding a parameter of their own."""

    def __init__(self) -> None:
        self.functions: dict[Path, set[int]] = {}
        self.nodes: dict[Path, set[int]] = {}
        self.forwarded: dict[Path, set[Path]] = {}  # path -> paths whose holders are forwarded to it

    def add(self, path: Path, passing: Iterable[tuple[int, Passed]]) -> None:
        """Note what all sites pass for a path, the first time that it comes up."""
        if path in self.functions:
            return
        self.functions[path] = {function for _, passed in passing for function in passed.functions}
        self.nodes[path] = {node for _, passed in passing for node in passed.nodes}
        forwards = {forward for _, passed in passing for forward in passed.forwards}
        if forwards:
            self.forwarded[path] = forwards

    def close(self) -> None:
        """Let every path know what the paths know that are forwarded to it."""
        takers: dict[Path, list[Path]] = {}
        for path, sources in self.forwarded.items():
            for source in sources:
                takers.setdefault(source, []).append(path)
        for known in (self.functions, self.nodes):
            pending = [source for source in takers if known.get(source)]
            while pending:
                source = pending.pop()
                for path in takers.get(source, ()):
                    own = known[path]
                    size = len(own)
                    own |= known[source]
                    if len(own) > size:
                        pending.append(path)


def settle_parameters(collector: Collector) -> None:
    """Carry the uses of parameters back to the call sites that pass them."""
    closures = Closures(collector)
    deep: set[Path] = set()
    escaping: set[int] = set()  # calls in closures that others run later: their own edges stand
    staying: set[tuple[Path, int]] = set()  # the same of those that the function runs itself as well
    captured: list[Captured] = []
    pending: list[tuple[Path, Use]] = []
    sites = Sites(collector.state, collector.table, collector.spelled, _blocking_nodes(collector))
    for path, uses in collector.parameter_uses.items():
        if _is_deep(collector, sites, path):
            deep.add(path)
            may_differ = len(path.fields) == 1 or _are_several(held for _, held in uses)
            if not may_differ or not sites.is_told_apart(path):
                continue
        # of several places that run it one may be unguarded
        via = _guarding(collector.table, uses[0][0].call) if len(uses) == 1 else ()
        for use, held in uses:
            inner = collector.table.function(use.call)
            between = closures.between(path.function, inner)
            if between is None:
                escaping.add(use.call)
                captured.append(Captured(path, use, held))
            else:
                if inner != path.function and closures.outlives(path.function, inner):
                    staying.add((path, use.call))
                loops = use.loops + collector.loops.around(use.call).loops + _stepping(collector, path, use.call)
                pending.append((path, Use(use.call, use.guard | between, loops, use.awaited, use.of_kind, via)))
    explained = _carry_back(collector, sites, closures, pending)
    _keep_unexplained(collector, explained, escaping, staying, deep)
    _close_to_sites(collector, explained, staying)
    closures.tell_apart({(path.function, collector.table.function(call)) for path, call in staying})
    separate(collector, sites, closures, captured)


def _carry_back(collector: Collector, sites: Sites, closures: Closures, pending: list[tuple[Path, Use]]) -> _Explained:
    """Write the edges at the passing sites; gives what they explain."""
    table = collector.table
    seen: dict[tuple[Path, bool, bool, bool], list[tuple[int, int]]] = {}
    written: set[tuple[Path, int, bool, tuple[int, ...]]] = set()
    explained = _Explained()
    while pending:
        path, use = pending.pop()
        known = seen.setdefault((path, use.awaited, use.of_kind, bool(use.via)), [])
        if any(not guard & ~use.guard and loops <= len(use.loops) for guard, loops in known):
            continue  # what this one would write is there already, and under no more guards
        known.append((use.guard, len(use.loops)))
        passing = sites.passing(path)
        explained.add(path, passing)
        # the edges of a use that differs from one before in its loops only are there already
        is_new = (path, use.guard, use.of_kind, use.via) not in written
        written.add((path, use.guard, use.of_kind, use.via))
        for site, passed in passing:
            functions = passed.functions if is_new else []
            if use.of_kind:
                functions = collector.function_kinds.of_kind(functions, awaited=use.awaited)
            for function in functions:
                collector.edge(site, function, graph.CALLBACK, use.guard, use.loops, use.via)
            for node in () if use.of_kind else passed.nodes:
                passed_sink(collector, site, node, use)
            for forward in passed.forwards:
                between = closures.between(forward.function, table.function(site))
                if between is not None and len(use.loops) < _LOOPS:
                    loops = use.loops + collector.loops.around(site).loops
                    pending.append((forward, Use(site, use.guard | between, loops, use.awaited, use.of_kind)))
    explained.close()
    return explained


def _are_several(held: Iterable[list[int]]) -> bool:
    """Whether there is more than one function, so that callers can differ."""
    return len({function for functions in held for function in functions}) > 1


def _is_deep(collector: Collector, sites: Sites, path: Path) -> bool:
    """Whether a path leads into a collection, into an instance, or through several fields.

    Where all sites pass the same ones, the call in the helper says more than the site.
    """
    if len(path.fields) != 1:
        return bool(path.fields)
    if path.fields[0] in (EACH, ELEMENT):
        return not collector.spelled.collects(path)
    parameter = collector.state.program.functions[path.function].parameters[path.position]
    return sites.are_kept(collector.table.slot_of(path.function, parameter.slot), path.fields[0])


def _stepping(collector: Collector, path: Path, call: int) -> tuple[Ranged, ...]:
    """The loops of `map`, `forEach` and their like between `call` and the function that `path` starts at."""
    table, program = collector.table, collector.state.program
    function = table.function(call)
    found: tuple[Ranged, ...] = ()
    while function != path.function and function >= 0:
        step = collector.spelled.stepping.get(function)
        if step is not None:
            found += (Ranged(table.text(step).rpartition(".")[0]), *collector.loops.around(step).loops)
        function = parent_of(program, function)
    return found


def _guarding(table: CallTable, call: int) -> tuple[int, ...]:
    """`call`, if it stands under a condition: what guards the call then guards the value that it runs."""
    return (call,) if table.condition(call) >= 0 else ()


def _blocking_nodes(collector: Collector) -> frozenset[int]:
    """The API nodes that are blocking calls, by their rows or by their names."""
    api = collector.state.api
    texts = {api.text[node] for node in api.sinks} | {text for _, text in collector.sinks}
    return frozenset([node for node, text in enumerate(api.text) if text in texts])


def _close_to_sites(collector: Collector, explained: _Explained, staying: set[tuple[Path, int]]) -> None:
    """What a site passes is an edge of that site: the edges that stay below are for those who run the closure later."""
    edges, sinks, api = collector.edges, collector.sinks, collector.state.api
    for path, call in staying:
        for key in [(call, function) for function in explained.functions.get(path, ())]:
            if key in edges:
                edges[key] = structs.replace(edges[key], closed=edges[key].closed | guards.KNOWN)
        for name in [(call, api.text[node]) for node in explained.nodes.get(path, ())]:
            if name in sinks:
                sinks[name] = replace(sinks[name], closed=sinks[name].closed | guards.KNOWN)


def _keep_unexplained(
    collector: Collector,
    explained: _Explained,
    escaping: set[int],
    staying: set[tuple[Path, int]],
    deep: set[Path],
) -> None:
    """Where no site tells what a parameter holds, the call inside the helper keeps its edges and its sinks."""
    api = collector.state.api
    for path, uses in collector.parameter_uses.items():
        functions, nodes = explained.functions.get(path, set()), explained.nodes.get(path, set())
        for use, held in uses:
            is_kept = use.call in escaping or (path, use.call) in staying
            kept = held if is_kept else [function for function in held if function not in functions]
            is_plain = not use.guard and not use.loops
            if is_plain and path in deep:
                collector.call_edges(use.call, kept)
                kept = []
            for function in kept:
                how = collector.how(use.call, function) if is_plain else graph.CALLBACK
                collector.edge(use.call, function, how, use.guard, use.loops)
            if not is_kept:
                for node in nodes:
                    collector.sinks.pop((use.call, api.text[node]), None)
