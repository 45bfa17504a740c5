"""Branches that renew what is too old: `if credentials.expired: credentials.refresh(request)`.

Whoever renews something keeps it for as long as it is valid, in the object itself, in a file, with the service.  So the
branch runs once in the life of what is renewed, and so does everything else that stands in it.  How long that is cannot
be told.
"""

import re
from collections.abc import Set
from functools import partial
from typing import Final

from alef_audit.callgraph.graph import CallGraph
from alef_audit.callgraph.keeping import chain
from alef_audit.callgraph.leading import Leading
from alef_audit.callgraph.predicates import NOTHING, Truth, comparison, parse, truth
from alef_audit.callgraph.recall import words_in, words_of
from alef_audit.facts.file import Condition
from alef_audit.rulepack.guards import GuardWords

# What is asked: a property, or a method or function without or with one simple argument. A mere name may be an option.
_ASKED: Final = re.compile(r"(?:[\w$]+[.?!]+)+(?P<told>[\w$]+)(?:\(\))?|(?:[\w$]+\.)*(?P<asks>[\w$]+)\([\w$.]+\)")
_PATH: Final = re.compile(r"[A-Za-z_$][\w$.?!]*")


def renewed(graph: CallGraph, words: GuardWords, leading: Leading) -> frozenset[tuple[int, int]]:
    """The conditions around `leading` calls, as function and index, below which something too old is renewed."""
    table, found = graph.table, set[tuple[int, int]]()
    renewing = frozenset(words.renewing)
    rows = zip(table.functions, table.conditions, table.texts, strict=True)
    spelled = re.compile("|".join(map(re.escape, sorted(renewing))), re.IGNORECASE)
    known: dict[int, bool] = {}  # by text, whether it names something that renews
    for function, innermost, text in rows:
        told = leading.conditions.get(function)
        if innermost < 0 or told is None:
            continue
        if text not in known:
            name = graph.program.names[text]
            known[text] = spelled.search(name) is not None and _renews(name, renewing)
        if not known[text]:
            continue
        conditions = graph.program.unit_of(function).facts.conditions
        # behind an early exit for what is valid, other ways to get one are tried as well, and every time
        around = (index for index in chain(conditions, innermost) if index in told and not conditions[index].exits)
        found |= {(function, index) for index in around if _is_too_old(conditions[index], words)}
    return frozenset(found)


def _renews(text: str, renewing: Set[str]) -> bool:
    return not renewing.isdisjoint(words_in(text.rpartition(".")[2]))


def _is_too_old(condition: Condition, words: GuardWords) -> bool:
    """Whether the branch of a condition is entered where something is no longer valid; where the caller asks for it, or
    there is nothing yet, it may be entered too.
    """
    asked: list[str] = []

    def valid(otherwise: bool, atom: str) -> Truth:
        for outcome in (True, False):
            if _tells(atom, outcome, words):
                asked.append(atom)
                return not outcome
        compared = comparison(atom)
        path = compared.left if compared is not None and compared.right in NOTHING else atom
        return otherwise if _PATH.fullmatch(path) else None

    test, left_out = parse(condition.text), not condition.holds
    return any(truth(test, partial(valid, otherwise)) is left_out and asked for otherwise in (False, True))


def _tells(atom: str, outcome: bool, words: GuardWords) -> bool:
    compared = comparison(atom)
    if compared is None:
        asked = _ASKED.fullmatch(atom)
        told = words_of(asked["told"] or asked["asks"]) if asked is not None else frozenset[str]()
        return not told.isdisjoint(words.lapsed if outcome else words.valid)
    sides = (compared.left, compared.right)
    now = [any(each in side for each in words.now) for side in sides]
    dated = [not words_of(side).isdisjoint(words.expiry) for side in sides]
    if compared.sign not in ("<", "<=", ">", ">=") or not ((now[0] and dated[1]) or (now[1] and dated[0])):
        return False
    late = compared.sign in (">", ">=") if now[0] and dated[1] else compared.sign in ("<", "<=")
    return late == outcome
