"""Loops that serve nobody: what a command-line program, a worker thread or a child process registers for itself.

A timer or a listener is hot because a loop that serves others runs it.  A command that prints and ends, and a file that
only ever runs as a worker, have loops of their own; unless they serve requests there, what they register is theirs
alone.
"""

from dataclasses import dataclass
from typing import Final

from alef_audit.callgraph.closure import closure, inverted
from alef_audit.callgraph.entries import only_in_workers, told_worker
from alef_audit.callgraph.graph import CallGraph, RootSite
from alef_audit.callgraph.guards import OFFLOAD
from alef_audit.reachability.ways import Callees
from alef_audit.rulepack.kinds import Kinds

# What a loop runs for others says itself that it serves; these are only as hot as the loop that runs them.
_OWN: Final = frozenset(("tick", "warmup", "lifecycle", "message"))


@dataclass(frozen=True, slots=True)
class Contexts:
    """`quiet`: functions that only run on loops which serve nobody; `workers`: those of them in files of workers."""

    quiet: frozenset[int] = frozenset()
    workers: frozenset[int] = frozenset()

    def serves(self, graph: CallGraph, root: RootSite) -> bool:
        """Whether the loop that runs `root` serves others."""
        return root.kind not in _OWN or not (_place(graph, root) in self.quiet or _in_worker_branch(graph, root))


def contexts(graph: CallGraph, callees: Callees, hot: list[RootSite], cold: list[RootSite], kinds: Kinds) -> Contexts:
    """Tell the loops apart. `hot` and `cold` are the registered roots."""
    entries = _worker_bodies(graph)
    own = {function for body in entries for function in _functions_of(graph, body)}
    commands = {root.function for root in cold if root.kind == "cli" and not root.by_name}
    commands |= {unit.functions for unit in graph.program.units if unit.role == "cli"} - entries
    if not own and not commands:
        return Contexts()
    serving = leading_to(callees, _serving(graph, hot, kinds))
    idle_workers = {body for body in entries if serving.isdisjoint(_functions_of(graph, body))}
    own = {function for body in idle_workers for function in _functions_of(graph, body)}
    alone = closure(callees, (commands - serving) | own)
    starts = (commands & serving) | (entries - idle_workers) | _other_starts(graph, callees, hot, commands, alone)
    quiet = frozenset(alone - closure(callees, starts, idle_workers))
    return Contexts(quiet, quiet & own)


def leading_to(callees: Callees, targets: set[int]) -> set[int]:
    """The functions from which a target can be reached, targets included."""
    return closure(inverted(callees), targets)


def _worker_bodies(graph: CallGraph) -> set[int]:
    """The bodies of the files that run as workers or processes of their own, and never on the main thread."""
    bodies = {unit.functions for unit in graph.program.units}
    found = {edge.callee for edge in graph.edges if edge.guards & OFFLOAD and edge.callee in bodies}
    # a file that starts itself is the main program, too; one that is imported runs where it is imported
    loaded = {
        edge.callee
        for edge in graph.edges
        if edge.callee in found
        and (not edge.guards & OFFLOAD or graph.program.unit_of(edge.caller).functions == edge.callee)
    }
    return (found - loaded) | {unit.functions for unit in graph.program.units if told_worker(unit)}


def _functions_of(graph: CallGraph, body: int) -> range:
    return range(body, body + len(graph.program.unit_of(body).facts.functions))


def _in_worker_branch(graph: CallGraph, root: RootSite) -> bool:
    """Whether a file registers `root` in the branch that it runs as its own worker."""
    condition = graph.table.condition(root.call) if root.call >= 0 else -1
    return condition >= 0 and only_in_workers(graph.program.unit_of(_place(graph, root)).facts.conditions, condition)


def _place(graph: CallGraph, root: RootSite) -> int:
    """The function that makes `root` one: it registers it, or is it."""
    return graph.table.function(root.call) if root.call >= 0 else root.function


def _serving(graph: CallGraph, hot: list[RootSite], kinds: Kinds) -> set[int]:
    """The functions that register what is dispatched for others: requests, calls, tools, messages."""
    return {
        graph.table.function(root.call)
        for root in hot
        if root.call >= 0 and not root.general and kinds.root[root.kind].heat == "dispatch"
    }


def _other_starts(
    graph: CallGraph, callees: Callees, hot: list[RootSite], commands: set[int], alone: set[int]
) -> set[int]:
    """Where the rest of the program starts: module bodies, roots that it registers, functions that nothing calls."""
    called = {callee for below in callees.values() for callee in below}
    found = {function for function in callees if function not in called}
    found |= {unit.functions for unit in graph.program.units}
    found |= {root.function for root in hot if _place(graph, root) not in alone}
    return found - commands - (alone & {unit.functions for unit in graph.program.units})
