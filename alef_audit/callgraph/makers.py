"""Functions that are there to make one: `create_user`, `"sessions.create"`."""

from collections.abc import Iterable
from typing import Final

from alef_audit.callgraph.graph import CallGraph
from alef_audit.callgraph.recall import words_in
from alef_audit.rulepack.guards import GuardWords

_CALLERS: Final = 2


class Makers:
    """Tells which functions are called by those that are there to make what they name: it is new each time."""

    __slots__ = ("_callers", "_graph", "_linking", "_making")

    def __init__(self, graph: CallGraph, words: GuardWords) -> None:
        self._graph, self._making = graph, frozenset(words.making)
        self._linking = frozenset(words.linking)
        self._callers: dict[int, set[int]] = {}

    def call(self, function: int, path: str) -> bool:
        """Whether `function`, which is handed `path`, is called by one of them, or by what one calls."""
        if not self._callers:
            for edge in self._graph.edges:
                self._callers.setdefault(edge.callee, set()).add(edge.caller)
        named = _singular((*words_in(self._graph.program.functions[function].name), *words_in(path)))
        near = {function}
        for _ in range(_CALLERS):
            near = {caller for each in near for caller in self._callers.get(each, ())}
            if any(self._makes(caller, named) for caller in near):
                return True
        return False

    def _makes(self, function: int, named: frozenset[str]) -> bool:
        facts = self._graph.program.functions[function]
        own = words_in(facts.name or facts.label)
        if self._making.isdisjoint((*own[:1], *own[-1:])):
            return False
        nouns = _singular(own) - self._making - self._linking
        return not nouns or not nouns.isdisjoint(named)


def _singular(words: Iterable[str]) -> frozenset[str]:
    return frozenset(word.removesuffix("s") for word in words)
