"""Which arguments of a call a row of a library model speaks of."""

from alef_audit.callgraph import tokens
from alef_audit.callgraph.calls import CallTable
from alef_audit.callgraph.state import State
from alef_audit.callgraph.tokens import MASK, SHIFT, token
from alef_audit.facts import flows
from alef_audit.rulepack.paths import Selector


def selected(state: State, table: CallTable, call: int, selector: Selector) -> list[int]:
    """The variables of the arguments that a selector names; fields of objects through their allocation, methods of
    instances through their classes.
    """
    arguments = table.arguments(call)
    positional = [slot for label, slot, _ in arguments if label in (flows.NO_NAME, flows.SPREAD_POSITIONAL)]
    chosen: list[int] = []
    for position in selector.positions:
        if -len(positional) <= position < len(positional):
            chosen.append(positional[position])
    if selector.tail_from is not None:
        chosen.extend(positional[selector.tail_from :])
    if selector.every:
        chosen.extend(slot for _, slot, _ in arguments)
    for label, slot, _ in arguments:
        if label > 0 and state.program.names[label] in selector.keywords:
            chosen.append(slot)
    for names in selector.fields:
        chosen = [found for slot in chosen if slot for name in names for found in _field_variables(state, slot, name)]
    return [slot for slot in chosen if slot]


def _field_variables(state: State, slot: int, name: str) -> list[int]:
    found: list[int] = []
    name_id = state.program.name_ids.get(name)
    for held in state.held(slot):
        if held & MASK == tokens.OBJECT:
            if name == "*":
                found.append(state.all_fields(held))
            elif name_id is not None:
                found.append(state.field(held, name_id))
        elif name_id is not None:
            found.append(_method(state, held, name_id))
    return found


def _method(state: State, value: int, name: int) -> int:
    """The variable of a method of an instance; 0 if its class has no such method."""
    if value & MASK == tokens.MADE_BY:
        return state.known_field(token(tokens.PROTOTYPE, value >> SHIFT), name)
    if value & MASK not in (tokens.INSTANCE, tokens.OPEN):
        return 0
    levels = (one for one in state.classes.order(value >> SHIFT) if one & MASK == tokens.CLASS)
    return next((found for one in levels if (found := state.known_field(one, name))), 0)
