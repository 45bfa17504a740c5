"""What people say of functions and calls that the analysis cannot see: off the loop, at start-up only, hot.

Comments and configuration say the same things; both come in as `Marks`, and one function applies them to the graph.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from msgspec import structs

from alef_audit.callgraph.comments import Comment, Comments, hot_kind, marked_functions, remark
from alef_audit.callgraph.graph import CALLBACK, CallGraph, Edge, RootSite, SinkSite
from alef_audit.callgraph.guards import BIT, OFFLOAD
from alef_audit.callgraph.program import Program
from alef_audit.diagnostics import Diagnostic

# What "off the loop" means in each language.
_OFFLOAD: Final = {"python": BIT["offload.executor"], "ecmascript": BIT["offload.worker"]}


@dataclass(frozen=True, slots=True)
class Marks:
    """By function: guards around it and who says so, entry points; functions that run at start-up or the end only."""

    guards: Mapping[int, int] = field(default_factory=dict)
    why: Mapping[int, str] = field(default_factory=dict)  # of guards, startup and endings
    startup: frozenset[int] = frozenset()
    endings: frozenset[int] = frozenset()  # functions that end or replace the process
    roots: tuple[RootSite, ...] = ()
    lines: Mapping[tuple[int, int], int] = field(default_factory=dict)  # (unit, line) of calls -> guards
    executors: frozenset[int] = frozenset()  # functions that run the functions they are given off the loop
    executor_names: frozenset[str] = frozenset()  # the same, as calls are written


def comment_marks(program: Program, comments: Comments) -> Marks:
    """The marks that comments make."""
    guards: dict[int, int] = {}
    why: dict[int, str] = {}
    lines: dict[tuple[int, int], int] = {}
    for function, comment in marked_functions(program, comments, "offloaded"):
        guards[function] = offload_of(program, function)
        why[function] = _said(program, comment)
    for comment in comments.known:
        if comment.word == "offloaded" and comment.directive.function < 0:
            bit = _OFFLOAD[program.units[comment.unit].facts.language]
            lines |= {(comment.unit, line): bit for line in lines_of(comment)}
    startup = dict(marked_functions(program, comments, "startup-only"))
    why |= {function: _said(program, comment) for function, comment in startup.items()}
    roots = [
        RootSite(function, kind, "marked hot by a comment", "event-loop")
        for function, comment in marked_functions(program, comments, "hot")
        if (kind := hot_kind(comment)) is not None
    ]
    return Marks(guards, why, frozenset(startup), roots=tuple(roots), lines=lines)


def together(first: Marks, second: Marks) -> Marks:
    """Both; where they disagree on who says so, the first."""
    guards = dict(second.guards)
    for function, bits in first.guards.items():
        guards[function] = guards.get(function, 0) | bits
    return Marks(
        guards,
        {**second.why, **first.why},
        first.startup | second.startup,
        first.endings | second.endings,
        (*first.roots, *second.roots),
        {**second.lines, **first.lines},
        first.executors | second.executors,
        first.executor_names | second.executor_names,
    )


def bounded(graph: CallGraph, roots: list[RootSite], marks: Marks) -> CallGraph:
    """`graph` with these roots, as the marks say.

    Calls into start-up code and into what ends the process are cut, what is offloaded is guarded.
    """
    off_loop = {function for function, bits in marks.guards.items() if bits & OFFLOAD}
    merged = dict(graph.function_guards)
    for function, bits in marks.guards.items():
        merged[function] = merged.get(function, 0) | bits
    edges = _guarded_edges(graph, marks)
    once = marks.startup | marks.endings
    return replace(
        graph,
        edges=tuple(edge for edge in edges if edge.callee not in once),
        cut=tuple(edge for edge in edges if edge.callee in once),
        sinks=tuple(_guarded_sink(graph, sink, marks) for sink in graph.sinks) if marks.lines else graph.sinks,
        roots=tuple(_moved(roots, off_loop, marks)),
        function_guards=merged,
        said=marks.why,
    )


def without_effect(graph: CallGraph, comments: Comments) -> Iterator[Diagnostic]:
    """Remarks on comments `offloaded` at which there is neither a function nor a call that matters."""
    waiting = [c for c in comments.known if c.word == "offloaded" and c.directive.function < 0]
    if not waiting:
        return
    unit_of = graph.program.function_unit
    called = {(unit_of[edge.caller], edge.line) for edge in graph.edges}
    called |= {(unit_of[sink.function], graph.table.line(sink.call)) for sink in graph.sinks}
    for comment in waiting:
        if not any((comment.unit, line) in called for line in lines_of(comment)):
            message = "audit: offloaded has no effect: no function and no call of a known one is on this line"
            yield remark(graph.program, comment, message)


def lines_of(comment: Comment) -> Iterator[int]:
    """The lines of the statement that a comment speaks about."""
    spans = comment.directive.spans
    for first, last in zip(spans[::2], spans[1::2], strict=True):
        yield from range(first, last + 1)


def offload_of(program: Program, function: int) -> int:
    """The guard of a function that runs off the loop, in its language."""
    return _OFFLOAD[program.unit_of(function).facts.language]


def _said(program: Program, comment: Comment) -> str:
    return f"audit: {comment.word} at {program.units[comment.unit].path}:{comment.directive.line}"


def _guarded_edges(graph: CallGraph, marks: Marks) -> tuple[Edge, ...]:
    """The edges, guarded on marked lines and where a call hands functions to an executor."""
    if not (marks.lines or marks.executors or marks.executor_names):
        return graph.edges
    handing = {edge.call for edge in graph.edges if edge.callee in marks.executors and edge.call >= 0}
    handing |= {
        call for call in range(len(graph.table)) if marks.executor_names and _is_executor(graph.table.text(call), marks)
    }
    unit_of = graph.program.function_unit

    def guarded(edge: Edge) -> Edge:
        bits = marks.lines.get((unit_of[edge.caller], edge.line), 0)
        if edge.call in handing and edge.how == CALLBACK:
            bits |= offload_of(graph.program, edge.caller)
        return structs.replace(edge, guards=edge.guards | bits) if bits else edge

    return tuple(map(guarded, graph.edges))


def _is_executor(text: str, marks: Marks) -> bool:
    """Whether a call is written like one of the executors: whole, or its end behind a dot."""
    return any(text == name or text.endswith("." + name) for name in marks.executor_names)


def _guarded_sink(graph: CallGraph, sink: SinkSite, marks: Marks) -> SinkSite:
    bits = marks.lines.get((graph.program.function_unit[sink.function], graph.table.line(sink.call)), 0)
    return replace(sink, guards=sink.guards | bits) if bits else sink


def _moved(roots: list[RootSite], off_loop: set[int], marks: Marks) -> Iterator[RootSite]:
    """Roots where they run. Marked functions are roots that are never hot: what they call runs with them."""
    once = marks.startup | marks.endings
    for root in roots:
        if root.function not in once:
            yield replace(root, runs_on="thread") if root.function in off_loop else root
    known = {root.function for root in roots if root.function not in once}
    for function in sorted(once | (off_loop - known)):
        yield _never_hot(function, marks)


def _never_hot(function: int, marks: Marks) -> RootSite:
    why = marks.why.get(function, "")
    if function in marks.startup:
        return RootSite(function, "cli", why, "event-loop")
    if function in marks.endings:
        return RootSite(function, "shutdown", why, "event-loop")
    return RootSite(function, "worker", why, "thread")
