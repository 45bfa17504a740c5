"""What a loop ranges over, with everything around it taken away: `Object.entries(cfg.providers ?? {})` -> providers."""

import re
from functools import lru_cache
from typing import Final, NamedTuple

from alef_audit.rulepack.lexicon import LoopWords

_WORDS: Final = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+")
_LEADING: Final = re.compile(r"(?:await|yield|new)\s+")
_DEFAULT: Final = re.compile(r"\s*(?:\?\?|\|\||\bor\b)\s*.*$", re.DOTALL)
_LENGTH: Final = re.compile(r"\blen\(\s*([\w.]+)\s*\)|([\w$.]+)\.length\b")
_KEY: Final = re.compile(r"""\[\s*["'](\w+)["']\s*\]$""")
_CALLED: Final = re.compile(r"([\w$]*)[!?]*\s*(?:[(<].*)?$", re.DOTALL)
_BRACKET: Final = re.compile(r"[][(){}]")
_OPENING: Final = "([{"
_CLOSING: Final = ")]}"
_MOST_LAYERS: Final = 8


class Core(NamedTuple):
    name: str  # the identifier that names the collection, "" if there is none
    called: bool  # it is the function that gives the collection
    literal: bool  # the elements are written in place


def words_in(text: str) -> tuple[str, ...]:
    """The words of all identifiers in a text, in lower case."""
    return tuple(word.lower() for word in _WORDS.findall(text))


def core_of(over: str, words: LoopWords) -> Core:
    """The collection below wrappers, defaults and chained calls that keep its elements."""
    text = _before_the_cut(over)
    for _ in range(_MOST_LAYERS):
        text = _LEADING.sub("", text.strip(), count=1) if _LEADING.match(text.strip()) else text.strip()
        if text.startswith("range("):
            found = _LENGTH.search(text)
            inside = text[len("range(") :].rstrip(") ").split(",")
            text = (found[1] or found[2]) if found else inside[min(1, len(inside) - 1)].strip()
            break
        unpacked = _unpacked(text)
        if unpacked is None:
            return Core("", called=False, literal=True)
        below = _below(unpacked, words)
        if below == text:
            break
        text = below
    segments = _segments(_top_level(text))
    last = segments[-1] if segments else ""
    key = _KEY.search(last)
    if key:
        return Core(key[1], called=False, literal=False)
    last = last.split("[", 1)[0]
    called = _CALLED.fullmatch(last)
    return Core(called[1] if called else "", called="(" in last, literal=False)


def _unpacked(text: str) -> str | None:
    """`text` without brackets around it; None for a literal with its elements in place."""
    opening = text[:1]
    if " for " in text:
        return text.split(" for ", 1)[1].split(" in ", 1)[-1].split(" if ", 1)[0].rstrip(_CLOSING)
    if not opening or opening not in _OPENING:
        return text
    inside = text[1 : _end(text)]
    rest = text[_end(text) + 1 :]
    if opening == "(" and "," not in _top_level(inside, ","):
        return inside + rest
    spread = inside.strip()
    if spread.startswith(("...", "*")) and "," not in _flat(spread):
        return spread.lstrip(".*") + rest
    return None if "..." not in inside and "*" not in inside else spread


def _below(text: str, words: LoopWords) -> str:
    """`text` one layer down: the argument of a wrapper, or what a chain of calls starts from."""
    segments = _segments(_top_level(text))
    while True:
        joined = ".".join(segments)
        callee, opened, rest = joined.partition("(")
        if opened and callee.strip() in words.wrappers:
            return _first(rest[: _end("(" + rest) - 1])
        last = segments[-1] if len(segments) > 1 else ""
        if _callee(last) not in (words.methods if "(" in last else words.containers):
            return joined
        segments.pop()


def _before_the_cut(text: str) -> str:
    """A shortened text up to what is left out of its middle; a name that is cut in two is dropped."""
    head, cut, _ = text.partition("…")
    if not cut or _flat(head + "x")[-1] == " ":
        return head
    return ".".join(_segments(head)[:-1])


def _callee(segment: str) -> str:
    return re.split(r"[(<\[!?]", segment, maxsplit=1)[0].strip()


def _first(arguments: str) -> str:
    """The first of several arguments."""
    flat = _flat(arguments)
    at = flat.find(",")
    return arguments[:at] if at >= 0 else arguments


def _top_level(text: str, stop: str = "") -> str:
    """`text` up to a default that stands outside of all brackets; with `stop`, only what stands outside of them."""
    if stop:
        return _flat(text)
    found = _DEFAULT.search(_flat(text))
    return text[: found.start()] if found else text


@lru_cache(maxsize=4096)
def _flat(text: str) -> str:
    """`text` with what stands in brackets blanked out."""
    depth, at = 0, 0
    flat = []
    for found in _BRACKET.finditer(text):
        bracket, between = found.group(), text[at : found.start()]
        flat.append(" " * len(between) if depth > 0 else between)
        depth -= bracket in _CLOSING
        flat.append(" " if depth > 0 else bracket)
        depth += bracket in _OPENING
        at = found.end()
    flat.append(" " * (len(text) - at) if depth > 0 else text[at:])
    return "".join(flat)


def _segments(text: str) -> list[str]:
    """A chain of members, split at the dots outside of brackets."""
    flat = _flat(text)
    cuts = [at for at, character in enumerate(flat) if character == "."]
    starts = [0, *(at + 1 for at in cuts)]
    return [
        part.strip()
        for part in (text[start:end] for start, end in zip(starts, [*cuts, len(text)], strict=True))
        if part
    ]


def _end(text: str) -> int:
    """Where the bracket that `text` starts with is closed; its length if it is not."""
    depth = 0
    for at, character in enumerate(text):
        depth += character in _OPENING
        depth -= character in _CLOSING
        if not depth:
            return at
    return len(text)
