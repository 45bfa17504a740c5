"""Which findings a stack is evidence of."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Final, NamedTuple

from alef_audit.auditing import report
from alef_audit.callgraph.program import Program
from alef_audit.evidence.placing import Places
from alef_audit.evidence.stacks import Spot, Stack

_NAMING: Final = frozenset(("cpu-profile", "trace-sync-io", "proof"))  # kinds that name the function of Node called
_NEAR: Final = 3  # lines that a call may be spread over

FunctionKey = tuple[str, int]  # path, line of the definition


class Placed(NamedTuple):
    """A stack with the program's functions on it, outermost first; the last of them made the call that blocks."""

    stack: Stack
    functions: tuple[int, ...]
    spots: tuple[Spot, ...]  # theirs
    blocking: str  # the last name of what was called there, "" if not told
    exact: bool  # that is what the program itself called, under the name that it has there
    behind: tuple[Spot, ...]  # what runs below the program's last function

    @property
    def line(self) -> int:
        return self.spots[-1].line


def place_stack(stack: Stack, places: Places) -> Placed | None:
    """None if no function of the program is on it."""
    found: list[tuple[Spot, int]] = []
    last = 0
    for index, spot in enumerate(stack.spots):
        at = places.function_at(spot)
        if at is not None:
            found.append(at)
            last = index
    if not found:
        return None
    behind = stack.spots[last + 1 :]
    blocking = behind[0].function if behind and not stack.blocking else stack.blocking
    return Placed(
        stack,
        tuple(function for _, function in found),
        tuple(spot for spot, _ in found),
        blocking.rpartition(".")[2],
        bool(stack.blocking) and not behind and stack.kind in _NAMING,
        behind,
    )


class Index:
    """Findings by the functions on their paths, and by the entry points that reach them on others."""

    def __init__(self, program: Program, findings: Sequence[report.Finding], roots: Sequence[report.Root]) -> None:
        self._program = program
        self._findings = findings
        self._by_sink: dict[FunctionKey, list[int]] = defaultdict(list)
        self._by_frame: dict[FunctionKey, list[int]] = defaultdict(list)
        for number, finding in enumerate(findings):
            if not finding.sink.kind.startswith("blocking."):
                continue
            self._by_sink[finding.trace[-1].path, finding.trace[-1].def_line].append(number)
            keys = {(frame.path, frame.def_line) for frame in finding.trace}
            others = [roots[reach.root] for reach in finding.also_reached_from if reach.verdict != "discharged"]
            for key in keys | {(root.path, root.line) for root in others}:
                self._by_frame[key].append(number)

    def key(self, function: int) -> FunctionKey:
        path, facts = self._program.place(function)
        return path, facts.line

    def about(self, placed: Placed) -> list[int]:
        """The findings that a stack shows: the call itself, or, of a step of a task, those below its coroutine."""
        if placed.stack.kind == "asyncio-debug":
            return self._by_frame.get(self.key(placed.functions[-1]), [])
        candidates = self._by_sink.get(self.key(placed.functions[-1]), [])
        named = [n for n in candidates if self._is_named(n, placed.blocking) and self._is_near(n, placed.line, _NEAR)]
        if named or placed.exact or not placed.line:
            return named
        return [n for n in candidates if self._is_near(n, placed.line, 0)]

    def frames_seen(self, number: int, placed: Placed) -> int:
        """How many functions of a finding's path are on the stack."""
        on_stack = {self.key(function) for function in placed.functions}
        return sum((frame.path, frame.def_line) in on_stack for frame in self._findings[number].trace)

    def _is_named(self, number: int, blocking: str) -> bool:
        return bool(blocking) and self._findings[number].sink.call.rpartition(".")[2] == blocking

    def _is_near(self, number: int, line: int, most: int) -> bool:
        return not line or abs(self._findings[number].sink.line - line) <= most
