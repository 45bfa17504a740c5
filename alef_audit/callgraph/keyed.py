"""Members that a parameter names: `getattr(listener, event)(…)`, `this[method](…)`, called with `"on_message"`.

The function is one, so that whoever notifies listeners of one event would seem to run their methods for all events.
What a call of it runs is told by the string that this very call hands over: it becomes an edge of that call.
"""

from collections.abc import Iterable, Iterator
from typing import Final

from alef_audit.callgraph.calls import CallTable
from alef_audit.callgraph.keyed_members import Keyed, Member
from alef_audit.callgraph.parameters import enclosing, within
from alef_audit.callgraph.program import Program
from alef_audit.callgraph.state import State
from alef_audit.facts import flows
from alef_audit.facts.file import Function, ParameterKind

# How many functions may hand the name on before it is used.
_HANDED: Final = 4
_COLLECTING: Final = ParameterKind.REST | ParameterKind.KEYWORDS
_MOVES: Final = flows.choice(flows.COPY, flows.LOAD, flows.ATTRIBUTE)
_APPLYING: Final = ("call", "apply")


def note_keyed(state: State, table: CallTable) -> None:
    """Find the parameters that name members which are called."""
    program = state.program
    by_unit: dict[int, list[tuple[int, int, int, int]]] = {}
    for row in state.keyed_rows:
        by_unit.setdefault(program.function_unit[row[0]], []).append(row)
    below = {unit: _copies(program, table, unit, [row[3] for row in rows]) for unit, rows in by_unit.items()}
    called: dict[int, list[int]] = {slot: [] for copies in below.values() for slot in copies}
    for call, callee in enumerate(table.callees if called else ()):
        if callee in called:
            called[callee].append(call)
    for unit, rows in by_unit.items():
        for function, name, base, slot in rows:
            owner = next((each for each in enclosing(program, function) if _position(table, each, name) >= 0), -1)
            calls = tuple(
                (call, through)
                for variable, (source, through) in below[unit].items()
                for call in (called[variable] if source == slot and owner >= 0 else ())
                if within(program, table.function(call), owner)
            )
            if calls:
                keyed = Keyed(owner, _position(table, owner, name), Member(base, calls))
                state.keyed.setdefault(owner, []).append(keyed)


def _copies(program: Program, table: CallTable, unit: int, slots: Iterable[int]) -> dict[int, tuple[int, int]]:
    """The variables of a file that hold what some variables do, or a method of that: the variable that it comes from,
    and the name of the method, 0 for none.
    """
    found = {slot: (slot, 0) for slot in slots}
    own, names = table.slots_of(program.units[unit]), program.name_maps[unit]
    applying = {program.name_ids[name] for name in _APPLYING if name in program.name_ids}
    for op, a, b, c, _ in flows.chosen(program.units[unit].facts.flows, _MOVES):
        source, through = found.get(own[b], (0, 0))
        if source and op == flows.COPY:
            found.setdefault(own[a], (source, through))
        elif source and not through and names[c] in applying:
            found.setdefault(own[a], (source, names[c]))
    return found


def _position(table: CallTable, function: int, name: int) -> int:
    """The position of the parameter of that name among all of a function; -1 if it has none."""
    for position, parameter in enumerate(table.program.functions[function].parameters):
        if not parameter.kind & _COLLECTING and table.name_of(function, parameter.name) == name:
            return position
    return -1


def read_keyed(state: State, table: CallTable, call: int, function: int, shift: int) -> None:
    """`call` runs a function whose parameters name members: read those whose names it hands over."""
    for keyed in tuple(state.keyed[function]):
        _read(state, table, call, keyed, shift)


def _read(state: State, table: CallTable, call: int, keyed: Keyed, shift: int) -> None:
    spelled = _told(table, call, keyed, shift)
    name, member = _name(state.program, spelled), keyed.member
    if name and name not in member.found:
        variable = member.found[name] = state.variable()
        state.read(member.base, variable, name)
        for run, method in member.calls:
            if not method:
                state.call(variable, run)
                continue
            applied = state.variable()
            state.read(variable, applied, method)
            state.call(applied, run)
    path = flows.handed_path(spelled)
    caller = table.function(call)
    position = _position(table, caller, state.program.name_ids[path]) if path in state.program.name_ids else -1
    if position < 0 or len(keyed.route) >= _HANDED or caller == keyed.function:
        return
    handed = Keyed(caller, position, member, ((call, keyed.function), *keyed.route))
    known = state.keyed.setdefault(caller, [])
    if any(one.position == position and one.member is member for one in known):
        return
    known.append(handed)
    for (site, linked), before in tuple(state.links.items()):
        if linked == caller:
            _read(state, table, site, handed, before)


def names_handed(state: State, table: CallTable) -> Iterator[tuple[Keyed, int, int]]:
    """The calls that hand over the name of a member, each with the variable of what that is."""
    for (call, function), shift in state.links.items():
        for keyed in state.keyed.get(function, ()):
            name = _name(state.program, _told(table, call, keyed, shift))
            if name in keyed.member.found:
                yield keyed, call, keyed.member.found[name]


def _name(program: Program, spelled: str) -> int:
    return program.name_ids.get(spelled[1:], 0) if spelled[:1] == '"' and len(spelled) > 1 else 0


def _told(table: CallTable, call: int, keyed: Keyed, shift: int) -> str:
    """How the literal is spelled that a call hands over for the parameter, or the parameter of its own function."""
    facts = table.program.functions[keyed.function]
    parameter = facts.parameters[keyed.position]
    wanted = table.name_of(keyed.function, parameter.name)
    place = _place(facts, keyed.position)
    seen = -shift
    for label, _, literal in table.arguments(call):
        if label in (flows.SPREAD_POSITIONAL, flows.SPREAD_KEYWORD):
            return ""
        if label == wanted or (label == flows.NO_NAME and seen == place):
            return table.program.names[literal]
        seen += label == flows.NO_NAME
    return table.program.names[table.name_of(keyed.function, parameter.literal)]


def _place(facts: Function, position: int) -> int:
    """Which positional argument a parameter takes; -1 if it takes none."""
    plain = [number for number, parameter in enumerate(facts.parameters) if not parameter.kind]
    return plain.index(position) if position in plain else -1
