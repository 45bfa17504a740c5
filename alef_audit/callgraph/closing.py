"""Calls that are not made by those who enter a function in a certain way (a gate, as in `gates.py`)."""

from collections.abc import Callable, Iterable
from dataclasses import replace

from msgspec import structs

from alef_audit.callgraph import guards
from alef_audit.callgraph.graph import Edge, SinkSite


def closed_calls(
    edges: Iterable[Edge], sinks: Iterable[SinkSite], is_closed: Callable[[int], bool]
) -> tuple[list[Edge], list[SinkSite]]:
    """The edges and the blocking calls; those of calls of which `is_closed` says so are closed by the gate KNOWN."""
    return (
        [
            structs.replace(edge, closed=edge.closed | guards.KNOWN)
            if edge.call >= 0 and is_closed(edge.call)
            else edge
            for edge in edges
        ],
        [
            replace(sink, closed=sink.closed | guards.KNOWN) if sink.call >= 0 and is_closed(sink.call) else sink
            for sink in sinks
        ],
    )
