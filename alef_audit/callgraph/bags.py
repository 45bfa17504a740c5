"""What a program keeps on objects of libraries: `app.state.db = Db()` here, `request.app.state.db` there.

Rows of library models say on which types (`bag` of a `[[type]]`).  All instances of such a type are one bag: what is
stored under a name on one of them is read back from all.  Bags of different types never mix.
"""

from typing import Final

from alef_audit.callgraph import tokens
from alef_audit.callgraph.bag_types import extended
from alef_audit.callgraph.calls import CallTable
from alef_audit.callgraph.constraints import SPREAD
from alef_audit.callgraph.containers import literal_key
from alef_audit.callgraph.selecting import selected
from alef_audit.callgraph.state import State
from alef_audit.callgraph.tokens import SHIFT, token
from alef_audit.facts import flows

# Of more classes that derive from a type the library hands out an instance of any.
_FEW: Final = 3


def bag(state: State, value: int) -> int:
    """The token under which things stored on the EXTERNAL token `value` are kept; 0 if none are."""
    found = state.api.bags.of(value >> SHIFT)
    return token(tokens.EXTERNAL, found) if found else 0


def put(state: State, value: int, name: int, source: int) -> None:
    """Let the bag that `value` is keep what `source` holds under a name."""
    kept = bag(state, value)
    if kept and not state.program.names[name].startswith("__"):
        state.copy(source, state.field(kept, name))


def pick(state: State, value: int, name: int, destination: int) -> None:
    """Let `destination` take what the bag that `value` is keeps under exactly that name."""
    kept = bag(state, value)
    if kept:
        state.read_field(kept, name, destination)


def own_classes(state: State, node: int) -> list[int]:
    """The classes of the program whose instances a library hands back as `node`; superclasses must be known."""
    found = state.derived.get(node)
    if found is None:
        wanted = {node, *extended(state.api.bases, node)}
        found = [index for index in range(len(state.program.classes)) if _derives(state, index, wanted)]
        found = state.derived[node] = found if len(found) <= _FEW else []
    return found


def _derives(state: State, index: int, wanted: set[int]) -> bool:
    return any(
        base & tokens.MASK == tokens.EXTERNAL and state.api.made_type.get(base >> SHIFT, 0) in wanted
        for base in state.classes.direct_bases(index)
    )


def use_entries(state: State, table: CallTable, call: int, node: int) -> None:
    """`call` calls an API node whose rows say that it keeps its arguments in a bag, or gives back what is kept."""
    for entry in state.api.bags.entries.get(node, ()):
        owner = token(tokens.EXTERNAL, state.api.bags.of(entry.bag))
        name = literal_key(state, table, call)
        if name < 0:
            name = table.arguments(call)[0][2]  # no field has that name: the literal itself stands for it
            name = 0 if flows.held_path(state.program.names[name]) else name
        if entry.keywords:
            _keep_keywords(state, table, call, owner)
        elif name > 0 and entry.value is not None:
            for slot in selected(state, table, call, entry.value):
                state.copy(slot, state.field(owner, name))
        elif name > 0 and table.result(call):
            state.read_field(owner, name, table.result(call))


def _keep_keywords(state: State, table: CallTable, call: int, owner: int) -> None:
    """Keyword arguments are entries under their own names: `Application(handlers, db=Db(), **settings)`."""
    for label, slot, _ in table.arguments(call):
        if label > 0 and slot:
            state.copy(slot, state.field(owner, label))
        elif label == flows.SPREAD_KEYWORD and slot:
            holding = state.variable()
            state.add(holding, owner)
            state.attach(slot, (SPREAD, holding))
