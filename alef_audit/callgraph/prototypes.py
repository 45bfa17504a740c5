"""Prototype chains of JavaScript: an object without a field of its own has that of its prototype."""

from typing import Final

from alef_audit.callgraph import bags, tokens
from alef_audit.callgraph.calls import CallTable
from alef_audit.callgraph.constraints import HEIR, HEIR_OF, INHERITS, RECEIVE, SUBTYPE, TAKE
from alef_audit.callgraph.members import load_export, replaced_exports
from alef_audit.callgraph.state import State
from alef_audit.callgraph.tokens import MASK, SHIFT, token

_PROTOTYPES: Final = (tokens.OBJECT, tokens.PROTOTYPE, tokens.MADE_BY, tokens.FUNCTION)
_TAKERS: Final = (*_PROTOTYPES, tokens.MODULE, tokens.INSTANCE)
_SETTERS: Final = ("Object.setPrototypeOf", "Reflect.setPrototypeOf")
DERIVING: Final = ("util.inherits", "inherits")
# Tokens whose fields are handed on one by one.
_DIRECT: Final = 4
# API nodes that set a prototype.
CHAINING: Final = frozenset((*_SETTERS, *DERIVING))


def chain(state: State, table: CallTable, call: int, node: int) -> None:
    """`call` uses an API node that may set a prototype."""
    text = state.api.text[node]
    op = HEIR_OF if text in _SETTERS else INHERITS if text in DERIVING else 0
    arguments = table.arguments(call)
    if op and len(arguments) > 1 and arguments[0][1] and arguments[1][1]:
        state.attach(arguments[0][1], (op, arguments[1][1]))


def heir_of(state: State, table: CallTable, constraint: tuple[int, ...], value: int) -> None:
    """What arrives in the second variable is the prototype of `value`."""
    if value & MASK in _PROTOTYPES:
        state.attach(constraint[1], (HEIR, value))


def heir(state: State, table: CallTable, constraint: tuple[int, ...], value: int) -> None:
    """`value` is the prototype of a token."""
    taker = constraint[1]
    if value & MASK not in _PROTOTYPES or value == taker:
        return
    state.inherit(value, taker)
    if value & MASK == tokens.MADE_BY:
        state.inherit(token(tokens.PROTOTYPE, value >> SHIFT), taker)
    if taker & MASK == tokens.PROTOTYPE and value & MASK == tokens.OBJECT:
        # a literal in place of the prototype: its methods are called on what the constructor makes
        state.attach(state.all_fields(value), (RECEIVE, token(tokens.MADE_BY, taker >> SHIFT)))
    parents = state.program.name_ids.get("__proto__")
    if parents is not None:
        state.add(state.field(taker, parents), value)


def inherits(state: State, table: CallTable, constraint: tuple[int, ...], value: int) -> None:
    """`value` is the constructor function that `util.inherits` derives from another."""
    if value & MASK == tokens.FUNCTION:
        state.attach(constraint[1], (SUBTYPE, value >> SHIFT))


def subtype(state: State, table: CallTable, constraint: tuple[int, ...], value: int) -> None:
    """`value` is the constructor function that another one derives from."""
    if value & MASK != tokens.FUNCTION:
        return
    derived = constraint[1]
    state.inherit(token(tokens.PROTOTYPE, value >> SHIFT), token(tokens.PROTOTYPE, derived))
    if "super_" in state.program.name_ids:
        state.add(state.field(token(tokens.FUNCTION, derived), state.program.name_ids["super_"]), value)


def spread(state: State, table: CallTable, constraint: tuple[int, ...], value: int) -> None:
    """Every field of `value` is also one of what arrives in the other variable."""
    target = constraint[1]
    if value & MASK == tokens.EXTERNAL:
        value = bags.bag(state, value)
        if not value:
            return
        _take_from(state, table, target, value)
    if value & MASK in (tokens.OBJECT, tokens.PROTOTYPE, tokens.MADE_BY, tokens.MODULE, tokens.FUNCTION):
        _take_from(state, table, target, value)
    if value & MASK == tokens.MODULE and state.program.units[value >> SHIFT].facts.module_slot:
        state.delegate(replaced_exports(state, value >> SHIFT), constraint)


def _take_from(state: State, table: CallTable, target: int, source: int) -> None:
    """What arrives in `target` takes every field of a token.

    Beyond a few tokens through an object between them, that has the fields of all: else each of n sources would hand
    each of its fields to each of m takers.
    """
    sources = state.stock.spread_into.setdefault(target, set())
    if source in sources:
        return
    sources.add(source)
    if len(sources) <= _DIRECT:
        state.attach(target, (TAKE, source))
        return
    between = state.holder(TAKE, target)
    if len(sources) == _DIRECT + 1:
        state.attach(target, (TAKE, between))
    take(state, table, (TAKE, source), between)


def take(state: State, table: CallTable, constraint: tuple[int, ...], value: int) -> None:
    """`value` takes every field of a token."""
    source = constraint[1]
    if value & MASK == tokens.OPEN:
        value = token(tokens.INSTANCE, value >> SHIFT)
    if value & MASK == tokens.EXTERNAL:
        value = bags.bag(state, value)
    elif value & MASK not in _TAKERS:
        return
    if not value:
        return
    if source & MASK == tokens.MODULE:
        for name in state.exports[source >> SHIFT]:
            load_export(state, source >> SHIFT, name, state.field(value, name))
    state.spread(source, value)
