"""Uses of parameters, carried back to the call sites that pass them (see `parameters.py`)."""

from alef_audit.callgraph import graph
from alef_audit.callgraph.collect import Collector, how_of
from alef_audit.callgraph.parameters import Path, Sites, Use, guards_between


def settle_parameters(collector: Collector) -> None:
    """Carry the uses of parameters back to the call sites that pass them."""
    state, table, program = collector.state, collector.table, collector.state.program
    sites = Sites(state, table, collector.paths)
    outgoing: dict[int, list[tuple[int, int]]] = {}
    for edge in collector.edges.values():
        outgoing.setdefault(edge.caller, []).append((edge.callee, edge.guards))
    pending: list[tuple[Path, Use]] = []
    seen: set[tuple[Path, int, int]] = set()
    explained: dict[Path, set[int]] = {}
    escaping: set[int] = set()  # calls in closures that others run later: their own edges stand
    for path, uses in collector.parameter_uses.items():
        for use, _ in uses:
            between = guards_between(program, outgoing, path.function, table.function(use.call))
            if between is None:
                escaping.add(use.call)
            else:
                pending.append((path, Use(use.call, use.guard | between, use.loops + collector.loop_names(use.call))))
    while pending:
        path, use = pending.pop()
        if (path, use.guard, len(use.loops)) in seen:
            continue
        seen.add((path, use.guard, len(use.loops)))
        known = explained.setdefault(path, set())
        for site in sites.of(path.function):
            functions, forwards = sites.passed(site, path)
            known.update(functions)
            for function in functions:
                collector.edge(site, function, graph.CALLBACK, use.guard, use.loops)
            for forward in forwards:
                between = guards_between(program, outgoing, forward.function, table.function(site))
                if between is not None and len(use.loops) < 4:
                    pending.append((forward, Use(site, use.guard | between, use.loops + collector.loop_names(site))))
    for path, uses in collector.parameter_uses.items():
        for use, held in uses:
            for function in held:
                if use.call in escaping or function not in explained.get(path, ()):
                    how = (
                        how_of(state, table, use.call, function) if not use.guard and not use.loops else graph.CALLBACK
                    )
                    collector.edge(use.call, function, how, use.guard, use.loops)
