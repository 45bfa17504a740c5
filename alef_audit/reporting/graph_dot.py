"""`audit graph --format=dot`: for Graphviz, one cluster per file."""

from collections.abc import Iterator
from itertools import groupby

from alef_audit.reporting.escape import quoted
from alef_audit.reporting.graph import External, GraphEdge, GraphFunction, GraphView


def render_graph_dot(graph: GraphView) -> str:
    """The graph in the DOT language; async functions are drawn double, external callees dashed, guesses dotted."""
    return "\n".join(_lines(graph)) + "\n"


def _lines(graph: GraphView) -> Iterator[str]:
    yield "digraph calls {"
    yield '  rankdir=LR; node [shape=box, fontname="monospace"];'
    by_path = sorted(graph.functions, key=lambda function: (function.path, function.line, function.id))
    for index, (path, functions) in enumerate(groupby(by_path, key=lambda function: function.path)):
        yield f"  subgraph cluster_{index} {{"
        yield f"    label={quoted(path)};"
        yield from (f"    {_node(function)}" for function in functions)
        yield "  }"
    externals = sorted({edge.callee.external for edge in graph.edges if isinstance(edge.callee, External)})
    for name in externals:
        yield f"  {quoted('external ' + name)} [label={quoted(name)}, style=dashed];"
    yield from (f"  {_edge(edge)}" for edge in graph.edges)
    yield "}"


def _node(function: GraphFunction) -> str:
    label = quoted(f"{function.name}:{function.line}")
    return f"{function.id} [label={label}{', peripheries=2' if function.is_async else ''}];"


def _edge(edge: GraphEdge) -> str:
    callee = quoted("external " + edge.callee.external) if isinstance(edge.callee, External) else str(edge.callee)
    style = ", style=dotted" if edge.how == "dynamic" else ""
    return f"{edge.caller} -> {callee} [label={quoted(str(edge.line))}{style}];"
