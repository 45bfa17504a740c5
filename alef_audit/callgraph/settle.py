"""Uses of parameters, carried back to the call sites that pass them (see `parameters.py`)."""

from typing import Final

from alef_audit.callgraph import graph, guards
from alef_audit.callgraph.calls import CallTable
from alef_audit.callgraph.collect import Collector, how_of
from alef_audit.callgraph.parameters import Path, Use, guards_between
from alef_audit.callgraph.passing import Sites

# Loops around calls that forward a parameter, and around the call that runs it: more say nothing any more.
_LOOPS: Final = 4


class _Explained:
    """What call sites pass for each path, directly or by forwarding a parameter of their own."""

    def __init__(self) -> None:
        self.functions: dict[Path, set[int]] = {}
        self.nodes: dict[Path, set[int]] = {}
        self.forwarded: dict[Path, set[Path]] = {}

    def close(self) -> None:
        """Let every path know what the paths know that are forwarded to it."""
        changed = True
        while changed:
            changed = False
            for path, sources in self.forwarded.items():
                for known in (self.functions, self.nodes):
                    own = known.setdefault(path, set())
                    size = len(own)
                    for source in sources:
                        own |= known.get(source, set())
                    changed = changed or len(own) > size


def settle_parameters(collector: Collector) -> None:
    """Carry the uses of parameters back to the call sites that pass them."""
    outgoing: dict[int, list[tuple[int, int]]] = {}
    for edge in collector.edges.values():
        outgoing.setdefault(edge.caller, []).append((edge.callee, edge.guards))
    escaping: set[int] = set()  # calls in closures that others run later: their own edges stand
    pending: list[tuple[Path, Use]] = []
    for path, uses in collector.parameter_uses.items():
        # of several places that run it one may be unguarded
        via = _guarding(collector.table, uses[0][0].call) if len(uses) == 1 else ()
        for use, _ in uses:
            between = guards_between(
                collector.state.program, outgoing, path.function, collector.table.function(use.call)
            )
            if between is None:
                escaping.add(use.call)
            else:
                loops = use.loops + collector.loop_names(use.call)
                pending.append((path, Use(use.call, use.guard | between, loops, use.awaited, via)))
    explained = _carry_back(collector, outgoing, pending)
    _keep_unexplained(collector, explained, escaping)


def _carry_back(
    collector: Collector, outgoing: dict[int, list[tuple[int, int]]], pending: list[tuple[Path, Use]]
) -> _Explained:
    """Write the edges at the passing sites; gives what they explain."""
    table, program = collector.table, collector.state.program
    sites = Sites(collector.state, table, collector.spelled)
    seen: set[tuple[Path, int, int, bool, bool]] = set()
    explained = _Explained()
    while pending:
        path, use = pending.pop()
        key = (path, use.guard, len(use.loops), use.awaited, bool(use.via))
        if key in seen:
            continue
        seen.add(key)
        for site in sites.of(path.function):
            passed = sites.passed(site, path)
            explained.functions.setdefault(path, set()).update(passed.functions)
            explained.nodes.setdefault(path, set()).update(passed.nodes)
            for function in passed.functions:
                collector.edge(site, function, graph.CALLBACK, use.guard, use.loops, use.via)
            for node in passed.nodes:
                _passed_sink(collector, site, node, use)
            for forward in passed.forwards:
                explained.forwarded.setdefault(path, set()).add(forward)
                between = guards_between(program, outgoing, forward.function, table.function(site))
                if between is not None and len(use.loops) < _LOOPS:
                    loops = use.loops + collector.loop_names(site)
                    pending.append((forward, Use(site, use.guard | between, loops, use.awaited)))
    explained.close()
    return explained


def _guarding(table: CallTable, call: int) -> tuple[int, ...]:
    """`call`, if it stands under a condition: what guards the call then guards the value that it runs."""
    return (call,) if table.condition(call) >= 0 else ()


def _passed_sink(collector: Collector, site: int, node: int, use: Use) -> None:
    """A blocking library function that `site` hands over and a helper runs."""
    table, api = collector.table, collector.state.api
    found = api.sinks.get(node)
    if found is None or use.guard & guards.OFFLOAD or node in api.neutral:
        return
    row, _ = found
    is_python = collector.state.program.unit_of(table.function(site)).facts.language == "python"
    if use.awaited and (is_python or row.unless_awaited):
        return
    collector.handed_sink(site, node, use.loops, use.via)


def _keep_unexplained(collector: Collector, explained: _Explained, escaping: set[int]) -> None:
    """Where no site tells what a parameter holds, the call inside the helper keeps its edges and its sinks."""
    state, table = collector.state, collector.table
    for path, uses in collector.parameter_uses.items():
        functions, nodes = explained.functions.get(path, set()), explained.nodes.get(path, set())
        for use, held in uses:
            for function in held:
                if use.call in escaping or function not in functions:
                    is_plain = not use.guard and not use.loops
                    how = how_of(state, table, use.call, function) if is_plain else graph.CALLBACK
                    collector.edge(use.call, function, how, use.guard, use.loops)
            if use.call not in escaping:
                for node in nodes:
                    collector.sinks.pop((use.call, state.api.text[node]), None)
