"""Paths that nothing takes, for an object is of one class here and of another there.

`Dataset(...)` runs the constructor that it inherits, and that `self.postprocess()`: of all overrides the one of Dataset
runs.  The call graph has an edge to each, for others inherit the constructor, too; along one path the object stays what
it is (customisation by receiver class, as in Chambers and Ungar, PLDI 1989).
"""

import re
from collections.abc import Iterator
from typing import Final

from alef_audit.callgraph.graph import CallGraph, Edge
from alef_audit.callgraph.memos import method_class
from alef_audit.callgraph.parameters import within
from alef_audit.callgraph.program import methods_of

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
        return next((at for left, _, at in self._along(edges) if left is None), -1)

    def decided(self, edges: list[Edge]) -> frozenset[int]:
        """The steps along `edges` at which the object that the path has come by runs this method and no other."""
        return frozenset(number for number, (_, is_decided, _) in enumerate(self._along(edges)) if is_decided)

    def _along(self, edges: list[Edge]) -> Iterator[tuple[frozenset[int] | None, bool, int]]:
        """For each step: the classes that the object may be of behind it, None if there is none; whether all that it
        may be of in front of it run this method; the call by which the object came.
        """
        if not edges:
            return
        classes, at = self._classes_of(edges[0].caller), edges[0].call
        for edge in edges:
            is_decided = False
            own = _OWN.fullmatch(self._graph.table.text(edge.call)) if edge.call >= 0 else None
            callee = self._owner(edge.callee)
            if own is not None and callee >= 0 and self._graph.program.functions[edge.callee].name == own["name"]:
                left = frozenset(each for each in classes if edge.callee in self._methods(each, own["name"]))
                if not left and not classes.isdisjoint(self._relatives(callee)):
                    yield None, False, at
                    return
                is_decided = left == classes
                classes = left or self._classes_of(edge.callee)
            elif edge.call >= 0 and classes and _SUPER.fullmatch(self._graph.table.text(edge.call)):
                classes &= self._heirs.get(callee, _NONE)
            elif edge.callee == edge.caller or not within(self._graph.program, edge.callee, edge.caller):
                classes, at = self._classes_of(edge.callee), edge.call
            yield classes, is_decided, at

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
