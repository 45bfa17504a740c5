"""The value-flow rows of a file: a small constraint language over local integer slots.

A *slot* stands for one variable or expression value of the file.  Slot 0 means "nothing that can lead to a callable"
and is never a destination.  A row is five 32-bit integers ``(op, a, b, c, line)``; rows are stored back to back in
`FileFacts.flows` (native ``array('i')`` bytes).  Names are indices into `FileFacts.names`.

The language follows the points-to tradition (Andersen 1994; Feldthaus et al. 2013, "Efficient construction of
approximate call graphs for JavaScript IDE services"; Salis et al. 2021, "PyCG"): flow-insensitive inclusion
constraints over allocation sites.
"""

import sys
from array import array
from collections.abc import Iterator, Mapping
from itertools import compress
from typing import Final

ROW: Final = 5  # integers per row
FIRST: Final = 1  # position of `a` in a row

# op            a      b        c       meaning
ENTER: Final = (
    0  # function              the rows that follow are written in this function (index), until the next ENTER
)
COPY: Final = 1  # dst    src              values of src reach dst
FUNCTION: Final = 2  # dst    function         dst holds that function of this file
CLASS: Final = 3  # dst    class            dst holds that class (not an instance)
OBJECT: Final = 4  # dst    object           dst holds that allocation site (object, list, map literal)
LOAD: Final = 5  # dst    base     name    dst holds base.name; name ELEMENT = any field or element
ATTRIBUTE: Final = (
    17  # dst    base     name    a LOAD that cannot be of an element: `base.name` where that is not `base["name"]`
)
STORE: Final = 6  # base   src      name    base.name = src; name ELEMENT = under an unknown key; src 0: a plain value
IMPORT: Final = 7  # dst    import           dst holds what that import binds
GLOBAL: Final = 8  # dst    0        name    dst holds the builtin or global of that name (free variable of the file)
SELF: Final = 9  # dst    class            dst holds an instance of the class or of one of its subclasses
TYPE: Final = 10  # dst    src              dst holds an instance of the class or interface that src evaluates to
SUPER: Final = 11  # dst    class            dst holds the superclass view of an instance of the class
SPREAD: Final = 12  # dst    src              every field of src is also a field of the object in dst
COLLECT: Final = 15  # dst    src              dst holds a new collection of the elements of src: slices, `a + b`
PAIR: Final = 16  # dst    0        name    dst holds a pair whose first element is the string `name`
MATCH: Final = 30  # dst    base     pattern dst holds base's fields and members whose names fit `pattern` ("on*")
MODULE: Final = 31  # dst                     dst holds the module of this file: `globals()`
KEYED: Final = 33  # dst    base     name    dst holds what base has under the name in the parameter `name`
HANDED: Final = 32  # parameter how           the function returns that parameter; for how see HANDED_AS_IS
ITERATE: Final = 40  # dst    src      way     dst holds what iterating over src gives, by a method of its own

CLASS_OF: Final = 13  # dst    src              dst holds the class of the instance in src
SUPER_OF: Final = 14  # dst    src              dst holds the superclass view of an instance of the class in src

# ways of an ITERATE row, bits
ASYNCHRONOUS: Final = 1  # `for await`, and whatever iterates in an async generator
EXHAUSTS: Final = 2  # spread, `yield*`: never ends early

# Attributes that are read, set or deleted by a function: stored on the class under these prefixes and the name.
GET: Final = "get "
SET: Final = "set "
DELETE: Final = "delete "
ACCESSORS: Final = (GET, SET, DELETE)
# What makes the default of a field of a generated constructor: stored on the class under this prefix and the name.
FACTORY: Final = "make "

# Reserved names: indices into FileFacts.names.
NO_NAME: Final = 0  # ""
ELEMENT: Final = 1  # "*"
EACH: Final = 2  # "[]": what iterating gives; the elements of a list, the keys of a dict, the pairs of a Map
ANY_NAME: Final = 3  # "<any>": `setattr` under a name that is not known
RESERVED: Final = ("", "*", "[]", "<any>")

# The elements of a literal sequence are stored under their position as long as it is known and below this; later
# ones under ELEMENT.  A read of a position sees ELEMENT too, a read of ELEMENT every field.
POSITIONS: Final = 8
# The field of an object that stands for a type alias or new type: instances of what it names.
ALIASED: Final = "<instance>"
# What is sent to a generator.
SENT_FIELD: Final = "<sent>"

# Fields that no source can spell: what calling a function (or a declared function type) gives, and what an instance of
# a type alias is besides the alias's own members (`type Pool = Worker[]`).
CALLED: Final = "()"
WHOLE: Final = "(whole)"


def parameter_name(position: int) -> str:
    """The field of a declared function type that holds what it says of the parameter at `position`."""
    return f"({position})"


# What a generator returns at its end: the value of `yield*`.
RETURNED_VALUE: Final = "(returned)"
# Names of the methods that make a value iterable.
ITERATOR: Final = "[Symbol.iterator]"
ASYNC_ITERATOR: Final = "[Symbol.asyncIterator]"

# Columns that hold slots, per op: what a linker has to relocate.
SLOT_COLUMNS: Final[dict[int, tuple[int, ...]]] = {
    COPY: (1, 2),
    FUNCTION: (1,),
    CLASS: (1,),
    OBJECT: (1,),
    LOAD: (1, 2),
    ATTRIBUTE: (1, 2),
    STORE: (1, 2),
    IMPORT: (1,),
    GLOBAL: (1,),
    SELF: (1,),
    TYPE: (1, 2),
    SUPER: (1,),
    SPREAD: (1, 2),
    COLLECT: (1, 2),
    PAIR: (1,),
    ITERATE: (1, 2),
    MATCH: (1, 2),
    KEYED: (1, 2),
    MODULE: (1,),
    CLASS_OF: (1, 2),
    SUPER_OF: (1, 2),
}

# What a function with a row HANDED gives back of its parameter: the argument, an element of it, an instance of it.
# Parameter RECEIVER is the object before the dot of the call, or an instance of the class that stands there.
HANDED_AS_IS: Final = 0
HANDED_ELEMENT: Final = 1
HANDED_INSTANCE: Final = 2
RECEIVER_PARAMETER: Final = -1

# --- calls: a head of CALL_HEAD integers, then CALL_ARG integers per argument, back to back in `FileFacts.calls` ---
CALL_HEAD: Final = 13
CALL_ARG: Final = 3
# offsets in the head
ARG_COUNT: Final = 0  # number of arguments that follow
IN_FUNCTION: Final = 1  # index of the innermost enclosing function (0 = module body)
LINE: Final = 2  # 1-based line where the call expression's callee name stands (`a\n .b()` -> the line of `b`)
COLUMN: Final = 3  # 1-based column (UTF-8 bytes) of the start of the call expression
CALLEE: Final = 4  # slot of the called value
RECEIVER: Final = 5  # slot of the object before the last dot, or 0
MEMBER: Final = 6  # name after the last dot, or the called name itself; NO_NAME for other expressions
TEXT: Final = 7  # callee as written, one line, at most 80 characters ("this.store.read"), for display
RESULT: Final = 8  # slot that takes the call's value, 0 if unused
FLAGS: Final = 9
LOOP: Final = 10  # index into FileFacts.loops of the innermost loop around the call in the same function, -1 = none
CONDITION: Final = 11  # index into FileFacts.conditions of the innermost condition it runs under, -1 = none
END_LINE: Final = 12
# offsets in an argument
ARG_LABEL: Final = 0  # NO_NAME = positional, a name = keyword argument, SPREAD_POSITIONAL or SPREAD_KEYWORD
ARG_SLOT: Final = 1  # 0 when the argument cannot bear a callable
ARG_LITERAL: Final = 2  # name of a literal, see below and `options_literal`; NO_NAME when the argument is no literal
SPREAD_POSITIONAL: Final = -1
SPREAD_KEYWORD: Final = -2

# call flags
AWAITED: Final = 1  # operand of await (also `yield from` in a coroutine generator, `for await`, `async with`)
NEW: Final = 2  # `new X(...)`
DECORATOR: Final = 4  # application of a decorator: the one argument is the decorated function or class
IMPLICIT: Final = 8  # not written as a call: `with` (__enter__/__aenter__), iteration (__iter__), operators
DISCARDED: Final = 16  # an expression statement: nobody looks at the value
RETURNED: Final = 32  # the value is returned (or is the body of an arrow function or lambda)
OPTIONAL: Final = 64  # `f?.()`
IN_TEST: Final = 128  # the value decides a condition: operand of if, while, !, &&, ||, ?:, not, and, or
# The value is looked at for its truth elsewhere: compared with a literal, before `and` in a value, counted by `any`, or
# kept in a local variable that nothing else is done with.
JUDGED: Final = 256
REFUSABLE: Final = 512  # Python: what would have to wait is refused, and that is caught: `except BlockingIOError`

# --- operations: OPERATION integers each, back to back in `FileFacts.operations` ---
# What an operator or a statement runs if the operand is an instance of a class of the program that defines the method:
# `a + b`, `len` of a condition, `x[k]`, iteration.  Numbers and strings cost nothing, and no call is recorded for them.
OPERATION: Final = 11
OPERATION_FUNCTION: Final = 0
OPERATION_LINE: Final = 1
OPERATION_COLUMN: Final = 2
OPERATION_BASE: Final = 3  # slot of the operand
OPERATION_MEMBER: Final = 4  # name of the method
OPERATION_RESULT: Final = 5  # slot that takes what the method returns, 0 if unused
OPERATION_ARGUMENTS: Final = 6  # number of arguments; the slots of the first two follow
OPERATION_FIRST: Final = 7
OPERATION_SECOND: Final = 8
OPERATION_LOOP: Final = 9
OPERATION_CONDITION: Final = 10

# literal spellings
TRUE: Final = "true"
FALSE: Final = "false"
NULL: Final = "null"
ABSENT: Final = "undefined"  # handed over so that the default holds
FEW: Final = "[few]"  # a literal list of a handful of elements
TRUTHY: Final = "+"  # some value that counts as true
PRESENT: Final = "!"  # some value that is not nothing
OPAQUE: Final = "?"  # the default of a parameter that is no literal
REQUIRED: Final = "*"  # no default, and declared to hold something: never null
REQUIRED_TEXT: Final = "*text"  # as REQUIRED, and that is a string
REQUIREMENTS: Final = frozenset((REQUIRED, REQUIRED_TEXT))
THERE: Final = frozenset((TRUTHY, PRESENT, FEW))  # something is handed over, and it is not known what


def rows(flows: bytes) -> Iterator[tuple[int, int, int, int, int]]:
    """The rows of `FileFacts.flows`, as (op, a, b, c, line)."""
    values = array("i")
    values.frombytes(flows)
    integers = iter(values)
    return zip(integers, integers, integers, integers, integers, strict=True)


def choice(*ops: int) -> bytes:
    """The rows with these ops, in the form that `chosen` and `column` take."""
    return bytes(op in ops for op in range(256))


def chosen(flows: bytes, wanted: bytes) -> Iterator[tuple[int, int, int, int, int]]:
    """Those of the rows that a `choice` is made of; the others cost next to nothing."""
    mask = _ops(flows).translate(wanted)
    return compress(rows(flows), mask) if 1 in mask else iter(())


def column(flows: bytes, position: int, wanted: bytes) -> list[int]:
    """One integer of each of the rows that a `choice` is made of: FIRST is their `a`."""
    values = array("i")
    values.frombytes(flows)
    return list(compress(values[position::ROW], _ops(flows).translate(wanted)))


def _ops(flows: bytes) -> bytes:
    """The op of every row, as one byte: the lowest of the integer's."""
    width = array("i").itemsize
    return flows[0 if sys.byteorder == "little" else width - 1 :: ROW * width]


def call_records(calls: bytes) -> Iterator["array[int]"]:
    """The calls of `FileFacts.calls`, each as its head and its arguments."""
    values = array("i")
    values.frombytes(calls)
    at = 0
    while at < len(values):
        end = at + CALL_HEAD + CALL_ARG * values[at + ARG_COUNT]
        yield values[at:end]
        at = end


def string_literal(value: str) -> str:
    """The spelling of a string literal in an argument: a leading quote, then at most 120 characters of its value."""
    return '"' + value[:120]


def begun_literal(beginning: str) -> str:
    """The spelling of an argument that is a text of which only the beginning is written out: `/proc/${pid}/stat`."""
    return TRUTHY + string_literal(beginning)


def begun_text(literal: str) -> str:
    """What `begun_literal` was given; "" for other literals."""
    return literal[2:] if literal.startswith('+"') else ""


def handed_literal(path: str) -> str:
    """The spelling of an argument that hands on what the caller was given: a parameter, or a field of one."""
    return "=" + path


def handed_path(literal: str) -> str:
    """What `handed_literal` was given; "" for other literals."""
    return literal[1:] if literal.startswith("=") else ""


def tested_literal(path: str) -> str:
    """The spelling of an argument that is a local, or a field of one, below a test that may tell something of it."""
    return "~" + path


def tested_path(literal: str) -> str:
    """What `tested_literal` was given; "" for other literals."""
    return literal[1:] if literal.startswith("~") else ""


def held_literal(path: str) -> str:
    """The spelling of an argument that is a local, a name that a function around the caller declares, or a field of
    one.
    """
    return "&" + path


def held_path(literal: str) -> str:
    """What `held_literal` was given; "" for other literals."""
    return literal[1:] if literal.startswith("&") else ""


def constant_literal(path: str) -> str:
    """The spelling of an argument that is a constant, or a member of one: `MODE`, `Kind.READY`, `Kind.READY.value`."""
    return "^" + path


def constant_path(literal: str) -> str:
    """What `constant_literal` was given; "" for other literals."""
    return literal[1:] if literal.startswith("^") else ""


# The key of an object literal under which `options_literal` keeps what is spread in it.
SPREAD_OPTIONS: Final = "..."


def options_literal(options: dict[str, str]) -> str:
    """The spelling of an object literal in an argument that decides something: every key, with the literal spelling of
    its value (words and handed-on parameters among them) or "" for any other.  What is spread in it is the value of
    SPREAD_OPTIONS, for the keys that are not listed.
    """
    return "{" + ",".join(f"{key}:{value}" for key, value in options.items()) + "}"


def options_of(literal: str) -> dict[str, str] | None:
    """What `options_literal` wrote; None for other literals."""
    if not literal.startswith("{"):
        return None
    parts = (part.partition(":") for part in literal[1:-1].split(",") if part)
    return {key: value for key, _, value in parts}


def option(options: Mapping[str, str], key: str, absent: str = ABSENT) -> str:
    """The spelling of a value among those that `options_of` read; `absent` for a key that is not there, "" for one that
    may be.
    """
    if key in options:
        return options[key]
    if SPREAD_OPTIONS not in options:
        return absent
    handed = handed_path(options[SPREAD_OPTIONS])
    return handed_literal(f"{handed}.{key}") if handed and "." not in handed else ""
