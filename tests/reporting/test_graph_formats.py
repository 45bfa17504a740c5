"""`audit graph`: both formats."""

from syrupy.assertion import SnapshotAssertion

from alef_audit.reporting.graph import External, GraphEdge, GraphFunction, GraphView
from alef_audit.reporting.graph_dot import render_graph_dot
from alef_audit.reporting.graph_json import render_graph_json

GRAPH = GraphView(
    functions=(
        GraphFunction(id=0, name="pkg.a", path="pkg/a.py", line=1, column=1, end_line=9, is_async=False),
        GraphFunction(id=1, name="pkg.a.main", path="pkg/a.py", line=3, column=1, end_line=8, is_async=True),
        GraphFunction(id=2, name='pkg.b.table["x"]', path="pkg/b.py", line=2, column=5, end_line=4, is_async=False),
    ),
    edges=(
        GraphEdge(caller=0, callee=1, line=9, how="direct"),
        GraphEdge(caller=1, callee=2, line=5, how="dynamic"),
        GraphEdge(caller=2, callee=External("requests.get"), line=3, how="import"),
    ),
)


def test_json(snapshot: SnapshotAssertion) -> None:
    assert render_graph_json(GRAPH) == snapshot


def test_dot(snapshot: SnapshotAssertion) -> None:
    assert render_graph_dot(GRAPH) == snapshot


def test_an_empty_graph_is_still_a_graph() -> None:
    assert render_graph_json(GraphView((), ())) == '{\n  "functions": [],\n  "edges": []\n}\n'
    assert render_graph_dot(GraphView((), ())).startswith("digraph calls {")
