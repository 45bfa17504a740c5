"""The access-path words of model rows, parsed.

Steps and their spelling follow CodeQL's "access paths" for models as data
(https://codeql.github.com/docs/codeql-language-guides/customizing-library-models-for-python/): `Member[a,b]`,
`ReturnValue`, `Awaited`, `Instance`, `Argument[…]`, `Parameter[n]`.
"""

import re
from typing import Final, Literal

import msgspec

StepWord = Literal["Member", "ReturnValue", "Awaited", "Instance", "Argument", "Parameter"]
_STEP: Final = re.compile(
    r"(Member|ReturnValue|Awaited|Instance|Argument|Parameter)(?:\[([^\[\]]*)\])?(?:\.(?=.)|\Z)", re.DOTALL
)
_POSITION: Final = re.compile(r"-?[0-9]{1,4}")
_SLICE: Final = re.compile(r"(-?[0-9]{1,4}):")
_KEYWORD: Final = re.compile(r"([A-Za-z_$][\w$]*):")


class PathError(ValueError):
    """A path or selector that does not follow the grammar; the message says where."""


class Step(msgspec.Struct, frozen=True):
    word: StepWord
    names: tuple[str, ...] = ()  # of Member, Argument


class Selector(msgspec.Struct, frozen=True):
    """Which arguments of a call: positions (negative: from the end), a tail slice, keywords; a field of the value."""

    positions: tuple[int, ...]
    tail_from: int | None
    keywords: tuple[str, ...]
    fields: tuple[tuple[str, ...], ...]  # Member steps after the argument, alternatives each; "*" = every field
    every: bool  # Argument[*]


def parse_path(text: str) -> tuple[Step, ...]:
    """Split a `path` into steps. Raises PathError."""
    steps: list[Step] = []
    at = 0
    while at < len(text):
        match = _STEP.match(text, at)
        if match is None:
            raise PathError(f"not a path step at column {at + 1} of {text!r}")
        word, inner = match.group(1), match.group(2)
        bracketed = word in ("Member", "Argument", "Parameter")
        if bracketed != (inner is not None):
            raise PathError(f"{word} {'needs' if bracketed else 'takes no'} [...] in {text!r}")
        names = tuple(part.strip() for part in inner.split(",")) if inner is not None else ()
        if not all(names):
            raise PathError(f"an empty name in {word}[{inner}] of {text!r}")
        steps.append(Step(word, names))  # type: ignore[arg-type]
        at = match.end()
    if not steps:
        raise PathError("empty path")
    return tuple(steps)


def parse_selector(text: str) -> Selector:
    """Read `Argument[0,handler:].Member[fetch]` and its like. Raises PathError."""
    steps = parse_path(text)
    if steps[0].word != "Argument" or any(step.word != "Member" for step in steps[1:]):
        raise PathError(f"expected Argument[...] and optional Member[...] steps, got {text!r}")
    positions: list[int] = []
    keywords: list[str] = []
    tail: int | None = None
    every = False
    for part in steps[0].names:
        if part == "*":
            every = True
        elif _POSITION.fullmatch(part):
            positions.append(int(part))
        elif slice_ := _SLICE.fullmatch(part):
            tail = int(slice_.group(1))
        elif keyword := _KEYWORD.fullmatch(part):
            keywords.append(keyword.group(1))
        else:
            raise PathError(f"not an argument: {part!r} in {text!r}")
    fields = tuple(step.names for step in steps[1:])
    return Selector(tuple(positions), tail, tuple(keywords), fields, every)
