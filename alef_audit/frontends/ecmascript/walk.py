"""What a walk over one ECMAScript file carries, and how it moves on without deep recursion.

Function bodies are not walked where they are met but queued, so the interpreter's stack grows only with the nesting
inside one function; an expression nested deeper than `DEPTH_LIMIT` is queued too, with a slot standing for its value.
Scopes are closed at the end, inner ones first.
"""

import re
from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

from tree_sitter import Node

from alef_audit.facts import flows
from alef_audit.facts.file import Condition, Function, FunctionFlag, Loop, Problem
from alef_audit.frontends.builder import FactsBuilder, Scope
from alef_audit.frontends.ecmascript.fields import Fields
from alef_audit.frontends.ecmascript.frames import ClassPlace, Frame, Guard, LoopDraft, Naming
from alef_audit.frontends.ecmascript.nodes import parts
from alef_audit.frontends.leaving import answering, last_round, leaving, tried
from alef_audit.frontends.words import on_one_line

# Levels of nested syntax walked on the interpreter's stack; hand-written functions stay below 60.
DEPTH_LIMIT: Final = 80
REQUIRES: Final = frozenset(("require", "__require", "require_"))
_OVER_LIMIT: Final = 60
TEST_LIMIT: Final = 400
# At the end of a line; one with quotes in it may be part of a text.
_COMMENT: Final = re.compile(r"""(?:^|(?<=\s))//[^'"`\n]*$""", re.MULTILINE)


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
    """Handlers by tree-sitter's symbol number, of every symbol of a grammar, and the grammar's fields."""

    values: Mapping[int, Value]
    effects: Mapping[int, Effect]
    flagged: Mapping[int, Flagged]
    bound: Mapping[int, Bound]
    fields: Fields


class Walk:
    """Mutable state of the walk over one file."""

    __slots__ = (
        "bound",
        "build",
        "characters",
        "constants",
        "creates_require",
        "decorates",
        "depth",
        "effects",
        "fields",
        "flags",
        "frame",
        "frames",
        "guard",
        "helpers",
        "interface",
        "loop",
        "loops",
        "members",
        "namespace",
        "places",
        "requires",
        "source",
        "tasks",
        "telling",
        "text",
        "timers",
        "too_deep",
        "values",
    )

    def __init__(
        self,
        build: FactsBuilder,
        source: bytes,
        tables: Tables,
        constants: Mapping[str, str],
        helpers: Mapping[str, str],
    ) -> None:
        self.build = build
        self.constants = constants
        self.source = source
        self.characters = source.decode("latin-1")  # one per byte
        self.text: Callable[[Node], str] = _reader(self.characters)
        self.values, self.effects, self.flags, self.bound, self.fields = tables
        self.depth = 0
        self.too_deep = False
        self.telling: list[int] = []  # slots of object literals that hold `true`, `false` or `null`
        self.frames: list[Frame] = []
        self.loops: list[LoopDraft] = []
        self.tasks: list[Task] = []
        self.creates_require = b"createRequire" in source
        # by the slot of a class, in files to which a compiler may have written what decorators do
        self.decorates = b"_decorate" in source or b"_applyDecorated" in source
        self.places: dict[int, ClassPlace] = {}
        self.members: dict[int, dict[str, tuple[Frame, int]]] = {}
        self.requires = set(REQUIRES)  # every name in this file that may stand for CommonJS's require
        self.helpers = helpers  # of a bundler, by the names that they have in this file
        self.timers: set[str] = set()  # local names of setImmediate and setTimeout from node:timers(/promises)
        self.loop: LoopDraft | None = None
        self.guard: Guard | None = None
        self.interface = 0  # what `this` in a type means: an instance of the interface around it, 0 = none
        self.namespace = 0  # object of the namespace around the statement, 0 = the module
        self.frame = self.function(None)

    # --- text

    def short(self, node: Node, limit: int) -> str:
        """The node's text on one line, at most `limit` characters; the middle is left out when it is longer."""
        start, end = node.start_byte, node.end_byte
        if end - start <= 8 * limit:
            text = self.text(node) if end - start <= limit else self.source[start:end].decode("utf-8", "replace")
            if "\n" in text:
                text = on_one_line(_COMMENT.sub("", text) if "//" in text else text)
            elif "  " in text or "\t" in text:
                text = " ".join(text.split())
            return text if len(text) <= limit else text[: limit // 2] + "…" + text[limit // 2 + 1 - limit :]
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
        slot = self.values[node.kind_id](self, node)
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
        self.effects[node.kind_id](self, node)
        self.depth = depth

    def flagged(self, node: Node | None, flags: int, wanted: bool) -> int:
        """Value (if `wanted`) of a node whose call, if it is one, carries `flags`."""
        if node is None:
            return 0
        depth = self.depth
        if depth > DEPTH_LIMIT:
            if wanted:
                return self.put_off(node)
            self.effect(node)
            return 0
        self.depth = depth + 1
        slot = self.flags[node.kind_id](self, node, flags, wanted)
        self.depth = depth
        return slot

    def value_as(self, node: Node | None, naming: Naming, dst: int = 0) -> int:
        """Value of a node that is bound to a name; written to `dst` unless that is 0.  Gives the slot, 0 for none."""
        if node is None:
            return 0
        depth = self.depth
        if depth > DEPTH_LIMIT:
            return self.copied(self.put_off(node), dst)
        self.depth = depth + 1
        slot = self.bound[node.kind_id](self, node, naming, dst)
        self.depth = depth
        return slot

    def copied(self, slot: int, dst: int) -> int:
        """Let the values of `slot` reach `dst` unless either is 0; gives the slot that then holds them."""
        if not dst or not slot:
            return slot
        self.build.copy(dst, slot)
        return dst

    def children(self, node: Node) -> None:
        self.each(parts(node))

    def each(self, nodes: list[Node]) -> None:
        """`effect` of several, one after the other."""
        depth = self.depth
        if depth > DEPTH_LIMIT:
            for node in nodes:
                self.effect(node)
            return
        self.depth = depth + 1
        effects = self.effects
        for node in nodes:
            effects[node.kind_id](self, node)
        self.depth = depth

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
        scope = Scope(parent.scope if parent is not None else None, self.build.slot, index)
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

    def enter_loop(self, node: Node, over: Node | None) -> LoopDraft:
        text = self.short(over, _OVER_LIMIT) if over is not None else ""
        draft = LoopDraft(len(self.loops), self.frame.index, self.loop, node.start_point.row + 1, text)
        draft.whole = node
        draft.last = last_round(node, self.source)
        self.loops.append(draft)
        self.loop = draft
        return draft

    def condition(self) -> int:
        """Index of the present condition's row, -1 if there is none."""
        innermost = guard = self.guard
        if innermost is None:
            return -1
        if innermost.index >= 0:
            return innermost.index
        chain: list[Guard] = []
        while guard is not None and guard.index < 0:
            chain.append(guard)
            guard = guard.parent
        rows = self.build.conditions
        parent = guard.index if guard is not None else -1
        for each in reversed(chain):
            text = self.short(each.test, TEST_LIMIT - len(each.suffix)) + each.suffix
            line, out = each.test.start_point.row + 1, self._leaving(each, text)
            rows.append(Condition(parent, line, text, each.holds, each.exits, each.handler, out))
            parent = each.index = len(rows) - 1
        return innermost.index

    def _leaving(self, guard: Guard, text: str) -> int:
        block = guard.leaving
        if block is None:
            return 0
        if guard.handler:
            return tried(block.parent)
        if guard.exits:
            return answering(block, text.encode(), self.source)
        return leaving(block, self.source) if self.loop is not None else 0

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
                frame.name,
                frame.qualname,
                frame.label,
                frame.line,
                frame.column,
                frame.end_line,
                frame.parent.index if frame.parent is not None else -1,
                frame.owner,
                int(frame.flags),
                frame.parameters,
                frame.result,
                frame.receiver,
                frame.types,
            )
            del frame.this_frame  # mostly the frame itself: it would wait for the cycle collector
        build.loops.extend(
            Loop(
                draft.function,
                draft.parent.index if draft.parent else -1,
                draft.line,
                draft.over,
                draft.yields,
                draft.each,
                draft.test,
                draft.rests,
                draft.few,
                draft.searches,
                draft.idle,
                draft.last,
            )
            for draft in self.loops
        )


def _reader(characters: str) -> Callable[[Node], str]:
    """What gives the text of a node; `characters` are the bytes of the file, one each."""

    def plain(node: Node) -> str:
        return characters[node.start_byte : node.end_byte]

    def decoded(node: Node) -> str:
        text = characters[node.start_byte : node.end_byte]
        return text if text.isascii() else text.encode("latin-1").decode("utf-8", "replace")

    return plain if characters.isascii() else decoded


def _run_value(walk: Walk, node: Node, dst: int) -> None:
    walk.build.copy(dst, walk.value(node))


def _run_effect(walk: Walk, node: Node, dst: int) -> None:
    walk.effect(node)
