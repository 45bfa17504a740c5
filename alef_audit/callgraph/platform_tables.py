"""Tables by platform: `SERVICES[process.platform].restart()` runs what stands under the platform's name, on it only."""

from collections.abc import Iterable, Mapping
from typing import Final

from alef_audit.callgraph import graph, tokens
from alef_audit.callgraph.calls import CallTable
from alef_audit.callgraph.graph import Edge
from alef_audit.callgraph.state import State
from alef_audit.callgraph.tokens import MASK

# The names of `process.platform` and `sys.platform`; a table has entries under several of them, and under no others.
_PLATFORMS: Final = frozenset(("darwin", "win32", "linux", "aix", "freebsd", "openbsd", "netbsd", "sunos", "cygwin"))
_ALLOWED: Final = _PLATFORMS | {"default", "fallback"}
_CALLED: Final = (graph.METHOD, graph.PROPERTY, graph.DYNAMIC)


def platform_edges(state: State, table: CallTable, edges: Iterable[Edge]) -> Mapping[tuple[int, int], str]:
    """By call and callee, the platform under whose name in a table the callee stands, or the object that it belongs to.

    What a call may run in another way too is left out.
    """
    tables = _tables(state)
    entries = _entries(state, tables)
    if not entries:
        return {}
    found: dict[tuple[int, int], str] = {}
    for edge in edges:
        if edge.call < 0 or edge.how not in _CALLED:
            continue
        holders = state.held(table.receiver(edge.call))
        if not any(holder in entries or holder in tables for holder in holders):
            continue
        function = tokens.token(tokens.FUNCTION, edge.callee)
        # in a table of functions it is the function itself that stands there
        standing = [function if holder in tables and holder not in entries else holder for holder in holders]
        told = {
            entries.get(each, "")
            for holder, each in zip(holders, standing, strict=True)
            if _holds(state, holder, function)
        }
        if len(told) == 1 and "" not in told:
            found[edge.call, edge.callee] = told.pop()
    return found


def _tables(state: State) -> dict[int, dict[str, int]]:
    """The objects that have fields of such names only, by token, with the variables of those that name platforms."""
    names, found = state.program.names, dict[int, dict[str, int]]()
    for holder, fields in state.fields.items():
        if holder & MASK == tokens.OBJECT and fields and all(names[name] in _ALLOWED for name in fields):
            found[holder] = {names[name]: field for name, field in fields.items() if names[name] in _PLATFORMS}
    return found


def _entries(state: State, tables: Mapping[int, Mapping[str, int]]) -> dict[int, str]:
    """What stands under several platforms' names, by token, with the name of its platform; "" for more than one."""
    found: dict[int, str] = {}
    for named in tables.values():
        for platform, variable in named.items() if len(named) > 1 else ():
            for value in state.held(variable):
                if value & MASK in (tokens.OBJECT, tokens.FUNCTION):
                    found[value] = platform if found.get(value, platform) == platform else ""
    return found


def _holds(state: State, holder: int, function: int) -> bool:
    return any(function in state.held(variable) for variable in state.fields.get(holder, {}).values())
