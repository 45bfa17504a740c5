"""Objects that hand attributes on through `__getattr__` (Python)."""

from collections import defaultdict

from alef_audit.callgraph import tokens
from alef_audit.callgraph.calls import CallTable
from alef_audit.callgraph.state import LOAD, State
from alef_audit.callgraph.tokens import MASK, SHIFT, token
from alef_audit.facts import flows
from alef_audit.facts.flows import ELEMENT


def read_through_facades(state: State, table: CallTable) -> None:
    """Attributes that an object does not have are asked of its class's `__getattr__`.

    What that reads under a computed name, of whatever object, is read under the name that is asked for.
    """
    asked = state.program.name_ids.get("__getattr__", -1)
    facades = [index for index in range(len(state.program.classes)) if asked in state.classes.own[index]]
    if not facades:
        return
    family = {sub for index in facades for sub in state.classes.family(index)}
    bases, given = _reads_and_names(state, table, family)
    for index, unit in enumerate(state.program.units):
        if unit.facts.language != "python":
            continue
        names = state.program.name_maps[index]
        function = unit.functions
        for op, a, b, c, line in flows.rows(unit.facts.flows):
            if op == flows.ENTER:
                function = unit.functions + a
            elif (
                op == flows.LOAD
                and names[c] != ELEMENT
                and names[c] not in given
                and not state.program.names[names[c]].startswith("__")
            ):
                held = state.points_to[table.aliases[unit.slots + b]]
                for value in sorted(held) if held else ():
                    if value & MASK in (tokens.INSTANCE, tokens.OPEN) and value >> SHIFT in family:
                        target = table.aliases[unit.slots + a]
                        _ask(state, table, value >> SHIFT, names[c], target, (function, line), bases)


def _reads_and_names(state: State, table: CallTable, family: set[int]) -> tuple[dict[int, list[int]], set[int]]:
    """`__getattr__` methods -> variables of the objects that they read a computed name of; and the names that are set
    on instances of the classes, whatever to.
    """
    found: defaultdict[int, list[int]] = defaultdict(list)
    given: set[int] = set()
    for index, unit in enumerate(state.program.units):
        function = unit.functions
        for op, a, b, c, _ in flows.rows(unit.facts.flows):
            if op == flows.ENTER:
                function = unit.functions + a
            elif op == flows.LOAD and c == ELEMENT and state.program.functions[function].name == "__getattr__":
                found[function].append(table.aliases[unit.slots + b])
            elif op == flows.STORE:
                held = state.points_to[table.aliases[unit.slots + a]] or ()
                if any(value & MASK in (tokens.INSTANCE, tokens.OPEN) and value >> SHIFT in family for value in held):
                    given.add(state.program.name_maps[index][c])
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
    if any((token(tokens.INSTANCE, value >> SHIFT), name) in state.fields for value in order):
        return
    for value in order:
        variable = state.fields.get((value, table.names["__getattr__"]))
        for held in state.held(variable) if variable is not None else ():
            if held & MASK == tokens.FUNCTION:
                function = held >> SHIFT
                state.getters[place[0], place[1], function] = None
                state.copy(table.slot_of(function, state.program.functions[function].result), target)
                for base in bases.get(function, ()):
                    state.attach(base, (LOAD, target, name))
                return
