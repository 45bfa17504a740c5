"""Look-ups in a cache behind a function: `const known = readCached(path); if (known) return known;`.

The function reads a variable of its module that the caller fills behind the test.  What it checks before it hands
something out (age, version) is not read here, so that such a cache counts as one that is checked, never as one that
lasts.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Final

from alef_audit.callgraph.graph import Edge
from alef_audit.callgraph.keeping import Keeping, Place, Read, Touch
from alef_audit.callgraph.program import Program
from alef_audit.callgraph.recall import words_of
from alef_audit.rulepack.guards import GuardWords

_CALL: Final = re.compile(r"(?:[\w$]+\.)*([\w$]+)\(.*\)", re.DOTALL)


def looked_up(
    program: Program,
    keeping: Keeping,
    function: int,
    edges: Iterable[Edge],
    stores: Iterable[Touch],
    words: GuardWords,
) -> dict[str, list[Read]]:
    """The locals of `function` that hold what a look-up gives, each as if it read the cache itself.

    `edges` are the calls of the function, `stores` what it puts somewhere, by helpers too.
    """
    places = {touch.place for touch in stores if _is_of_module(program, touch.place)}
    found: dict[str, list[Read]] = {}
    if not places:
        return found
    called = {program.functions[edge.callee].name: edge.callee for edge in edges}
    for local, bound in keeping.reads.get(function, {}).items():
        call = _CALL.fullmatch(bound[0].value) if len(bound) == 1 else None
        reader = called.get(call[1], -1) if call is not None else -1
        if reader < 0 or local in keeping.rebound.get(function, ()):
            continue
        for place in sorted(places):
            if _reads(program, keeping.reads.get(reader, {}), reader, place, words) and not _fills(
                keeping, reader, place
            ):
                value = f"{place.subject}.get({place.key})" if place.key else place.subject
                found[local] = [Read(value, place.owner, place.slot)]
    return found


def _is_of_module(program: Program, place: Place) -> bool:
    return place.owner >= 0 and program.functions[place.owner].parent < 0


def _reads(program: Program, reads: Mapping[str, list[Read]], reader: int, place: Place, words: GuardWords) -> bool:
    """Whether a function looks into a place of its own module, and one of their names says that it is a cache."""
    facts = program.functions[reader]
    if program.function_unit[reader] != program.function_unit[place.owner]:
        return False
    if not words_of(f"{facts.name} {place.subject}") & frozenset(words.cache):
        return False
    values = (read.value for bound in reads.values() for read in bound if read.owner == place.owner)
    forms = (place.subject + ".get(", place.subject + "[") if place.key else (place.subject,)
    return any(value.startswith(forms) for value in values)


def _fills(keeping: Keeping, reader: int, place: Place) -> bool:
    """Whether a function that looks into a place puts something there itself: then it is the cache."""
    return any(touch.place.subject == place.subject for touch in keeping.stores.get(reader, ()))
