"""The stages in order; the one place that knows them all."""

from alef_audit.pipeline.asking import why
from alef_audit.pipeline.auditing import audit
from alef_audit.pipeline.comparing import Between, compare
from alef_audit.pipeline.linking import call_graph, graph

__all__ = ["Between", "audit", "call_graph", "compare", "graph", "why"]
