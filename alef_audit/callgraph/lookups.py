"""Look-ups in a cache behind a function: `const known = readCached(path); if (known) return known;`.

The function reads a variable of its module, or the collection that it is handed, and the caller fills it behind the
test.  What it checks before it hands something out (age, version) is not read here, so that such a cache counts as one
that is checked, unless the function plainly looks and checks nothing.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from alef_audit.callgraph.graph import Edge
from alef_audit.callgraph.keeping import Keeping, Place, Read, Touch, arguments
from alef_audit.callgraph.program import Program, is_body
from alef_audit.callgraph.recall import words_of
from alef_audit.rulepack.guards import GuardWords

_CALL: Final = re.compile(r"(?:[\w$]+\.)*(?P<name>[\w$]+)\((?P<arguments>.*)\)", re.DOTALL)


class Lookups(NamedTuple):
    """What looks into caches for a function."""

    reads: Mapping[str, list[Read]]  # locals that hold what a look-up gives, each as if it read the cache itself
    checked: frozenset[str]  # those among them of which nobody knows what the look-up checks


def looked_up(
    program: Program,
    keeping: Keeping,
    function: int,
    edges: Iterable[Edge],
    stores: Iterable[Touch],
    words: GuardWords,
) -> Lookups:
    """The look-ups of `function`.

    `edges` are the calls of the function, `stores` what it puts somewhere, by helpers too.
    """
    found: dict[str, list[Read]] = {}
    checked: set[str] = set()
    places = sorted({touch.place for touch in stores if touch.place.owner < 0 or _is_of_module(program, touch.place)})
    called = {program.functions[edge.callee].name: edge.callee for edge in edges} if places else {}
    for local, bound in keeping.reads.get(function, {}).items() if called else ():
        call = _CALL.fullmatch(bound[0].value) if len(bound) == 1 else None
        reader = called.get(call["name"], -1) if call is not None else -1
        if call is None or reader < 0 or local in keeping.rebound.get(function, ()):
            continue
        for place in places:
            told = not words_of(f"{call['name']} {place.subject}").isdisjoint(words.cache)
            handed = handed_to(program, reader, place, arguments(call["arguments"]))
            plainly = handed is not None and _reads_handed(keeping, reader, handed)
            if not plainly and not (told and _reads(program, keeping, reader, place)):
                continue
            if handed is None or not plainly or not _only_looks(program, reader, handed):
                checked.add(local)
            value = f"{place.subject}.get({place.key})" if place.key else place.subject
            found[local] = [Read(value, place.owner, place.slot)]
    return Lookups(found, frozenset(checked))


def handed_to(program: Program, callee: int, place: Place, given: tuple[str, ...]) -> Place | None:
    """What a function calls the place that it is handed, the collection first and the key among `given`; None if the
    arguments are others.
    """
    names, parameters = program.unit_of(callee).facts.names, program.functions[callee].parameters
    if not place.key or len(given) > len(parameters) or given[:1] != (place.subject,) or place.key not in given:
        return None
    subject, key = names[parameters[0].name], names[parameters[given.index(place.key)].name]
    return Place(subject, key, subject, callee)


def _reads_handed(keeping: Keeping, reader: int, place: Place) -> bool:
    """Whether a function looks into the collection that it is handed, and puts nothing there but what it found."""
    forms = (f"{place.subject}.get({place.key})", f"{place.subject}[{place.key}]")
    bound = keeping.reads.get(reader, {}).values()
    if not any(read.owner == reader and read.value.startswith(forms) for reads in bound for read in reads):
        return False
    return _puts_back(keeping, reader, place.subject)


def _puts_back(keeping: Keeping, reader: int, subject: str) -> bool:
    """Whether a function puts into a collection only what it has just taken out: `delete` and `set` of the same key."""
    stores = [touch for touch in keeping.stores.get(reader, ()) if touch.place.subject == subject]
    taken = {(touch.place.key, touch.condition) for touch in keeping.clears.get(reader, ())}
    return all((touch.place.key, touch.condition) in taken for touch in stores)


def _only_looks(program: Program, reader: int, place: Place) -> bool:
    """Whether a function decides nothing but by what there is in the collection: no age, no version."""
    facts, subject = program.functions[reader], place.subject
    inside = (each for each in program.unit_of(reader).facts.conditions if facts.line <= each.line <= facts.end_line)
    return all(f"{subject}.has({place.key})" in each.text or f"in {subject}" in each.text for each in inside)


def _is_of_module(program: Program, place: Place) -> bool:
    return place.owner >= 0 and is_body(program, place.owner)


def _reads(program: Program, keeping: Keeping, reader: int, place: Place) -> bool:
    """Whether a function looks into a place of its own module, and puts nothing new there: else it is the cache."""
    if place.owner < 0 or program.function_unit[reader] != program.function_unit[place.owner]:
        return False
    if not _puts_back(keeping, reader, place.subject):
        return False
    reads = keeping.reads.get(reader, {}).values()
    values = (read.value for bound in reads for read in bound if read.owner == place.owner)
    forms = (place.subject + ".get(", place.subject + "[") if place.key else (place.subject,)
    return any(value.startswith(forms) for value in values)
