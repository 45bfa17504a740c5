"""Expressions other than calls, functions, classes and literals."""

from typing import Final

from tree_sitter import Node

from alef_audit.facts import flows
from alef_audit.facts.file import FunctionFlag
from alef_audit.frontends.ecmascript.frames import UNNAMED, Guard, Naming
from alef_audit.frontends.ecmascript.judged import EQUALITY, compared
from alef_audit.frontends.ecmascript.kept import assigned
from alef_audit.frontends.ecmascript.literals import join, takes_name
from alef_audit.frontends.ecmascript.modules import identifier, is_module_exports, module_exports_store, module_object
from alef_audit.frontends.ecmascript.nodes import bare, first, inner
from alef_audit.frontends.ecmascript.patterns import (
    bind,
    copied_member,
    elements,
    field_name,
    joint,
    load,
    load_computed,
    rebind,
)
from alef_audit.frontends.ecmascript.types import cast
from alef_audit.frontends.ecmascript.walk import Walk

_LOGICAL: Final = frozenset(("&&", "||", "??"))
_PATTERNS: Final = frozenset(("object_pattern", "array_pattern", "object", "array"))


def nothing(walk: Walk, node: Node) -> int:
    """A node that neither has a value that matters nor contains anything that happens."""
    return 0


def nothing_flagged(walk: Walk, node: Node, flags: int, wanted: bool) -> int:
    """As `nothing`."""
    return 0


def inside(walk: Walk, node: Node) -> int:
    """A node of which only the parts matter."""
    walk.children(node)
    return 0


def template(walk: Walk, node: Node) -> int:
    """A template string: what is substituted happens."""
    for child in node.named_children:
        if child.type == "template_substitution":
            walk.effect(child)
    return 0


def named(walk: Walk, node: Node) -> int:
    return identifier(walk, walk.text(node))


def this(walk: Walk, node: Node) -> int:
    return walk.this()


def super_value(walk: Walk, node: Node) -> int:
    return walk.super()


def member(walk: Walk, node: Node) -> int:
    return member_as(walk, node, UNNAMED, 0)


def member_as(walk: Walk, node: Node, naming: Naming, dst: int) -> int:
    """`a.b`, `a?.b`."""
    name = field_name(walk, node)
    if name == "exports" and is_module_exports(walk, node):
        slot = module_object(walk)
        walk.build.copy(dst, slot)
        return dst or slot
    if name == "length":
        walk.effect(node.child_by_field_id(walk.fields.object))
        return 0
    return load(walk, node, name, node.end_point.row + 1, dst)[0]


def subscript(walk: Walk, node: Node) -> int:
    return subscript_as(walk, node, UNNAMED, 0)


def subscript_as(walk: Walk, node: Node, naming: Naming, dst: int) -> int:
    """`a["b"]`, `a[i]`."""
    return load_computed(walk, node, node.end_point.row + 1, dst)[0]


# --- transparent wrappers


def wrapped(walk: Walk, node: Node) -> int:
    return walk.value(first(node))


def wrapped_effect(walk: Walk, node: Node) -> None:
    walk.effect(inner(node))


def wrapped_flagged(walk: Walk, node: Node, flags: int, wanted: bool) -> int:
    return walk.flagged(first(node), flags, wanted)


def wrapped_as(walk: Walk, node: Node, naming: Naming, dst: int) -> int:
    return walk.value_as(first(node), naming, dst)


def asserted(walk: Walk, node: Node) -> int:
    return cast(walk, node, walk.value(inner(node)), 0)


def asserted_flagged(walk: Walk, node: Node, flags: int, wanted: bool) -> int:
    slot = walk.flagged(inner(node), flags, wanted)
    return cast(walk, node, slot, 0) if wanted else slot


def asserted_as(walk: Walk, node: Node, naming: Naming, dst: int) -> int:
    return cast(walk, node, walk.value_as(inner(node), naming, dst), dst)


# --- choices


def ternary(walk: Walk, node: Node) -> int:
    return ternary_flagged(walk, node, 0, True)


def ternary_effect(walk: Walk, node: Node) -> None:
    ternary_flagged(walk, node, 0, False)


def ternary_flagged(walk: Walk, node: Node, flags: int, wanted: bool) -> int:
    outer = walk.guard
    slots: list[int] = []
    current: Node | None = node
    while current is not None and current.type == "ternary_expression":
        condition = current.child_by_field_id(walk.fields.condition)
        if condition is None:
            walk.children(current)
            break
        test(walk, condition)
        enclosing = walk.guard
        walk.guard = Guard(enclosing, condition, True)
        slots.append(walk.flagged(current.child_by_field_id(walk.fields.consequence), flags, wanted))
        walk.guard = Guard(enclosing, condition, False)
        current = current.child_by_field_id(walk.fields.alternative)
    else:
        slots.append(walk.flagged(current, flags, wanted))
    walk.guard = outer
    return _joined(walk, slots)


def _joined(walk: Walk, slots: list[int]) -> int:
    found = [slot for slot in dict.fromkeys(slots) if slot]
    if len(found) < 2:
        return found[0] if found else 0
    dst = walk.build.slot()
    for slot in found:
        walk.build.copy(dst, slot)
    return dst


def _operator(walk: Walk, node: Node) -> str:
    found = node.child_by_field_id(walk.fields.operator)
    return found.type if found is not None else ""


def binary(walk: Walk, node: Node) -> int:
    return binary_flagged(walk, node, 0, True)


def binary_effect(walk: Walk, node: Node) -> None:
    binary_flagged(walk, node, 0, False)


def binary_flagged(walk: Walk, node: Node, flags: int, wanted: bool) -> int:
    """`a && b`, `a || b`, `a ?? b` pass values on; of all others only the operands matter."""
    fields, operator = walk.fields, _operator(walk, node)
    left, right = node.child_by_field_id(fields.left), node.child_by_field_id(fields.right)
    if operator not in _LOGICAL:
        _operands(walk, left, right)
        if operator in EQUALITY:
            compared(walk, left, right)
        return 0
    if left is None:
        walk.children(node)
        return 0
    first = 0
    if operator == "&&" or not wanted:
        walk.flagged(left, flows.IN_TEST if operator != "??" else 0, False)
    else:
        first = walk.flagged(left, flags | (flows.IN_TEST if operator == "||" else 0), True)
    outer = walk.guard
    suffix = " != null" if operator == "??" else ""
    walk.guard = Guard(outer, left, operator == "&&", suffix=suffix)
    second = walk.flagged(right, flags, wanted)
    walk.guard = outer
    return joint(walk, first, second)


def _operands(walk: Walk, left: Node | None, right: Node | None) -> None:
    """Walk the operands, in order, however long the chain on the left is."""
    fields, rights, current = walk.fields, [right], left
    while current is not None and current.type == "binary_expression" and _operator(walk, current) not in _LOGICAL:
        rights.append(current.child_by_field_id(fields.right))
        current = current.child_by_field_id(fields.left)
    walk.effect(current)
    for right in reversed(rights):
        walk.effect(right)


def test(walk: Walk, node: Node | None) -> None:
    """Walk an expression that decides a condition."""
    walk.flagged(node, flows.IN_TEST, False)


def unary(walk: Walk, node: Node) -> int:
    argument = node.child_by_field_id(walk.fields.argument)
    operator = _operator(walk, node)
    if operator == "!":
        test(walk, argument)
    elif operator == "void":
        walk.flagged(argument, flows.DISCARDED, False)
    else:
        walk.effect(argument)
    return 0


def sequence(walk: Walk, node: Node) -> int:
    return sequence_flagged(walk, node, 0, True)


def sequence_effect(walk: Walk, node: Node) -> None:
    sequence_flagged(walk, node, 0, False)


def sequence_flagged(walk: Walk, node: Node, flags: int, wanted: bool) -> int:
    parts = [child for child in node.named_children if child.type != "comment"]
    for part in parts[:-1]:
        walk.flagged(part, flows.DISCARDED, False)
    return walk.flagged(parts[-1], flags, wanted) if parts else 0


def yielded(walk: Walk, node: Node) -> int:
    """`yield x` hands x out and gives what is sent: in coroutines what x resolves to."""
    slot = walk.value(inner(node))
    generator, line = walk.frame.generator, node.start_point.row + 1
    if any(child.type == "*" for child in node.children):
        asynchronous = flows.ASYNCHRONOUS if walk.frame.flags & FunctionFlag.ASYNC else 0
        walk.build.store(generator, "*", elements(walk, slot, line, flows.EXHAUSTS | asynchronous), line)
        return walk.build.load(slot, flows.RETURNED_VALUE, line)
    walk.build.store(generator, "*", slot, line)
    return joint(walk, walk.build.load(generator, flows.SENT_FIELD, line), slot)


# --- assignments


def assignment(walk: Walk, node: Node) -> int:
    left, right = node.child_by_field_id(walk.fields.left), node.child_by_field_id(walk.fields.right)
    if left is None:
        walk.children(node)
        return 0
    if right is not None and copied_member(walk, left, right):
        return 0
    src = walk.value_as(right, _target_naming(walk, left) if takes_name(right) else UNNAMED)
    outer = walk.guard
    if right is not None and left.type == "identifier":
        walk.guard = _as_fallback(walk, walk.text(left), right)
    if not module_exports_store(walk, left, src):
        bind(walk, left, src, declare=False)
    walk.guard = outer
    assigned(walk, left, right)
    return src


def _as_fallback(walk: Walk, name: str, right: Node) -> Guard | None:
    """The condition under which `name = name ?? other` changes anything; that of the place for other values."""
    value = bare(right)
    if name not in walk.frame.scope.given or value.type != "binary_expression":
        return walk.guard
    first, operator = value.child_by_field_id(walk.fields.left), _operator(walk, value)
    if first is None or operator not in ("??", "||") or walk.text(first) != name:
        return walk.guard
    return Guard(walk.guard, first, False, suffix=" != null" if operator == "??" else "")


def _target_naming(walk: Walk, left: Node) -> Naming:
    """How a function that is assigned to `left` is called."""
    kind = left.type
    if kind in _PATTERNS:
        return UNNAMED
    text = walk.short(left, 80)
    if kind == "identifier":
        return Naming(text, text, text) if text != "exports" else Naming("module.exports", "module.exports", "")
    name = text.rpartition(".")[2]
    for prefix in ("module.exports.", "exports."):
        if text.startswith(prefix):
            own = text.removeprefix(prefix)
            return Naming(name, own, own)
    if text == "module.exports":
        return Naming(text, text, "")
    member_of = walk.frame.this_frame.member_of
    if member_of is not None and text.startswith("this."):
        text = join(member_of.label, text.removeprefix("this."))
    return Naming(name, text, text)


def updated(walk: Walk, node: Node) -> int:
    """`x++` and the like: a number."""
    operand = node.child_by_field_id(walk.fields.argument)
    if operand is not None and operand.type == "identifier":
        walk.build.rebind(walk.frame.scope, node.start_point.row + 1, walk.text(operand))
    walk.children(node)
    return 0


def augmented(walk: Walk, node: Node) -> int:
    """`x ??= y`, `x ||= y`, `x &&= y` pass y on; the others only compute."""
    left, right = node.child_by_field_id(walk.fields.left), node.child_by_field_id(walk.fields.right)
    operator = _operator(walk, node).removesuffix("=")
    outer = walk.guard
    if left is not None and operator in _LOGICAL:
        walk.guard = Guard(outer, left, operator == "&&", suffix=" != null" if operator == "??" else "")
    if left is not None and left.type == "identifier":
        rebind(walk, node, walk.text(left))
    if left is None or operator not in _LOGICAL:
        walk.children(node)
        return 0
    src = walk.value_as(right, _target_naming(walk, left))
    assigned(walk, left, right)
    walk.guard = outer
    if left.type == "identifier":
        slot = walk.value(left)
        walk.build.copy(slot, src)
        return slot
    if left.type not in ("member_expression", "subscript_expression"):
        walk.effect(left)
        return src
    base = walk.value(left.child_by_field_id(walk.fields.object))
    name = field_name(walk, left)
    line = left.end_point.row + 1
    walk.build.store(base, name, src, line)
    return joint(walk, walk.build.load(base, name, line), src)
