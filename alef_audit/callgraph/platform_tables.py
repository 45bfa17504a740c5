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
    entries = _entries(state)
    if not entries:
        return {}
    found: dict[tuple[int, int], str] = {}
    for edge in edges:
        if edge.call < 0 or edge.how not in _CALLED:
            continue
        holders = state.held(table.receiver(edge.call))
        told = {_told(state, entries, holder, edge.callee) for holder in holders if _holds(state, holder, edge.callee)}
        if len(told) == 1 and "" not in told:
            found[edge.call, edge.callee] = told.pop()
    return found


def _entries(state: State) -> dict[int, str]:
    """The objects that stand in such tables, by token, with the name of the platform."""
    names, found = state.program.names, dict[int, str]()
    for holder, fields in state.fields.items():
        named = {names[name]: variable for name, variable in fields.items()}
        if holder & MASK == tokens.OBJECT and len(_PLATFORMS & named.keys()) > 1 and not named.keys() - _ALLOWED:
            for name in sorted(_PLATFORMS & named.keys()):
                for value in state.held(named[name]):
                    if value & MASK in (tokens.OBJECT, tokens.FUNCTION):
                        found[value] = name if found.get(value, name) == name else ""
    return found


def _holds(state: State, holder: int, callee: int) -> bool:
    function = tokens.token(tokens.FUNCTION, callee)
    return any(function in state.held(variable) for variable in state.fields.get(holder, {}).values())


def _told(state: State, entries: Mapping[int, str], holder: int, callee: int) -> str:
    """The platform that an object, or in a table of functions the function itself, stands under; "" for none."""
    if holder in entries:
        return entries[holder]
    function = tokens.token(tokens.FUNCTION, callee)
    is_table = (
        holder & MASK == tokens.OBJECT
        and not {state.program.names[name] for name in state.fields.get(holder, {})} - _ALLOWED
    )
    return entries.get(function, "") if is_table else ""
