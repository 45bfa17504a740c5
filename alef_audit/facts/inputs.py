"""What single functions work with: facts on demand, read for the functions that a fix is proposed for.

They are not part of `FileFacts`: few functions need them, and those of all others would only be carried along.
"""

from typing import Final, Literal, NamedTuple

import msgspec

OriginKind = Literal["parameter", "loop", "captured", "name"]
RECEIVER: Final = -1  # number of the parameter that is `this`, `self`, `cls`


class Origin(NamedTuple):
    """One thing that a value depends on.

    `parameter`: `number` is its index, as in `Function.parameters`, or RECEIVER.  `loop`: `number` is the line of a
    loop around the value that binds or changes it anew each round.  `captured`: a variable of an enclosing function.
    `name`: a method or a name from outside of all functions that is called on the way.
    """

    kind: OriginKind
    number: int = 0
    name: str = ""


Origins = frozenset[Origin]


class ArgumentInputs(NamedTuple):
    label: str  # of a keyword argument, else ""
    origins: Origins


class CallInputs(msgspec.Struct, frozen=True):
    """What a call works with, besides what is called; `line` and `column` are those of the call table."""

    line: int
    column: int
    receiver: Origins
    arguments: tuple[ArgumentInputs, ...]


class FunctionInputs(msgspec.Struct, frozen=True):
    """`fields` are names of what is read off or destructured from parameters and the receiver, in order; `words` all
    names in the function; `variables` its parameters and locals with what they depend on.
    """

    fields: tuple[str, ...] = ()
    words: frozenset[str] = frozenset()
    calls: tuple[CallInputs, ...] = ()
    variables: tuple[tuple[str, Origins], ...] = ()


class Asked(NamedTuple):
    """A function that is asked about: where it starts, as `Function` says, and the lines and columns of calls in it."""

    line: int
    column: int
    calls: frozenset[tuple[int, int]]
