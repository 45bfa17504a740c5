"""Calls: one record each, and the few library functions whose value the language itself defines."""

import re
from typing import Final

from tree_sitter import Node

from alef_audit.facts import flows
from alef_audit.facts.file import Import
from alef_audit.frontends.ecmascript.descriptors import define, define_all, export_getters
from alef_audit.frontends.ecmascript.functions import FUNCTIONS, handed_on
from alef_audit.frontends.ecmascript.kept import TOUCHING, touched
from alef_audit.frontends.ecmascript.literals import bare, literal, options, string_value
from alef_audit.frontends.ecmascript.modules import import_slot, interop
from alef_audit.frontends.ecmascript.patterns import read
from alef_audit.frontends.ecmascript.walk import UNNAMED, LoopDraft, Naming, Walk

_TEXT_LIMIT: Final = 80
_LABEL_LIMIT: Final = 60
_REQUIRES: Final = frozenset(("require", "__require", "require_"))
_CREATE_REQUIRE: Final = re.compile(rb"(?:\w+\s*\.\s*)?createRequire\d*\s*\(")
_MACROTASK: Final = re.compile(
    r"(?:yield\w*|sleep|delay|immediate|set(?:Immediate|Timeout)\w*|nextMacrotask)\Z", re.IGNORECASE
)
_TIMERS: Final = (b"setImmediate", b"setTimeout")
_CALLED: Final = frozenset(("call_expression", "new_expression", "await_expression"))
_ARGUMENTS: Final = ("arguments", "template_string")
_OPTIONAL_MARKS: Final = ("?.", "optional_chain")

# Helpers of compilers that copy all names of a module: the positions of what takes them and of what has them.
_STARS: Final = {"__exportStar": (1, 0), "__reExport": (0, 1)}

Argument = tuple[int, int, int]


class _Callee:
    """What stands before the parentheses."""

    __slots__ = ("line", "member", "receiver", "slot", "text")

    def __init__(self, slot: int, receiver: int, member: str, line: int, text: str) -> None:
        self.slot = slot
        self.receiver = receiver
        self.member = member
        self.line = line
        self.text = text


def call(walk: Walk, node: Node, flags: int, wanted: bool) -> int:
    """Record a call expression; gives the slot of its value if `wanted`."""
    return record(walk, node, flags, walk.build.slot() if wanted else 0)


def call_as(walk: Walk, node: Node, naming: Naming, dst: int) -> int:
    return record(walk, node, 0, dst or walk.build.slot())


def call_value(walk: Walk, node: Node) -> int:
    return record(walk, node, 0, walk.build.slot())


def call_effect(walk: Walk, node: Node) -> None:
    record(walk, node, 0, 0)


def new(walk: Walk, node: Node, flags: int, wanted: bool) -> int:
    return record(walk, node, flags | flows.NEW, walk.build.slot() if wanted else 0)


def new_as(walk: Walk, node: Node, naming: Naming, dst: int) -> int:
    return record(walk, node, flows.NEW, dst or walk.build.slot())


def new_value(walk: Walk, node: Node) -> int:
    return record(walk, node, flows.NEW, walk.build.slot())


def new_effect(walk: Walk, node: Node) -> None:
    record(walk, node, flows.NEW, 0)


def record(walk: Walk, node: Node, flags: int, result: int) -> int:
    """Write the call `node` whose value goes to `result` (0 = unused); gives the slot of the value."""
    target, listed = _parts(node, flags)
    if target is None:
        walk.children(node)
        return 0
    if target.type == "import":
        return _import(walk, node, listed, result)
    build = walk.build
    if target.type == "identifier" and listed is not None and walk.text(target) == "await":
        # the grammar takes `await (x).f()` and `await (0, m.f)()` for calls of something named await
        slot = 0
        for operand in listed.named_children:
            slot = walk.value(operand)
        build.copy(result, slot)
        return result or slot
    if _below_await(walk, target):
        flags |= flows.AWAITED
    callee = _callee(walk, target)
    if not callee.receiver and callee.member and not flags & flows.NEW and _is_require(walk, callee.member):
        specifier = _only_string(walk, listed)
        if specifier is not None:
            dst = result or build.slot()
            build.add_import(dst, Import(specifier, "", callee.line, walk.frame.index))
            return dst
    if any(child.type in _OPTIONAL_MARKS for child in node.children[1:-1]):
        flags |= flows.OPTIONAL
    text = callee.text
    arguments = _arguments(walk, listed, f"new {text}" if flags & flows.NEW else text) if listed is not None else []
    start = node.start_point
    build.call(
        function=walk.frame.index,
        line=callee.line,
        column=start.column + 1,
        end_line=node.end_point.row + 1,
        callee=callee.slot,
        receiver=callee.receiver,
        member=callee.member,
        text=text,
        result=result,
        flags=flags,
        loop=walk.loop.index if walk.loop is not None else -1,
        condition=walk.condition(),
        arguments=arguments,
    )
    if listed is not None:
        _known(walk, callee, listed, arguments, result)
        if callee.member in TOUCHING and callee.receiver and target.type == "member_expression":
            touched(walk, node, target.children[0], callee.member, listed)
    return result


def _below_await(walk: Walk, node: Node) -> bool:
    """Whether a chain of members and calls starts with what the grammar takes for a call of `await`."""
    steps = 0
    while node.type in ("member_expression", "call_expression", "subscript_expression") and steps < 20:
        node = node.children[0]
        steps += 1
    return (
        steps > 1 and node.type == "identifier" and node.end_byte - node.start_byte == 5 and walk.text(node) == "await"
    )


def _parts(node: Node, flags: int) -> tuple[Node | None, Node | None]:
    """The callee and the arguments of a call."""
    children = node.children
    if flags & flows.NEW:
        return node.child_by_field_name("constructor"), node.child_by_field_name("arguments")
    if len(children) < 2:
        return None, None
    last = children[-1]
    return children[0], last if last.type in _ARGUMENTS else None


def _callee(walk: Walk, node: Node) -> _Callee:
    """The callee, through parentheses, casts and `(0, x.f)`."""
    target = _last(walk, node)
    kind = target.type
    if kind == "identifier":
        name = walk.text(target)
        return _Callee(walk.value(target), 0, name, target.start_point.row + 1, name)
    if kind == "member_expression":
        return _member(walk, target, target.child_by_field_name("property"))
    if kind == "subscript_expression":
        return _member(walk, target, None)
    text = walk.short(target, _TEXT_LIMIT)
    line = target.start_point.row + 1
    if kind == "super":
        base = walk.super()
        return _Callee(walk.build.load(base, "constructor", line), base, "super", line, text)
    if kind in FUNCTIONS:
        return _Callee(handed_on(walk, target, "immediately called function", 0), 0, "", line, "(function)")
    return _Callee(walk.value(target), 0, "", line, text)


def _member(walk: Walk, node: Node, field: Node | None) -> _Callee:
    line = (field if field is not None else node).start_point.row + 1
    slot, base, name = read(walk, node, line)
    return _Callee(slot, base, name if name != "*" else "", line, walk.short(node, _TEXT_LIMIT))


def _last(walk: Walk, node: Node) -> Node:
    """What a callee comes down to; the other parts of a comma expression are walked."""
    while True:
        node = bare(node)
        if node.type != "sequence_expression" or not node.named_children:
            return node
        parts = node.named_children
        for part in parts[:-1]:
            walk.effect(part)
        node = parts[-1]


def _only_string(walk: Walk, listed: Node | None) -> str | None:
    parts = [child for child in listed.named_children if child.type != "comment"] if listed is not None else []
    return string_value(walk, parts[0]) if parts else None


def _import(walk: Walk, node: Node, listed: Node | None, result: int) -> int:
    specifier = _only_string(walk, listed)
    if specifier is None:
        if listed is not None:
            walk.children(listed)
        return 0
    line = node.start_point.row + 1
    if result:
        walk.build.add_import(result, Import(specifier, "", line, walk.frame.index, dynamic=True))
        return result
    return import_slot(walk, specifier, line, dynamic=True)


def makes_require(walk: Walk, node: Node) -> bool:
    """Whether a value is `createRequire(…)`."""
    return node.type == "call_expression" and _CREATE_REQUIRE.match(walk.source, node.start_byte) is not None


def _is_require(walk: Walk, name: str) -> bool:
    """Whether `name` is CommonJS's require, or one that createRequire made."""
    frame = walk.frame
    while True:
        if name in frame.requires:
            return True
        if name in frame.scope.declared:
            return name == "__require"
        if frame.parent is None:
            return name in _REQUIRES
        frame = frame.parent


# --- arguments


def _arguments(walk: Walk, listed: Node, callee_text: str) -> list[Argument]:
    if listed.type != "arguments":
        walk.effect(listed)
        return []
    found: list[Argument] = []
    first_text = ""
    for child in listed.named_children:
        kind = child.type
        if kind == "comment":
            continue
        if kind == "identifier":
            found.append((flows.NO_NAME, walk.value(child), flows.NO_NAME))
            continue
        if kind == "spread_element":
            spread = walk.value(child.named_children[0] if child.named_children else None)
            if spread:
                line = child.start_point.row + 1
                walk.build.row(flows.ITERATE, walk.build.slot(), spread, flows.EXHAUSTS, line)
            found.append((flows.SPREAD_POSITIONAL, spread, flows.NO_NAME))
            continue
        spelling = literal(walk, child)
        if spelling:
            if not first_text and spelling[0] == '"':
                first_text = spelling[1:41]
            found.append((flows.NO_NAME, 0, walk.build.name(spelling)))
        elif kind in FUNCTIONS:
            label = callback_label(callee_text, first_text)
            found.append((flows.NO_NAME, handed_on(walk, child, label, 0), flows.NO_NAME))
        else:
            holder, known = len(walk.build.aliases), len(walk.telling)
            slot = walk.value_as(child, UNNAMED)
            told = options(walk, child) if holder in walk.telling[known:] and kind == "object" else ""
            del walk.telling[known:]
            found.append((flows.NO_NAME, slot, walk.build.name(told)))
    return found


def callback_label(callee_text: str, first_text: str) -> str:
    """How a function that is handed to a call is named: `bot.on("message") callback`."""
    text = callee_text or "call"
    if len(text) > _LABEL_LIMIT:
        text = "…" + text[1 - _LABEL_LIMIT :]
    return f'{text}("{first_text}") callback' if first_text else f"{text} callback"


# --- what the language defines


def _known(walk: Walk, callee: _Callee, listed: Node, arguments: list[Argument], result: int) -> None:
    member = callee.member
    if member == "assign" and callee.text == "Object.assign" and arguments:
        target = arguments[0][1]
        for _, slot, _ in arguments[1:]:
            if target and slot:
                walk.build.row(flows.SPREAD, target, slot, 0, callee.line)
        if result:
            walk.build.copy(result, target)
    elif member in _STARS and len(arguments) > 1:
        target, source = (arguments[at][1] for at in _STARS[member])
        if target and source:
            walk.build.row(flows.SPREAD, target, source, 0, callee.line)
    elif member in ("defineProperty", "__defProp", "__export", "__exportAll"):
        parts = [child for child in listed.named_children if child.type != "comment"]
        if member.startswith("__export") and len(parts) > 1 and len(arguments) > 1:
            export_getters(walk, arguments[0][1], parts[1])
        elif len(arguments) > 2 and len(parts) > 2 and callee.text in ("Object.defineProperty", "__defProp"):
            define(walk, arguments[0][1], parts[1], arguments[2][1], parts[2], callee.line)
    elif member == "defineProperties" and len(arguments) > 1 and callee.text == "Object.defineProperties":
        define_all(walk, arguments[0][1], arguments[1][1], listed, callee.line)
    elif result and not callee.receiver and len(arguments) >= 1 and member[:1] == "_":
        interop(walk, member, result, arguments[0][1], callee.line)


# --- decorators, awaits


def decorate(walk: Walk, decorator: Node, decorated: int, result: int) -> None:
    """Record the application of a decorator to the function or class in `decorated`."""
    target = decorator.named_children[0] if decorator.named_children else None
    if target is None:
        return
    callee = _callee(walk, target)
    start = decorator.start_point
    walk.build.call(
        function=walk.frame.index,
        line=callee.line,
        column=start.column + 1,
        end_line=decorator.end_point.row + 1,
        callee=callee.slot,
        receiver=callee.receiver,
        member=callee.member,
        text=callee.text,
        result=result,
        flags=flows.DECORATOR,
        loop=walk.loop.index if walk.loop is not None else -1,
        condition=walk.condition(),
        arguments=((flows.NO_NAME, decorated, flows.NO_NAME),),
    )


def await_flagged(walk: Walk, node: Node, flags: int, wanted: bool) -> int:
    """`await x`: x itself, and a mark on the call and on the loops around it."""
    operand = next((child for child in node.named_children if child.type != "comment"), None)
    if operand is None:
        return 0
    if walk.loop is not None and _is_macrotask(walk, bare(operand)):
        loop: LoopDraft | None = walk.loop
        while loop is not None and not loop.yields:
            loop.yields = True
            loop = loop.parent
    called = bare(operand).type in _CALLED
    slot = walk.flagged(operand, flags | flows.AWAITED, wanted or not called)
    if slot:
        # a thenable of the program: awaiting it runs its `then`
        start = node.start_point
        walk.build.operation(
            function=walk.frame.index,
            line=start.row + 1,
            column=start.column + 1,
            base=slot,
            member="then",
            loop=walk.loop.index if walk.loop is not None else -1,
            condition=walk.condition(),
        )
    return slot


def _is_macrotask(walk: Walk, node: Node) -> bool:
    """Whether awaiting `node` lets the event loop turn: `setImmediate()`, `sleep(0)`, `new Promise(setImmediate)`."""
    if node.type == "call_expression":
        target = node.child_by_field_name("function")
        if target is None:
            return False
        name = target.child_by_field_name("property") if target.type == "member_expression" else target
        if name is None or name.end_byte - name.start_byte >= 60:
            return False
        called = walk.text(name)
        return bool(_MACROTASK.match(called)) or (target is name and called in walk.timers)
    if node.type != "new_expression" or node.end_byte - node.start_byte > 400:
        return False
    text = walk.source[node.start_byte : node.end_byte]
    return b"Promise" in text and any(timer in text for timer in _TIMERS)


def await_value(walk: Walk, node: Node) -> int:
    return await_flagged(walk, node, 0, True)


def await_effect(walk: Walk, node: Node) -> None:
    await_flagged(walk, node, 0, False)


def await_as(walk: Walk, node: Node, naming: Naming, dst: int) -> int:
    """`await f()` bound to a name: the call's value goes straight to `dst`."""
    slot = await_flagged(walk, node, 0, True)
    if not dst or not slot:
        return slot
    walk.build.copy(dst, slot)
    return dst
