"""Is a path the auth phase? Decided by the kind of the blocking call, else by the words along the path."""

import re
from functools import lru_cache
from typing import Final

from alef_audit.rulepack.lexicon import AuthWords

_WORDS: Final = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+\d*|[A-Z]+\d*|\d+")


@lru_cache(maxsize=65536)
def split_words(name: str) -> tuple[str, ...]:
    """Lower-case words of an identifier: `readOAuthToken_v2` -> read, o, auth, token, v2."""
    return tuple(word.lower() for word in _WORDS.findall(name.replace("OAuth", "Oauth")))


class Lexicon:
    """The auth vocabulary, prepared for matching: phrases as tuples of words."""

    __slots__ = ("_known", "neutral", "strong", "weak")

    def __init__(self, words: AuthWords) -> None:
        self.strong = frozenset(tuple(entry.split()) for entry in words.strong)
        self.weak = frozenset(tuple(entry.split()) for entry in words.weak)
        self.neutral = frozenset(tuple(entry.split()) for entry in words.neutral)
        self._known: dict[str, tuple[str, ...]] = {}

    def words_of(self, name: str) -> tuple[str, ...]:
        """The words that make `name` speak of authentication, () if it does not."""
        known = self._known.get(name)
        if known is None:
            known = self._known[name] = self._decide(split_words(name))
        return known

    def _decide(self, words: tuple[str, ...]) -> tuple[str, ...]:
        left = _without(words, self.neutral)
        strong = _found(left, self.strong)
        if strong:
            return strong
        weak = _found(left, self.weak)
        return weak if len(set(weak)) >= 2 else ()


def _without(words: tuple[str, ...], phrases: frozenset[tuple[str, ...]]) -> tuple[str, ...]:
    """`words` with every phrase blanked out, longest first."""
    left = list(words)
    for size in (3, 2, 1):
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
    for size in (3, 2, 1):
        for at in range(len(words) - size + 1):
            phrase = words[at : at + size]
            if phrase in phrases and " ".join(phrase) not in found:
                found.append(" ".join(phrase))
    return tuple(found)
