"""What a walk over one ECMAScript file carries, and how it moves on without deep recursion.

Function bodies are not walked where they are met but queued, so the interpreter's stack grows only with the nesting
inside one function; an expression nested deeper than `DEPTH_LIMIT` is queued too, with a slot standing for its value.
Scopes are closed at the end, inner ones first.
"""

from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

from tree_sitter import Node

from alef_audit.facts import flows
from alef_audit.facts.file import Condition, Function, FunctionFlag, Loop, Parameter, Problem
from alef_audit.frontends.builder import FactsBuilder, Scope

# Levels of nested syntax walked on the interpreter's stack; hand-written functions stay below 60.
DEPTH_LIMIT: Final = 80
_OVER_LIMIT: Final = 60
_TEST_LIMIT: Final = 160


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
        "column",
        "end_line",
        "flags",
        "generator",
        "generics",
        "home",
        "index",
        "label",
        "line",
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
        self.index, self.scope, self.parent, self.result = index, scope, parent, result
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
        self.requires: set[str] = set()  # names bound to createRequire(...)


class Guard:
    """A condition that becomes a row only when a call stands below it."""

    __slots__ = ("exits", "holds", "index", "parent", "suffix", "test")

    def __init__(
        self, parent: "Guard | None", test: Node, holds: bool, *, suffix: str = "", exits: bool = False
    ) -> None:
        self.parent = parent
        self.test = test
        self.suffix = suffix
        self.holds = holds
        self.exits = exits
        self.index = -1


class LoopDraft:
    __slots__ = ("function", "index", "line", "over", "parent", "yields")

    def __init__(self, index: int, function: int, parent: "LoopDraft | None", line: int, over: str) -> None:
        self.index, self.function, self.parent = index, function, parent
        self.line, self.over = line, over
        self.yields = False


class Task(NamedTuple):
    """Work put off: `run(walk, node, dst)` in `frame`, under `loop` and `guard`."""

    run: Callable[["Walk", Node, int], None]
    node: Node
    dst: int
    frame: Frame
    loop: LoopDraft | None
    guard: Guard | None


Value = Callable[["Walk", Node], int]  # the slot that holds the node's value, 0 if it cannot bear a callable
Effect = Callable[["Walk", Node], object]  # walks the node for what happens in it
Flagged = Callable[["Walk", Node, int, bool], int]  # call flags from the context, and whether the value is wanted
Bound = Callable[["Walk", Node, Naming, int], int]  # value under a name, straight into a slot if that is not 0


class Tables(NamedTuple):
    """Handlers by tree-sitter's symbol number."""

    values: Mapping[int, Value]
    effects: Mapping[int, Effect]
    flagged: Mapping[int, Flagged]
    bound: Mapping[int, Bound]


class Walk:
    """Mutable state of the walk over one file."""

    __slots__ = (
        "build",
        "constants",
        "depth",
        "frame",
        "frames",
        "guard",
        "interface",
        "loop",
        "loops",
        "namespace",
        "source",
        "tables",
        "tasks",
        "telling",
        "timers",
        "too_deep",
    )

    def __init__(self, build: FactsBuilder, source: bytes, tables: Tables, constants: Mapping[str, str]) -> None:
        self.build, self.tables = build, tables
        self.source, self.constants = source, constants
        self.depth = 0
        self.too_deep = False
        self.telling: list[int] = []  # slots of object literals that hold `true`, `false` or `null`
        self.frames: list[Frame] = []
        self.loops: list[LoopDraft] = []
        self.tasks: list[Task] = []
        self.timers: set[str] = set()  # local names of setImmediate and setTimeout from node:timers(/promises)
        self.loop: LoopDraft | None = None
        self.guard: Guard | None = None
        self.interface = 0  # what `this` in a type means: an instance of the interface around it, 0 = none
        self.namespace = 0  # object of the namespace around the statement, 0 = the module
        self.frame = self.function(None)

    # --- text

    def text(self, node: Node) -> str:
        return self.source[node.start_byte : node.end_byte].decode("utf-8", "replace")

    def short(self, node: Node, limit: int) -> str:
        """The node's text on one line, at most `limit` characters; the middle is left out when it is longer."""
        start, end = node.start_byte, node.end_byte
        if end - start <= limit:
            text = self.source[start:end].decode("utf-8", "replace")
            return " ".join(text.split()) if "\n" in text or "  " in text or "\t" in text else text
        if end - start <= 8 * limit:
            text = " ".join(self.source[start:end].decode("utf-8", "replace").split())
            if len(text) <= limit:
                return text
            return text[: limit // 2] + "…" + text[limit // 2 + 1 - limit :]
        head = " ".join(self.source[start : start + 2 * limit].decode("utf-8", "ignore").split())
        tail = " ".join(self.source[end - 2 * limit : end].decode("utf-8", "ignore").split())
        return head[: limit // 2] + "…" + tail[limit // 2 + 1 - limit :]

    # --- moving through the tree

    def value(self, node: Node | None) -> int:
        """The slot of the node's value; 0 if it cannot bear a callable."""
        if node is None:
            return 0
        depth = self.depth
        if depth > DEPTH_LIMIT:
            return self.put_off(node)
        self.depth = depth + 1
        slot = self.tables.values[node.kind_id](self, node)
        self.depth = depth
        return slot

    def effect(self, node: Node | None) -> None:
        """Walk a statement, or an expression whose value nobody needs."""
        if node is None:
            return
        depth = self.depth
        if depth > DEPTH_LIMIT:
            self.tasks.append(Task(_run_effect, node, 0, self.frame, self.loop, self.guard))
            return
        self.depth = depth + 1
        self.tables.effects[node.kind_id](self, node)
        self.depth = depth

    def flagged(self, node: Node | None, flags: int, wanted: bool) -> int:
        """Value (if `wanted`) of a node whose call, if it is one, carries `flags`."""
        if node is None:
            return 0
        handler = self.tables.flagged.get(node.kind_id)
        if handler is None or self.depth > DEPTH_LIMIT:
            if wanted:
                return self.value(node)
            self.effect(node)
            return 0
        self.depth += 1
        slot = handler(self, node, flags, wanted)
        self.depth -= 1
        return slot

    def value_as(self, node: Node | None, naming: Naming, dst: int = 0) -> int:
        """Value of a node that is bound to a name; written to `dst` unless that is 0.  Gives the slot, 0 for none."""
        if node is None:
            return 0
        handler = self.tables.bound.get(node.kind_id)
        if handler is None or self.depth > DEPTH_LIMIT:
            slot = self.value(node)
            if not dst or not slot:
                return slot
            self.build.copy(dst, slot)
            return dst
        self.depth += 1
        slot = handler(self, node, naming, dst)
        self.depth -= 1
        return slot

    def children(self, node: Node) -> None:
        for child in node.named_children:
            self.effect(child)

    # --- work put off

    def put_off(self, node: Node) -> int:
        dst = self.build.slot()
        self.tasks.append(Task(_run_value, node, dst, self.frame, self.loop, self.guard))
        return dst

    def run(self) -> None:
        """Do what was put off, in order, and what that puts off in turn."""
        for task in self.tasks:  # grows while it is walked
            self.frame, self.loop, self.guard, self.depth = task.frame, task.loop, task.guard, 0
            self.build.enter(task.frame.index)
            task.run(self, task.node, task.dst)

    def note_too_deep(self, node: Node) -> None:
        if not self.too_deep:
            self.too_deep = True
            line = node.start_point.row + 1
            self.build.problems.append(Problem(line, "too-deep", "nested too deeply, not followed"))

    # --- functions, loops, conditions

    def function(self, parent: Frame | None) -> Frame:
        """A frame for a new function of the file, nested in `parent`."""
        index = self.build.reserve_function()
        scope = Scope(parent.scope if parent else None, index)
        frame = Frame(index, scope, parent, self.build.slot())
        self.frames.append(frame)
        return frame

    def view(self, member_of: ClassPlace, *, static: bool, of: Frame | None = None) -> Frame:
        """The function `of` (by default the present one) seen from a class body: same rows and names, other `this`."""
        here, target = self.frame, of or self.frame
        frame = Frame(target.index, here.scope, here.parent, target.result)
        frame.qualname, frame.label, frame.requires = target.qualname, target.label, here.requires
        frame.member_of, frame.static, frame.generics = member_of, static, target.generics
        return frame

    def enter_loop(self, node: Node, over: Node | None) -> None:
        text = self.short(over, _OVER_LIMIT) if over is not None else ""
        draft = LoopDraft(len(self.loops), self.frame.index, self.loop, node.start_point.row + 1, text)
        self.loops.append(draft)
        self.loop = draft

    def condition(self) -> int:
        """Index of the present condition's row, -1 if there is none."""
        innermost = guard = self.guard
        if innermost is None:
            return -1
        chain: list[Guard] = []
        while guard is not None and guard.index < 0:
            chain.append(guard)
            guard = guard.parent
        rows = self.build.conditions
        parent = guard.index if guard is not None else -1
        for each in reversed(chain):
            text = self.short(each.test, _TEST_LIMIT - len(each.suffix)) + each.suffix
            rows.append(Condition(parent, each.test.start_point.row + 1, text, each.holds, each.exits))
            parent = each.index = len(rows) - 1
        return innermost.index

    # --- names

    def declared(self, name: str) -> bool:
        """Whether the file itself declares `name` in a scope around here, as far as it has been read."""
        scope: Scope | None = self.frame.scope
        while scope is not None:
            if name in scope.declared:
                return True
            scope = scope.parent
        return False

    def this(self) -> int:
        """The slot of `this`."""
        frame = self.frame.this_frame
        place = frame.member_of
        if frame.static and frame.flags & FunctionFlag.STATIC:
            frame.flags |= FunctionFlag.CLASSMETHOD  # it is the class that the method is called on
        elif place is not None:
            return place.slot if frame.static else place.instance
        if frame.parent is None:
            return 0
        if not frame.receiver:
            frame.receiver = self.build.slot()
            self.build.copy(frame.receiver, frame.home)
        return frame.receiver

    def super(self) -> int:
        """The slot of `super`: the superclass view of an instance, or the superclass in a static member."""
        frame = self.frame.this_frame
        place = frame.member_of
        if place is None or frame.static:
            return place.superclass if place is not None else self.build.load(frame.home, "__proto__", 0)
        if not frame.super_slot:
            frame.super_slot = self.build.slot()
            self.build.row(flows.SUPER, frame.super_slot, place.number, 0, 0)
        return frame.super_slot

    # --- the end

    def seal(self) -> None:
        """Write the rows that could only be written when everything was seen."""
        build = self.build
        for frame in reversed(self.frames):
            frame.scope.slots.pop("", None)  # identifiers that the parser made up
            build.close(frame.scope)
        for frame in self.frames:
            build.functions[frame.index] = Function(
                name=frame.name,
                qualname=frame.qualname,
                label=frame.label,
                line=frame.line,
                column=frame.column,
                end_line=frame.end_line,
                parent=frame.parent.index if frame.parent is not None else -1,
                owner=frame.owner,
                flags=int(frame.flags),
                parameters=frame.parameters,
                result=frame.result,
                types=frame.types,
                receiver=frame.receiver,
            )
        build.loops.extend(
            Loop(draft.function, draft.parent.index if draft.parent else -1, draft.line, draft.over, draft.yields)
            for draft in self.loops
        )


def _run_value(walk: Walk, node: Node, dst: int) -> None:
    walk.build.copy(dst, walk.value(node))


def _run_effect(walk: Walk, node: Node, dst: int) -> None:
    walk.effect(node)
