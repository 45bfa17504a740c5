"""Writes that take away their own reason: what is put right on disk or in a database stays right.

`if (derivedId !== stored.deviceId) write(file, { ...stored, deviceId: derivedId })` runs once for every file that was
wrong, `if sanitize(row): session.commit()` once for every row.  Of a file that is written where nothing could be read
from it, and of an old one that is taken away, the same holds.  What counts is that both speak of the same path, or of
what was read from there; and where callers name the path, that the function is there to see to it that the file is
there (`ensure…`, `restore…`): what every dispatch names anew is never found.
"""

import re
from collections.abc import Iterator, Mapping, Set
from functools import lru_cache
from typing import Final, NamedTuple

from alef_audit.callgraph.created import Paths, asks_missing, makes
from alef_audit.callgraph.graph import CallGraph
from alef_audit.callgraph.keeping import Keeping, Loan, Read, arguments, chain, plain
from alef_audit.callgraph.leading import Leading
from alef_audit.callgraph.makers import Makers
from alef_audit.callgraph.predicates import CALLED, comparison, implied, missing, parse
from alef_audit.callgraph.recall import words_in, words_of
from alef_audit.facts.file import Condition
from alef_audit.rulepack.guards import GuardWords

_NAME: Final = re.compile(r"[A-Za-z_$][\w$]*")
# A name that a value is taken from: no member, no key of an object or argument, nothing that is called.
_TAKEN: Final = re.compile(r"(?<![\w$.])[A-Za-z_$][\w$]*(?![\w$:]|\s*\(|(?:\.[\w$]+)+\(|\s*=[^=])")
_HOLDERS: Final = re.compile(r"(?<![\w$.])([A-Za-z_$][\w$]*)(?=(?:\.[\w$]+)+\()")
_CONSTANT: Final = re.compile(
    r"_?[A-Z][A-Z0-9_]*|true|false|null|undefined|None|True|False|not|and|or|if|else|typeof|await|new|as"
)
_LITERAL: Final = re.compile(r"\d+|\"[^\"]*\"|'[^']*'|_?[A-Z][A-Z0-9_]*(?:\.[\w$]+)?")
# Methods by which a value is taken out of the thing whose methods they are.
_HELD: Final = re.compile(r"\.(?:read(?:_text|_bytes)?|[lr]?strip|trim|split|get|items|entries|map|filter)\(")
_COUNTED: Final = re.compile(r"\blen\(|\.(?:length|size)\b")
_CALLEE: Final = re.compile(r"([\w$]+)\(")
_QUOTED: Final = re.compile(r"\"[^\"]*\"|'[^']*'")
_REST: Final = re.compile(r"\s*(?:&&|and) \(…\)\Z")  # a further test that may have failed
_VERBS: Final = 3  # words at the start of a name among which its verb is looked for: `maybe_async_restore`
_FIRST: Final = 2  # the same, where nothing else tells what a call does: `should_repair`
_DEPTH: Final = 4


class Repairs(NamedTuple):
    """What runs only where something had to be put right."""

    conditions: frozenset[tuple[int, int]]  # functions and the conditions below which all of it does
    calls: frozenset[int]


class _Write(NamedTuple):
    """One call that makes the file at a path, or takes it away."""

    path: str
    spelled: frozenset[str]  # the path, and the locals that hold it
    loan: Loan
    removes: bool


def repairs(graph: CallGraph, keeping: Keeping, words: GuardWords, leading: Leading, makers: Makers) -> Repairs:
    """The `leading` calls, and conditions around some, behind which something is put right that then stays so."""
    found, removing = set(_flagged(graph, keeping, words, leading)), dict[int, list[Loan]]()
    functions = {graph.table.functions[call] for call in leading.calls}
    for function, loans in keeping.loans.items():
        if function not in functions:
            continue
        conditions = graph.program.unit_of(function).facts.conditions
        reads = keeping.reads.get(function, {})
        writes = [write for loan in loans if loan.condition >= 0 for write in _writes(loan, reads, words)]
        if not writes:
            continue
        paths = Paths(graph.program, keeping, function, words)
        file = _Files(function, conditions, keeping.loaded.get(function, {}), paths, words)
        name = words_in(graph.program.functions[function].name)
        for write in writes:
            if write.removes:
                if _is_old(write, name, words) and file.is_looked_at(write) and not _is_made(write, writes):
                    removing.setdefault(function, []).append(write.loan)
                continue
            index = file.differing(write)
            if index >= 0:
                found.add((function, index))
            elif file.is_missing(write, by_name=_ensures(name, words)) and not makers.call(function, write.path):
                found.add((function, write.loan.condition))
    return Repairs(frozenset(found), _behind(graph, removing, leading))


def _writes(loan: Loan, reads: Mapping[str, list[Read]], words: GuardWords) -> Iterator[_Write]:
    path = loan.place.subject
    if not {*words_in(path), *words_in(loan.callee)}.isdisjoint(words.cache):
        return  # of the program's memory, most likely
    if loan.callee in words.removes or loan.callee in words.moves:
        yield _Write(path, _spelled(path, reads), loan, removes=True)
    elif makes(loan, words) or "write" in words_in(loan.callee):
        yield _Write(path, _spelled(path, reads), loan, removes=False)
    if loan.others and (loan.callee in words.copies or loan.callee in words.moves):
        yield _Write(loan.others[0], _spelled(loan.others[0], reads), loan, removes=False)


def _spelled(path: str, reads: Mapping[str, list[Read]]) -> frozenset[str]:
    return frozenset((path, *(local for local, bound in reads.items() if any(read.value == path for read in bound))))


def _ensures(name: list[str], words: GuardWords) -> bool:
    """Whether a function of that name sees to it that something is there: `ensureFile`, `loadOrCreate`."""
    return "or" in name[1:_VERBS] or not {*words.ensuring, *words.mending}.isdisjoint(name[:_VERBS])


def _is_old(write: _Write, name: list[str], words: GuardWords) -> bool:
    """Whether a file is taken away that an earlier version left."""
    left = {*words_in(write.path), *name}
    return not left.isdisjoint(words.former) or not frozenset(words.migrating).isdisjoint(name[:_VERBS])


def _is_made(write: _Write, writes: list[_Write]) -> bool:
    """Whether the function made the file itself that it takes away."""
    line = write.loan.line
    return any(each.path == write.path and not each.removes and each.loan.line < line for each in writes)


def _is_asked(text: str, words: GuardWords) -> bool:
    """Whether something is looked for, and not in what a dispatch brings along."""
    verbs = frozenset(words.asking)
    callee, _, rest = text.partition("(")
    brought = [callee, *(each for each in arguments(rest.rpartition(")")[0])[:1] if _NAME.fullmatch(each))]
    asked = any(not verbs.isdisjoint(words_in(name)[:_VERBS]) for name in _CALLEE.findall(text))
    return asked and words_of(" ".join(brought)).isdisjoint(words.dispatch)


class _Files:
    """What is known of files where a function stands: what it read, and what it asked."""

    __slots__ = ("_conditions", "_function", "_loaded", "_paths", "_words")

    def __init__(
        self,
        function: int,
        conditions: tuple[Condition, ...],
        loaded: Mapping[str, list[str]],
        paths: Paths,
        words: GuardWords,
    ) -> None:
        self._function, self._conditions, self._loaded = function, conditions, loaded
        self._paths, self._words = paths, words

    def is_looked_at(self, write: _Write) -> bool:
        """Whether it was asked before whether the file is there, or what is in it."""
        if any(_mentions(value, write.spelled) for bound in self._loaded.values() for value in bound):
            return True
        around = (self._conditions[index] for index in chain(self._conditions, write.loan.condition))
        present = frozenset(self._words.present)
        return any(_mentions(each.text, write.spelled) and not present.isdisjoint(_words(each.text)) for each in around)

    def differing(self, write: _Write) -> int:
        """The condition above a write that what was read from its path differs from what it should be; -1 if none."""
        if self._loaded:
            for index in chain(self._conditions, write.loan.condition):
                condition = self._conditions[index]
                for atom, outcome in implied(parse(condition.text), condition.holds):
                    compared = comparison(plain(atom))
                    if compared is not None and compared.sign == ("!=" if outcome else "=="):
                        sides = compared.left, compared.right
                        if self._is_derived(sides, write.spelled) or self._is_outdated(sides, write.spelled):
                            return index
        return -1

    def is_missing(self, write: _Write, *, by_name: bool) -> bool:
        """Whether a file is written because it is missing, or because nothing was read from it."""
        place = write.loan.place
        is_own = write.path == place.subject and self._paths.is_own(place)
        if not (is_own or (by_name and words_of(write.path.rpartition(".")[2]).isdisjoint(self._words.fleeting))):
            return False
        words = self._words
        passing = {*words.expiry, *words.stale, *words.stamp}
        for index in chain(self._conditions, write.loan.condition):
            condition = self._conditions[index]
            if not words_of(condition.text).isdisjoint(passing):
                continue
            asked = () if is_own else (path for path in write.spelled if path in condition.text)
            if any(asks_missing(condition, path, self._paths.parameters, words) for path in asked):
                return True
            if any(self._is_of(local, write.spelled, 0) for local in _nothing(condition)):
                return True
        return False

    def _is_derived(self, sides: tuple[str, str], paths: Set[str]) -> bool:
        """Whether what was read is compared with what was made of it."""
        for made, stored in (sides, sides[::-1]):
            names = _taken(made), _taken(stored)
            if not all(each and all(self._is_of(name, paths, 0) for name in each) for each in names):
                return False
            values = self._loaded.get(made, ()) if _NAME.fullmatch(made) else [made]
            if values and all(self._follows(value, stored) for value in values):
                return True
        return False

    def _follows(self, value: str, stored: str) -> bool:
        """Whether a value follows from what is stored, so that they are alike as soon as it was stored: of one field
        of it, or after something was put right.
        """
        if "(" not in value or _COUNTED.search(value + stored) is not None:
            return False
        words = self._words
        if not {*words.advancing, *words.stale, *words.expiry}.isdisjoint(words_in(value)):
            return False
        return _mends(value, words) or (_NAME.fullmatch(stored) is None and "(" not in stored)

    def _is_outdated(self, sides: tuple[str, str], paths: Set[str]) -> bool:
        """Whether the version of what was read is compared with that of the program."""
        for stored, current in (sides, sides[::-1]):
            named = words_in(stored.rpartition(".")[2])
            read = _taken(stored)
            if _LITERAL.fullmatch(current) and named[-1:] and named[-1] in self._words.schema and read:
                return all(self._comes_from(name, paths, 0) for name in read)
        return False

    def _is_of(self, name: str, paths: Set[str], depth: int) -> bool:
        """Whether what a local holds is made of nothing but what was read from the file."""
        if _CONSTANT.fullmatch(name):
            return True
        bound = self._loaded.get(name, ())
        if depth > _DEPTH or not bound:
            return False
        return all(
            all(self._is_of(each, paths, depth + 1) for each in _taken(_without(value, paths)) - {name})
            for value in bound
        )

    def _comes_from(self, name: str, paths: Set[str], depth: int) -> bool:
        """Whether a local holds something that was read from the file."""
        if depth > _DEPTH:
            return False
        bound = self._loaded.get(name, ())
        return any(
            _mentions(value, paths)
            or any(self._comes_from(each, paths, depth + 1) for each in _taken(value) - {name} if each in self._loaded)
            for value in bound
        )


def _taken(text: str) -> frozenset[str]:
    """The names that a value is made of: `derive(stored.key)` of `stored`, `file.read()` of `file`."""
    bare = _QUOTED.sub('""', text)
    held = {name for name in _HOLDERS.findall(bare) if _HELD.search(bare)}
    return frozenset(name for name in {*_TAKEN.findall(bare), *held} if not _CONSTANT.fullmatch(name))


def _without(text: str, paths: Set[str]) -> str:
    """A text without the paths that calls in it are handed."""
    for path in paths:
        if path in text:
            text = _mentioning(path).sub("", text)
    return text


def _nothing(condition: Condition) -> Iterator[str]:
    """The locals that hold nothing where a branch is entered."""
    for atom, outcome in implied(parse(_REST.sub("", condition.text)), condition.holds):
        local = plain(missing(atom, outcome))
        if _NAME.fullmatch(local):
            yield local


def _mentions(text: str, paths: Set[str]) -> bool:
    """Whether a call in `text` is handed one of the paths, or is a method of it."""
    return any(_mentioning(path).search(text) is not None for path in paths if path in text)


@lru_cache(maxsize=4096)
def _mentioning(path: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![\w$.]){re.escape(path)}(?=\s*[,)]|\.\w+\()")


def _words(text: str) -> frozenset[str]:
    return frozenset(_NAME.findall(text))


def _flagged(graph: CallGraph, keeping: Keeping, words: GuardWords, leading: Leading) -> Iterator[tuple[int, int]]:
    """The conditions that something had to be put right: `sanitize(row)`, `changed`."""
    telling = frozenset((*words.mending, *words.migrating, *words.altered))
    for function, told in leading.conditions.items():
        conditions = graph.program.unit_of(function).facts.conditions
        for index in told:
            condition = conditions[index]
            if telling.isdisjoint(words_of(condition.text)):
                continue
            for atom, outcome in implied(parse(condition.text), condition.holds):
                if outcome and _tells_repair(graph, keeping, function, plain(atom), words):
                    yield function, index


def _tells_repair(graph: CallGraph, keeping: Keeping, function: int, atom: str, words: GuardWords) -> bool:
    """Whether a test that holds tells that something stored was put right."""
    migrating = frozenset(words.migrating)
    is_migrating = not migrating.isdisjoint(words_in(graph.program.functions[function].name)[:_FIRST])
    if _NAME.fullmatch(atom):
        told = keeping.loaded.get(function, {}).get(atom, ())
        return not frozenset(words.altered).isdisjoint(words_in(atom)[-1:]) and (
            is_migrating or any(_mends(value, words) for value in told)
        )
    called = CALLED.fullmatch(atom)
    handed = arguments(called["arguments"])[:1] if called is not None else ()
    if called is None or not handed or not _mends(atom, words):
        return False
    asked = words_in(called["callee"].rpartition(".")[2])[:_FIRST]
    return (is_migrating and not migrating.isdisjoint(asked)) or _is_stored(graph, keeping, function, handed[0], words)


def _mends(text: str, words: GuardWords) -> bool:
    """Whether a call puts something right."""
    called = CALLED.fullmatch(text)
    if called is None:
        return False
    name = words_in(called["callee"].rpartition(".")[2])
    verbs = frozenset((*words.mending, *words.migrating))
    if verbs.isdisjoint(name[:_FIRST]) or name[0] in words.asking:
        return False
    return frozenset((*words.stale, *words.expiry)).isdisjoint(name)


def _is_stored(graph: CallGraph, keeping: Keeping, function: int, text: str, words: GuardWords) -> bool:
    """Whether what a text names was fetched: from a file, a database, or out of a loop over such things."""
    if not _NAME.fullmatch(text):
        return _is_asked(text, words)
    if text in keeping.loaded.get(function, {}):
        return True
    bound = keeping.reads.get(function, {}).get(text, ())
    if bound:
        return all(_is_asked(read.value, words) for read in bound)
    unit = graph.program.unit_of(function)
    loops = (each for each in unit.facts.loops if each.function + unit.functions == function and each.over != text)
    return any(text in _words(each.each) and _is_stored(graph, keeping, function, each.over, words) for each in loops)


def _behind(graph: CallGraph, loans: Mapping[int, list[Loan]], leading: Leading) -> frozenset[int]:
    """The `leading` calls that follow the taking away of a file, it included, under the same condition."""
    table, found = graph.table, set[int]()
    for call in leading.calls if loans else ():
        function = table.functions[call]
        for loan in loans.get(function, ()):
            conditions = graph.program.unit_of(function).facts.conditions
            if table.line(call) >= loan.line and loan.condition in chain(conditions, table.conditions[call]):
                found.add(call)
    return frozenset(found)
