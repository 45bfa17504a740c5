"""Caches written by hand: a test of what is kept, a way past the work where there is something, and a store behind it.

All three are asked for.  A test without the store is a plain condition; a variable that the same work empties again
only keeps others from starting it meanwhile.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Final, NamedTuple

from alef_audit.callgraph.calls import CallTable
from alef_audit.callgraph.graph import Edge
from alef_audit.callgraph.keeping import CONSTRUCTORS, Keeping, Place, Read, Touch, chain
from alef_audit.callgraph.lookups import handed_to, looked_up
from alef_audit.callgraph.predicates import implied, parse
from alef_audit.callgraph.program import Program
from alef_audit.callgraph.recall import SAME, Recalled, Surroundings, recalled, words_of
from alef_audit.facts import flows, kept
from alef_audit.facts.file import Condition, Leaving
from alef_audit.rulepack.guards import GuardWords

# How many lines a store may stand before the test that asks for it: `x =` above `x || make()`.
_ABOVE: Final = 3
# Stores times conditions of one function; more than these has only what a bundler or minifier put together.
_PAIRS: Final = 5_000

_NAME: Final = re.compile(r"[\w$]+")
_NONE: Final[frozenset[str]] = frozenset()
_Places = tuple[Place, ...]


class Memo(NamedTuple):
    """A branch that fills what its condition asks for."""

    function: int
    condition: int
    recalled: Recalled
    is_firm: bool  # whatever the work gives is kept; else only what passes a further test
    is_flight: bool  # emptied again when the work is done


@dataclass(slots=True)
class _Sites:
    """Where calls stand under conditions, by function."""

    conditions: dict[int, set[int]] = field(default_factory=dict)
    below: dict[int, list[Edge]] = field(default_factory=lambda: defaultdict(list))
    reading: dict[int, list[Edge]] = field(default_factory=lambda: defaultdict(list))  # into functions that read


def memos(
    program: Program, table: CallTable, edges: Iterable[Edge], calls: Iterable[int], keeping: Keeping, words: GuardWords
) -> dict[tuple[int, int], Memo]:
    """All memos of the program, by function and condition (in the table of the function's unit).

    `calls` are those, besides the edges and what makes objects, that matter: the others need no guard.
    """
    sites = _sites(program, table, edges, calls, keeping)
    found: dict[tuple[int, int], Memo] = {}
    for function in sorted(sites.conditions):
        conditions = program.unit_of(function).facts.conditions
        stores = [*keeping.stores.get(function, ()), *_stores_of_helpers(program, table, sites, keeping, function)]
        away = _stores_elsewhere(program, table, sites, keeping, function)
        if not (stores or away) or len(stores) * len(sites.conditions[function]) > _PAIRS:
            continue
        hidden = looked_up(program, keeping, function, sites.reading.get(function, ()), [*stores, *away], words)
        owners = {read.owner for bound in hidden.reads.values() for read in bound}
        stores += (touch for touch in away if touch.place.owner in owners)
        surroundings = _surroundings(program, keeping, function, words, _switches(conditions, stores), hidden.reads)
        telling = _telling(stores, surroundings)
        ages = frozenset((*words.stale, *words.fresh)) if any(t.place.owner == kept.RECEIVER for t in stores) else _NONE
        for index in sorted(sites.conditions[function]):
            names = frozenset(_NAME.findall(conditions[index].text))
            if telling.isdisjoint(names) and ages.isdisjoint(words_of(conditions[index].text)):
                continue
            fitting = {touch: firm for touch in stores if (firm := _fits(conditions, touch, index)) is not None}
            if not fitting:
                continue
            values = _values(fitting)
            condition = conditions[index]
            answers = condition.exits and condition.leaving & Leaving.GIVES_TESTED != 0
            where = replace(surroundings, answers=True) if answers else surroundings
            asked = recalled(condition.text, holds=condition.holds, places=values, surroundings=where)
            if asked is not None:
                if not hidden.checked.isdisjoint(_NAME.findall(condition.text)):
                    asked = asked._replace(needs=asked.needs | SAME)
                firm = all(any(fitting[t] for t in fitting if t.place == place) for place in asked.places)
                flight = _is_flight(program, table, sites, keeping, function, index, asked.places) or (
                    condition.exits
                    and condition.leaving & Leaving.RAISES != 0
                    and _is_reset(program, keeping, function, asked.places)
                )
                found[function, index] = Memo(function, index, asked, firm, flight)
    return found


def _sites(program: Program, table: CallTable, edges: Iterable[Edge], calls: Iterable[int], keeping: Keeping) -> _Sites:
    sites = _Sites()
    units, function_unit = program.units, program.function_unit

    def add(function: int, condition: int) -> None:
        known = sites.conditions.setdefault(function, set())
        if condition not in known:
            known.update(chain(units[function_unit[function]].facts.conditions, condition))

    made = zip(table.functions, table.conditions, table.flag_sets, strict=True)
    for function, condition, flag in made:
        if condition >= 0 and flag & flows.NEW:
            add(function, condition)
    for call in calls:
        if table.condition(call) >= 0:
            add(table.function(call), table.condition(call))
    for edge in edges:
        condition = table.condition(edge.call) if edge.call >= 0 else -1
        if condition >= 0:
            add(edge.caller, condition)
        if edge.callee in keeping.reads and edge.caller in keeping.reads:
            sites.reading[edge.caller].append(edge)
        if edge.callee in keeping.stores or edge.callee in keeping.clears:
            sites.below[edge.caller].append(edge)
    return sites


def _stores_of_helpers(
    program: Program, table: CallTable, sites: _Sites, keeping: Keeping, function: int
) -> list[Touch]:
    """What functions store that are called under a condition, seen from the call: `if (!loaded) load()`."""
    found = []
    for edge in sites.below.get(function, ()):
        condition = table.condition(edge.call) if edge.call >= 0 else -1
        if condition < 0 or edge.callee == function or edge.callee not in keeping.stores:
            continue
        for touch in keeping.stores[edge.callee]:
            if _is_shared(program, touch.place, function, edge.callee) and _is_certain(program, touch):
                found.append(Touch(touch.place, function, condition, edge.line, touch.value))
        found.extend(_lent_stores(program, keeping, edge, condition))
    return found


def _stores_elsewhere(
    program: Program, table: CallTable, sites: _Sites, keeping: Keeping, function: int
) -> list[Touch]:
    """What functions of other modules store in variables of theirs, where this function calls one to look there."""
    units = program.function_unit
    asked = {units[edge.callee] for edge in sites.reading.get(function, ())} - {units[function]}
    found = []
    for edge in sites.below.get(function, ()) if asked else ():
        condition = table.condition(edge.call) if edge.call >= 0 else -1
        if condition < 0 or units[edge.callee] not in asked:
            continue
        for touch in keeping.stores.get(edge.callee, ()):
            owner = touch.place.owner
            if owner == program.unit_of(edge.callee).functions and _is_certain(program, touch):
                found.append(Touch(touch.place, function, condition, edge.line, touch.value))
    return found


def _is_certain(program: Program, touch: Touch) -> bool:
    """Whether a store is made whenever its function does not return before."""
    conditions = program.unit_of(touch.function).facts.conditions
    return all(conditions[index].exits for index in chain(conditions, touch.condition))


def _lent_stores(program: Program, keeping: Keeping, edge: Edge, condition: int) -> Iterator[Touch]:
    """What a function stores in the collection that a call hands it: `remember(cache, key, value)`."""
    callee = program.functions[edge.callee]
    for loan in keeping.loans.get(edge.caller, ()):
        if loan.line != edge.line or loan.callee != callee.name:
            continue
        for key in loan.others:
            place = loan.place._replace(key=key)
            inside = handed_to(program, edge.callee, place, (place.subject, *loan.others))
            for touch in keeping.stores[edge.callee] if inside is not None else ():
                if touch.condition < 0 and touch.place._replace(slot=0) == inside:
                    yield Touch(place, edge.caller, condition, edge.line, touch.value)


def _is_shared(program: Program, place: Place, one: int, other: int) -> bool:
    """Whether two functions mean the same by a place."""
    if program.function_unit[one] != program.function_unit[other]:
        return False
    if place.owner == kept.RECEIVER:
        return method_class(program, one) == method_class(program, other) >= 0
    return place.owner >= 0 and place.owner != other and _encloses(program, place.owner, one)


def _encloses(program: Program, outer: int, function: int) -> bool:
    unit = program.unit_of(function)
    while function >= unit.functions and function != outer:
        parent = program.functions[function].parent
        if parent < 0:
            return False
        function = unit.functions + parent
    return function == outer


def method_class(program: Program, function: int) -> int:
    """The class, program-wide, whose method `function` is or stands in; -1 if none."""
    unit = program.unit_of(function)
    while True:
        facts = program.functions[function]
        if facts.owner >= 0:
            return unit.classes + facts.owner
        if facts.parent < 0:
            return -1
        function = unit.functions + facts.parent


def _switches(conditions: tuple[Condition, ...], stores: Iterable[Touch]) -> frozenset[str]:
    """The tests that have to hold where something is stored: `if (enabled) cache.set(key, made)`."""
    around = (conditions[index] for touch in stores for index in chain(conditions, touch.condition))
    tests = {each.text for each in around if each.holds and not each.exits}
    return frozenset(tests.union(*({atom for atom, holds in implied(parse(test), True) if holds} for test in tests)))


def _surroundings(
    program: Program,
    keeping: Keeping,
    function: int,
    words: GuardWords,
    switches: frozenset[str],
    hidden: Mapping[str, list[Read]],
) -> Surroundings:
    facts, unit = program.functions[function], program.unit_of(function)
    parameters = frozenset(unit.facts.names[parameter.name] for parameter in facts.parameters if parameter.name)
    is_script = unit.facts.language == "ecmascript"
    reads = {**keeping.reads.get(function, {}), **hidden}
    return Surroundings(reads, parameters, keeping.constants, is_script, words, switches)


def _fits(conditions: tuple[Condition, ...], touch: Touch, index: int) -> bool | None:
    """Whether a store follows the work below a condition: always, under a further test only (False), or not (None)."""
    around = list(chain(conditions, touch.condition))
    if index in around:
        inner = (conditions[each] for each in around[: around.index(index)])
        return all(each.exits or each.text == conditions[index].text for each in inner)
    condition = conditions[index]
    if touch.line < condition.line - _ABOVE:
        return None
    outside = set(chain(conditions, condition.parent))
    beyond = [conditions[each] for each in around if each not in outside]
    # what switches the look-up switches the store: `on && kept.get(key) || work()`, `if (on) kept.set(key, …)`
    switches = {atom for atom, holds in implied(parse(condition.text), True) if holds}
    if not all(each.exits or (each.holds and each.text in switches) for each in beyond):
        return None
    if not all(each.exits for each in beyond):
        return False
    # behind a statement that is left by this very test an exit of it says nothing new; others may come before the store
    return all(each.line <= condition.line and condition.text in each.text for each in beyond)


def _values(touches: Iterable[Touch]) -> dict[Place, str]:
    values: dict[Place, str] = {}
    for touch in touches:
        values[touch.place] = values.get(touch.place) or touch.value
    return values


def _telling(stores: Iterable[Touch], surroundings: Surroundings) -> frozenset[str]:
    """The names by which a test can speak of what is stored: its own, and those of locals that were read from it."""
    names = {last for touch in stores for last in _NAME.findall(touch.place.subject)[-1:]}
    reads = surroundings.reads
    for _ in range(2):
        names |= {local for local in reads if any(not names.isdisjoint(_NAME.findall(r.value)) for r in reads[local])}
    return frozenset(names)


def _is_flight(
    program: Program, table: CallTable, sites: _Sites, keeping: Keeping, function: int, index: int, places: _Places
) -> bool:
    """Whether a place is emptied again by the work that fills it: in the branch, or in what the branch calls."""
    conditions = program.unit_of(function).facts.conditions
    filled = max((t.line for t in keeping.stores.get(function, ()) if t.place in places), default=0)
    for touch in keeping.clears.get(function, ()):
        if touch.place in places and _undoes(conditions, touch, index, filled):
            return True
    subjects = {place.subject for place in places}
    for other in sorted(_below(program, table, sites, function, index) | _nested(program, function, keeping)):
        if other == function or program.functions[other].label.endswith(".catch callback"):
            continue
        others = program.unit_of(other).facts.conditions
        for touch in keeping.clears.get(other, ()):
            same = touch.place.subject in subjects and (
                _encloses(program, function, other) or _is_shared(program, touch.place, function, other)
            )
            if not same or _makes_room(keeping, touch):
                continue
            if not any(others[each].holds for each in chain(others, touch.condition)):
                return True
    return False


def _is_reset(program: Program, keeping: Keeping, function: int, places: _Places) -> bool:
    """Whether another function takes back what is kept: who is turned down while it is there has called that before."""
    subjects = {place.subject for place in places}
    unit = program.unit_of(function)
    others = range(unit.functions, unit.functions + len(unit.facts.functions))
    return any(
        touch.place.subject in subjects and _is_shared(program, touch.place, function, other)
        for other in others
        if other != function and other in keeping.clears and program.functions[other].name not in CONSTRUCTORS
        for touch in keeping.clears[other]
    )


def _makes_room(keeping: Keeping, clear: Touch) -> bool:
    """Whether a clearing takes out another entry than what was just kept, or the same to put it back at the end."""
    place, key = clear.place, clear.place.key
    if not key:
        return False
    stored = [t for t in keeping.stores.get(clear.function, ()) if t.place.subject == place.subject]
    if any(t.place.key != key or t.line > clear.line for t in stored):
        return True
    return any(place.subject in read.value for read in keeping.reads.get(clear.function, {}).get(key, ()))


def _undoes(conditions: tuple[Condition, ...], touch: Touch, index: int, filled: int) -> bool:
    """Whether a clearing follows the store of the branch, or empties without a condition before the test."""
    around = list(chain(conditions, touch.condition))
    if index in around:
        within = around[: around.index(index)]
        return touch.line > filled and not any(conditions[each].holds for each in within)
    return touch.condition < 0


def _below(program: Program, table: CallTable, sites: _Sites, function: int, index: int) -> set[int]:
    """The functions that a branch calls, and those that they call."""
    conditions = program.unit_of(function).facts.conditions
    near = {
        edge.callee
        for edge in sites.below.get(function, ())
        if edge.call >= 0 and index in chain(conditions, table.condition(edge.call))
    }
    return near | {edge.callee for each in near for edge in sites.below.get(each, ())}


def _nested(program: Program, function: int, keeping: Keeping) -> set[int]:
    """The functions inside `function` that empty something."""
    unit = program.unit_of(function)
    end = unit.functions + len(unit.facts.functions)
    inside = (other for other in range(function + 1, end) if other in keeping.clears)
    return {other for other in inside if _encloses(program, function, other)}
