"""Tests of conditions as small trees over their atoms, read from their text, and what is known of one in three values.

The two languages write the same things: `!a && (b || c)`, `not a and (b or c)`.  What cannot be read is an atom of
which nothing is known; so is a test that was too long to be kept whole.
"""

import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Final, NamedTuple

Truth = bool | None  # None: either


class Atom(NamedTuple):
    text: str


class Not(NamedTuple):
    operand: "Test"


class Junction(NamedTuple):
    """All of the operands (`every`), or at least one."""

    operands: tuple["Test", ...]
    every: bool


Test = Atom | Not | Junction

# How nothing is spelled.
NOTHING: Final = frozenset(("null", "undefined", "None"))
CALLED: Final = re.compile(r"(?P<callee>[\w$.]+)\((?P<arguments>.*)\)\Z", re.DOTALL)
_OPEN: Final = "([{"
_CLOSE: Final = ")]}"
_TOKEN: Final = re.compile(
    r"""(?P<string>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`(?:[^`\\]|\\.)*`)"""
    r"""|(?P<word>[\w$]+)|(?P<sign>\?\?|\?\.|\|\||&&|===?|!==?|<=|>=|=>|:=|.)""",
    re.DOTALL,
)
_OR: Final = frozenset(("||", "or"))
_AND: Final = frozenset(("&&", "and"))
_TERNARY: Final = frozenset(("?", "if", "??"))
_COMPARING: Final = frozenset(("===", "==", "!==", "!=", "<=", ">=", "<", ">", "in", "is", "instanceof"))
_WRAPPERS: Final = re.compile(r"(?:Boolean|bool)\((.*)\)\Z", re.DOTALL)
_CHOOSING: Final = (("?", ":"), ("if", "else"))
_DEPTH: Final = 12
_ANY: Final = "(…)"  # an operand of which nothing is known


class Choice(NamedTuple):
    test: str
    chosen: str
    otherwise: str


class Comparison(NamedTuple):
    left: str
    sign: str  # "==", "!=", "<", "<=", ">", ">=", "in", "not in", "instanceof"
    right: str


@lru_cache(maxsize=65536)
def parse(text: str, depth: int = 0) -> Test:
    """The tree of a test's text."""
    text = unwrapped(text)
    if depth > _DEPTH or "…" in text.replace(_ANY, ""):
        return Atom(text)
    tokens = list(_top_level(text))
    words = {word for word, _, _ in tokens}
    if words & _TERNARY or ":=" in words or "=>" in words:
        return Atom(text)
    for signs, every in ((_OR, False), (_AND, True)):
        parts = _split(text, [(start, end) for word, start, end in tokens if word in signs])
        if len(parts) > 1:
            return Junction(tuple(parse(part, depth + 1) for part in parts), every)
    if text.startswith("!") and not words & _COMPARING:
        return Not(parse(text[1:], depth + 1))
    if text.startswith("not "):
        return Not(parse(text[4:], depth + 1))
    return Atom(text)


def unwrapped(text: str) -> str:
    """`text` without parentheses around all of it, `await` before it and conversions to a truth value."""
    while True:
        text = text.strip().removeprefix("await ").strip()
        if text.startswith("(") and _closing(text) == len(text) - 1:
            text = text[1:-1]
            continue
        wrapped = _WRAPPERS.match(text)
        if wrapped is None or _closing(text) != len(text) - 1:
            return text
        text = wrapped.group(1)


def _closing(text: str) -> int:
    """Where the first bracket of `text` is closed; -1 if nowhere."""
    depth = 0
    for token in _TOKEN.finditer(text):
        if token.group() in _OPEN:
            depth += 1
        elif token.group() in _CLOSE:
            depth -= 1
            if depth == 0:
                return token.start()
    return -1


def _top_level(text: str) -> Iterator[tuple[str, int, int]]:
    """The tokens outside all brackets, with their places."""
    depth = 0
    for token in _TOKEN.finditer(text):
        spelled = token.group()
        if spelled in _OPEN:
            depth += 1
        elif spelled in _CLOSE:
            depth -= 1
        elif not depth and not spelled.isspace() and token["string"] is None:
            yield spelled, token.start(), token.end()


def _split(text: str, places: list[tuple[int, int]]) -> list[str]:
    parts, start = [], 0
    for begin, end in places:
        parts.append(text[start:begin])
        start = end
    return [*parts, text[start:]]


def separated(text: str) -> list[str]:
    """The parts of `text` between commas outside all brackets."""
    return _split(text, [(start, end) for word, start, end in _top_level(text) if word == ","])


@lru_cache(maxsize=65536)
def comparison(text: str) -> Comparison | None:
    """`text` as a comparison of two operands; None if it is none, or a chain of several."""
    found = [(word, start, end) for word, start, end in _top_level(text) if word in _COMPARING]
    if len(found) != 1:
        return None
    sign, start, end = found[0]
    left, right = text[:start].strip(), text[end:].strip()
    if sign == "in" and left.endswith(" not"):
        return Comparison(left.removesuffix(" not").strip(), "not in", right)
    if sign == "is":
        return Comparison(left, "!=" if right.startswith("not ") else "==", right.removeprefix("not ").strip())
    return Comparison(left, {"===": "==", "!==": "!="}.get(sign, sign), right)


@lru_cache(maxsize=65536)
def choice(text: str) -> Choice | None:
    """`text` as a choice between two values, `a if test else b`, `test ? a : b`; None if it is none."""
    tokens = list(_top_level(text))
    for signs in _CHOOSING:
        asked = [each for each in tokens if each[0] in signs]
        if tuple(word for word, _, _ in asked) == signs:
            one, two, three = (part.strip() for part in _split(text, [(start, end) for _, start, end in asked]))
            return Choice(one, two, three) if "?" in signs else Choice(two, one, three)
    return None


def missing(atom: str, outcome: bool) -> str:
    """What is not there if `atom` gave `outcome`; "" if the test does not ask for that."""
    compared = comparison(atom)
    if compared is None:
        return "" if outcome else atom
    return compared.left if compared.right in NOTHING and compared.sign == ("==" if outcome else "!=") else ""


def truth(test: Test, known: Callable[[str], Truth]) -> Truth:
    """What `test` evaluates to where `known` tells some of its atoms (Kleene's strong three-valued logic)."""
    if isinstance(test, Atom):
        return known(test.text)
    if isinstance(test, Not):
        inner = truth(test.operand, known)
        return None if inner is None else not inner
    values = [truth(operand, known) for operand in test.operands]
    decisive = not test.every
    if decisive in values:
        return decisive
    return None if None in values else test.every


def implied(test: Test, outcome: bool) -> Iterator[tuple[str, bool]]:
    """The atoms that are decided where `test` gave `outcome`, each with what it gave."""
    if isinstance(test, Atom):
        yield test.text, outcome
    elif isinstance(test, Not):
        yield from implied(test.operand, not outcome)
    elif test.every is outcome:
        for operand in test.operands:
            yield from implied(operand, outcome)


def alternatives(test: Test, outcome: bool) -> list[tuple[str, bool]]:
    """The atoms of which one at least gave what stands with it where `test` gave `outcome`; none if the test combines
    them in another way, or is one atom.
    """
    if isinstance(test, Not):
        return alternatives(test.operand, not outcome)
    if isinstance(test, Atom) or test.every is outcome:
        return []
    found = [list(implied(operand, outcome)) for operand in test.operands]
    return [known[0] for known in found] if all(len(known) == 1 for known in found) else []


def atoms(test: Test) -> Iterator[str]:
    """The texts of the atoms, from left to right."""
    if isinstance(test, Atom):
        yield test.text
    elif isinstance(test, Not):
        yield from atoms(test.operand)
    else:
        for operand in test.operands:
            yield from atoms(operand)
