"""Reachability as it would be with a guard around one function: only what that function leads to is reached again."""

from collections.abc import Iterable, Mapping

from alef_audit.callgraph.guards import OFFLOAD
from alef_audit.reachability.reach import Reachability
from alef_audit.reachability.surface import async_functions

# What is left of the ways to a function: some that no guard softens, or softened ones only.
OPEN = 0
SOFTENED = 1


class Assumed:
    """A program in which functions are guarded one at a time.

    A guard discharges what crosses it, so what counts is what comes by other ways.  Gates inside of what is reached
    again are taken for open: that way too little is said to be healed, never too much.
    """

    __slots__ = ("_discharging", "_entries", "_incoming", "_mitigating", "_outgoing", "_reach")

    def __init__(self, reach: Reachability, discharging: int, mitigating: int) -> None:
        self._reach = reach
        self._discharging = discharging
        self._mitigating = mitigating
        self._outgoing: dict[int, tuple[tuple[int, int], ...]] = {}
        self._incoming: dict[int, list[int]] = {}
        self._entries: dict[tuple[int, int], int | None] = {}
        around, is_async = reach.graph.function_guards, async_functions(reach.graph.program)
        for caller, edges in reach.outgoing.items():
            if caller not in reach.ways:
                continue
            best: dict[int, int] = {}
            for edge in edges:
                crossed = edge.guards | around.get(edge.callee, 0)
                if crossed & discharging or (crossed & OFFLOAD and edge.callee in is_async):
                    continue
                worth = SOFTENED if crossed & mitigating else OPEN
                best[edge.callee] = min(worth, best.get(edge.callee, worth))
            self._outgoing[caller] = tuple(best.items())
            for callee in best:
                self._incoming.setdefault(callee, []).append(caller)

    def left(self, function: int) -> Mapping[int, int]:
        """What is left, OPEN or SOFTENED, of the ways to the functions below a guarded `function`: those that are not
        mentioned, and below it, are no longer reached by ways that count.
        """
        below = self._below(function)
        found: dict[int, int] = {}
        for worth in (OPEN, SOFTENED):
            pending = [callee for callee in self._entered(below, function, worth) if callee not in found]
            pending += [f for f, known in found.items() if worth == SOFTENED and known == OPEN]
            for callee in pending:
                found.setdefault(callee, worth)
            while pending:
                for callee, crossed in self._outgoing.get(pending.pop(), ()):
                    if callee not in found and callee != function and crossed <= worth:
                        found[callee] = worth
                        pending.append(callee)
        return found

    def _below(self, function: int) -> set[int]:
        found, pending = {function}, [function]
        while pending:
            for callee, _ in self._outgoing.get(pending.pop(), ()):
                if callee not in found:
                    found.add(callee)
                    pending.append(callee)
        return found

    def _entered(self, below: set[int], function: int, worth: int) -> Iterable[int]:
        """Functions of `below` that something from outside of it leads to: a root, or a caller whose own ways count."""
        for root in self._reach.roots:
            if root.function in below and root.function != function:
                yield root.function
        for callee in sorted(below - {function}):
            for caller in self._incoming.get(callee, ()):
                if caller not in below and self._entry(caller, callee, worth):
                    yield callee
                    break

    def _entry(self, caller: int, callee: int, worth: int) -> bool:
        key = (caller, callee)
        if key not in self._entries:
            self._entries[key] = self._worth(caller, callee)
        found = self._entries[key]
        return found is not None and found <= worth

    def _worth(self, caller: int, callee: int) -> int | None:
        """What the ways of `caller` are worth on its calls of `callee`; None if none of them counts."""
        around = self._reach.graph.function_guards.get(callee, 0)
        found: int | None = None
        for edge in self._reach.outgoing[caller]:
            if edge.callee != callee:
                continue
            for way in self._reach.ways[caller]:
                crossed = way | edge.guards | around
                if not way & edge.closed and not crossed & self._discharging:
                    worth = SOFTENED if crossed & self._mitigating else OPEN
                    found = worth if found is None else min(found, worth)
        return found
