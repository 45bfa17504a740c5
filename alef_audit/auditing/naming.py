"""What a loop multiplies by, in words: `for (const provider of listProviders(cfg))` runs per "provider"."""

import re
from typing import Final

from alef_audit.callgraph.loop_text import Core, words_in
from alef_audit.callgraph.loops import Multiplicity, Ranged

RETRY: Final = "attempt of the retry"
ROUND: Final = "round"
ITEM: Final = "item"
FOLDER: Final = "directory entry"
RECURSION: Final = "level of recursion"
_IDENTIFIER: Final = re.compile(r"[A-Za-z$][\w$]*")
_BATCH: Final = re.compile(r"range\(\s*0\s*,\s*len\(\s*([\w.]+)\s*\)\s*,")
_SHORTEST: Final = 3  # letters of a loop variable that says something
_MOST_WORDS: Final = 3
_IRREGULAR: Final = {
    "children": "child",
    "people": "person",
    "indices": "index",
    "aliases": "alias",
    "statuses": "status",
}
_NO_PLURAL: Final = ("ss", "us", "is", "series")


def loop_name(loop: Ranged, multiplicity: Multiplicity, parameter: str = "") -> str:
    """The name of one round, to be read after "per": of the collection's elements, or of the loop variable.

    `parameter` is the first one of the callback that runs per element.
    """
    if multiplicity.retries(loop):
        return RETRY
    over = loop.over or multiplicity.queue(loop.test)
    each = _variable(loop.each, multiplicity)
    if not over:
        return each or ROUND
    batch = _BATCH.match(over)
    if batch:
        return f"batch of {' '.join(words_in(batch[1].rpartition('.')[2]))}"
    core = multiplicity.core(over)
    if core.called and core.name in multiplicity.words.folders:
        return each or FOLDER
    named = _elements(over, core, multiplicity)
    if named and named.rsplit(" ", 1)[-1] not in multiplicity.words.broad:
        return named
    each = each or _variable(parameter, multiplicity)
    if each or named:
        return each or named
    if over.startswith("range("):
        return ROUND
    name = " ".join(words_in(core.name))
    return f"item of {name}" if name and not core.called else ITEM


def _elements(over: str, core: Core, multiplicity: Multiplicity) -> str:
    """One of what a plural names, "" if the collection is not named by one."""
    spoken = multiplicity.words
    words = list(words_in(core.name))
    while len(words) > 1 and (words[0] == "all" or (core.called and words[0] in spoken.fetching)):
        words.pop(0)
    words = words[: next((at for at, word in enumerate(words) if at and word in spoken.prepositions), len(words))]
    while over.startswith("range(") and len(words) > 1 and words[0] in spoken.counts:
        words.pop(0)
    words = _trimmed(words, multiplicity, plural=True)
    if not words or singular(words[-1]) == words[-1]:
        return ""
    return " ".join([*words[:-1], singular(words[-1])][-_MOST_WORDS:])


def singular(word: str) -> str:
    """`providers` -> provider, `entries` -> entry; what is no plural stays."""
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    if word.endswith("ies") and len(word) > _SHORTEST + 1 and word != "series":
        return word[:-3] + "y"
    if word.endswith(("sses", "shes", "tches", "xes")):
        return word[:-2]
    if word.endswith("s") and not word.endswith(_NO_PLURAL) and len(word) >= _SHORTEST:
        return word[:-1]
    return word


def _variable(text: str, multiplicity: Multiplicity) -> str:
    """The name of a loop variable; of several the last one that says something; "" if none does."""
    for identifier in reversed(_IDENTIFIER.findall(text)):
        words = _trimmed(list(words_in(identifier)), multiplicity)
        if len(identifier) >= _SHORTEST and words and identifier.lower() not in multiplicity.words.generic:
            return " ".join([*words[:-1], singular(words[-1])][-_MOST_WORDS:])
    return ""


def _trimmed(words: list[str], multiplicity: Multiplicity, *, plural: bool = False) -> list[str]:
    """Without the last words that a reader does not need; the word before them takes their plural."""
    cut = len(words)
    while cut > 1 and words[cut - 1] in multiplicity.words.trailing:
        cut -= 1
    if plural and cut < len(words) and words[-1].endswith("s") and singular(words[cut - 1]) == words[cut - 1]:
        return [*words[: cut - 1], words[cut - 1] + "s"]
    return words[:cut]
