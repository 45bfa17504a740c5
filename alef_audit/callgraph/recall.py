"""Whether a condition asks for what is kept, so that what stands below it runs only where nothing is kept.

The test is evaluated in three values under the assumption that the places are filled; if it then cannot lead to the
branch, the branch is what fills them.  Further assumptions (what is kept is still fresh, is of the same version, is
under the same key, the caller does not ask for a new one) are made one by one, and the answer says which were needed.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, NamedTuple

from alef_audit.callgraph.keeping import Place, Read, number, plain
from alef_audit.callgraph.predicates import CALLED, Comparison, Junction, Test, Truth, atoms, comparison, parse, truth
from alef_audit.facts.kept import RECEIVER
from alef_audit.rulepack.guards import GuardWords

# What was assumed besides that the places are filled.
FRESH: Final = 1  # not too old
SAME: Final = 2  # the source has not changed since
KEYED: Final = 4  # asked for with the key that it is kept under
BYPASS: Final = 8  # no argument of the caller asks for a new one
_TRIED: Final = (0, FRESH, SAME, FRESH | SAME, KEYED, KEYED | FRESH, KEYED | SAME, KEYED | SAME | FRESH)

_NOTHING: Final = frozenset(("null", "undefined", "None", '""', "''", "false", "False", "0", "-1", '"undefined"'))
_CERTAIN: Final = frozenset(("true", "True"))
_OPPOSITE: Final = {"<": ">", ">": "<", "<=": ">=", ">=": "<="}
_ATTRIBUTE: Final = re.compile(
    r"""(?:hasattr|getattr|Object\.hasOwn)\((?P<of>[\w$.]+), *["'](?P<name>\w+)["'](?:,.*)?\)"""
)
_LOCAL: Final = re.compile(r"(?<![\w$.\"'])[A-Za-z_$][\w$]*")
_WALRUS: Final = re.compile(r"\(\w+ := (.*)\)\Z|\A\w+ := (.*)\Z", re.DOTALL)
_WORD: Final = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
_PATH: Final = re.compile(r"[\w$]+(?:\.[\w$]+)*")
_FACTOR: Final = re.compile(r"[A-Za-z_$][\w$.]*|\d[\d_.]*(?:e\d+)?(?:\s*\*\s*\d[\d_.]*)*")
_FIELD: Final = re.compile(r"[\w$\"']+\s*:")
_OWN: Final = ("self", "cls", "this")
_DEPTH: Final = 3
# Minifiers use the same few names for everything: what such a local holds, nobody can tell from its bindings.
_MOST_READS: Final = 4
_COPIES: Final = 2


class Option(NamedTuple):
    """An argument that a test asks: a parameter, or a field of one (`options.force`), and the value it was given."""

    parameter: str
    field: str
    inert: bool  # the truth value under which the branch is not entered


class Recalled(NamedTuple):
    """A condition that asks for what is kept."""

    places: tuple[Place, ...]  # those that it asks for
    needs: int  # bits of what had to be assumed
    seconds: float | None  # how long it counts as fresh, where that is known
    is_token_bound: bool  # fresh as long as the kept thing itself is valid
    options: tuple[Option, ...]


@lru_cache(maxsize=65536)
def words_in(text: str) -> list[str]:
    """The words that names in `text` are made of, one after the other, in lower case."""
    return [word.lower() for word in _WORD.findall(text)]


def words_of(text: str) -> frozenset[str]:
    """The words that names in `text` are made of, in lower case."""
    return frozenset(words_in(text))


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What is known where a test stands."""

    reads: Mapping[str, list[Read]]  # local -> what it was bound to
    parameters: frozenset[str]
    constants: Mapping[str, float | None]
    in_milliseconds: bool
    words: GuardWords
    switches: frozenset[str] = frozenset()  # the tests under which something is stored
    answers: bool = False  # whoever has left early has got what was tested, or `true`


class _Reader:
    """Evaluates one test for a set of places that are filled."""

    __slots__ = ("_spellings", "allowed", "asked", "bypass", "expires", "options", "places", "surroundings", "times")

    def __init__(self, places: tuple[Place, ...], surroundings: Surroundings) -> None:
        self.places = places
        self.surroundings = surroundings
        self.allowed, self.bypass = 0, False
        self._spellings: dict[tuple[str, int], str] = {}
        self.asked: dict[Place, None] = {}
        self.times: list[str] = []
        self.expires = False
        self.options: dict[tuple[str, str], None] = {}

    def decides(self, text: str, allowed: int, bypass: bool, holds: bool) -> bool:
        """Whether the test, under the assumptions `allowed`, asks for a place and cannot lead to the branch."""
        self.allowed, self.bypass = allowed, bypass
        self.asked, self.options, self.times, self.expires = {}, {}, [], False
        return self.evaluate(text) is (not holds) and bool(self.asked)

    def evaluate(self, text: str, depth: int = 0) -> Truth:
        return truth(parse(text), lambda atom: self._atom(atom, depth))

    def _atom(self, text: str, depth: int) -> Truth:
        found = self._known(text, depth)
        if found is None and text in self.surroundings.switches and depth < _DEPTH:
            bound = self.surroundings.reads.get(text, ())
            return self._on(parse(bound[0].value if len(bound) == 1 else text), depth + 1)
        return found

    def _on(self, test: Test, depth: int) -> Truth:
        """What a switch gives that is asked where the value is stored as well: nothing is kept where it is off, so
        that it is taken to be on. What the caller decides is no switch but an option.
        """
        if isinstance(test, Junction) and test.every:
            values = [self._on(operand, depth) for operand in test.operands]
            return False if False in values else None if None in values else True
        found = truth(test, lambda atom: self._known(atom, depth))
        if found is not None:
            return found
        names = {name for atom in atoms(test) if not CALLED.match(atom) for name in _LOCAL.findall(atom)}
        for name in tuple(names):
            names.update(*(_LOCAL.findall(read.value) for read in self.surroundings.reads.get(name, ())))
        return True if names.isdisjoint(self.surroundings.parameters) else None

    def _known(self, text: str, depth: int) -> Truth:
        walrus = _WALRUS.sub(r"\1\2", text)
        bound = self._reads_of(text)
        if bound and depth < _DEPTH and not self._about(self._spelled(text)):
            for value, _, _ in bound:
                found = self.evaluate(value, depth + 1)
                if found is not None:
                    return found
        compared = comparison(text)
        if compared is None:
            return self._operand(walrus)
        left = self._spelled(_WALRUS.sub(r"\1\2", compared.left))
        right = self._spelled(_WALRUS.sub(r"\1\2", compared.right))
        return self._comparison(Comparison(left, compared.sign, right))

    def _spelled(self, text: str) -> str:
        """`text` with locals replaced by what they were read from, where that is one of the places, or the time."""
        text = _ATTRIBUTE.sub(r"\g<of>.\g<name>", plain(text))

        return _LOCAL.sub(lambda match: self._bound(match.group(), 0) or match.group(), text)

    def _bound(self, local: str, depth: int) -> str:
        """What a local was read from, by way of other locals, if that is a place, a collection or the time; else ""."""
        known = self._spellings.get((local, depth))
        if known is None:
            known = self._spellings[local, depth] = self._found(local, depth)
        return known

    def _found(self, local: str, depth: int) -> str:
        for value, _, _ in self._reads_of(local):
            if self._tells(value):
                # an age: what is kept may be asked for by another local
                is_age = depth < _COPIES and not self._about(value) and self._is_now(value)
                return (
                    _LOCAL.sub(lambda each: self._bound(each.group(), depth + 1) or each.group(), value)
                    if is_age
                    else value
                )
            if depth < _COPIES:
                spelled = _LOCAL.sub(lambda first: self._bound(first.group(), depth + 1) or first.group(), value, 1)
                if spelled != value and self._tells(spelled):
                    return spelled
        return ""

    def _reads_of(self, local: str) -> Sequence[Read]:
        """What a local was bound to; nothing is known of one that holds something else all the time."""
        found = self.surroundings.reads.get(local, ())
        return found if len(found) <= _MOST_READS else ()

    def _tells(self, text: str) -> bool:
        return bool(self._about(text)) or self._is_now(text) or any(text == place.subject for place in self.places)

    def _about(self, text: str) -> Place | None:
        """The place whose value, or a part of whose value, `text` reads."""
        for place in self.places:
            if any(text == form or text.startswith((form + ".", form + "[")) for form in _forms(place)):
                if "(" not in text.removeprefix(place.subject + ".get(").removeprefix(place.subject + ".has("):
                    return place
        return None

    def _mentioned(self, text: str) -> Place | None:
        for place in self.places:
            if place.subject in text and _spelling((place.subject,)).search(text):
                return place
        return None

    def _is_now(self, text: str) -> bool:
        return _spelling(self.surroundings.words.now).search(text) is not None

    # --- atoms

    def _operand(self, text: str) -> Truth:
        spelled = self._spelled(text)
        place = self._about(spelled) or self._counted(spelled)
        words = self.surroundings.words
        if place is not None:
            told = words_of(spelled.rpartition(".")[2]) if "." in spelled.removeprefix(place.subject) else frozenset()
            if told & frozenset(words.stale):
                return self._timed(place, spelled, when_fresh=False, bound=True)
            self.asked[place] = None
            return True
        called = CALLED.match(spelled)
        if called is not None:
            return self._judged(called["callee"], called["arguments"])
        return self._option(text)

    def _judged(self, callee: str, arguments: str) -> Truth:
        """`isFresh(cached)`, `self._expired(entry)`, `token.isExpired()`, `settingsChanged(cachedFor, settings)`; and
        `self._expired()` of what the object itself keeps.
        """
        holder, _, name = callee.rpartition(".")
        place = self._mentioned(arguments) or (self._about(holder) if holder else None)
        told, words = words_of(name), self.surroundings.words
        if place is None and not arguments.strip():
            place = next((one for one in self.places if one.owner == RECEIVER and one.base == holder), None)
        if place is None:
            return None
        if name in words.present:
            return True if self.allowed & SAME else None
        if told & frozenset(words.stale):
            return self._timed(place, "", when_fresh=False, bound=False)
        if told & frozenset(words.fresh):
            return self._timed(place, "", when_fresh=True, bound=False)
        if told.isdisjoint((*words.differs, *words.alike)):
            return None
        return self._compared(place, arguments, when_alike=told.isdisjoint(words.differs))

    def _timed(self, place: Place, text: str, *, when_fresh: bool, bound: bool) -> Truth:
        if not self.allowed & FRESH:
            return None
        self.asked[place] = None
        self.times.append(text)
        self.expires = self.expires or bound
        return when_fresh

    def _counted(self, text: str) -> Place | None:
        """The place whose number of entries `text` gives, or asks: `if not cache`."""
        for place in self.places:
            subject = place.subject
            if place.key and text == subject:
                return place
            if text in (f"{subject}.size", f"{subject}.length", f"len({subject})", f"Object.keys({subject}).length"):
                return place
        return None

    def _option(self, text: str) -> Truth:
        """A parameter, or a field of one, that decides the test; or how the object itself is set up: nobody knows, so
        that what it keeps counts as checked.
        """
        found = _PATH.fullmatch(plain(text))
        parameter, _, name = plain(text).partition(".")
        if found is None or not self.allowed & BYPASS:
            return None
        if parameter in _OWN and name:
            return self.bypass if self.allowed & SAME else None
        if parameter not in self.surroundings.parameters:
            return None
        self.options[parameter, name] = None
        return self.bypass

    def _comparison(self, found: Comparison) -> Truth:
        left, sign, right = found
        if sign in ("in", "not in"):
            place = self._contained(left, right)
            if place is None:
                return None
            self.asked[place] = None
            return sign == "in"
        if self._is_now(left) or self._is_now(right):
            return self._dated(found)
        if sign in ("==", "!=") and (right in _NOTHING or right in _CERTAIN):
            value = self._operand(left.removeprefix("typeof "))
            if value is None or right in _CERTAIN:
                return value if value is None or sign == "==" else not value
            return (not value) if sign == "==" else value
        place = self._about(left.removeprefix("typeof ")) or self._counted(left)
        if sign == "instanceof" or left.startswith("typeof ") or (sign == ">" and right == "0"):
            if place is not None:
                self.asked[place] = None
                return sign != "!="
            return None
        return self._matched(found)

    def _contained(self, left: str, right: str) -> Place | None:
        for place in self.places:
            if place.key and right in (place.subject, f"{place.subject}.keys()") and left == place.key:
                return place
            holder, _, name = place.subject.rpartition(".")
            if not place.key and left.strip("\"'") == name and right in (holder, f"{holder}.__dict__"):
                return place
        return None

    def _dated(self, found: Comparison) -> Truth:
        """`now - at < TTL`, `expires > now`, `now >= expires`: which outcome means that it is still fresh."""
        left, sign, right = found
        place = self._mentioned(left) or self._mentioned(right)
        if place is None or sign in ("==", "!=", "instanceof"):
            return None
        sign = sign if self._is_now(left) else _OPPOSITE[sign]
        text = f"{left} {right}"
        bound = bool(words_of(text) & frozenset(self.surroundings.words.expiry))
        return self._timed(place, text, when_fresh=sign in ("<", "<="), bound=bound)

    def _matched(self, found: Comparison) -> Truth:
        """`cached.mtimeMs === stat.mtimeMs`, `cachedFor === id`: equal means that what is kept still holds."""
        left, sign, right = found
        place = self._about(left) or self._about(right)
        if place is None or sign not in ("==", "!="):
            return None
        return self._compared(place, f"{left} {right}", when_alike=sign == "==")

    def _compared(self, place: Place, operands: str, *, when_alike: bool) -> Truth:
        is_stamp = bool(words_of(operands) & frozenset(self.surroundings.words.stamp))
        if not self.allowed & (SAME if is_stamp else KEYED):
            return None
        if is_stamp or self.surroundings.answers:
            self.asked[place] = None
        return when_alike

    def answer(self, needs: int, values: list[str], options: tuple[Option, ...]) -> Recalled:
        """What was found out; `values` is what was stored in the places asked for."""
        seconds = self._seconds(values) if needs & FRESH else None
        timed = [_FIELD.sub("", value) for value in values if self._is_now(value)]
        own = not timed or any(words_of(value) & frozenset(self.surroundings.words.expiry) for value in timed)
        bound = needs & FRESH != 0 and seconds is None and self.expires and own
        return Recalled(tuple(self.asked), needs, seconds, bound, options)

    def _seconds(self, values: Iterable[str]) -> float | None:
        """How long it counts as fresh: the only known length of time in the tests and in what was stored."""
        found: set[float] = set()
        for text in (*self.times, *values):
            for match in _FACTOR.finditer(text):
                length = self._length(match.group())
                if length is not None and length > 0:
                    found.add(length)
        return found.pop() if len(found) == 1 else None

    def _length(self, text: str) -> float | None:
        name = text.rpartition(".")[2]
        value = number(text) if text[0].isdigit() else self.surroundings.constants.get(name)
        if value is None or (text[0].isdigit() and value <= 1):
            return None
        unit = words_of(name)
        if unit & {"ms", "millis", "milliseconds"}:
            return value / 1000
        if unit & {"seconds", "secs", "sec", "s"}:
            return value
        return value / 1000 if self.surroundings.in_milliseconds else value


@lru_cache(maxsize=65536)
def _spelling(names: tuple[str, ...]) -> re.Pattern[str]:
    """Any of the names, as a whole."""
    return re.compile(rf"(?<![\w$.])(?:{'|'.join(map(re.escape, names))})(?![\w$])")


@lru_cache(maxsize=65536)
def _forms(place: Place) -> tuple[str, ...]:
    """How reading a place is written."""
    subject, key = place.subject, place.key
    if not key:
        return (subject,)
    return f"{subject}.get({key})", f"{subject}.has({key})", f"{subject}[{key}]", f"{subject}.get({key}, None)"


def recalled(text: str, *, holds: bool, places: Mapping[Place, str], surroundings: Surroundings) -> Recalled | None:
    """What the condition `text`, which leads to a branch if it `holds`, asks for; None if not for `places`.

    `places` are those that the branch fills, with what is stored there as far as that speaks of time.
    """
    reader = _Reader(tuple(places), surroundings)
    for options, bypass in ((0, False), (BYPASS, False), (BYPASS, True)):
        # what is decided under some assumptions is decided alike under more of them: all together first
        if not reader.decides(text, _TRIED[-1] | options, bypass, holds):
            continue
        for needs in _TRIED:
            if reader.decides(text, needs | options, bypass, holds):
                given = tuple(Option(parameter, name, bypass) for parameter, name in reader.options)
                return reader.answer(needs, [places[place] for place in reader.asked], given)
    return None
