"""Traces: paths of the call graph as frames of a report."""

from collections.abc import Set
from typing import Final

from alef_audit.auditing import report
from alef_audit.auditing.naming import RECURSION, loop_name
from alef_audit.auditing.rounds import Round
from alef_audit.auditing.targets import Target
from alef_audit.callgraph.graph import HOW, CallGraph, Edge, SinkSite
from alef_audit.callgraph.guards import BIT, guards_of
from alef_audit.callgraph.loops import Ranged
from alef_audit.facts.file import Function
from alef_audit.reachability.reach import Reachability

_RARE: Final = BIT["exceptional"] | BIT["established"] | BIT["empty"] | BIT["fallback"]
# What is kept for good is made in the first round.
_KEPT: Final = BIT["once"] | BIT["memoise.process"] | BIT["memoise.session"]


def label_of(facts: Function, path: str) -> str:
    """What a reader calls a function; the body of a module by its file."""
    return facts.label if facts.parent >= 0 else f"<module {path.rsplit('/', 1)[-1]}>"


def loops_of(graph: CallGraph, edge: Edge) -> tuple[Ranged, ...]:
    """The loops in which `edge` is crossed."""
    return edge.loops if edge.call < 0 else graph.loops.around(edge.call).loops + edge.loops


def loops_at(graph: CallGraph, sink: SinkSite) -> tuple[Ranged, ...]:
    """The loops around a blocking call in its function, and those that it is handed to."""
    return graph.loops.around(sink.call).loops + sink.loops


def names_of(graph: CallGraph, edge: Edge) -> tuple[str, ...]:
    """The loops in which `edge` is crossed, in words; the callback that runs per element may name it."""
    parameters = graph.program.functions[edge.callee].parameters
    parameter = graph.program.unit_of(edge.callee).facts.names[parameters[0].name] if parameters else ""
    around = len(loops_of(graph, edge)) - len(edge.loops)
    return tuple(
        loop_name(loop, graph.loops.multiplicity, parameter if at >= around else "")
        for at, loop in enumerate(loops_of(graph, edge))
    )


def names_at(graph: CallGraph, sink: SinkSite) -> tuple[str, ...]:
    """The loops around a blocking call, in words."""
    return tuple(loop_name(loop, graph.loops.multiplicity) for loop in loops_at(graph, sink))


def _recursion(graph: CallGraph, function: int) -> tuple[str, ...]:
    return (RECURSION,) if function in graph.recursive else ()


def multiplying(
    graph: CallGraph, sink: SinkSite, edges: list[Edge], single: Set[Round] = frozenset()
) -> list[tuple[str, Ranged]]:
    """The loops that multiply, each with its name in words, along `edges` and around the blocking call, outermost
    first, without those that have a `single` round there.

    What runs after a failure or for nothing does so in few of the rounds, and what is kept is made in one of them: the
    loops around it do not count.
    """
    if sink.guards & (_RARE | _KEPT):
        return []
    last = max((at for at, edge in enumerate(edges, 1) if edge.guards & (_RARE | _KEPT)), default=0)
    around = [(loops_of(graph, edge), names_of(graph, edge)) for edge in edges[last:]]
    around.append((loops_at(graph, sink), names_at(graph, sink)))
    return [
        (name, loop)
        for step, (loops, names) in enumerate(around, last)
        for number, (loop, name) in enumerate(zip(loops, names, strict=True))
        if (step, number) not in single and graph.loops.multiplicity.multiplies(loop)
    ]


def frame_of(graph: CallGraph, edge: Edge) -> report.Frame:
    """The caller of `edge` and the call made there."""
    path, facts = graph.program.place(edge.caller)
    read = edge.call < 0
    loops = loops_of(graph, edge)
    guard_bits = edge.guards | graph.function_guards.get(edge.callee, 0)
    return report.Frame(
        function=label_of(facts, path),
        path=path,
        def_line=facts.line,
        line=edge.line,
        column=1 if read else graph.table.column(edge.call),
        call=graph.program.functions[edge.callee].label if read else graph.table.text(edge.call),
        how=HOW[edge.how],
        loop=tuple(map(graph.loops.multiplicity.text, loops)),
        guards=guards_of(guard_bits),
        per=_recursion(graph, edge.caller) + names_of(graph, edge),
    )


def frames_of(graph: CallGraph, sink: SinkSite, edges: list[Edge]) -> tuple[report.Frame, ...]:
    """The functions along `edges`, the one with the blocking call last."""
    frames = [frame_of(graph, edge) for edge in edges]
    path, facts = graph.program.place(sink.function)
    loops = loops_at(graph, sink)
    frames.append(
        report.Frame(
            function=label_of(facts, path),
            path=path,
            def_line=facts.line,
            line=graph.table.line(sink.call),
            column=graph.table.column(sink.call),
            call=graph.table.text(sink.call),
            how=HOW[sink.how],
            loop=tuple(map(graph.loops.multiplicity.text, loops)),
            guards=guards_of(sink.guards),
            per=_recursion(graph, sink.function) + names_at(graph, sink),
        )
    )
    return tuple(frames)


def frames_to(graph: CallGraph, function: int, edges: list[Edge]) -> tuple[report.Frame, ...]:
    """The functions along `edges` that lead to `function`, which is the last frame and makes no call there."""
    path, facts = graph.program.place(function)
    last = report.Frame(label_of(facts, path), path, facts.line, facts.line, facts.column, "", "direct", (), ())
    return (*(frame_of(graph, edge) for edge in edges), last)


def own_frames(
    reach: Reachability, target: Target, frames: tuple[report.Frame, ...], outer: int
) -> tuple[report.Frame, ...]:
    """The frames up to the program's last one; the call that leads into the package where the path has none."""
    if target.door is None:
        return frames
    if target.start in reach.inside:
        return (frame_of(reach.graph, target.door),)
    return frames[: outer + 1]
