"""Statements: declarations of variables, loops, conditions, returns."""

import re
from typing import Final

from tree_sitter import Node

from alef_audit.facts import flows
from alef_audit.frontends.ecmascript.calls import makes_require
from alef_audit.frontends.ecmascript.data_types import data_constant
from alef_audit.frontends.ecmascript.expressions import test
from alef_audit.frontends.ecmascript.kept import bound
from alef_audit.frontends.ecmascript.literals import bare
from alef_audit.frontends.ecmascript.patterns import bind, elements
from alef_audit.frontends.ecmascript.types import instance_of
from alef_audit.frontends.ecmascript.walk import Guard, Naming, Walk

_EXITS: Final = frozenset(("return_statement", "throw_statement", "continue_statement", "break_statement"))
_LENGTH: Final = re.compile(r"<=?\s*([\w$.\[\]?!]+?)\??\.(?:length|size)\b")


def block(walk: Walk, node: Node) -> None:
    sequence(walk, node.named_children)


def sequence(walk: Walk, nodes: list[Node]) -> None:
    """Statements one after another: what follows an early exit stands under its condition."""
    outer = walk.guard
    for node in nodes:
        walk.effect(node)
        if node.type == "if_statement":
            walk.guard = _after(node, walk.guard)
    walk.guard = outer


def _after(node: Node, guard: Guard | None) -> Guard | None:
    """The condition under which control passes beyond an `if`."""
    condition = node.child_by_field_name("condition")
    consequence, alternative = node.child_by_field_name("consequence"), node.child_by_field_name("alternative")
    if condition is None or consequence is None:
        return guard
    if _leaves(consequence):
        return Guard(guard, bare(condition), False, exits=True)
    if alternative is not None and alternative.named_children and _leaves(alternative.named_children[-1]):
        return Guard(guard, bare(condition), True, exits=True)
    return guard


def _leaves(node: Node) -> bool:
    """Whether a branch ends in an exit."""
    while node.type == "statement_block":
        below = [child for child in node.named_children if child.type != "comment"]
        if not below:
            return False
        node = below[-1]
    return node.type in _EXITS


def expression(walk: Walk, node: Node) -> None:
    for child in node.named_children:
        walk.flagged(child, flows.DISCARDED, False)


def returned(walk: Walk, node: Node) -> None:
    for child in node.named_children:
        if child.type != "comment":
            slot = walk.flagged(child, flows.RETURNED, True)
            if walk.frame.generator:
                walk.build.store(walk.frame.generator, flows.RETURNED_VALUE, slot, node.start_point.row + 1)
            else:
                walk.build.copy(walk.frame.result, slot)


def declarator(walk: Walk, node: Node) -> None:
    target, value = node.child_by_field_name("name"), node.child_by_field_name("value")
    if target is None:
        walk.children(node)
        return
    typed = node.child_by_field_name("type")
    if target.type != "identifier":
        src = walk.value(value)
        if typed is not None:
            src = src or walk.build.slot()
            instance_of(walk, typed, src)
        bind(walk, target, src, declare=True)
        return
    name = walk.text(target)
    slot = walk.build.declare(walk.frame.scope, name)
    if typed is not None:
        instance_of(walk, typed, slot)
    if value is not None:
        data_constant(walk, slot, value)
        walk.value_as(value, Naming(name, name, name), slot)
        bound(walk, name, value)
        if makes_require(walk, value):
            walk.frame.requires.add(name)


# --- branches


def branch(walk: Walk, node: Node) -> None:
    """`if`, with its chain of `else if`."""
    outer = walk.guard
    current: Node | None = node
    while current is not None and current.type == "if_statement":
        condition = current.child_by_field_name("condition")
        test(walk, condition)
        enclosing = walk.guard
        decisive = bare(condition) if condition is not None else current
        walk.guard = Guard(enclosing, decisive, True)
        walk.effect(current.child_by_field_name("consequence"))
        walk.guard = Guard(enclosing, decisive, False)
        alternative = current.child_by_field_name("alternative")
        below = [child for child in alternative.named_children if child.type != "comment"] if alternative else []
        current = below[0] if below else None
    walk.effect(current)
    walk.guard = outer


def switch(walk: Walk, node: Node) -> None:
    value, body = node.child_by_field_name("value"), node.child_by_field_name("body")
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
        compared = case.child_by_field_name("value")
        walk.effect(compared)
        labels.append(f" === {walk.short(compared, 40)}" if compared is not None else " !== every case")
        statements = [child for child in case.children_by_field_name("body") if child.type != "comment"]
        if not statements:
            continue
        # a case that falls through to the next one leads there as well
        walk.guard = Guard(outer, subject, True, suffix=f" || {subject_text}".join(labels)[:120])
        sequence(walk, statements)
        if _leaves(statements[-1]):
            labels = []
    walk.guard = outer


def attempt(walk: Walk, node: Node) -> None:
    """`try`: what a catch clause binds has no value."""
    walk.children(node)


def catch(walk: Walk, node: Node) -> None:
    parameter = node.child_by_field_name("parameter")
    if parameter is not None:
        bind(walk, parameter, 0, declare=True)
    outer = walk.guard
    walk.guard = Guard(outer, node.children[0], True)  # its text: the word `catch`
    walk.effect(node.child_by_field_name("body"))
    walk.guard = outer


# --- loops


def for_each(walk: Walk, node: Node) -> None:
    """`for … of`, `for … in`, `for await`."""
    left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
    tokens = [child.type for child in node.children if not child.is_named]
    flags = flows.AWAITED if "await" in tokens else 0
    source = walk.flagged(right, flags, True)
    outer = walk.loop
    walk.enter_loop(node, right)
    if left is not None:
        line = left.start_point.row + 1
        way = flows.ASYNCHRONOUS if flags else 0
        element = elements(walk, source, line, way) if "of" in tokens else 0
        declares = node.child_by_field_name("kind") is not None or "using" in tokens
        bind(walk, left, element, declare=declares)
    walk.effect(node.child_by_field_name("body"))
    walk.loop = outer


def counted(walk: Walk, node: Node) -> None:
    """`for (…; …; …)`."""
    walk.effect(node.child_by_field_name("initializer"))
    outer = walk.loop
    walk.enter_loop(node, None)
    conditions = [child for child in node.children_by_field_name("condition") if child.is_named]
    if conditions and walk.loop is not None:
        found = _LENGTH.search(walk.short(conditions[0], 160))
        walk.loop.over = found.group(1)[:60] if found else ""
    for condition in conditions:
        test(walk, condition)
    walk.effect(node.child_by_field_name("increment"))
    walk.effect(node.child_by_field_name("body"))
    walk.loop = outer


def repeated(walk: Walk, node: Node) -> None:
    """`while` and `do … while`."""
    outer = walk.loop
    walk.enter_loop(node, None)
    test(walk, node.child_by_field_name("condition"))
    walk.effect(node.child_by_field_name("body"))
    walk.loop = outer
