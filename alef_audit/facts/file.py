"""The tables of a file: functions, classes, allocation sites, imports, exports, loops, conditions, comments."""

from typing import Final

import msgspec


class FunctionFlag:
    """Bits of `Function.flags`; plain integers, for they are tested in inner loops."""

    ASYNC: Final = 1
    GENERATOR: Final = 2
    STATIC: Final = 4
    CLASSMETHOD: Final = 8
    GETTER: Final = 16  # @property, @cached_property, `get x()`
    ANONYMOUS: Final = 32  # lambda, arrow or function expression without a name of its own
    CONSTRUCTOR: Final = 64
    ABSTRACT: Final = 128  # no body worth following: abstractmethod, `...`, overload, declaration
    AWAITABLE: Final = 256  # not async, but declared to return a Promise / Awaitable / Coroutine / Future
    SETTER: Final = 512
    PROMISE: Final = 131072  # AWAITABLE, and what it gives is declared to be nothing else
    TURNS: Final = 262144  # lets the event loop turn, with `setImmediate` or `sleep(0)`, unless it returns before
    ASKS_LOOP: Final = 524288  # tells whether an event loop runs on its thread, and does nothing else (Python)
    ONCE: Final = (
        1048576  # a module that a bundler put into a function: what is called runs it, but the first time only
    )
    STUB: Final = 65536  # the body is `...` or raises NotImplementedError: what runs is an override


class ParameterKind:
    """Bits of `Parameter.kind`."""

    POSITIONAL: Final = 0
    REST: Final = 1  # *args, ...rest
    KEYWORDS: Final = 2  # **kwargs
    KEYWORD_ONLY: Final = 4


class ClassKind:
    """Values of `Class.kind`."""

    CLASS: Final = 0
    INTERFACE: Final = 1  # TypeScript interface or object type alias, Python Protocol
    ENUM: Final = 2


class Parameter(msgspec.Struct, frozen=True, array_like=True, gc=False):
    name: int  # index into names; NO_NAME for a destructuring pattern
    slot: int  # values that callers hand over; 0 if it is declared to be a string, a number …
    kind: int = 0
    # literal spelling of the default value; without one NO_NAME, or what its declaration requires (`flows.REQUIRED`)
    literal: int = 0
    # slots of the types that its declaration names, if it holds data when all of them do (TypeScript), or nothing but
    # instances of them and data (Python)
    types: tuple[int, ...] = ()


class Function(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A function, method, lambda or, at index 0, the module body.

    `qualname` is dotted and unique per file as far as the source allows (`Store.read`, `make.inner`); `label` is what a
    reader calls it (`bot.on("message") callback`, `modelsHandlers["models.list"]`, `Store.read`).  `line` is that of
    the `def`, `function`, method name or arrow itself, not of a decorator.
    """

    name: str
    qualname: str
    label: str
    line: int
    column: int
    end_line: int
    parent: int  # lexically enclosing function, -1 for the module body
    owner: int  # class it is a member of, -1 if none
    flags: int
    parameters: tuple[Parameter, ...]  # without self / cls
    result: int  # slot of returned (and yielded) values; 0 if they are declared to be strings, numbers …
    receiver: int  # slot of `this`, `self`, `cls`; 0 if the function never mentions it
    types: tuple[int, ...] = ()  # of its declared result, as in Parameter


class Class(msgspec.Struct, frozen=True, array_like=True, gc=False):
    name: str
    qualname: str
    line: int
    end_line: int
    kind: int
    function: int  # lexically enclosing function
    slot: int  # holds the class value
    bases: tuple[int, ...]  # slots of the superclass and `implements` expressions, in source order
    members: tuple[int, ...]  # names stored on the class itself: methods and class attributes
    fields: tuple[int, ...] = ()  # names that its body annotates, in order: what a generated constructor takes (Python)
    metaclass: int = 0  # slot of the metaclass, 0 if none is named
    # slots of the classes that its fields are declared to hold if, those aside, it holds data only; None else (Python)
    record: tuple[int, ...] | None = None


class ObjectKind:
    """Values of `Object.kind`."""

    SEQUENCE: Final = 0  # or not known
    MAPPING: Final = 1  # iterating it does not give its values
    GENERATOR: Final = 2  # what a generator function gives: iterated, but no collection with methods


class Object(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """An allocation site.  `label` is the variable or property it is first bound to, or ""."""

    function: int
    line: int
    label: str
    kind: int = 0  # see ObjectKind
    length: int = -1  # number of elements of a literal sequence; -1 when not known or beyond POSITIONS
    declared: bool = False  # stands for a type that is written down (`Store[]`, `() => Store`), not for a value


class Import(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One imported module or name.

    `specifier` is the text as written (`node:fs`, `./x.js`, `..pkg.mod`: Python keeps its leading dots); `name` is ""
    for the module itself (`import * as ns`, `require`, `import a.b`), "default", or the imported name.
    """

    specifier: str
    name: str
    line: int
    function: int  # 0 = at module level
    type_only: bool = False
    dynamic: bool = False  # await import(...), importlib.import_module("literal")


class Export(msgspec.Struct, frozen=True, array_like=True, gc=False):
    name: str  # "default" for default exports; every module-level binding of a Python module
    slot: int
    starred: bool = True  # whether `from m import *` takes it


class Loop(msgspec.Struct, frozen=True, array_like=True, gc=False):
    function: int
    parent: int  # enclosing loop of the same function, -1 if none
    line: int
    over: str  # what it ranges over, as written and shortened ("providers", "this.agents.values()"); "" for while
    yields: bool = False  # the body awaits a macrotask: setImmediate, sleep(0), scheduler.yield
    each: str = ""  # what one round binds, as written and shortened ("provider", "[id, provider]")
    # of a loop that ranges over nothing, what it tests ("queue.length > 0", "attempt < 3"); of one that counts up to
    # the length of something, what it counts ("attempt")
    test: str = ""
    rests: bool = False  # the body awaits a delay: sleep(60)
    few: bool = False  # it ranges over a variable that holds a literal of few elements, and nothing else
    searches: bool = False  # it ends where a round has found something
    idle: bool = False  # it does nothing but test: `while time.time() < end: pass`
    last: "LastRound | None" = None  # what is gone through once


class LastRound(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """The lines at the end of a loop's body behind which it is left: `work(); return` after every `continue`."""

    line: int
    end_line: int
    leaving: int  # Leaving.FUNCTION or Leaving.LOOP


class Handler:
    """Bits of `Condition.handler`."""

    CATCHES: Final = 1  # the condition is that something was raised: an `except` or `catch` clause
    RAISES: Final = 2  # whose last statement raises; of a condition that `exits`: the exit is a `raise`


class Leaving:
    """Bits of `Condition.leaving`."""

    ANSWERS: Final = 1  # of an early exit: it gives something, or WORKS; it does not just turn down
    GIVES_TESTED: Final = 2  # … and that is what was tested, or `true`
    FUNCTION: Final = 4  # of a branch inside a loop: whoever has gone through it leaves the function
    LOOP: Final = 8  # … the loop around it
    WORKS: Final = 32  # of an early exit: other work is done first
    RAISES: Final = 64  # of an early exit: it raises
    SUCCEEDS: Final = 128  # of an early exit: who asked is told that all went well
    TRIED: Final = 16  # of a clause that catches: what is tried ends by a `return`, or by leaving a loop


class Condition(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A test that decides whether what stands below it runs.

    `holds` tells which outcome leads there; `exits` is true for an early return, continue or raise earlier in the same
    block (`if (cached) return cached` puts what follows under `cached`, holds=False, exits=True).
    """

    parent: int
    line: int
    text: str  # the test, one line, at most 400 characters
    holds: bool
    exits: bool = False
    handler: int = 0  # see Handler
    leaving: int = 0  # see Leaving


class Directive(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A comment addressed to the tool: `audit: hot`, `audit: ignore[035] reason` (text after `audit:`).

    It speaks about the statement it stands in or, alone on its line, above: `spans` are the lines of that statement
    (first, last, first, last, ...) without those of the statements inside it, and `function` is the function whose head
    it stands at (index, -1 for none).
    """

    line: int
    text: str
    spans: tuple[int, ...]
    function: int


class Problem(msgspec.Struct, frozen=True, array_like=True, gc=False):
    line: int
    kind: str  # parse-error, too-deep, not-utf8, skipped, unfinished, internal
    message: str


class FileFacts(msgspec.Struct, frozen=True, array_like=True, gc=False):
    language: str  # "ecmascript" or "python"
    lines: int
    names: tuple[str, ...]  # 0 = "", 1 = "*"
    slots: int  # number of slots; valid slots are 1 .. slots - 1
    aliases: bytes  # array('i'), one per slot: the slot that stands for it (variables captured from outer scopes)
    flows: bytes  # array('i') rows, see flows.py
    calls: bytes  # array('i') records, see flows.py
    functions: tuple[Function, ...]
    classes: tuple[Class, ...]
    objects: tuple[Object, ...]
    imports: tuple[Import, ...]
    exports: tuple[Export, ...]
    stars: tuple[
        int, ...
    ]  # imports (indices) whose every name is exported or bound here: `export *`, `from x import *`
    module_slot: int  # slot of the module object: `exports` / `module.exports` of CommonJS; 0 in Python
    loops: tuple[Loop, ...]
    conditions: tuple[Condition, ...]
    directives: tuple[Directive, ...]
    problems: tuple[Problem, ...]
    # types that are data if others are: slot of the name, slots of the names of those others
    data_types: tuple[tuple[int, ...], ...] = ()
    # variables that take nothing but data and instances of classes: slot, slots of those classes (Python)
    declared: tuple[tuple[int, ...], ...] = ()
    operations: bytes = b""  # array('i') records, see flows.py
    kept: bytes = b""  # array('i') rows, see kept.py
