"""Branches that make what was not found: `user = find_user(name)`, `if not user: user = create_user(name)`.

What such a branch makes is kept where it was looked for: in a file, a database, a service.  So it runs the first time
only, and so does everything else that stands in it, unless the function is there to make one (`create_user`).  That the
two calls speak of the same thing is told by the variable that takes both values, or by a noun that both names share
(`has_collection`, `create_collection`); or by a verb and its participle (`is_decorated`, `decorate`), or by the name of
a file that is looked for (`exists(transcript_path)`, `ensure_transcript`).  A look-up in memory is none of these (see
`memos.py`), nor is one for what every dispatch brings anew.
"""

import re
from collections.abc import Iterator, Mapping, Set
from typing import Final, NamedTuple

from alef_audit.callgraph.graph import CallGraph
from alef_audit.callgraph.keeping import Keeping, Read, chain, plain
from alef_audit.callgraph.leading import Leading
from alef_audit.callgraph.makers import Makers
from alef_audit.callgraph.predicates import CALLED, implied, missing, parse
from alef_audit.callgraph.recall import words_in
from alef_audit.facts import flows
from alef_audit.facts.file import Condition
from alef_audit.rulepack.guards import GuardWords

_DENIED: Final = re.compile(r"(?:!|not )(?:await )?" + CALLED.pattern, re.DOTALL)
_NAME: Final = re.compile(r"[A-Za-z_$][\w$]*")
_PATHS: Final = frozenset(("path", "file", "dir", "directory", "folder", "filename", "location"))
_SHORTEST: Final = 3
_VERBS: Final = 2  # words at the start of a name among which its verb is looked for: `async_create_user`


class _LookUp(NamedTuple):
    """A call whose answer is tested, and the local that takes it, "" for none."""

    callee: str
    arguments: str
    local: str


class _Made(NamedTuple):
    """What the name of a function tells of what it does."""

    words: list[str]
    makes_one: bool
    done: frozenset[str]  # the participles of its verb


def established(
    graph: CallGraph, keeping: Keeping, words: GuardWords, leading: Leading, makers: Makers
) -> frozenset[tuple[int, int]]:
    """The conditions around `leading` calls, as function and index, below which is made what was not found."""
    asking = _asking(graph, leading.above)
    table, found = graph.table, set[tuple[int, int]]()
    making = frozenset((*words.making, *words.preparing))
    looked_up: dict[tuple[int, int], list[_LookUp]] = {}

    def makes(function: int, nouns: Set[str]) -> bool:
        """Whether that is what a function is for, so that it usually finds nothing: `create_user`."""
        own = words_in(graph.program.functions[function].name)
        return bool(own) and own[0] in words.making and not nouns.isdisjoint(own)

    rows = zip(table.functions, table.conditions, table.texts, strict=True)
    told_by: dict[int, _Made] = {}  # by text
    for call, (function, innermost, text) in enumerate(rows):
        told = leading.conditions.get(function) if innermost >= 0 else None
        if told is None or function not in asking:
            continue
        if text not in told_by:
            told_by[text] = _made(_last(table.text(call)), making, words)
        made, makes_one, done = told_by[text]
        if not (makes_one or done):
            continue
        conditions = graph.program.unit_of(function).facts.conditions
        reads = keeping.reads.get(function, {})
        for index in chain(conditions, innermost):
            if index not in told:
                continue
            known = looked_up.get((function, index))
            if known is None:
                asked = (each for each in _look_ups(conditions[index], reads) if each.callee in asking[function])
                known = looked_up[function, index] = list(asked)
            for look_up in known:
                if done and _is_undone(look_up, done, made, words):
                    found.add((function, index))
                nouns = _nouns(look_up, words) if makes_one else frozenset()
                if (_is_same(look_up, nouns, table.text(call), reads) and not makes(function, nouns)) or (
                    not _looked_for(look_up, words).isdisjoint(made[1:])
                    and not frozenset(words.ensuring).isdisjoint(made[:1])
                    and not makers.call(function, look_up.arguments)
                ):
                    found.add((function, index))
    return frozenset(found)


def _made(name: str, making: Set[str], words: GuardWords) -> _Made:
    made = words_in(name)
    return _Made(made, not making.isdisjoint(made[:_VERBS]), _participles("".join(made[:1]), words))


def _asking(graph: CallGraph, above: Set[int]) -> Mapping[int, Set[str]]:
    """By function, the texts of its calls that ask outside of the program: they block, or are waited for."""
    table, found = graph.table, dict[int, set[str]]()
    calls = {edge.call for edge in graph.edges if edge.call >= 0 and edge.callee in above}
    calls |= {sink.call for sink in graph.sinks}
    calls |= {call for call, flags in enumerate(table.flag_sets) if flags & flows.AWAITED}
    for call in calls:
        found.setdefault(table.functions[call], set()).add(plain(table.text(call)))
    return found


def _look_ups(condition: Condition, reads: Mapping[str, list[Read]]) -> Iterator[_LookUp]:
    """The calls that have found nothing where the branch of `condition` is entered."""
    for atom, outcome in implied(parse(condition.text), condition.holds):
        if outcome and _NAME.fullmatch(atom):
            for read in reads.get(atom, ()):
                denied = _DENIED.fullmatch(read.value)
                if denied is not None:
                    yield _LookUp(denied["callee"], denied["arguments"], "")
        text = plain(missing(atom, outcome))
        local = text if _NAME.fullmatch(text) else ""
        for value in [read.value for read in reads.get(local, ())] if local else [text]:
            called = CALLED.fullmatch(value)
            if called is not None:
                yield _LookUp(called["callee"], called["arguments"], local)


def _nouns(look_up: _LookUp, words: GuardWords) -> frozenset[str]:
    """What is looked for, in words; none if it is new each time, or no look-up."""
    name, verbs = _last(look_up.callee), frozenset(words.asking)
    if name in words.present:
        return _held_in(look_up.callee.rpartition(".")[0])
    asked = words_in(name)
    if verbs.isdisjoint(asked[:_VERBS]):
        return frozenset()
    if not {*asked, *words_in(look_up.arguments)}.isdisjoint(words.new):
        return frozenset()
    return frozenset(word for word in asked if word not in verbs and word not in words.linking)


def _looked_for(look_up: _LookUp, words: GuardWords) -> frozenset[str]:
    """What the file holds that is looked for, by the name of its path."""
    if _last(look_up.callee) not in words.present:
        return frozenset()
    named = frozenset(words_in(look_up.arguments.partition(",")[0].rpartition(".")[2]))
    return named - _PATHS if named.isdisjoint((*words.new, *words.fleeting)) else frozenset()


def _is_undone(look_up: _LookUp, done: Set[str], made: list[str], words: GuardWords) -> bool:
    """Whether a call does what was asked for whether it is done: `is_profile_decorated(dir)`, `decorate(dir)`."""
    asked = words_in(_last(look_up.callee))
    if done.isdisjoint(asked[1:]) or asked[0] not in words.asking:
        return False
    if not {*asked, *words_in(look_up.arguments)}.isdisjoint(words.new):
        return False
    nouns, others = {*asked[1:]} - done - {*words.linking}, {*made[1:]} - {*words.linking}
    return not (nouns and others) or not nouns.isdisjoint(others)


def _participles(verb: str, words: GuardWords) -> frozenset[str]:
    """The participles of a verb; none of one of which `words.passing` says that they tell nothing."""
    if len(verb) < _SHORTEST or verb in words.passing or verb in words.asking:
        return frozenset()
    return frozenset((f"{verb}ed", f"{verb}d", f"{verb}{verb[-1]}ed", f"{verb[:-1]}ied"))


def _held_in(holder: str) -> frozenset[str]:
    """What a collection holds that is asked whether there is one: `client.collections.exists(name)`."""
    named = words_in(_last(holder))[-1:] if "." in holder else []
    return frozenset(word.removesuffix("s") for word in named if word.endswith("s") and word != "os")


def _is_same(look_up: _LookUp, nouns: Set[str], made: str, reads: Mapping[str, list[Read]]) -> bool:
    """Whether a call makes what was looked for."""
    if not nouns:
        return False
    takes_both = any(read.value.startswith(f"{plain(made)}(") for read in reads.get(look_up.local, ()))
    return takes_both or not nouns.isdisjoint(words_in(_last(made)))


def _last(text: str) -> str:
    return text.rpartition(".")[2]
