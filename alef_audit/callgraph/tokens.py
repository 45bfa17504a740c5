"""Abstract values: what a variable can hold.

A token is an int: the kind in the low five bits, an index above them.  Indices are program-wide (see `program.py`).
"""

from typing import Final

FUNCTION: Final = 0  # index: function
CLASS: Final = 1  # index: class
INSTANCE: Final = 2  # index: class; made by a constructor call, so exactly this class
OPEN: Final = 3  # index: class; self, or a declared type: this class or a subclass
OBJECT: Final = 4  # index: allocation site
MODULE: Final = 5  # index: file
EXTERNAL: Final = 6  # index: node of the API graph
SUPER: Final = 7  # index: class; attribute look-ups start at its bases
CALL_OF: Final = 8  # index: function; `f.call`
APPLY_OF: Final = 9  # index: function; `f.apply`
BIND_OF: Final = 10  # index: function; `f.bind`
MADE_BY: Final = 11  # index: function; `new f()` of a constructor function
PROTOTYPE: Final = 12  # index: function; `f.prototype`
VALUES_OF: Final = 13  # index: variable; whatever that variable holds: an element of a table, under one token
RESOLVE_OF: Final = 14  # index: variable; the `resolve` of the promise whose value that variable holds
OPEN_CLASS: Final = 16  # index: class; `cls`, `type(self)`: this class or a subclass, whichever it was reached through
PLAIN_CLASS: Final = 17  # index: class; what `super().__call__` of its metaclass makes: an instance, by the constructor
REGISTER_OF: Final = 18  # index: function; the `register` of a function that singledispatch made generic

SHIFT: Final = 5
MASK: Final = 31


def token(kind: int, index: int) -> int:
    return index << SHIFT | kind
