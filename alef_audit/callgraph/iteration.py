"""The iteration protocol of the program's own classes and objects: `for … of`, spread, destructuring, `yield*`.

Arrays, generators and collections give their elements as fields; here is what runs code: `[Symbol.iterator]()`, and
`next()` and `return()` of what that gives.
"""

from typing import Final

from alef_audit.callgraph import tokens
from alef_audit.callgraph.calls import CallTable
from alef_audit.callgraph.constraints import ADVANCE, ITERATE, ITERATOR, LOAD, LOOPED, STEP
from alef_audit.callgraph.members import load
from alef_audit.callgraph.program import Program
from alef_audit.callgraph.state import State
from alef_audit.callgraph.tokens import MASK, SHIFT
from alef_audit.facts import flows
from alef_audit.facts.flows import ELEMENT

_MADE_BY_PROGRAM: Final = frozenset((tokens.OBJECT, tokens.INSTANCE, tokens.OPEN, tokens.MADE_BY))


def has_iterators(program: Program) -> bool:
    """Whether any function of the program is an iterator method."""
    names = (flows.ITERATOR, flows.ASYNC_ITERATOR)
    return any(function.name in names for function in program.functions)


def iterate(state: State, value: int, constraint: tuple[int, ...]) -> None:
    """`value` is iterated over: run its iterator method."""
    _, destination, function, line, way = constraint
    if value & MASK not in _MADE_BY_PROGRAM or value in state.type_objects:
        return
    through = state.passage((ITERATOR, destination, function, line, way))
    names = state.program.name_ids
    if way & flows.ASYNCHRONOUS and flows.ASYNC_ITERATOR in names:
        _read(state, value, names[flows.ASYNC_ITERATOR], through)
        if _defines(state, value, names[flows.ASYNC_ITERATOR]):
            return
    if flows.ITERATOR in names:
        _read(state, value, names[flows.ITERATOR], through)


def made_iterator(state: State, table: CallTable, value: int, constraint: tuple[int, ...]) -> None:
    """The function `value` is an iterator method: what it gives holds the elements, or gives them by `next`."""
    _, destination, function, line, way = constraint
    if value & MASK != tokens.FUNCTION:
        return
    state.getters[function, line, value >> SHIFT] = None
    exhausts = way & flows.EXHAUSTS
    shared = state.iterators.get((value, exhausts))
    if shared is None:
        elements = state.variable()
        methods = state.passage((STEP, elements))
        shared = state.iterators[value, exhausts] = elements, methods
        result = table.slot_of(value >> SHIFT, state.program.functions[value >> SHIFT].result)
        state.attach(result, (LOAD, elements, ELEMENT))
        state.attach(result, (ADVANCE, methods, exhausts))
    elements, methods = shared
    state.copy(elements, destination)
    state.attach(methods, (LOOPED, function, line))


def advance(state: State, value: int, constraint: tuple[int, ...]) -> None:
    """`value` is an iterator: its `next` runs, and `return` where the loop may end early."""
    _, methods, exhausts = constraint
    if value & MASK not in _MADE_BY_PROGRAM or value in state.type_objects:
        return
    names = state.program.name_ids
    for name in ("next",) if exhausts else ("next", "return"):
        if name in names:
            _read(state, value, names[name], methods)


def step(state: State, table: CallTable, value: int, constraint: tuple[int, ...]) -> None:
    """The function `value` is `next` or `return` of an iterator: what it gives has the element as its `value`."""
    name = state.program.name_ids.get("value")
    if value & MASK == tokens.FUNCTION and name is not None:
        result = table.slot_of(value >> SHIFT, state.program.functions[value >> SHIFT].result)
        state.attach(result, (LOAD, constraint[1], name))


def _read(state: State, value: int, name: int, destination: int) -> None:
    if value & MASK == tokens.OBJECT:
        state.read_field(value, name, destination)
    else:
        load(state, value, name, destination)


def _defines(state: State, value: int, name: int) -> bool:
    if value & MASK in (tokens.INSTANCE, tokens.OPEN):
        return state.classes.declares(value >> SHIFT, name)
    return bool(state.known_field(value, name))


ITERATION: Final = (ITERATE, ITERATOR, ADVANCE, STEP, LOOPED)


def apply_iteration(state: State, table: CallTable, constraint: tuple[int, ...], value: int) -> None:
    """Apply one of the constraints of iteration to a token."""
    op = constraint[0]
    if op == ITERATE:
        iterate(state, value, constraint)
    elif op == ITERATOR:
        made_iterator(state, table, value, constraint)
    elif op == ADVANCE:
        advance(state, value, constraint)
    elif op == STEP:
        step(state, table, value, constraint)
    elif value & MASK == tokens.FUNCTION:
        state.getters[constraint[1], constraint[2], value >> SHIFT] = None
