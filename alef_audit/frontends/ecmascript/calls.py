"""Calls: one record each, and the few library functions whose value the language itself defines."""

import re
from typing import Final

from tree_sitter import Node

from alef_audit.facts import flows
from alef_audit.facts.file import Import
from alef_audit.frontends.ecmascript.bundled import standard_name, wrapped
from alef_audit.frontends.ecmascript.compiled import compiled
from alef_audit.frontends.ecmascript.defined import DEFINED, Callee, known
from alef_audit.frontends.ecmascript.frames import Naming
from alef_audit.frontends.ecmascript.functions import FUNCTIONS, handed_on
from alef_audit.frontends.ecmascript.kept import lent, touched, touches
from alef_audit.frontends.ecmascript.literals import LITERALS, handed_name, literal, string_value
from alef_audit.frontends.ecmascript.modules import identifier, import_slot
from alef_audit.frontends.ecmascript.nodes import bare, first, parts
from alef_audit.frontends.ecmascript.objects import object_argument
from alef_audit.frontends.ecmascript.patterns import field_name, load, load_computed
from alef_audit.frontends.ecmascript.private import private
from alef_audit.frontends.ecmascript.turns import note_turn
from alef_audit.frontends.ecmascript.walk import REQUIRES, Walk

_TEXT_LIMIT: Final = 80
_LABEL_LIMIT: Final = 60
_CREATE_REQUIRE: Final = re.compile(rb"(?:\w+\s*\.\s*)?createRequire\d*\s*\(")
_CALLED: Final = frozenset(("call_expression", "new_expression", "await_expression"))
_ARGUMENTS: Final = ("arguments", "template_string")
_OPTIONAL_MARKS: Final = ("?.", "optional_chain")


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
    build = walk.build
    target, listed, flags = _parts(walk, node, flags)
    if target is None:
        walk.children(node)
        return 0
    kind = target.type
    if kind == "import":
        return _import(walk, node, listed, result)
    if walk.source.startswith(b"await", target.start_byte):
        if kind == "identifier" and listed is not None and walk.text(target) == "await":
            return _awaited(walk, listed, result)
        if _below_await(walk, target):
            flags |= flows.AWAITED
    callee = slot, receiver, member, line, text = _callee(walk, target, kind)
    if member in walk.helpers and not receiver:
        member = standard_name(walk, member)
        callee = slot, receiver, member, line, text
    if member in walk.requires and not receiver and not flags & flows.NEW and _is_require(walk, member):
        specifier = _only_string(walk, listed)
        if specifier is not None:
            dst = result or build.slot()
            build.add_import(dst, Import(specifier, "", line, walk.frame.index))
            return dst
    value = result
    if member[:1] == "_" and listed is not None and _by_helper(walk, callee, parts(listed), value):
        # the helper is called, but what it hands on is known of this very call
        listed, result = None, 0
    arguments = _arguments(walk, listed, f"new {text}" if flags & flows.NEW else text) if listed is not None else []
    count, name, loop = len(arguments) // flows.CALL_ARG, build.name, walk.loop
    build.called(
        (
            count,
            walk.frame.index,
            line,
            node.start_point.column + 1,
            slot,
            receiver,
            name(member),
            name(text[:_TEXT_LIMIT]),
            result,
            flags,
            loop.index if loop is not None else -1,
            walk.condition() if walk.guard is not None else -1,
            node.end_point.row + 1,
        ),
        arguments,
    )
    if listed is None:
        return value
    if member in DEFINED or member[:1] == "_":
        known(walk, callee, listed, arguments[flows.ARG_SLOT :: flows.CALL_ARG], result)
    if touches(member) and kind == "member_expression":
        touched(walk, node, target.children[0], member, listed)
    elif count:
        lent(walk, node, member, listed, count)
    return result


def _by_helper(walk: Walk, callee: Callee, arguments: list[Node], result: int) -> bool:
    """Whether a compiler or a bundler wrote a call, so that what it does with its arguments is known and written."""
    _, _, member, line, _ = callee
    return (
        compiled(walk, callee, arguments, result, decorate)
        or wrapped(walk, member, arguments, result)
        or private(walk, member, [each for each in arguments if each.type != "comment"], result, line)
    )


def _parts(walk: Walk, node: Node, flags: int) -> tuple[Node | None, Node | None, int]:
    """The callee and the arguments of a call, and its flags."""
    if flags & flows.NEW:
        fields = walk.fields
        return node.child_by_field_id(fields.constructor), node.child_by_field_id(fields.arguments), flags
    count = node.child_count
    if count < 2:
        return None, None, flags
    if count > 2 and any(child.type in _OPTIONAL_MARKS for child in node.children[1:-1]):
        flags |= flows.OPTIONAL
    last = node.child(count - 1)
    return node.child(0), last if last is not None and last.type in _ARGUMENTS else None, flags


def _awaited(walk: Walk, listed: Node, result: int) -> int:
    """`await (x).f()` and `await (0, m.f)()`, which the grammar takes for calls of something named await."""
    slot = 0
    for operand in listed.named_children:
        slot = walk.value(operand)
    walk.build.copy(result, slot)
    return result or slot


def _below_await(walk: Walk, node: Node) -> bool:
    """Whether a chain of members and calls starts with what the grammar takes for a call of `await`."""
    steps = 0
    while node.type in ("member_expression", "call_expression", "subscript_expression") and steps < 20:
        node = node.children[0]
        steps += 1
    return (
        steps > 1 and node.type == "identifier" and node.end_byte - node.start_byte == 5 and walk.text(node) == "await"
    )


def _callee(walk: Walk, target: Node, kind: str) -> Callee:
    """The callee `target` of this kind, through parentheses, casts and `(0, x.f)`."""
    if kind == "identifier":
        name = walk.text(target)
        return (identifier(walk, name), 0, name, target.start_point.row + 1, name)
    if kind == "member_expression":
        name = field_name(walk, target)
        line = target.end_point.row + 1
        slot, base = load(walk, target, name, line)
        return (slot, base, name if name != "*" else "", line, walk.short(target, _TEXT_LIMIT))
    line = target.start_point.row + 1
    if kind == "subscript_expression":
        slot, base, name = load_computed(walk, target, line)
        return (slot, base, name if name != "*" else "", line, walk.short(target, _TEXT_LIMIT))
    below = _last(walk, target)
    if below is not target:
        return _callee(walk, below, below.type)
    text = walk.short(target, _TEXT_LIMIT)
    if kind == "super":
        base = walk.super()
        return (walk.build.load(base, "constructor", line), base, "super", line, text)
    if kind in FUNCTIONS:
        return (handed_on(walk, target, "immediately called function", 0), 0, "", line, "(function)")
    return (walk.value(target), 0, "", line, text)


def _last(walk: Walk, node: Node) -> Node:
    """What a callee comes down to; the other parts of a comma expression are walked."""
    while True:
        node = bare(node)
        if node.type != "sequence_expression" or not node.named_children:
            return node
        *before, node = node.named_children
        for part in before:
            walk.effect(part)


def _only_string(walk: Walk, listed: Node | None) -> str | None:
    only = first(listed) if listed is not None else None
    return string_value(walk, only) if only is not None else None


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
            return name in REQUIRES
        frame = frame.parent


# --- arguments


def _arguments(walk: Walk, listed: Node, callee_text: str) -> list[int]:
    """Label, slot and literal of each argument, one after the other."""
    if listed.type != "arguments":
        walk.effect(listed)
        return []
    found: list[int] = []
    first_text = ""
    for child in parts(listed):
        kind = child.type
        if kind == "identifier":
            name = walk.text(child)
            found += flows.NO_NAME, identifier(walk, name), walk.build.name(handed_name(walk, name))
            continue
        if kind == "comment":
            continue
        spelling = literal(walk, child, kind) if kind in LITERALS else ""
        if spelling:
            if not first_text and spelling[0] == '"':
                first_text = spelling[1:41]
            found += flows.NO_NAME, 0, walk.build.name(spelling)
            continue
        if kind == "spread_element":
            spread = walk.value(child.named_children[0] if child.named_children else None)
            if spread:
                line = child.start_point.row + 1
                walk.build.row(flows.ITERATE, walk.build.slot(), spread, flows.EXHAUSTS, line)
            found += flows.SPREAD_POSITIONAL, spread, flows.NO_NAME
            continue
        if kind in FUNCTIONS:
            label = callback_label(callee_text, first_text)
            found += flows.NO_NAME, handed_on(walk, child, label, 0), walk.build.name(flows.TRUTHY)
        else:
            found += object_argument(walk, child, kind)
    return found


def callback_label(callee_text: str, first_text: str) -> str:
    """How a function that is handed to a call is named: `bot.on("message") callback`."""
    text = callee_text or "call"
    if len(text) > _LABEL_LIMIT:
        text = "…" + text[1 - _LABEL_LIMIT :]
    return f'{text}("{first_text}") callback' if first_text else f"{text} callback"


# --- decorators, awaits


def decorate(walk: Walk, target: Node, decorated: int, result: int, around: Node | None = None) -> None:
    """Record that what `target` stands for is applied to the function or class in `decorated`."""
    slot, receiver, member, line, text = _callee(walk, target, target.type)
    whole = around or target
    start = whole.start_point
    walk.build.call(
        function=walk.frame.index,
        line=line,
        column=start.column + 1,
        end_line=whole.end_point.row + 1,
        callee=slot,
        receiver=receiver,
        member=member,
        text=text,
        result=result,
        flags=flows.DECORATOR,
        loop=walk.loop.index if walk.loop is not None else -1,
        condition=walk.condition(),
        arguments=((flows.NO_NAME, decorated, flows.NO_NAME),),
    )


def decorator(walk: Walk, node: Node, decorated: int, result: int) -> None:
    """Record the application of the decorator `node`, written in front of what it decorates."""
    if node.named_children:
        decorate(walk, node.named_children[0], decorated, result, node)


def await_flagged(walk: Walk, node: Node, flags: int, wanted: bool) -> int:
    """`await x`: x itself, and a mark on the call and on the loops around it."""
    operand = first(node)
    if operand is None:
        return 0
    note_turn(walk, operand)
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
