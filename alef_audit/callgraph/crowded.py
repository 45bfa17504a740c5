"""Variables that are full, and hold nothing but functions: the 300 methods that one decorator wraps, the 160 lambdas in
one field of as many descriptions.

Where each of them was put there by itself, all are told to the calls that such a variable, or one that takes its
values, is the callee of.  They do not travel any further: with larger sets everywhere what has come together by chance
drowns what is told.

In a large program that costs too much: what such calls hand on (`*args, **kwargs`) took 5 GB in one of 300,000 calls.
"""

from collections.abc import Iterator
from typing import Final

from alef_audit.callgraph import tokens
from alef_audit.callgraph.apply import call_all
from alef_audit.callgraph.calls import CallTable
from alef_audit.callgraph.large import LARGEST_BOUND
from alef_audit.callgraph.state import State
from alef_audit.callgraph.variables import CROWD, each_of

# From a parameter over a field to what is called there; and so many variables are looked at for each that is full.
_STEPS: Final = 4
_LOOKED_AT: Final = 500
_CALLED: Final = (tokens.FUNCTION, tokens.EXTERNAL)


def let_in(state: State, table: CallTable) -> bool:
    """Add to full variables the functions that they had no place for, and tell the calls; whether there were any."""
    crowd, state.turned_away = state.turned_away, {}
    found = False
    if state.bound < LARGEST_BOUND:
        return found
    for variable in sorted(crowd.keys() - _mixed(state, frozenset(crowd))):
        for each in _reached(state, variable):
            found = _admit(state, table, each, crowd[variable]) or found
    return found


def _mixed(state: State, full: frozenset[int]) -> set[int]:
    """Those of the full variables that another one which holds several values flows into."""
    found: set[int] = set()
    for variable, targets in enumerate(state.forward):
        if not targets:
            continue
        held = state.points_to[variable]
        if held is None or len(held) < 2:
            continue
        if isinstance(targets, int):
            if targets in full:
                found.add(targets)
        else:
            found.update(full.intersection(targets))
    return found


def _reached(state: State, variable: int) -> Iterator[int]:
    """The variable, and those that take its values, a few steps on."""
    seen, level = {variable}, [variable]
    for _ in range(_STEPS + 1):
        following: list[int] = []
        for each in level:
            yield each
            targets = state.forward[each]
            for target in (targets,) if isinstance(targets, int) else targets:
                if target and target not in seen and len(seen) < _LOOKED_AT and _holds_functions(state, target):
                    seen.add(target)
                    following.append(target)
        level = following


def _holds_functions(state: State, variable: int) -> bool:
    """Whether all that a variable holds are functions; what a library's type is declared to be says nothing else."""
    return all(value & tokens.MASK in _CALLED for value in state.points_to[variable] or ())


def _admit(state: State, table: CallTable, variable: int, crowd: frozenset[int]) -> bool:
    held = state.points_to[variable] or frozenset()
    fresh = crowd - held
    if not fresh or len(fresh) + len(held) > CROWD or not _holds_functions(state, variable):
        return False
    state.points_to[variable] = held | fresh
    state.saturated.discard(variable)
    calls = each_of(state.calls.get(variable))
    if calls:
        call_all(state, table, sorted(fresh), calls)
    return True
