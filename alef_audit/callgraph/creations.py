"""Which calls of a factory made the closures that a variable holds.

A closure is one value wherever its factory is called: `retried(load)` and `retried(save)` both give `retried.wrapper`.
For closures of functions that were handed different values, this follows every copy once more and notes, by variable,
the calls that the closure there comes from (one level of heap context, in the manner of Milanova's object sensitivity,
for the few values where it pays).  A variable that takes the closure in any other way is not told: nothing is lost.
"""

from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from alef_audit.callgraph import tokens
from alef_audit.callgraph.calls import CallTable
from alef_audit.callgraph.parameters import enclosing, parent_of
from alef_audit.callgraph.state import State
from alef_audit.callgraph.tokens import MASK, SHIFT, token

# Calls that one variable's closure may come from; beyond it is a table of all of them.
_MOST: Final = 16

# A closure in more variables than this has come together with everything else; following it would take long.
_WIDEST: Final = 8_000

# How often what a factory made is handed on by functions around its calls.
_HANDED: Final = 2

Makers = Mapping[int, frozenset[int] | None]  # variable -> the calls that made the closure in it, None if any may have
_NONE: Final[frozenset[int]] = frozenset()


class Creations(NamedTuple):
    """What is known of where closures come from."""

    makers: Mapping[int, Makers]  # by closure
    # closure and call of a function that hands a factory's closure on -> the factory's calls in that function
    through: Mapping[tuple[int, int], frozenset[int]]


NO_CREATIONS: Final = Creations({}, {})


def find_creations(state: State, table: CallTable) -> Creations:
    """By closure, the variables that hold it, with the calls of its factory that made what they hold."""
    calls = _calls_by_function(state, table)
    made = _closures(state, table, calls)
    if not made:
        return NO_CREATIONS
    holders = _holders(state, made)
    bound = {table.receivers[call]: table.results[call] for call in table.named("bind") if table.results[call]}
    handing = _by_result(state, table, calls)
    makers: dict[int, Makers] = {}
    through: dict[tuple[int, int], frozenset[int]] = {}
    for closure, (given, own) in sorted(made.items()):
        if len(holders[closure]) > _WIDEST:
            continue
        targets = _targets(state, bound, holders[closure])
        cuts = {given: own}
        found = _makers(table, holders[closure], targets, cuts)
        for _ in range(_HANDED):
            further = _handed_on(table, found, handing, calls, cuts)
            if not further:
                break
            for variable, inner in further.items():
                cuts[variable] = frozenset(calls[handing[variable]])
                through.update(((closure, call), inner) for call in cuts[variable])
            found = _makers(table, holders[closure], targets, cuts)
        makers[closure] = found
    return Creations(makers, through)


def _calls_by_function(state: State, table: CallTable) -> dict[int, list[int]]:
    """The calls of the functions that take something, of which something comes back."""
    functions = state.program.functions
    calls: dict[int, list[int]] = {}
    for call, function in state.links:
        if table.results[call] and functions[function].parameters and functions[function].result:
            calls.setdefault(function, []).append(call)
    return calls


def _closures(state: State, table: CallTable, calls: Mapping[int, list[int]]) -> dict[int, tuple[int, frozenset[int]]]:
    """The closures that functions give back which are called with different values: the variable of what the function
    gives, and its calls.
    """
    functions, unit_of = state.program.functions, state.program.function_unit
    found: dict[int, tuple[int, frozenset[int]]] = {}
    for factory, made in calls.items():
        given = table.slot_of(factory, functions[factory].result)
        closures = [
            value >> SHIFT
            for value in state.points_to[given] or ()
            if value & MASK == tokens.FUNCTION
            and unit_of[value >> SHIFT] == unit_of[factory]
            and parent_of(state.program, value >> SHIFT) == factory
        ]
        if closures and _is_handed_several(state, table, factory):
            found.update((closure, (given, frozenset(made))) for closure in closures)
    return found


def _is_handed_several(state: State, table: CallTable, function: int) -> bool:
    """Whether a parameter of a function, or of one around it, holds more than one value."""
    return any(
        len(state.points_to[table.slot_of(each, parameter.slot)] or ()) > 1
        for each in enclosing(state.program, function)
        for parameter in state.program.functions[each].parameters
    )


def _holders(state: State, closures: Iterable[int]) -> dict[int, list[int]]:
    """The variables that hold each of the closures."""
    wanted = frozenset([token(tokens.FUNCTION, closure) for closure in closures])
    found: dict[int, list[int]] = {closure: [] for closure in closures}
    for variable, held in enumerate(state.points_to):
        if held and not wanted.isdisjoint(held):
            for value in wanted & held:
                found[value >> SHIFT].append(variable)
    return found


def _by_result(state: State, table: CallTable, calls: Mapping[int, list[int]]) -> dict[int, int]:
    """The variables of what functions give that are called more than once, with the function."""
    functions = state.program.functions
    return {
        table.slot_of(function, functions[function].result): function
        for function, made in calls.items()
        if len(made) > 1
    }


def _handed_on(
    table: CallTable,
    makers: Makers,
    handing: Mapping[int, int],
    calls: Mapping[int, list[int]],
    cuts: Mapping[int, frozenset[int]],
) -> dict[int, frozenset[int]]:
    """The variables of functions that give back what they themselves had the factory make, with their calls of it."""
    found: dict[int, frozenset[int]] = {}
    for variable in makers.keys() & handing.keys() - cuts.keys():
        made = makers[variable]
        if made and all(table.functions[call] == handing[variable] for call in made):
            found[variable] = made
    return found


def _makers(
    table: CallTable, holders: list[int], targets: Mapping[int, list[int]], cuts: Mapping[int, frozenset[int]]
) -> Makers:
    """Hand the calls on along the copies, but not from what the factory gives into the results of its calls."""
    results: dict[int, set[int]] = {}
    below = dict(targets)
    for given, calls in cuts.items():
        own = {table.results[call] for call in calls}
        below[given] = [target for target in targets.get(given, ()) if target not in own]
        for call in calls:
            results.setdefault(table.results[call], set()).add(call)
    entered = {target for each in below.values() for target in each}
    makers: dict[int, frozenset[int] | None] = {}
    for variable in holders:
        if variable in results:
            makers[variable] = frozenset(results[variable])
        elif variable not in entered:
            makers[variable] = None
    pending = list(makers)
    while pending:
        variable = pending.pop()
        own_makers = makers[variable]
        for target in below.get(variable, ()):
            known = makers.get(target, _NONE)
            joined = None if known is None or own_makers is None else known | own_makers
            if joined is not None and len(joined) > _MOST:
                joined = None
            if joined != known:
                makers[target] = joined
                pending.append(target)
    return makers


def _targets(state: State, bound: Mapping[int, int], holders: list[int]) -> dict[int, list[int]]:
    """Where what a variable holds goes to, of those that hold the closure; constraints that may have handed it on."""
    among = frozenset(holders)
    found: dict[int, list[int]] = {}
    for variable in holders:
        below = state.forward[variable]
        targets = [each for each in ((below,) if isinstance(below, int) else below) if each in among]
        for constraint in state.uses.get(variable, ()):
            targets += [each for each in constraint[1:] if each in among and each != variable]
        if bound.get(variable, 0) in among:
            targets.append(bound[variable])
        if targets:
            found[variable] = targets
    return found
