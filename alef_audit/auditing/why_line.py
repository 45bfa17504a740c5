"""What the calls on a line lead to: functions of the program, libraries, or nothing that is known."""

from collections.abc import Iterator
from typing import Final

from alef_audit.auditing.answer import Reason
from alef_audit.auditing.trace import label_of
from alef_audit.callgraph.graph import CallGraph
from alef_audit.callgraph.platforms import ruled_out
from alef_audit.callgraph.program import Unit
from alef_audit.facts import flows
from alef_audit.reachability.reach import Reachability

_MOST: Final = 6
_FEW: Final = 3


def calls_at(graph: CallGraph, unit: Unit, line: int) -> list[int]:
    """The calls on a line; where there are none, those of the innermost call that reaches over it."""
    table = graph.table
    end = unit.functions + len(unit.facts.functions)
    own = [call for call in range(len(table)) if unit.functions <= table.function(call) < end]
    exact = [call for call in own if table.line(call) == line]
    if exact:
        return exact
    written = [call for call in own if not table.flags(call) & flows.IMPLICIT]
    around = [call for call in written if table.line(call) < line <= table.end_line(call)]
    inside = innermost(unit, line)
    around = [call for call in around if table.function(call) == inside]
    first = max((table.line(call) for call in around), default=0)
    return [call for call in around if table.line(call) == first]


def _alike(graph: CallGraph, call: int) -> str:
    """The functions that an unresolved call may mean, by their name, if they are few."""
    name, program = graph.table.member(call), graph.program
    language = program.unit_of(graph.table.function(call)).facts.language
    places = [
        f"{path}:{facts.line}"
        for index, facts in enumerate(program.functions)
        if facts.name == name and name and program.unit_of(index).facts.language == language
        for path in [program.place(index)[0]]
    ]
    return f" (functions of that name: {', '.join(places)})" if 0 < len(places) <= _FEW else ""


def called_at(graph: CallGraph, unit: Unit, line: int) -> set[int]:
    """The functions of the program that the calls on a line may run."""
    calls = set(calls_at(graph, unit, line))
    end = unit.functions + len(unit.facts.functions)
    return {
        edge.callee
        for edge in graph.edges
        if edge.call in calls or (edge.line == line and unit.functions <= edge.caller < end)
    }


def innermost(unit: Unit, line: int) -> int:
    """The innermost function around a line, the body of the module outside all others."""
    inside = [
        (facts.end_line - facts.line, -offset)
        for offset, facts in enumerate(unit.facts.functions)
        if offset and facts.line <= line <= facts.end_line
    ]
    return unit.functions - min(inside)[1] if inside else unit.functions


def call_reasons(reach: Reachability, unit: Unit, line: int, platform: str, *, is_definition: bool) -> Iterator[Reason]:
    """Why nothing on a line is a blocking call, call by call."""
    graph = reach.graph
    calls = calls_at(graph, unit, line)
    table = graph.table
    if not calls:
        if not is_definition:
            yield Reason("no-known-sink", "there is no call on this line")
        return
    ahead = {edge.callee for edges in reach.outgoing.values() for edge in edges}
    unresolved = set(graph.unresolved)
    external = {call: node for call, node in graph.externals if call in set(calls)}
    told: set[str] = set()
    for call in calls:
        condition = table.condition(call)
        if platform != "any" and condition >= 0 and ruled_out(unit.facts.conditions, condition, platform):
            reason = Reason("platform", f"{table.text(call)} is left out: it does not run on {platform}")
        else:
            found = _led(graph, call, ahead, unresolved, external.get(call, -1))
            if found is None:
                continue
            reason = found
        if reason.message not in told and len(told) < _MOST:
            told.add(reason.message)
            yield reason
    if not told and not is_definition:
        yield Reason("no-known-sink", "nothing that is called on this line is known to block")


def _led(graph: CallGraph, call: int, ahead: set[int], unresolved: set[int], node: int) -> Reason | None:
    table, text = graph.table, graph.table.text(call)
    if table.flags(call) & flows.IMPLICIT and node < 0:
        return None
    cut = next((edge.callee for edge in graph.cut if edge.call == call), -1)
    if cut >= 0:
        path, facts = graph.program.place(cut)
        ends = any(root.function == cut and root.kind == "shutdown" for root in graph.roots)
        when = "at the end of the process" if ends else "at start-up"
        message = f"{label_of(facts, path)} runs {when} only, as {graph.said[cut]} says"
        return Reason("cold" if ends else "startup-only", message, path, facts.line)
    callees = [edge.callee for edge in graph.edges if edge.call == call]
    if callees:
        callees.sort(key=lambda callee: (callee not in ahead, callee))
        path, facts = graph.program.place(callees[0])
        more = f" (one of {len(callees)})" if len(callees) > 1 else ""
        below = "leads to blocking calls" if callees[0] in ahead else "leads to nothing that is known to block"
        label = label_of(facts, path)
        called = "" if label.rpartition(".")[2] == graph.table.member(call) else f" calls {label} and"
        return Reason("calls", f"{text}{called}{more} {below}", path, facts.line)
    if node >= 0:
        name = graph.api.text[node]
        if node in graph.api.neutral:
            return Reason("no-known-sink", f"{name} was reviewed and does not block")
        if node in graph.api.sinks:
            return Reason("no-known-sink", f"{name} blocks, though not as it is used here")
        if node in graph.api.modelled:
            return Reason("no-known-sink", f"{name} is described by a library model, not as blocking")
        return Reason("no-known-sink", f"no library model says that {name} blocks")
    if call in unresolved:
        return Reason(
            "unresolved", f"{text} leads nowhere known: what it calls could not be resolved{_alike(graph, call)}"
        )
    return None
