"""Calls that hand a function on and give what it gives: `await asyncio.to_thread(load)`, `storage.run(x, f)`.

So do the calls of what a wrapper made of a function: `await sync_to_async(load)()`.
"""

from collections.abc import Iterator

from alef_audit.callgraph.api import CALL, ApiGraph
from alef_audit.callgraph.calls import CallTable
from alef_audit.callgraph.constraints import RETURNED
from alef_audit.callgraph.selecting import selected
from alef_audit.callgraph.state import State
from alef_audit.callgraph.variables import each_of
from alef_audit.rulepack.paths import Selector


def results_of_handed(state: State, table: CallTable, call: int, node: int) -> None:
    """`call` is a use of the API node: if that gives what a function among its arguments gives, so does the call."""
    result = table.result(call)
    for selector in _giving(state.api, node) if result else ():
        for slot in selected(state, table, call, selector):
            state.attach(slot, (RETURNED, result, call))
    for selector in _wrapping(state.api, node) if result else ():
        for later in _calls_of(state, result):
            destination = table.result(later)
            for slot in selected(state, table, call, selector) if destination else ():
                state.attach(slot, (RETURNED, destination, later))


def _calls_of(state: State, result: int) -> list[int]:
    """The calls of what a variable holds: its own, and those of variables that it is copied to."""
    targets = state.forward[result]
    copies = (targets,) if isinstance(targets, int) else targets
    return [call for variable in (result, *copies) if variable for call in each_of(state.calls.get(variable))]


def results_by_name(state: State, table: CallTable) -> None:
    """The same for calls of members whose name says that they run a function elsewhere, whatever their object is."""
    for name, rows in state.api.offloaders_by_name().items():
        for call in table.named(name):
            result = table.result(call)
            for slot in selected(state, table, call, rows[0][1]) if result and table.receiver(call) else ():
                state.attach(slot, (RETURNED, result, call))


def _giving(api: ApiGraph, node: int) -> Iterator[Selector]:
    """The arguments whose results calls of a node give: those that rows name, and what offloaders run."""
    yield from api.given.get(node, ())
    offloaded = [
        selector
        for row, selector in api.guards.get(node, ())
        if row.form == "call" and row.kind == "offload.executor" and selector is not None
    ]
    if not offloaded or node in api.made_type or api.children.get((node, CALL), 0) in api.types.values():
        return  # also for what gives a thread, a future
    yield from offloaded


def _wrapping(api: ApiGraph, node: int) -> Iterator[Selector]:
    """The arguments of which calls of a node give a version that runs elsewhere: `sync_to_async(load)()`."""
    for row, selector in api.guards.get(node, ()) if node not in api.values else ():
        if row.form == "wrapper" and row.kind == "offload.executor" and selector is not None:
            yield selector
