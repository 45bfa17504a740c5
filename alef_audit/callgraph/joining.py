"""What waiting for handed-over work costs: as much as the costliest blocking call that the work makes.

`with ThreadPoolExecutor() as pool: pool.submit(cursor.execute, …)` waits for one statement, not for seconds.  Where it
is not seen what was handed over, or nothing is known of that, the cost stays what the model says of waiting.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Final

from alef_audit.callgraph import tokens
from alef_audit.callgraph.closure import closure
from alef_audit.callgraph.collect import Collector
from alef_audit.callgraph.graph import CallGraph, Handed, SinkSite
from alef_audit.callgraph.guards import OFFLOAD
from alef_audit.callgraph.selecting import selected
from alef_audit.callgraph.tokens import MASK, SHIFT
from alef_audit.facts.file import FunctionFlag
from alef_audit.rulepack.kinds import COSTS, Cost
from alef_audit.rulepack.paths import Selector

_FUNCTIONS: Final = (tokens.FUNCTION, tokens.CALL_OF, tokens.BIND_OF)
_LOOPING: Final = ".map"
# Handing work to a thread and back takes longer than what a microseconds call does there.
_LEAST: Final = COSTS.index("milliseconds")


def hand_over(collector: Collector, call: int, node: int, selector: Selector | None) -> None:
    """Note what `call`, of the offloading function `node`, hands over beside functions of the program."""
    state, table, api = collector.state, collector.table, collector.state.api
    slots = selected(state, table, call, selector) if selector is not None else []
    cost, unknown = -1, not slots
    for slot in slots:
        held = state.held(slot)
        unknown = unknown or not held or slot in collector.paths
        for value in held:
            if value & MASK in _FUNCTIONS:
                continue
            rows = api.sinks.get(value >> SHIFT, ()) if value & MASK == tokens.EXTERNAL else ()
            unknown = unknown or not rows
            cost = max([cost, *(COSTS.index(sink.row.cost) for sink in rows)])
    made = collector.arguments.maker(call, table.receiver(call))
    collector.handed[call] = Handed(api.text[node], made, COSTS[cost] if cost >= 0 else None, unknown)


def joined(graph: CallGraph) -> CallGraph:
    """`graph` in which every call that waits for handed-over work costs as much as that work does."""
    if not any(sink.joins for sink in graph.sinks):
        return graph
    handing: dict[int, list[int]] = {}
    for call in graph.handed:
        handing.setdefault(graph.table.function(call), []).append(call)
    work = _Work(graph)

    def weighed(sink: SinkSite) -> SinkSite:
        calls = _waited_for(graph.handed, handing.get(sink.function, ()), sink) if sink.joins else ()
        costs = [work.cost(call) for call in calls]
        known = [cost for cost in costs if cost is not None]
        return replace(sink, cost=max(known, key=COSTS.index)) if known and len(known) == len(costs) else sink

    return replace(graph, sinks=tuple(map(weighed, graph.sinks)))


def _waited_for(handed: Mapping[int, Handed], calls: Iterable[int], sink: SinkSite) -> list[int]:
    """Which of the calls by which a function hands work over a call of it waits for."""
    if sink.made >= 0:
        return [call for call in calls if sink.made in (call, handed[call].made)]
    return [call for call in calls if handed[call].text.partition(".")[0] == sink.text.partition(".")[0]]


def _waiting(graph: CallGraph) -> frozenset[int]:
    """The functions that run a coroutine: they wait for as long as whatever it awaits."""
    rows = graph.api.roots
    running = {node for node, found in rows.items() if any(row.coroutine for row, _ in found)}
    waiting = {graph.table.function(call) for call, node in graph.externals if node in running}
    facts = graph.program.functions
    return frozenset(waiting.union(each for each, known in enumerate(facts) if known.flags & FunctionFlag.ASYNC))


class _Work:
    """The cost of what calls hand over, each asked for once."""

    __slots__ = ("_callees", "_graph", "_handed", "_sinks", "_waiting")

    def __init__(self, graph: CallGraph) -> None:
        self._graph = graph
        self._waiting = _waiting(graph)
        self._callees: dict[int, list[int]] = {}
        self._handed: dict[int, list[int]] = {}
        for edge in graph.edges:
            if edge.guards & OFFLOAD:
                self._handed.setdefault(edge.call, []).append(edge.callee)
            else:
                self._callees.setdefault(edge.caller, []).append(edge.callee)
        self._sinks: dict[int, int] = {}
        for sink in graph.sinks:
            if not sink.contended and not sink.guards:
                self._sinks[sink.function] = max(self._sinks.get(sink.function, -1), COSTS.index(sink.cost))

    def cost(self, call: int) -> Cost | None:
        """The cost of what `call` hands over; None if that cannot be told."""
        handed = self._graph.handed[call]
        functions = closure(self._callees, self._handed.get(call, ()))
        if handed.unknown or not self._waiting.isdisjoint(functions):
            return None
        costs = [self._sinks[function] for function in functions if function in self._sinks]
        costs += [COSTS.index(handed.cost)] if handed.cost is not None else []
        if not costs:
            return None
        # how much of it there is in a loop nobody knows
        lifted = max(costs) + (self._graph.table.loop(call) >= 0 or handed.text.endswith(_LOOPING))
        return COSTS[min(max(_LEAST, lifted), len(COSTS) - 1)]
