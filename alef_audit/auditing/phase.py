"""Is a path the auth phase? Decided by the kind of the blocking call, else by the words along the path.

What counts is work done for authentication, not a word somewhere above it:

* what a function is called speaks for everything below it, until the path turns to something else (logging);
* a handler's name says what a request is for, and a name that removes something what is administered: both speak for
  the calls made in that function and one further down;
* what a method's class is called speaks for the method and the plain functions below it, not for other classes, and not
  for methods that pass on whatever comes (`AuthMiddleware.dispatch`).
"""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Final, NamedTuple

from alef_audit.rulepack.lexicon import AuthWords, TestWords

_WORDS: Final = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+\d*|[A-Z]+\d*|\d+")
_DOTTED: Final = re.compile(r"[\w$.]+")
_ENTRY: Final = re.compile(r"""(?P<table>.*)\[["'](?P<key>.*)["']\]""")
_LAST_NAME: Final = re.compile(r"([\w$]+)[^\w$]*$")
_LONGEST_PHRASE: Final = 3
_VERBS: Final = 2  # words at the start of a name among which its verb is looked for: `async_delete_token`


class Step(NamedTuple):
    """One function of a path and the call made in it, as a report shows them."""

    function: str
    call: str


@lru_cache(maxsize=65536)
def split_words(name: str) -> tuple[str, ...]:
    """Lower-case words of an identifier: `readOAuthToken_v2` -> read, o, auth, token, v2."""
    return tuple(word.lower() for word in _WORDS.findall(name.replace("OAuth", "Oauth")))


class Named(NamedTuple):
    """What the label of a function says about authentication."""

    own: tuple[str, ...]  # the words of its own name
    family: tuple[str, ...]  # those of its class, table or outer function
    member_of: str  # that class, "" for plain functions
    removes: bool
    aside: bool  # it is about something that all work does: logging


class Lexicon:
    """The vocabulary by which paths are told apart: that of authentication, prepared for matching (phrases as tuples of
    words), and that of tests.
    """

    __slots__ = (
        "_known",
        "_named",
        "aside",
        "asking",
        "granted",
        "neutral",
        "passing",
        "removing",
        "strong",
        "tests",
        "weak",
        "writing",
    )

    def __init__(self, words: AuthWords, tests: TestWords) -> None:
        self.tests = tests
        self.strong = _phrases(words.strong)
        self.weak = _phrases(words.weak)
        self.neutral = _phrases(words.neutral)
        self.aside = _phrases(words.aside)
        self.passing = frozenset(words.passing)
        self.removing = frozenset(words.removing)
        self.writing = frozenset(words.writing)
        self.asking = frozenset(words.asking)
        self.granted = frozenset(words.granted)
        self._known: dict[str, tuple[str, ...]] = {}
        self._named: dict[str, Named] = {}

    def words_of(self, name: str) -> tuple[str, ...]:
        """The words that make `name` speak of authentication, () if it does not."""
        known = self._known.get(name)
        if known is None:
            known = self._known[name] = self._decide(split_words(name))
        return known

    def writes(self, call: str) -> bool:
        """Whether the call of that name puts something away: `fs.writeFileSync`."""
        return not self.writing.isdisjoint(split_words(_last_name(call)))

    def words_of_check(self, name: str) -> tuple[str, ...]:
        """The words that make a function whose answer is tested a check of authentication: `hasPermission`, too."""
        words = split_words(name)
        asking = next((at for at, word in enumerate(words) if word in self.asking), len(words))
        return self.words_of(name) or tuple(word for word in words[asking:] if word in self.granted)

    def named(self, label: str) -> Named:
        """What `label` says, apart from what stands around it."""
        known = self._named.get(label)
        if known is None:
            known = self._named[label] = self._name(label)
        return known

    def speaks(self, label: str) -> bool:
        """Whether a function of that name may make a path the auth phase from afar."""
        named = self.named(label)
        return bool(named.family or (named.own and not named.removes))

    def phase_words(self, steps: Sequence[Step], *, handler: bool) -> tuple[str, ...]:
        """The words that make a path, root first, the auth phase; () if it is not.

        `handler` tells whether the root answers requests, messages and the like, so that its name says what those are
        for.
        """
        last = len(steps) - 1
        found: list[str] = []
        family: list[str] = []
        owner = ""
        for index, step in enumerate(steps):
            named = self.named(step.function)
            if named.member_of and named.member_of != owner:
                owner, family = named.member_of, []
            if named.aside:
                found, family = [], []
                continue
            is_near = index >= last - 1
            is_root = handler and not index
            if is_near or not (is_root or named.removes):
                found += named.own
            if index == last or not is_root:
                family = [*family, *named.family]
            if index == last:
                found += self.words_of(step.call)
            elif is_near or not self._removes(step.call):
                found += self.words_of(_last_name(step.call))
        return tuple(dict.fromkeys((*family, *found)))

    def _decide(self, words: tuple[str, ...]) -> tuple[str, ...]:
        left = _without(words, self.neutral)
        strong = _found(left, self.strong)
        if strong:
            return strong
        weak = _found(left, self.weak)
        return weak if len(set(weak)) >= 2 else ()

    def _name(self, label: str) -> Named:
        family, own = _parts(label)
        words = split_words(own)
        passes_on = not self.passing.isdisjoint(words[:_VERBS]) or own == "__call__"
        return Named(
            own=self.words_of(own),
            family=() if passes_on else self.words_of(family),
            member_of=family,
            removes=self._removes(own),
            aside=self._is_aside(own) or self._is_aside(family),
        )

    def _is_aside(self, name: str) -> bool:
        return bool(_found(_without(split_words(name), self.strong), self.aside))

    def _removes(self, name: str) -> bool:
        return not self.removing.isdisjoint(split_words(_last_name(name))[:_VERBS])


def _parts(label: str) -> tuple[str, str]:
    """What a function belongs to, "" for plain ones, and its own name: ("Store", "read") of `Store.read`."""
    if _DOTTED.fullmatch(label):
        family, _, own = label.rpartition(".")
        return family, own
    entry = _ENTRY.fullmatch(label)
    return (entry["table"], entry["key"]) if entry else ("", label)


def _last_name(text: str) -> str:
    found = _LAST_NAME.search(text)
    return found[1] if found else ""


def _phrases(entries: tuple[str, ...]) -> frozenset[tuple[str, ...]]:
    return frozenset(tuple(entry.split()) for entry in entries)


def _without(words: tuple[str, ...], phrases: frozenset[tuple[str, ...]]) -> tuple[str, ...]:
    """`words` with every phrase blanked out, longest first."""
    left = list(words)
    for size in range(_LONGEST_PHRASE, 0, -1):
        at = 0
        while at + size <= len(left):
            if tuple(left[at : at + size]) in phrases:
                left[at : at + size] = ["-"] * size
                at += size
            else:
                at += 1
    return tuple(left)


def _found(words: tuple[str, ...], phrases: frozenset[tuple[str, ...]]) -> tuple[str, ...]:
    found = []
    for size in range(_LONGEST_PHRASE, 0, -1):
        for at in range(len(words) - size + 1):
            phrase = words[at : at + size]
            if phrase in phrases and " ".join(phrase) not in found:
                found.append(" ".join(phrase))
    return tuple(found)
