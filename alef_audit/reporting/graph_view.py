"""From the call graph to what `audit graph` shows."""

from alef_audit.callgraph.graph import HOW, CallGraph
from alef_audit.callgraph.program import qualified_name
from alef_audit.facts.file import FunctionFlag
from alef_audit.reporting.graph import External, GraphEdge, GraphFunction, GraphView


def graph_view(graph: CallGraph) -> GraphView:
    """Functions under their module-qualified names, edges between them and to symbols outside the program."""
    program = graph.program
    functions = []
    for index, facts in enumerate(program.functions):
        unit = program.unit_of(index)
        functions.append(
            GraphFunction(
                id=index,
                name=qualified_name(program, index),
                path=unit.path,
                line=facts.line,
                column=facts.column,
                end_line=facts.end_line,
                is_async=bool(facts.flags & FunctionFlag.ASYNC),
            )
        )
    edges = {
        (e.caller, e.line, str(e.callee), HOW[e.how]): GraphEdge(e.caller, e.callee, e.line, HOW[e.how])
        for e in graph.edges
    }
    for call, node in graph.externals:
        text = graph.api.text[node]
        key = (graph.table.function(call), graph.table.line(call), text, "import")
        edges[key] = GraphEdge(key[0], External(text), key[1], "import")
    return GraphView(tuple(functions), tuple(edges[key] for key in sorted(edges)))
