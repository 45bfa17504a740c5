"""Statements: declarations of variables, loops, conditions, returns."""

import re
from typing import Final

from tree_sitter import Node

from alef_audit.facts import flows
from alef_audit.facts.file import Handler
from alef_audit.frontends.ecmascript.calls import makes_require
from alef_audit.frontends.ecmascript.data_types import data_constant
from alef_audit.frontends.ecmascript.exits import CALLING, after, after_try, leaves, note_called
from alef_audit.frontends.ecmascript.expressions import test
from alef_audit.frontends.ecmascript.few import has_few, note_few
from alef_audit.frontends.ecmascript.frames import UNNAMED, Guard, Naming
from alef_audit.frontends.ecmascript.judged import MAY_CALL, held
from alef_audit.frontends.ecmascript.kept import bound
from alef_audit.frontends.ecmascript.literals import TAKING_NAMES
from alef_audit.frontends.ecmascript.nodes import bare, first, last, parts
from alef_audit.frontends.ecmascript.patterns import bind, elements
from alef_audit.frontends.ecmascript.there import note_constant
from alef_audit.frontends.ecmascript.types import instance_of
from alef_audit.frontends.ecmascript.walk import DEPTH_LIMIT, Walk
from alef_audit.frontends.leaving import does_nothing

_SHORT: Final = 60
_ASKS_FILE: Final = re.compile(r"(?:^|\.)(?:access|l?stat)(?:Sync)?\Z")
_LENGTH: Final = re.compile(r"<=?\s*([\w$.\[\]?!]+?)\??\.(?:length|size)\b")


def block(walk: Walk, node: Node) -> None:
    sequence(walk, parts(node))


def sequence(walk: Walk, nodes: list[Node]) -> None:
    """Statements one after another: what follows an early exit stands under its condition."""
    outer, depth, effects = walk.guard, walk.depth, walk.effects
    is_deep = depth > DEPTH_LIMIT
    walk.depth = depth + 1
    for node in nodes:
        if is_deep:
            walk.effect(node)
        else:
            effects[node.kind_id](walk, node)
        kind = node.type
        if kind == "if_statement":
            walk.guard = after(walk, node)
        elif kind == "try_statement":
            walk.guard = after_try(walk, node)
    walk.guard, walk.depth = outer, depth


def declaration(walk: Walk, node: Node) -> None:
    """`const`, `let`, `var`."""
    if node.named_child_count != 1:
        walk.children(node)
        return
    only = node.named_child(0)  # as nearly always
    if only is not None and only.type == "variable_declarator":
        if walk.source.startswith(b"const", node.start_byte):
            constant(walk, only)
        else:
            declarator(walk, only)
    else:
        walk.effect(only)


def constant(walk: Walk, node: Node) -> None:
    """A `const` of one name or pattern."""
    scope, target = walk.frame.scope, node.child_by_field_id(walk.fields.name)
    again = target is not None and target.type == "identifier" and walk.text(target) in scope.declared
    declarator(walk, node)
    note_constant(walk, node, again=again)


def expression(walk: Walk, node: Node) -> None:
    for child in parts(node):
        walk.flagged(child, flows.DISCARDED, False)


def returned(walk: Walk, node: Node) -> None:
    frame = walk.frame
    for child in parts(node):
        if child.type != "comment":
            slot = walk.flagged(child, flows.RETURNED, True)
            if frame.generator:
                walk.build.store(frame.generator, flows.RETURNED_VALUE, slot, node.start_point.row + 1)
            else:
                walk.build.copy(frame.result, slot)


def declarator(walk: Walk, node: Node) -> None:
    fields = walk.fields
    target, value = node.child_by_field_id(fields.name), node.child_by_field_id(fields.value)
    if target is None:
        walk.children(node)
        return
    typed = node.child_by_field_id(fields.type)
    if target.type != "identifier":
        src = walk.value(value)
        if typed is not None:
            src = src or walk.build.slot()
            instance_of(walk, typed, src)
        bind(walk, target, src, declare=True)
        return
    name = walk.text(target)
    walk.frame.scope.fixed.pop(name, None)  # one of a block inside
    slot = walk.build.declare(walk.frame.scope, name)
    if typed is not None:
        instance_of(walk, typed, slot)
    if value is not None:
        kind = value.type
        if kind == "as_expression":
            data_constant(walk, slot, value)
        walk.value_as(value, Naming(name, name, name) if kind in TAKING_NAMES else UNNAMED, slot)
        bound(walk, name, value)
        if kind in CALLING:
            note_called(walk, name, value)
        note_few(walk, node, name, value)
        if kind in MAY_CALL:
            held(walk, name, value, node)
        if walk.creates_require and makes_require(walk, value):
            walk.frame.requires.add(name)
            walk.requires.add(name)


# --- branches


def branch(walk: Walk, node: Node) -> None:
    """`if`, with its chain of `else if`."""
    outer = walk.guard
    current: Node | None = node
    while current is not None and current.type == "if_statement":
        condition = current.child_by_field_id(walk.fields.condition)
        test(walk, condition)
        enclosing = walk.guard
        decisive = bare(condition) if condition is not None else current
        consequence = current.child_by_field_id(walk.fields.consequence)
        walk.guard = Guard(enclosing, decisive, True, leaving=consequence)
        walk.effect(consequence)
        alternative = current.child_by_field_id(walk.fields.alternative)
        if alternative is None:
            break
        current = first(alternative)
        walk.guard = Guard(enclosing, decisive, False, leaving=current)
    else:
        walk.effect(current)
    walk.guard = outer


def switch(walk: Walk, node: Node) -> None:
    value, body = node.child_by_field_id(walk.fields.value), node.child_by_field_id(walk.fields.body)
    walk.effect(value)
    if body is None or value is None:
        return
    outer = walk.guard
    subject = bare(value)
    subject_text = walk.short(subject, 40)
    labels: list[str] = []
    for case in body.named_children:
        kind = case.type
        if kind not in ("switch_case", "switch_default"):
            continue
        compared = case.child_by_field_id(walk.fields.value)
        walk.effect(compared)
        labels.append(f" === {walk.short(compared, 40)}" if compared is not None else " !== every case")
        statements = [child for child in case.children_by_field_id(walk.fields.body) if child.type != "comment"]
        if not statements:
            continue
        # a case that falls through to the next one leads there as well
        walk.guard = Guard(outer, subject, True, suffix=f" || {subject_text}".join(labels)[:120])
        sequence(walk, statements)
        if leaves(statements[-1]):
            labels = []
    walk.guard = outer


def attempt(walk: Walk, node: Node) -> None:
    """`try`: what a catch clause binds has no value."""
    walk.children(node)


def catch(walk: Walk, node: Node) -> None:
    parameter = node.child_by_field_id(walk.fields.parameter)
    if parameter is not None:
        bind(walk, parameter, 0, declare=True)
    outer = walk.guard
    body = node.child_by_field_id(walk.fields.body)
    raises = body is not None and (below := last(body)) is not None and below.type == "throw_statement"
    handler = Handler.CATCHES | (Handler.RAISES if raises else 0)
    asked = _asked_file(walk, node)
    if asked is not None:
        walk.guard = Guard(outer, asked, False)
    else:
        # its text: the word `catch`
        walk.guard = Guard(outer, node.child(0) or node, True, handler=handler, leaving=node)
    walk.effect(body)
    walk.guard = outer


def _asked_file(walk: Walk, clause: Node) -> Node | None:
    """The call that asks for a file where that is all which is tried: `try { await access(f); } catch { … }`."""
    body = clause.parent.child_by_field_id(walk.fields.body) if clause.parent is not None else None
    statements = [child for child in parts(body) if child.type != "comment"] if body is not None else []
    if len(statements) != 1 or statements[0].type != "expression_statement":
        return None
    called = first(statements[0])
    if called is not None and called.type == "await_expression":
        called = first(called)
    if called is None or called.type != "call_expression":
        return None
    callee = called.child_by_field_id(walk.fields.function)
    return called if callee is not None and _ASKS_FILE.search(walk.text(callee)) else None


# --- loops


def for_each(walk: Walk, node: Node) -> None:
    """`for … of`, `for … in`, `for await`."""
    left, right = node.child_by_field_id(walk.fields.left), node.child_by_field_id(walk.fields.right)
    tokens = [child.type for child in node.children if not child.is_named]
    flags = flows.AWAITED if "await" in tokens else 0
    source = walk.flagged(right, flags, True)
    outer = walk.loop
    loop = walk.enter_loop(node, right)
    loop.few = right is not None and "of" in tokens and has_few(walk, right)
    if left is not None:
        loop.each = walk.short(left, _SHORT)
        line = left.start_point.row + 1
        way = flows.ASYNCHRONOUS if flags else 0
        element = elements(walk, source, line, way) if "of" in tokens else 0
        declares = node.child_by_field_id(walk.fields.kind) is not None or "using" in tokens
        bind(walk, left, element, declare=declares)
    walk.effect(node.child_by_field_id(walk.fields.body))
    walk.loop = outer


def counted(walk: Walk, node: Node) -> None:
    """`for (…; …; …)`."""
    walk.effect(node.child_by_field_id(walk.fields.initializer))
    outer = walk.loop
    loop = walk.enter_loop(node, None)
    conditions = [child for child in node.children_by_field_id(walk.fields.condition) if child.is_named]
    if conditions:
        asked = walk.short(conditions[0], 160)
        found = _LENGTH.search(asked)
        loop.over = found.group(1)[:60] if found else ""
        loop.test = (asked[: found.start()] if found else asked)[:_SHORT].strip()
    for condition in conditions:
        test(walk, condition)
    walk.effect(node.child_by_field_id(walk.fields.increment))
    walk.effect(node.child_by_field_id(walk.fields.body))
    walk.loop = outer


def repeated(walk: Walk, node: Node) -> None:
    """`while` and `do … while`."""
    outer = walk.loop
    loop = walk.enter_loop(node, None)
    condition = node.child_by_field_id(walk.fields.condition)
    loop.test = walk.short(condition, _SHORT) if condition is not None else ""
    test(walk, condition)
    body = node.child_by_field_id(walk.fields.body)
    loop.idle = body is not None and does_nothing(body)
    walk.effect(body)
    walk.loop = outer
