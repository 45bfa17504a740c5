"""`audit graph --format=json`."""

from alef_audit.reporting.encode import to_json
from alef_audit.reporting.graph import GraphView


def render_graph_json(graph: GraphView) -> str:
    """`{"functions": [...], "edges": [...]}`; a callee outside the tree is `{"external": "requests.get"}`."""
    return to_json(graph)
