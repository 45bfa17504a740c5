"""What functions keep beyond themselves: stores into outer variables, fields and maps, and what locals were read from.

Rows of `FileFacts.kept`, ROW 32-bit integers each, back to back (native ``array('i')`` bytes).  Texts are names of the
file (indices into `FileFacts.names`), as written, on one line.  Whether any of this is a cache is decided later, from
the conditions around it.
"""

from array import array
from collections.abc import Iterator
from typing import Final, NamedTuple

ROW: Final = 9

# kinds of rows
READ: Final = 0  # the local variable `subject` was bound to `value`
STORE: Final = 1  # something was put into `subject`, under `key` if that is not ""
CLEAR: Final = 2  # `subject` (or its `key`) was emptied: null, None, an empty collection, clear(), delete
NUMBER: Final = 3  # the constant `subject` of the module is `value`, a number or product of numbers
# `subject`, a variable or a field of one, takes another value than the one it was declared with; a parameter outside of
# loops the literal `value`, spelled as in `flows`, "" for any other
REBOUND: Final = 4
# the class `key` declares the field `subject`, with the literal `value` as its default; or required, see `flows`
FIELD: Final = 5
# `subject` is handed to a call of `value` first, the other arguments are `key`; or it is what a method of a path is
# called of
LENT: Final = 6
HELD: Final = 7  # the local `subject`, which an early exit tests, holds what a call of `value` at `line` gives
# `subject`, a constant of the module or a member of one (`MODE`, `Kind.READY`), is the literal `value`, spelled as in
# `flows`; "" if it takes other values too.  Of members of a Python enumeration `key` says how they compare: AS_VALUE …
LITERAL: Final = 8
# the local variable `subject` was bound to `value`: what a file was read into, or something that speaks of such a local
LOADED: Final = 9
# a constructor binds `subject`, a field of the object, to `value`; "…" if it does so on some paths only
BOUND: Final = 10
# a nested function declares `subject`, a name that a function around it declares as well
SHADOW: Final = 11
# the local variable `subject` was bound to something if the test `value` held, and to nothing otherwise; `key` is
# OTHERWISE if it is the other way round
CHOSEN: Final = 12
OTHERWISE: Final = "otherwise"

# how the members of an enumeration compare: each like its value, or with itself only
AS_VALUE: Final = "value"
AS_MEMBER: Final = "member"

# owners of the name that a subject starts with, besides functions (0 = the module)
UNKNOWN: Final = -1  # declared nowhere in the file: a global
RECEIVER: Final = -2  # `this`, `self`, `cls`


class Row(NamedTuple):
    kind: int
    function: int
    condition: int  # innermost condition it stands under, -1 = none
    line: int
    subject: int
    key: int
    value: int  # for STORE only where it speaks of time
    owner: int  # function that declares the name that `subject` (READ: `value`) starts with, or a constant above
    slot: int  # of that name, 0 if it is declared nowhere


def rows(kept: bytes) -> Iterator[Row]:
    """The rows of `FileFacts.kept`."""
    values = array("i")
    values.frombytes(kept)
    integers = iter(values)
    return (Row._make(row) for row in zip(*[integers] * ROW, strict=True))
