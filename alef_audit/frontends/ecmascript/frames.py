"""Where the walk stands: the function, the class, the condition and the loop around a node."""

from typing import Final, NamedTuple

from tree_sitter import Node

from alef_audit.facts.file import LastRound, Parameter
from alef_audit.frontends.builder import Scope


class Naming(NamedTuple):
    """How a function or class that is met as a value is called, and the path its properties are named under."""

    name: str
    label: str
    path: str


UNNAMED: Final = Naming("", "", "")


class ClassPlace(NamedTuple):
    """The class whose member is being walked."""

    number: int  # its index among the classes of the file
    label: str
    slot: int  # the class itself
    instance: int  # its SELF slot
    superclass: int  # slot of the `extends` expression, 0 if there is none


class Frame:
    """A function while it is walked.

    Several frames may share one function index (class bodies bring their own `this`); only the one made by
    `Walk.function` becomes a row.
    """

    __slots__ = (
        "called",
        "column",
        "end_line",
        "flags",
        "generator",
        "generics",
        "held",
        "home",
        "index",
        "label",
        "line",
        "made_under",
        "member_of",
        "name",
        "owner",
        "parameters",
        "parent",
        "qualname",
        "receiver",
        "requires",
        "result",
        "scope",
        "static",
        "super_slot",
        "this_frame",
        "types",
    )

    def __init__(self, index: int, scope: Scope, parent: "Frame | None", result: int) -> None:
        self.index = index
        self.scope = scope
        self.parent = parent
        self.result = result
        self.types: tuple[int, ...] = ()  # that its declared result names
        self.name = self.qualname = self.label = ""
        self.line = self.column = self.end_line = 1
        self.owner = -1
        self.flags = 0
        self.parameters: tuple[Parameter, ...] = ()
        self.receiver = 0
        self.generator = 0  # object whose elements are what this generator function yields
        self.home = 0  # object literal whose method this is: one more value of `this`
        self.this_frame: Frame = self  # the frame that binds `this`: another one for arrow functions
        self.member_of: ClassPlace | None = None
        self.static = False
        self.super_slot = 0
        self.generics: frozenset[str] = parent.generics if parent is not None else frozenset()
        self.made_under: Guard | None = None  # the conditions under which the function is made
        self.held: dict[str, tuple[int, Node]] = {}  # variables that hold what a call gives, until one is tested
        self.called: dict[str, Node] = {}  # variables that hold what a call gives
        self.requires: set[str] = set()  # names bound to createRequire(...)


class Guard:
    """A condition that becomes a row only when a call stands below it."""

    __slots__ = ("exits", "handler", "holds", "index", "leaving", "parent", "suffix", "test")

    def __init__(
        self,
        parent: "Guard | None",
        test: Node,
        holds: bool,
        *,
        suffix: str = "",
        exits: bool = False,
        handler: int = 0,
        leaving: Node | None = None,
    ) -> None:
        self.parent = parent
        self.test = test
        self.suffix = suffix
        self.holds = holds
        self.exits = exits
        self.handler = handler
        self.leaving = leaving  # the block that is left, or entered
        self.index = -1


class LoopDraft:
    __slots__ = (
        "each",
        "few",
        "function",
        "idle",
        "index",
        "last",
        "line",
        "over",
        "parent",
        "rests",
        "searches",
        "test",
        "whole",
        "yields",
    )

    def __init__(self, index: int, function: int, parent: "LoopDraft | None", line: int, over: str) -> None:
        self.index = index
        self.function = function
        self.parent = parent
        self.line = line
        self.over = over
        self.whole: Node | None = None
        self.each = ""
        self.test = ""
        self.yields = False
        self.rests = False
        self.few = False
        self.searches = False
        self.idle = False
        self.last: LastRound | None = None
