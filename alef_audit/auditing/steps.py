"""A finding's path in the terms of the call graph: which functions and calls its frames are."""

from collections.abc import Iterable
from typing import NamedTuple

from alef_audit.auditing.report import Finding, Frame, own_frames
from alef_audit.auditing.trace import label_of
from alef_audit.callgraph.graph import CallGraph
from alef_audit.facts import flows
from alef_audit.facts.file import Function
from alef_audit.reachability.reach import Reachability


class Step(NamedTuple):
    """One frame of a path: the function, and the call made in it (-1 for reads, and for calls that are not found)."""

    frame: Frame
    function: int
    call: int


class Steps:
    """Finds functions and calls by the places that frames name."""

    __slots__ = ("_calls", "_functions", "graph")

    def __init__(self, reach: Reachability, findings: Iterable[Finding]) -> None:
        self.graph: CallGraph = reach.graph
        program = self.graph.program
        named = {(frame.path, frame.def_line) for finding in findings for frame in finding.trace}
        self._functions: dict[tuple[str, int, str], int] = {}
        for unit in program.units:
            for number, facts in enumerate(unit.facts.functions, unit.functions):
                if (unit.path, facts.line) in named:
                    self._functions.setdefault((unit.path, facts.line, label_of(facts, unit.path)), number)
        self._calls: dict[tuple[int, int, int, str], int] = {}
        wanted = set(self._functions.values())
        table = self.graph.table
        for call, function in enumerate(table.functions):
            if function in wanted:
                self._calls.setdefault((function, table.line(call), table.column(call), table.text(call)), call)

    def of(self, finding: Finding) -> tuple[Step, ...]:
        """The path in the program's own code; empty if it lies in packages, or a function of it is not found."""
        found = []
        for frame in own_frames(finding):
            function = self._functions.get((frame.path, frame.def_line, frame.function), -1)
            if function < 0:
                return ()
            call = self._calls.get((function, frame.line, frame.column, frame.call), -1)
            found.append(Step(frame, function, call))
        return tuple(found)

    def facts(self, step: Step) -> Function:
        return self.graph.program.functions[step.function]

    def is_used(self, step: Step) -> bool:
        """Whether somebody looks at what the step's call gives."""
        return step.call < 0 or not self.graph.table.flags(step.call) & flows.DISCARDED

    def language(self, step: Step) -> str:
        return self.graph.program.unit_of(step.function).facts.language
