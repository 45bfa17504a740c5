"""Branches that run once for what has been seen: `if (entry.lastSeen === signature) return`, and it is stored.

Who compares the stamp of a thing (its hash, version, signature) with the stamp that was stored for it, and then stores
the new one, does the rest once for every change of the thing.  The entry has to be fetched, for what a function makes
itself it forgets, and the stamp must not be of what every dispatch brings along.
"""

import re
from collections.abc import Iterator, Set
from typing import Final, NamedTuple

from alef_audit.callgraph.graph import CallGraph
from alef_audit.callgraph.keeping import Keeping, plain
from alef_audit.callgraph.leading import Leading
from alef_audit.callgraph.predicates import comparison, implied, parse
from alef_audit.callgraph.recall import words_in, words_of
from alef_audit.facts import flows
from alef_audit.rulepack.guards import GuardWords

_FIELD: Final = re.compile(r"(?P<entry>[A-Za-z_$][\w$]*)(?:\.[\w$]+)*\.(?P<name>[A-Za-z_$][\w$]*)")
_ENTRY: Final = re.compile(r"(?P<entry>[A-Za-z_$][\w$]*)(?:\.get\((?P<got>\"\w+\"|'\w+')\)|\[(?P<at>\"\w+\"|'\w+')\])")
_NAME: Final = re.compile(r"[A-Za-z_$][\w$]*(?:\.[A-Za-z_$][\w$]*)*")
_CALLED: Final = re.compile(r"(?:[\w$]+\.)*(?P<name>[\w$]+)\(")
_STORING: Final = flows.choice(flows.ENTER, flows.STORE)


class _Asked(NamedTuple):
    """A condition under which a stamp differs from the one in a field of an entry that was fetched."""

    function: int
    condition: int
    field: str


def latched(graph: CallGraph, keeping: Keeping, words: GuardWords, leading: Leading) -> frozenset[tuple[int, int]]:
    """The conditions around `leading` calls, as function and index, below which a stamp is stored that differed."""
    asked = list(_asked(graph, keeping, words, leading))
    stored = _stored_fields(graph, {each.function for each in asked})
    return frozenset((each.function, each.condition) for each in asked if each.field in stored[each.function])


def _asked(graph: CallGraph, keeping: Keeping, words: GuardWords, leading: Leading) -> Iterator[_Asked]:
    for function, told in leading.conditions.items():
        conditions = graph.program.unit_of(function).facts.conditions
        for index in told:
            for atom, outcome in implied(parse(conditions[index].text), conditions[index].holds):
                compared = comparison(plain(atom))
                if compared is not None and compared.sign == ("!=" if outcome else "=="):
                    for stored, stamp in ((compared.left, compared.right), (compared.right, compared.left)):
                        field = _field(keeping, function, stored, words)
                        if field and _is_stamp(keeping, function, stamp, words):
                            yield _Asked(function, index, field)


def _field(keeping: Keeping, function: int, text: str, words: GuardWords) -> str:
    """The field that holds the stamp of what was seen, of an entry that was fetched; "" for anything else."""
    found = _FIELD.fullmatch(text) or _ENTRY.fullmatch(text)
    if found is None:
        return ""
    parts = found.groupdict()
    field = parts.get("name") or (parts.get("got") or parts.get("at") or "").strip("\"'")
    if frozenset(words.stamp).isdisjoint(words_in(field)):
        return ""
    verbs = frozenset((*words.asking, *words.loading))
    bound = keeping.reads.get(function, {}).get(found["entry"], ())
    fetched = found["entry"] in keeping.loaded.get(function, {}) or any(
        not verbs.isdisjoint(words_in(called["name"])[:2])
        for called in (_CALLED.match(read.value.removeprefix("await ")) for read in bound)
        if called is not None
    )
    return field if fetched else ""


def _is_stamp(keeping: Keeping, function: int, text: str, words: GuardWords) -> bool:
    """Whether a text names the stamp of something, and not of what a dispatch brings along."""
    if not _NAME.fullmatch(text) or frozenset(words.stamp).isdisjoint(words_in(text)):
        return False
    bound = keeping.reads.get(function, {}).get(text, ())
    spoken = words_of(" ".join([text, *(read.value for read in bound)]))
    return spoken.isdisjoint(words.dispatch)


def _stored_fields(graph: CallGraph, functions: Set[int]) -> dict[int, set[str]]:
    """By function, the names under which it stores something in an object."""
    program = graph.program
    found: dict[int, set[str]] = {function: set() for function in functions}
    for index in {program.function_unit[function] for function in functions}:
        unit = program.units[index]
        into: set[str] | None = None
        for op, first, _, name, _ in flows.chosen(unit.facts.flows, _STORING):
            if op == flows.ENTER:
                into = found.get(first + unit.functions)
            elif into is not None:
                into.add(unit.facts.names[name])
    return found
