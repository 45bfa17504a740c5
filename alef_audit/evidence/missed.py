"""Blocking calls that were seen on the loop and are no findings: what the call graph does not know of them."""

from collections.abc import Iterator, Sequence
from typing import Final

from alef_audit.auditing import report
from alef_audit.auditing.trace import label_of
from alef_audit.callgraph.graph import CallGraph, SinkSite
from alef_audit.evidence.paths import parts_of
from alef_audit.evidence.seen import Placed

_NEAR: Final = 3
_SHORTEST_MS: Final = 50.0  # what a profile saw for less is a few samples, and holds up nobody
_DEEPEST: Final = 40
_COUNTING: Final = frozenset(("trace-sync-io", "blocking-call", "proof"))  # kinds that count calls, not samples


class Known:
    """What the call graph knows, by function."""

    def __init__(self, graph: CallGraph, hot: Sequence[int]) -> None:
        self.graph = graph
        self.hot = frozenset(hot)
        self.callees: dict[int, set[int]] = {}
        for edge in graph.edges:
            self.callees.setdefault(edge.caller, set()).add(edge.callee)
        self.sinks: dict[int, list[SinkSite]] = {}
        for sink in graph.sinks:
            self.sinks.setdefault(sink.function, []).append(sink)

    def label(self, function: int) -> str:
        path, facts = self.graph.program.place(function)
        return label_of(facts, path)


def is_worth_telling(placed: Placed, known: Known) -> bool:
    """Whether the stack says that something blocks: it names it, or a call that is known to block stands there."""
    stack = placed.stack
    if stack.kind == "asyncio-debug" or 0 < stack.ms < _SHORTEST_MS:
        return False
    return bool(stack.blocking) or _sink_at(placed, known) is not None


def missed_alarm(placed: Placed, known: Known) -> report.MissedAlarm:
    program = known.graph.program
    function = placed.functions[-1]
    path, facts = program.place(function)
    sink = _sink_at(placed, known)
    line = placed.line or (known.graph.table.line(sink.call) if sink is not None else facts.line)
    stack = placed.stack
    call = sink.text if sink is not None else placed.blocking or "a call"
    return report.MissedAlarm(
        call=call,
        function=known.label(function),
        path=path,
        line=line,
        why=next(_reasons(placed, sink, known)),
        evidence=report.Evidence(stack.kind, stack.place.log, stack.place.line, "", stack.ms, stack.count),
        stack=tuple(known.label(one) for one in placed.functions[-_DEEPEST:]),
    )


def is_contradicted(placed: Placed, finding: report.Finding) -> bool:
    """Whether a call that was taken for discharged should not have been seen: it runs elsewhere, or its result is kept
    and it was called more than once. The call that fills a cache holds the loop, as it must."""
    stack = placed.stack
    if stack.kind == "asyncio-debug":
        return False
    if any(guard.startswith("offload.") for frame in finding.trace for guard in frame.guards):
        return True
    return stack.kind in _COUNTING and bool(stack.blocking) and stack.count > 1


def contradicted(placed: Placed, finding: report.Finding, known: Known) -> report.MissedAlarm:
    """A call that was taken for discharged, and held the loop nevertheless."""
    guards = sorted({guard for frame in finding.trace for guard in frame.guards})
    alarm = missed_alarm(placed, known)
    return report.MissedAlarm(
        call=finding.sink.call,
        function=alarm.function,
        path=alarm.path,
        line=finding.sink.line,
        why=f"every path to it was taken for discharged by {', '.join(guards) or 'a guard'}",
        evidence=alarm.evidence,
        stack=alarm.stack,
    )


def _reasons(placed: Placed, sink: SinkSite | None, known: Known) -> Iterator[str]:
    """What stands in between, from the call outwards."""
    functions = placed.functions
    package = _package(placed)
    if sink is None and package:
        yield f"the call leads into {package}, of which no model says that it blocks"
    if sink is None:
        yield f"no call of {placed.blocking or 'it'} that blocks is known in {known.label(functions[-1])}"
    for inner, outer in zip(reversed(functions), reversed(functions[:-1]), strict=False):
        if inner != outer and inner not in known.callees.get(outer, ()):
            line, path = placed.spots[functions.index(outer)].line, known.graph.program.unit_of(outer).path
            where = f"{path}:{line}" if line else path
            yield f"no call from {known.label(outer)} ({where}) to {known.label(inner)} is known"
    if functions[0] not in known.hot:
        yield f"nothing is known to run {known.label(functions[0])} on the loop"
    yield "it is reached by no way that counts"


def _package(placed: Placed) -> str:
    """The installed package that the program's last function calls into, "" if it calls the runtime itself."""
    for spot in placed.behind[:1]:
        parts = parts_of(spot.file)
        for folder in ("node_modules", "site-packages"):
            if folder in parts[:-1]:
                names = parts[len(parts) - parts[::-1].index(folder) :]
                return "/".join(names[: 2 if names[0].startswith("@") else 1])
    return ""


def _sink_at(placed: Placed, known: Known) -> SinkSite | None:
    """The call that is known to block where the stack ends."""
    table = known.graph.table
    found = [sink for sink in known.sinks.get(placed.functions[-1], ()) if sink.kind.startswith("blocking.")]
    near = [sink for sink in found if not placed.line or abs(table.line(sink.call) - placed.line) <= _NEAR]
    named = [sink for sink in near if placed.blocking and sink.text.rpartition(".")[2] == placed.blocking]
    exact = [sink for sink in near if placed.line and table.line(sink.call) == placed.line]
    return next(iter(named or exact), None)
