"""Which output formats exist: one line each.  A reporter is imported when it is used."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from rich.text import Text

    from alef_audit.reporting.graph import GraphView
    from alef_audit.reporting.rendering import Rendering


class ReportFormat(NamedTuple):
    """`render` turns a report and what it is shown with into the finished text, or into styled lines."""

    name: str
    meaning: str
    lists_all: bool  # carries notes unless told otherwise
    render: "Callable[[Rendering], str | Sequence[Text]]"
    fails: bool = True  # exits with 1 on findings unless told otherwise


class GraphFormat(NamedTuple):
    """`render` turns a call graph into the finished text."""

    name: str
    meaning: str
    render: "Callable[[GraphView], str]"


def _text(rendering: "Rendering") -> "Sequence[Text]":
    from alef_audit.reporting.text import render_text

    return render_text(rendering.whole, rendering.text)


def _json(rendering: "Rendering") -> str:
    from alef_audit.reporting.json_v1 import render_json

    return render_json(rendering.report, rendering.whole)


def _sarif(rendering: "Rendering") -> str:
    from alef_audit.reporting.sarif import render_sarif

    return render_sarif(rendering)


def _github(rendering: "Rendering") -> str:
    from alef_audit.reporting.github import render_github

    return render_github(rendering)


def _gitlab(rendering: "Rendering") -> str:
    from alef_audit.reporting.gitlab import render_gitlab

    return render_gitlab(rendering)


def _rdjson(rendering: "Rendering") -> str:
    from alef_audit.reporting.rdjson import render_rdjson

    return render_rdjson(rendering)


def _junit(rendering: "Rendering") -> str:
    from alef_audit.reporting.junit import render_junit

    return render_junit(rendering)


def _agent(rendering: "Rendering") -> str:
    from alef_audit.reporting.agent import render_agent

    return render_agent(rendering)


def _html(rendering: "Rendering") -> str:
    from alef_audit.reporting.html import render_html

    return render_html(rendering)


def _markdown(rendering: "Rendering") -> str:
    from alef_audit.reporting.markdown import render_markdown

    return render_markdown(rendering)


def _graph_json(graph: "GraphView") -> str:
    from alef_audit.reporting.graph_json import render_graph_json

    return render_graph_json(graph)


def _graph_dot(graph: "GraphView") -> str:
    from alef_audit.reporting.graph_dot import render_graph_dot

    return render_graph_dot(graph)


REPORT_FORMATS = (
    ReportFormat("text", "for people, on a terminal", False, _text),
    ReportFormat("json", "everything, version alef-audit/v1", True, _json),
    ReportFormat("sarif", "SARIF 2.1.0, for GitHub code scanning", False, _sarif, fails=False),
    ReportFormat("html", "one page for a browser, with source and a picture of the paths", False, _html),
    ReportFormat("markdown", "for a pull request or a job summary", False, _markdown),
    ReportFormat("github", "annotations of GitHub Actions", False, _github),
    ReportFormat("gitlab", "GitLab Code Quality", False, _gitlab),
    ReportFormat("rdjson", "for reviewdog", False, _rdjson),
    ReportFormat("junit", "JUnit XML", False, _junit),
    ReportFormat("agent", "compact, for coding assistants", False, _agent),
)
GRAPH_FORMATS = (
    GraphFormat("json", "functions and edges", _graph_json),
    GraphFormat("dot", "for Graphviz", _graph_dot),
)
