"""Objects that hand attributes on through `__getattr__` (Python)."""

from collections import defaultdict
from typing import Final

from alef_audit.callgraph import tokens
from alef_audit.callgraph.calls import CallTable
from alef_audit.callgraph.constraints import LOAD
from alef_audit.callgraph.state import State
from alef_audit.callgraph.tokens import MASK, SHIFT, token
from alef_audit.facts import flows
from alef_audit.facts.flows import ELEMENT

_OWN: Final = frozenset(("__getattr__", "__getattribute__", "__setattr__", "__delattr__"))

_READS: Final = (flows.LOAD, flows.ATTRIBUTE)


def read_through_facades(state: State, table: CallTable) -> None:
    """Attributes that an object does not have are asked of its class's `__getattr__`.

    What that reads under a computed name, of whatever object, is read under the name that is asked for.
    """
    asked = state.program.name_ids.get("__getattr__", -1)
    facades = [index for index in range(len(state.program.classes)) if asked in state.classes.own[index]]
    if not facades:
        return
    family = {sub for index in facades for sub in state.classes.family(index)}
    meant = {token(kind, index) for index in family for kind in (tokens.INSTANCE, tokens.OPEN)}
    holders = {variable for variable, held in enumerate(state.points_to) if held and not meant.isdisjoint(held)}
    bases, given = _reads_and_names(state, table, holders)
    for index, unit in enumerate(state.program.units):
        if unit.facts.language != "python":
            continue
        names, function = state.program.name_maps[index], unit.functions
        for op, a, b, c, line in flows.rows(unit.facts.flows):
            if op == flows.ENTER:
                function = unit.functions + a
            elif op in _READS and table.aliases[unit.slots + b] in holders and names[c] not in given:
                if state.program.functions[function].name in _OWN:
                    continue  # it would call itself for ever
                if names[c] == ELEMENT or state.program.names[names[c]].startswith("__"):
                    continue
                for value in sorted(meant & (state.points_to[table.aliases[unit.slots + b]] or set())):
                    target = table.aliases[unit.slots + a]
                    _ask(state, table, value >> SHIFT, names[c], target, (function, line), bases)


def _reads_and_names(state: State, table: CallTable, holders: set[int]) -> tuple[dict[int, list[int]], set[int]]:
    """`__getattr__` methods -> variables of the objects that they read a computed name of; and the names that are set
    on what the `holders` hold, whatever to.
    """
    found: defaultdict[int, list[int]] = defaultdict(list)
    given: set[int] = set()
    for index, unit in enumerate(state.program.units):
        if unit.facts.language != "python":
            continue
        function = unit.functions
        for op, a, b, c, _ in flows.rows(unit.facts.flows):
            if op == flows.ENTER:
                function = unit.functions + a
            elif op == flows.STORE and table.aliases[unit.slots + a] in holders:
                given.add(state.program.name_maps[index][c])
            elif op == flows.LOAD and c == ELEMENT and state.program.functions[function].name == "__getattr__":
                found[function].append(table.aliases[unit.slots + b])
    return found, given


def _ask(
    state: State,
    table: CallTable,
    index: int,
    name: int,
    target: int,
    place: tuple[int, int],
    bases: dict[int, list[int]],
) -> None:
    if " " in state.program.names[name] or state.classes.declares(index, name):
        return
    order = [value for value in state.classes.order(index) if value & MASK == tokens.CLASS]
    if any(state.known_field(token(tokens.INSTANCE, value >> SHIFT), name) for value in order):
        return
    for value in order:
        variable = state.known_field(value, table.names["__getattr__"])
        for held in state.held(variable):
            if held & MASK == tokens.FUNCTION:
                function = held >> SHIFT
                state.getters[place[0], place[1], function] = None
                state.copy(table.slot_of(function, state.program.functions[function].result), target)
                for base in bases.get(function, ()):
                    state.attach(base, (LOAD, target, name))
                return
