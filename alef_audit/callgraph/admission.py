"""Parameters, results and variables that are declared to hold instances of the program's classes take nothing else.

A cache, a registry or a helper that takes anything gives back all that was ever put in; the annotation of who asks says
which of it can be meant.  Python only: there classes are told apart by name, in TypeScript by what they look like.
"""

from typing import Final

from alef_audit.callgraph import tokens
from alef_audit.callgraph.calls import CallTable
from alef_audit.callgraph.state import State
from alef_audit.callgraph.tokens import MASK, SHIFT
from alef_audit.facts.file import ClassKind

# Kinds of values that are judged; of the others it is not known what they are instances of.
_INSTANCES: Final = (tokens.INSTANCE, tokens.OPEN)
_OTHERS: Final = (tokens.FUNCTION, tokens.OBJECT, tokens.MODULE, tokens.EXTERNAL)


def declare_classes(state: State, table: CallTable) -> None:
    """Note the parameters, results and variables whose declarations name classes only."""
    for function, facts in enumerate(state.program.functions):
        if facts.types:
            _declare(state, table, function, facts.result, facts.types)
        for parameter in facts.parameters:
            if parameter.types:
                _declare(state, table, function, parameter.slot, parameter.types)
    for unit in state.program.units:
        for slot, *types in unit.facts.declared:
            _declare(state, table, unit.functions, slot, tuple(types))


def _declare(state: State, table: CallTable, function: int, slot: int, types: tuple[int, ...]) -> None:
    if slot and state.program.unit_of(function).facts.language == "python":
        variable = table.slot_of(function, slot)
        if variable:
            state.admitting[variable] = tuple(table.slot_of(function, each) for each in types)


def admit(state: State, value: int, destination: int) -> None:
    """Let `destination` take a value that fits what it is declared to hold."""
    kind = value & MASK
    if kind in _OTHERS or kind in _INSTANCES:
        declared = _classes(state, state.admitting[destination])
        if declared and (kind in _OTHERS or not _fits(state, kind, value >> SHIFT, declared)):
            return
    state.add(destination, value)


def _classes(state: State, types: tuple[int, ...]) -> tuple[int, ...]:
    """The classes that are declared; none while or where they are not known, or something else is allowed too."""
    if not state.classes.known:
        return ()
    found = []
    for variable in types:
        held = state.points_to[variable] or ()
        if len(held) != 1:
            return ()
        (value,) = held
        if value & MASK != tokens.CLASS or state.program.classes[value >> SHIFT].kind != ClassKind.CLASS:
            return ()
        found.append(value >> SHIFT)
    return tuple(found)


def _fits(state: State, kind: int, index: int, declared: tuple[int, ...]) -> bool:
    """Whether an instance can be one of a declared class; of class `index` exactly, or of any that derives from it."""
    classes = state.classes
    for each in (index,) if kind == tokens.INSTANCE else classes.family(index):
        ancestors = classes.ancestors(each)
        if any(base in ancestors for base in declared):
            return True
        if any(len(state.program.classes[base].bases) > len(classes.direct_bases(base)) for base in ancestors):
            return True  # a superclass that is not known
    return False
