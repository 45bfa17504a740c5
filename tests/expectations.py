"""Expectations written beside the code they speak about, in one comment grammar for `#` and `//`:

    something()  # $ tag[=value] ... MISSED: tag[=value] ... FALSE-ALARM: tag[=value] ... # why, in words

`MISSED:` holds for what follows it: true of the code, not found yet.  `FALSE-ALARM:` likewise: found, and not true.
A value that contains spaces stands in single or double quotes.
"""

import re
from collections.abc import Collection, Iterable, Iterator
from typing import Literal, get_args

import msgspec

Tag = Literal["import", "call", "root", "sink", "guard", "finding", "unresolved", "discharged", "suppressed", "silent"]
Status = Literal["expected", "missed", "false-alarm"]

TAGS: frozenset[str] = frozenset(get_args(Tag))

_COMMENT = re.compile(r"(?:^|\s)(?:#|//)\s*\$(?:\s+|$)(?P<body>.*)$")
_WORD = re.compile(
    r"(?:(?P<mark>MISSED|FALSE-ALARM):|(?P<tag>[a-z-]+)(?:=(?P<value>\"[^\"]*\"|'[^']*'|\S+))?)(?:\s+|$)"
)
_STATUS: dict[str, Status] = {"MISSED": "missed", "FALSE-ALARM": "false-alarm"}


class Fact(msgspec.Struct, frozen=True, order=True):
    """Something found on a line (1-based); `value` is empty for tags that have none."""

    line: int
    tag: str
    value: str = ""


class Expectation(msgspec.Struct, frozen=True, order=True):
    """A fact that a comment speaks about, and what the comment says of it."""

    line: int
    tag: str
    value: str = ""
    status: Status = "expected"

    @property
    def fact(self) -> Fact:
        return Fact(self.line, self.tag, self.value)


def expectations(text: str) -> tuple[Expectation, ...]:
    """All expectations in a file's text, by line. Raises ValueError, naming the line, for one that cannot be read."""
    found: dict[Fact, Expectation] = {}
    # Not `splitlines`: it also splits at form feeds and the like, which parsers do not count as lines.
    for number, line in enumerate(re.split(r"\r\n|\r|\n", text), start=1):
        comment = _COMMENT.search(line)
        if comment is None:
            continue
        for expectation in _read(number, comment["body"]):
            if expectation.fact in found:
                raise ValueError(f"line {number}: {_words(expectation.fact)} is written down twice")
            found[expectation.fact] = expectation
    return tuple(found.values())


def _read(line: int, body: str) -> Iterator[Expectation]:
    """The expectations in the text behind the dollar sign."""
    status: Status = "expected"
    position = 0
    empty = True
    while position < len(body) and not body.startswith(("#", "//"), position):
        word = _WORD.match(body, position)
        if word is None:
            raise ValueError(f"line {line}: cannot read {body[position:]!r}")
        if word["mark"]:
            status = _STATUS[word["mark"]]
        elif word["tag"] not in TAGS:
            raise ValueError(f"line {line}: unknown tag {word['tag']!r}, known are {', '.join(sorted(TAGS))}")
        else:
            empty = False
            yield Expectation(line, word["tag"], _unquoted(word["value"] or ""), status)
        position = word.end()
    if empty:
        raise ValueError(f"line {line}: an expectation comment without an expectation")


def _unquoted(value: str) -> str:
    quoted = len(value) >= 2 and value[0] in "\"'" and value[0] == value[-1]
    return value[1:-1] if quoted else value


def compare(
    expected: Iterable[Expectation], actual: Iterable[Fact], listen: Collection[str] | None = None
) -> tuple[str, ...]:
    """What does not agree, one sentence each, by line; empty if all does.

    `listen` names the tags that the test is about: others are left out on both sides. Without it all tags count.
    """
    written = {entry.fact: entry.status for entry in expected if listen is None or entry.tag in listen}
    found = {fact for fact in actual if listen is None or fact.tag in listen}
    complaints = ((fact, _complaint(fact, written.get(fact), fact in found)) for fact in sorted(found | set(written)))
    return tuple(f"line {fact.line}: {complaint}" for fact, complaint in complaints if complaint)


def _complaint(fact: Fact, status: Status | None, is_found: bool) -> str:
    words = _words(fact)
    match status:
        case None:
            return f"{words} was found but is not written down"
        case "expected":
            return "" if is_found else f"{words} is written down but was not found"
        case "missed":
            return f"MISSED: {words} was found: fixed, remove the marker" if is_found else ""
        case "false-alarm":
            return "" if is_found else f"FALSE-ALARM: {words} is gone: fixed, remove the marker"


def _words(fact: Fact) -> str:
    if not fact.value:
        return fact.tag
    return f'{fact.tag}="{fact.value}"' if re.search(r"\s", fact.value) else f"{fact.tag}={fact.value}"
