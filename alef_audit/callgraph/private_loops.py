"""Loops that a serving program starts for one consumer: `asyncio.run(consume(inbox))` in a thread of its own.

Such a loop reads one thing after the other and waits for each, so that nobody else is kept waiting by what it does:
what it runs is no entry point of the loop that serves, whatever it is called.  It is told by all of this: code that
serves starts the thread or the process; there a plain function runs a coroutine on a new loop; every known way to the
function in question comes from that coroutine and waits at every step.

A loop in a thread serves others as soon as something else runs on it beside.  It stays one where the coroutine leads
to what registers or serves requests, where a step starts a task and does not wait for it, where one of the functions on
the way asks for its loop in a program that hands work to loops of other threads (`run_coroutine_threadsafe`), and where
the main thread or a command runs the same coroutine: then it is, or may be, the loop of the program.
"""

from collections.abc import Iterable, Iterator, Set
from dataclasses import dataclass

from alef_audit.callgraph.closure import callees_of, closure
from alef_audit.callgraph.graph import CallGraph, Edge, RootSite
from alef_audit.callgraph.guards import DOUBT, OFFLOAD
from alef_audit.callgraph.keeping import chain
from alef_audit.callgraph.mains import MainWords
from alef_audit.facts import flows
from alef_audit.facts.file import FunctionFlag
from alef_audit.rulepack.kinds import SERVING
from alef_audit.rulepack.lexicon import Lexicon, LoopCalls


def without_private(graph: CallGraph, roots: list[RootSite], lexicon: Lexicon) -> list[RootSite]:
    """`roots` without those by a name alone that only loops of single consumers run."""
    hints = [root for root in roots if root.by_name and root.call < 0 and _is_coroutine(graph, root.function)]
    loops = _Loops.of(graph, roots, lexicon) if hints else None
    if loops is None or not loops.mains:
        return roots
    gone = {root for root in hints if loops.run_alone(root.function)}
    return [root for root in roots if root not in gone]


def _is_coroutine(graph: CallGraph, function: int) -> bool:
    return bool(graph.program.functions[function].flags & FunctionFlag.ASYNC)


@dataclass(frozen=True, slots=True)
class _Loops:
    """The coroutines that are the whole of a loop, and what tells that somebody else runs a function."""

    graph: CallGraph
    into: dict[int, list[Edge]]
    mains: frozenset[int]
    known: frozenset[int]  # functions that something outside the program is known to call
    shared: frozenset[int]  # functions whose loop others may be handed

    @classmethod
    def of(cls, graph: CallGraph, roots: list[RootSite], lexicon: Lexicon) -> "_Loops | None":
        run = {root.function: graph.table.function(root.call) for root in _main_coroutines(graph, roots)}
        if not run:
            return None
        into: dict[int, list[Edge]] = {}
        for edge in graph.edges:
            into.setdefault(edge.callee, []).append(edge)
        known = frozenset(root.function for root in roots if not root.by_name) - run.keys()
        known |= {unit.functions for unit in graph.program.units}
        shared = _asking_for_loops(graph, lexicon.loop_calls)
        loops = cls(graph, into, frozenset(), known, shared)
        started = _threads_of_servers(graph, roots)
        serving, surely = _serving(graph, roots), callees_of(graph, without=DOUBT)
        starts = MainWords(lexicon.main_tests)
        mains = {
            main
            for main, runner in run.items()
            if runner not in shared and main not in shared and loops.runs_in_thread(main, started, starts)
            if serving.isdisjoint(closure(surely, [main]))
        }
        return cls(graph, into, frozenset(mains), known, shared)

    def runs_in_thread(self, main: int, started: Set[int], words: MainWords) -> bool:
        """Whether a thread that a server starts runs a coroutine, and neither a loop nor the start of the program."""
        above: set[int] = {main}
        pending = [main]
        while pending:
            for edge in self.into.get(pending.pop(), ()):
                if edge.guards & OFFLOAD or _is_of_start(self.graph, edge, words) or edge.caller in above:
                    continue
                if edge.caller in self.known:
                    return False
                above.add(edge.caller)
                pending.append(edge.caller)
        return not above.isdisjoint(started)

    def run_alone(self, function: int) -> bool:
        """Whether all that is known to run a function waits for it, on the loop of a single consumer."""
        seen, pending = {function}, [function]
        found = False
        while pending:
            current = pending.pop()
            for edge in self.into.get(current, ()):
                if edge.caller in self.known or edge.caller in self.shared or not _is_waited_for(self.graph, edge):
                    return False
                if edge.caller in self.mains:
                    found = True
                elif edge.caller not in seen:
                    seen.add(edge.caller)
                    pending.append(edge.caller)
        return found


def _main_coroutines(graph: CallGraph, roots: list[RootSite]) -> Iterator[RootSite]:
    """The coroutines that plain functions run on loops of their own: `asyncio.run(main())`."""
    for root in roots:
        if root.kind == "cli" and root.call >= 0 and _is_coroutine(graph, root.function):
            runner = graph.program.functions[graph.table.function(root.call)]
            if runner.parent >= 0 and not runner.flags & FunctionFlag.ASYNC:
                yield root


def _is_of_start(graph: CallGraph, edge: Edge, words: MainWords) -> bool:
    """Whether only the start of a file makes a call: the same consumer as a program of its own."""
    if edge.call < 0 or graph.program.functions[edge.caller].parent >= 0:
        return False
    conditions = graph.program.unit_of(edge.caller).facts.conditions
    return any(words.tells(conditions[index]) for index in chain(conditions, graph.table.condition(edge.call)))


def _is_waited_for(graph: CallGraph, edge: Edge) -> bool:
    """Whether a caller goes on only when its callee is done."""
    if not _is_coroutine(graph, edge.callee) or edge.call < 0:
        return True
    return bool(graph.table.flags(edge.call) & (flows.AWAITED | flows.RETURNED))


def _threads_of_servers(graph: CallGraph, roots: Iterable[RootSite]) -> set[int]:
    """What coroutines, and what they and handlers of requests call, have run in other threads and processes."""
    starts = {root.function for root in roots if root.kind in SERVING and root.runs_on == "event-loop"}
    starts |= {function for function, _ in enumerate(graph.program.functions) if _is_coroutine(graph, function)}
    served = closure(callees_of(graph, without=OFFLOAD | DOUBT), starts)
    return {edge.callee for edge in graph.edges if edge.guards & OFFLOAD and edge.caller in served}


def _serving(graph: CallGraph, roots: Iterable[RootSite]) -> set[int]:
    """The functions that listen, or that register what is dispatched for others."""
    found = {graph.table.function(call) for call, node in graph.externals if node in graph.api.serving}
    return found | {graph.table.function(root.call) for root in roots if root.call >= 0 and root.kind in SERVING}


def _asking_for_loops(graph: CallGraph, words: LoopCalls) -> frozenset[int]:
    """The functions that ask for the loop that they run on, in a program that hands work to loops of other threads."""
    text, table = graph.api.text, graph.table
    called = {node for _, node in graph.externals}
    if not any(text[node] in words.handing_over for node in called):
        return frozenset()
    asking = {node for node in called if text[node] in words.asking}
    return frozenset(table.function(call) for call, node in graph.externals if node in asking)
