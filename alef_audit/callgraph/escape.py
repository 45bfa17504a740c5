"""Classes that leave the program: whoever is handed a class may make instances of it."""

from typing import Final

from alef_audit.callgraph import tokens
from alef_audit.callgraph.calls import CallTable
from alef_audit.callgraph.families import make_live
from alef_audit.callgraph.state import State
from alef_audit.callgraph.tokens import MASK, SHIFT
from alef_audit.facts import flows

# Libraries that look at the classes they are given and make nothing of them.
_LOOKING: Final = (
    "typing.",
    "typing_extensions.",
    "abc.",
    "contextlib.",
    "dataclasses.",
    "pytest.",
    "enum.",
    "logging.",
)


def hand_out(state: State, table: CallTable) -> None:
    """Count the classes that calls hand to unknown code as instantiated."""
    api = state.api
    builtin = {(api.globals_of("python")), api.globals_of("ecmascript")}
    for call, node in tuple(state.externals):
        if api.parent[node] in builtin or api.text[node].startswith(_LOOKING):
            continue
        if table.flags(call) & flows.DECORATOR and node in api.modelled:
            continue
        for _, slot, _ in table.arguments(call):
            for value in (state.points_to[slot] or ()) if slot else ():
                if value & MASK == tokens.CLASS:
                    make_live(state, value >> SHIFT)
