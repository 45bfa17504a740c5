"""Paths that nothing takes, for an object is of one class here and of another there.

`Dataset(...)` runs the constructor that it inherits, and that `self.postprocess()`: of all overrides the one of Dataset
runs.  The call graph has an edge to each, for others inherit the constructor, too; along one path the object stays what
it is (customisation by receiver class, as in Chambers and Ungar, PLDI 1989).
"""

import re
from typing import Final

from alef_audit.callgraph.collect import methods_of
from alef_audit.callgraph.graph import CallGraph, Edge
from alef_audit.callgraph.memos import method_class
from alef_audit.callgraph.parameters import within

# Calls of the object's own methods.
_OWN: Final = re.compile(r"(?:self|this|cls)\??\.(?P<name>[\w$]+)")
_SUPER: Final = re.compile(r"super(?:\([^()]*\))?(?:\.[\w$]+)?")
_NONE: Final[frozenset[int]] = frozenset()


class Receivers:
    """Answers for the classes of one program; what it finds out is remembered."""

    __slots__ = ("_defining", "_graph", "_heirs")

    def __init__(self, graph: CallGraph) -> None:
        self._graph = graph
        self._defining: dict[tuple[int, str], frozenset[int]] = {}
        self._heirs: dict[int, set[int]] = {}
        for heir, order in graph.orders.items():
            for base in order:
                self._heirs.setdefault(base, set()).add(heir)

    def excluded(self, edges: list[Edge]) -> int:
        """The call on the path along `edges` by which an object comes that a later call of its own methods does not
        fit; -1 if there is none.
        """
        if not edges:
            return -1
        classes, at = self._classes_of(edges[0].caller), edges[0].call
        for edge in edges:
            own = _OWN.fullmatch(self._graph.table.text(edge.call)) if edge.call >= 0 else None
            callee = self._owner(edge.callee)
            if own is not None and callee >= 0 and self._graph.program.functions[edge.callee].name == own["name"]:
                left = frozenset(each for each in classes if edge.callee in self._methods(each, own["name"]))
                if not left and not classes.isdisjoint(self._relatives(callee)):
                    return at
                classes = left or self._classes_of(edge.callee)
            elif edge.call >= 0 and classes and _SUPER.fullmatch(self._graph.table.text(edge.call)):
                classes &= self._heirs.get(callee, _NONE)
            elif edge.callee == edge.caller or not within(self._graph.program, edge.callee, edge.caller):
                classes, at = self._classes_of(edge.callee), edge.call
        return -1

    def _owner(self, function: int) -> int:
        """The class that a function is a method of; -1 if it is none."""
        program = self._graph.program
        facts = program.functions[function]
        return program.unit_of(function).classes + facts.owner if facts.owner >= 0 else -1

    def _classes_of(self, function: int) -> frozenset[int]:
        """The classes that the object of a method, or of a function inside of one, may be of."""
        return frozenset(self._heirs.get(method_class(self._graph.program, function), ()))

    def _relatives(self, owner: int) -> set[int]:
        """Everything that inherits from what a class inherits from."""
        return set().union(*(self._heirs[base] for base in self._graph.orders.get(owner, ())))

    def _methods(self, index: int, name: str) -> frozenset[int]:
        """What an object of a class runs under a name: the first definition in its order."""
        known = self._defining.get((index, name))
        if known is None:
            found = (methods_of(self._graph.program, each, name) for each in self._graph.orders[index])
            known = self._defining[index, name] = frozenset(next(filter(None, found), ()))
        return known
