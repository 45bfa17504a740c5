"""Paths that nothing takes, for two of their tests exclude each other: `ENGINE == "a"` here, `ENGINE == "b"` there."""

import re
from collections.abc import Iterator
from typing import Final

from alef_audit.callgraph.graph import CallGraph, Edge, SinkSite
from alef_audit.callgraph.keeping import chain, plain
from alef_audit.callgraph.platforms import SETTING
from alef_audit.callgraph.predicates import comparison, implied, parse

# What is the same wherever it is asked on one path: the platform, a setting in capitals, or one deep inside of what is
# handed on (`request.app.state.config.engine`).
_SETTING: Final = re.compile(
    r"process\.platform|sys\.platform|os\.name|(?!self\.|this\.)(?:[\w$]+\.)*[A-Z][A-Z0-9_]*|(?!self\.|this\.)(?:[\w$]+\.){3,}[\w$]+"
)
_LITERAL: Final = re.compile(r"""(["'])([^"'\\]*)\1""")


def contradicted(graph: CallGraph, sink: SinkSite, edges: list[Edge]) -> int:
    """The call on the path along `edges` to `sink` whose test a later one excludes; -1 if there is none."""
    equal: dict[str, tuple[str, int]] = {}
    unequal: dict[tuple[str, str], int] = {}
    steps = [*((edge.call, edge.callee) for edge in edges if edge.call >= 0), (sink.call, -1)]
    for call, callee in steps:
        for setting, value, same in (*_told(graph, call), *_on_platform(graph, call, callee)):
            if same:
                known, at = equal.setdefault(setting, (value, call))
                at = at if known != value else unequal.get((setting, value), call)
            else:
                known, at = equal.get(setting, ("", call))
                at = at if known == value else call
                unequal.setdefault((setting, value), call)
            if at != call:
                return at
    return -1


def _on_platform(graph: CallGraph, call: int, callee: int) -> Iterator[tuple[str, str, bool]]:
    """What it tells that a call runs what stands in a table under a platform's name."""
    platform = graph.on_platform.get((call, callee))
    if platform is not None:
        yield SETTING[graph.program.unit_of(callee).facts.language], platform, True


def _told(graph: CallGraph, call: int) -> Iterator[tuple[str, str, bool]]:
    """What the tests around a call tell of settings: the setting, a literal, and whether it is that."""
    innermost = graph.table.condition(call)
    conditions = graph.program.unit_of(graph.table.function(call)).facts.conditions
    for index in chain(conditions, innermost):
        test = conditions[index]
        for atom, outcome in implied(parse(test.text), test.holds):
            compared = comparison(plain(atom))
            if compared is None or compared.sign not in ("==", "!="):
                continue
            literal = _LITERAL.fullmatch(compared.right)
            if literal is not None and _SETTING.fullmatch(compared.left):
                yield compared.left, literal[2], (compared.sign == "==") == outcome
