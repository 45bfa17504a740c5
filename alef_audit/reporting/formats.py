"""Which output formats exist: one line each.  A reporter is imported when it is used."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from rich.text import Text

    from alef_audit.auditing.report import AuditReport
    from alef_audit.reporting.graph import GraphView
    from alef_audit.reporting.text import TextOptions


class ReportFormat(msgspec.Struct, frozen=True):
    """`render` receives the report to list, the whole report to count, and the layout of terminal formats."""

    name: str
    meaning: str
    lists_all: bool  # carries notes unless told otherwise
    render: "Callable[[AuditReport, AuditReport, TextOptions], str | Sequence[Text]]"


class GraphFormat(msgspec.Struct, frozen=True):
    """`render` turns a call graph into the finished text."""

    name: str
    meaning: str
    render: "Callable[[GraphView], str]"


def _text(report: "AuditReport", whole: "AuditReport", options: "TextOptions") -> "Sequence[Text]":
    from alef_audit.reporting.text import render_text

    return render_text(whole, options)


def _json(report: "AuditReport", whole: "AuditReport", options: "TextOptions") -> str:
    from alef_audit.reporting.json_v1 import render_json

    return render_json(report, whole)


def _graph_json(graph: "GraphView") -> str:
    from alef_audit.reporting.graph_json import render_graph_json

    return render_graph_json(graph)


def _graph_dot(graph: "GraphView") -> str:
    from alef_audit.reporting.graph_dot import render_graph_dot

    return render_graph_dot(graph)


REPORT_FORMATS = (
    ReportFormat("text", "for people, on a terminal", False, _text),
    ReportFormat("json", "everything, version alef-audit/v1", True, _json),
)
GRAPH_FORMATS = (
    GraphFormat("json", "functions and edges", _graph_json),
    GraphFormat("dot", "for Graphviz", _graph_dot),
)
