"""What the constraints of collections and promises do with one value (they are written in `containers.py`)."""

from collections.abc import Iterable
from typing import Final

from alef_audit.callgraph import bags, getters, tokens
from alef_audit.callgraph.calls import CallTable
from alef_audit.callgraph.constraints import COLLECT, ENTRIES, GIVE, LINKED, METHOD, RETURNED, TAKE_ENTRIES, Constraint
from alef_audit.callgraph.containers import install, is_keyed, method_recipe
from alef_audit.callgraph.families import make_live
from alef_audit.callgraph.inheritance import member
from alef_audit.callgraph.library import FUNCTIONS
from alef_audit.callgraph.members import load, load_export, make_instance, store
from alef_audit.callgraph.state import State
from alef_audit.callgraph.tokens import MASK, SHIFT
from alef_audit.facts.file import FunctionFlag
from alef_audit.facts.flows import EACH, ELEMENT, HANDED_AS_IS

_CLASS_LIKE: Final = (tokens.INSTANCE, tokens.OPEN)
_OF_GENERATORS: Final = frozenset(("__next__", "__anext__", "send", "asend"))
_WITHOUT_ARGUMENTS: Final = 99  # a shift of positions beyond every parameter


def apply(state: State, table: CallTable, constraint: Constraint, value: int) -> None:
    """Apply one of the constraints that this module attaches."""
    op = constraint[0]
    kind, index = value & MASK, value >> SHIFT
    if op == METHOD:
        _method(state, table, constraint[1], value)
    elif op == GIVE:
        _give(state, table, constraint, value)
    elif op == LINKED:
        if kind == tokens.FUNCTION:
            state.links.setdefault((constraint[1], index), _WITHOUT_ARGUMENTS)
            state.copy(table.slot_of(index, state.program.functions[index].result), constraint[2])
    elif op == RETURNED:
        if value in state.stock.getters:
            state.copy(state.stock.getter_results.setdefault((value, constraint[2]), state.variable()), constraint[1])
        elif kind in (tokens.FUNCTION, tokens.BIND_OF):
            state.copy(table.slot_of(index, state.program.functions[index].result), constraint[1])
            _handed_back(state, table, index, constraint[1])
        elif kind == tokens.CLASS:
            make_live(state, index)
            state.add(constraint[1], tokens.token(tokens.INSTANCE, index))
            member(state, value, max(0, table.names["__init__"]))  # so that `called_back` finds it
        elif kind == tokens.EXTERNAL:
            returned_from_outside(state, value, constraint[1])
        elif kind in _CLASS_LIKE:
            _delegate_call(state, table, value, constraint)
    elif op == TAKE_ENTRIES:
        if kind == tokens.OBJECT:
            state.attach(constraint[1], (ENTRIES, value))
    elif op == COLLECT:
        if kind == tokens.OBJECT and value not in state.stock.keyed:
            holder = state.holder(1, constraint[1], 0)
            state.add(constraint[1], holder)
            load(state, value, EACH, state.field(holder, ELEMENT))
    elif op == ENTRIES and kind == tokens.OBJECT:
        key = state.stock.pairs.get(value, ELEMENT)
        state.read_field(value, state.program.name_ids["1"], state.field(constraint[1], key))
        state.read_field(value, ELEMENT, state.field(constraint[1], ELEMENT))


def _handed_back(state: State, table: CallTable, function: int, destination: int) -> None:
    """A callback written in place gives back what it was given: `rows.map((row) => { mark(row); return row; })`."""
    facts = state.program.functions[function]
    if not facts.flags & FunctionFlag.ANONYMOUS:
        return  # other callers would get what it was given here
    positional = [parameter for parameter in facts.parameters if not parameter.kind]
    for position, how in sorted(state.returned.get(function, ())):
        if how == HANDED_AS_IS and 0 <= position < len(positional):
            state.copy(table.slot_of(function, positional[position].slot), destination)


def returned_from_outside(state: State, value: int, destination: int) -> None:
    """What a library function gives that is called without arguments: `defaultdict(list)` makes lists."""
    index = value >> SHIFT
    recipe = FUNCTIONS[state.api.language[index]].get(state.api.text[index])
    if recipe is not None and recipe.makes:
        state.add(destination, state.holder(2, destination, index, keyed=is_keyed(recipe)))
        return
    made = make_instance(value, state)
    if made is not None:
        state.add(destination, made)


def _method(state: State, table: CallTable, call: int, value: int) -> None:
    kind, index = value & MASK, value >> SHIFT
    if call in state.stock.installed:
        return
    member = table.member(call)
    if kind in _CLASS_LIKE:
        if state.classes.declares(index, table.names[member]):
            return
    elif kind == tokens.EXTERNAL:
        if not state.api.bags.is_mapping(index):
            return
    elif kind == tokens.MODULE:
        if member != "get" or state.program.units[index].facts.language != "python":
            return
    elif kind != tokens.OBJECT or state.known_field(value, table.names[member]):
        return
    elif value in state.stock.generators and member not in _OF_GENERATORS:
        # a context manager stands for what it yields as well: `db.get(…)` is that of the session, not of a dict
        return
    install(state, table, call, method_recipe(state, table, call))


def _give(state: State, table: CallTable, constraint: Constraint, value: int) -> None:
    _, source, position, call = constraint
    kind, index = value & MASK, value >> SHIFT
    if value in state.stock.getters:
        getters.run(state, table, call, value, source)
    elif kind in (tokens.FUNCTION, tokens.BIND_OF):
        parameters = [p for p in state.program.functions[index].parameters if not p.kind]
        if position < len(parameters):
            state.copy(source, table.slot_of(index, parameters[position].slot))
    elif kind == tokens.CLASS:
        name = table.names["__init__"]
        if name > 0:
            state.attach(member(state, value, name), constraint)
    elif kind in _CLASS_LIKE:
        _delegate_call(state, table, value, constraint)


def _delegate_call(state: State, table: CallTable, value: int, constraint: Constraint) -> None:
    """Calling an instance calls its class's `__call__`."""
    name = table.names["__call__"]
    if name > 0:
        state.attach(member(state, tokens.token(tokens.INSTANCE, value >> SHIFT), name), constraint)


def put(state: State, value: int, source: int, name: int) -> None:
    """`value` is a collection that takes what `source` holds, under the key `name`."""
    kind = value & MASK
    if kind == tokens.OBJECT:
        state.copy(source, state.field(value, name))
    elif kind in _CLASS_LIKE:
        store(state, value, ELEMENT, source)
    elif kind == tokens.EXTERNAL:
        store(state, value, name, source)


def pick(state: State, value: int, name: int, destination: int) -> None:
    """Let `destination` take what the collection `value` holds under one key, and nothing else of it."""
    kind, index = value & MASK, value >> SHIFT
    if kind == tokens.OBJECT:
        state.read_field(value, name, destination)
    elif kind == tokens.MODULE:
        load_export(state, index, name, destination)  # `globals().get("run")`
    elif kind == tokens.EXTERNAL:
        bags.pick(state, value, name, destination)
    elif kind in _CLASS_LIKE and (name == ELEMENT or _is_typed_dict(state, index)):
        # a named entry of a TypedDict is a member of its class
        load(state, value, name, destination)


def _is_typed_dict(state: State, index: int) -> bool:
    return any(state.api.text[base].endswith(".TypedDict") for base in state.classes.outside_bases(index))


def settled(state: State, table: CallTable, call: int, value: int) -> None:
    """The function `value` was handed to `then`: it gets what the promise gives, and its result comes back."""
    if value & MASK == tokens.RESOLVE_OF:
        state.copy(table.receiver(call), value >> SHIFT)
    if value & MASK != tokens.FUNCTION:
        return
    function = value >> SHIFT
    facts = state.program.functions[function]
    if facts.parameters:
        state.copy(table.receiver(call), table.slot_of(function, facts.parameters[0].slot))
    if table.result(call):
        state.copy(table.slot_of(function, facts.result), table.result(call))


def finish(state: State, value: int, destination: int) -> None:
    """`task.result()`: a task stands for what its coroutine gives; objects with a method of that name are none."""
    kind, index = value & MASK, value >> SHIFT
    if kind in _CLASS_LIKE and state.classes.declares(index, state.program.name_ids["result"]):
        return
    if kind not in (tokens.MODULE, tokens.EXTERNAL, tokens.OBJECT):
        state.add(destination, value)


def called_back(state: State, table: CallTable, call: int, slot: int) -> list[int]:
    """The functions that run when a library function calls what `slot` holds."""
    found: list[int] = []
    for value in state.held(slot):
        kind, index = value & MASK, value >> SHIFT
        if kind in (tokens.FUNCTION, tokens.BIND_OF, tokens.CALL_OF):
            found.append(index)
        elif kind in (tokens.CLASS, *_CLASS_LIKE):
            name = table.names["__init__" if kind == tokens.CLASS else "__call__"]
            owner = tokens.token(tokens.CLASS if kind == tokens.CLASS else tokens.INSTANCE, index)
            variable = state.classes.members.get(owner, {}).get(name)
            found.extend(_functions(state.held(variable) if variable is not None else ()))
    return sorted(set(found))


def _functions(values: Iterable[int]) -> list[int]:
    return [value >> SHIFT for value in values if value & MASK == tokens.FUNCTION]
