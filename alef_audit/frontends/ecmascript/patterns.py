"""Destructuring and other targets of an assignment."""

from typing import Final

from tree_sitter import Node

from alef_audit.facts import flows
from alef_audit.frontends.ecmascript.frames import Naming
from alef_audit.frontends.ecmascript.literals import is_identifier, known_key, literal, property_name, string_value
from alef_audit.frontends.ecmascript.modules import identifier
from alef_audit.frontends.ecmascript.nodes import bare
from alef_audit.frontends.ecmascript.walk import Walk

EACH: Final = flows.RESERVED[flows.EACH]


def bind(walk: Walk, node: Node, src: int, *, declare: bool) -> None:
    """Let the values of `src` reach what the pattern `node` names; `declare` makes its names new ones."""
    pending = [(node, src)]
    while pending:
        target, slot = pending.pop()
        kind = target.type
        if kind in ("identifier", "shorthand_property_identifier_pattern", "shorthand_property_identifier"):
            walk.build.copy(_name(walk, target, declare), slot)
        elif kind == "object_pattern" or kind == "object":
            for child in target.named_children:
                _property(walk, child, slot, declare, pending)
        elif kind == "array_pattern" or kind == "array":
            pending.extend(_parts(walk, target, slot))
        elif kind in ("assignment_pattern", "assignment_expression", "object_assignment_pattern"):
            left, right = target.child_by_field_id(walk.fields.left), target.child_by_field_id(walk.fields.right)
            if left is not None:
                pending.append((left, with_default(walk, left, slot, right)))
        elif kind in ("rest_pattern", "spread_element", "undefined"):
            pending.extend((below, slot) for below in target.named_children[:1])
        elif kind in ("member_expression", "subscript_expression"):
            store(walk, target, slot)
        else:
            below = bare(target)
            if below.type != kind:
                pending.append((below, slot))
            else:
                walk.effect(target)


def elements(walk: Walk, src: int, line: int, way: int = 0) -> int:
    """A slot that holds what iterating over `src` gives; 0 when `src` is 0."""
    element = walk.build.load(src, EACH, line)
    if element:
        walk.build.row(flows.ITERATE, element, src, way, line)
    return element


def _parts(walk: Walk, target: Node, src: int) -> list[tuple[Node, int]]:
    """The parts of an array pattern, each with what it binds; holes count as positions."""
    build = walk.build
    found: list[tuple[Node, int]] = []
    own = 0
    if src:
        own = build.slot()
        build.row(flows.ITERATE, own, src, 0, target.start_point.row + 1)
    position = 0
    for child in target.children:
        line = child.start_point.row + 1
        if child.type == ",":
            position += 1
        elif child.type in ("rest_pattern", "spread_element"):
            rest = tail(walk, src, position, line)
            build.store(rest, "*", own, line)
            found.extend((below, rest) for below in child.named_children[:1])
        elif child.is_named and child.type != "comment":
            element = build.load(src, str(position) if position < flows.POSITIONS else EACH, line)
            build.copy(element, own)
            found.append((child, element))
    return found


def tail(walk: Walk, src: int, first: int, line: int) -> int:
    """A new array of the elements of `src` from position `first` on."""
    if not src:
        return 0
    build = walk.build
    array = build.object(walk.frame.index, line, "")
    if first == 0:
        build.store(array, "*", build.load(src, EACH, line), line)
    for position in range(first, flows.POSITIONS) if first else ():
        build.store(array, str(position - first), build.load(src, str(position), line), line)
    return array


def with_default(walk: Walk, target: Node, src: int, default: Node | None) -> int:
    """The slot of `src` or else the default value."""
    name = walk.text(target) if target.type == "identifier" or target.type.startswith("shorthand") else ""
    fallback = walk.value_as(default, Naming(name, name, name))
    return joint(walk, src, fallback)


def joint(walk: Walk, first: int, second: int) -> int:
    """A slot that holds what either holds."""
    if not first or not second or first == second:
        return first or second
    dst = walk.build.slot()
    walk.build.copy(dst, first)
    walk.build.copy(dst, second)
    return dst


def _property(walk: Walk, node: Node, src: int, declare: bool, pending: list[tuple[Node, int]]) -> None:
    build, kind = walk.build, node.type
    if kind in ("shorthand_property_identifier_pattern", "shorthand_property_identifier"):
        dst = _name(walk, node, declare)
        if src:
            build.row(flows.LOAD, dst, src, build.name(walk.text(node) or "*"), node.start_point.row + 1)
    elif kind == "pair_pattern" or kind == "pair":
        key, value = node.child_by_field_id(walk.fields.key), node.child_by_field_id(walk.fields.value)
        if key is not None and key.type == "computed_property_name":
            walk.children(key)
        if value is not None:
            pending.append((value, build.load(src, property_name(walk, key), node.start_point.row + 1)))
    elif kind in ("object_assignment_pattern", "assignment_pattern", "assignment_expression"):
        left, right = node.child_by_field_id(walk.fields.left), node.child_by_field_id(walk.fields.right)
        if left is None:
            return
        if left.type in ("object_pattern", "array_pattern"):
            pending.append((left, with_default(walk, left, src, right)))
            return
        loaded = build.load(src, walk.text(left) or "*", left.start_point.row + 1)
        build.copy(_name(walk, left, declare), with_default(walk, left, loaded, right))
    elif kind in ("rest_pattern", "spread_element"):
        pending.extend((below, src) for below in node.named_children[:1])


def _name(walk: Walk, node: Node, declare: bool) -> int:
    name = walk.text(node)
    if declare:
        scope = walk.frame.scope
        scope.fixed.pop(name, None)
        if name in scope.given:  # of a block inside: which of the two is meant is not known
            walk.build.rebind(scope, node.start_point.row + 1, name)
        return walk.build.declare(walk.frame.scope, name)
    rebind(walk, node, name)
    return walk.build.reference(walk.frame.scope, name)


def rebind(walk: Walk, node: Node, name: str) -> None:
    """Note that a variable takes another value; of what the function was given, under which condition."""
    is_given = name in walk.frame.scope.given
    under = walk.condition() if walk.guard is not None and is_given else -1
    value = _assigned(walk, node) if is_given else ""
    walk.build.rebind(walk.frame.scope, node.start_point.row + 1, name, under, value)


def _assigned(walk: Walk, target: Node) -> str:
    """The spelling of the literal that is assigned to a name outside of loops; "" for anything else."""
    expression = target.parent
    if expression is None or expression.type != "assignment_expression" or walk.loop is not None:
        return ""
    value = expression.child_by_field_id(walk.fields.right)
    return literal(walk, value, value.type) if value is not None else ""


def store(walk: Walk, node: Node, src: int) -> None:
    """`node` (a member or subscript expression) = `src`."""
    base, name = place(walk, node)
    if base:
        # written down whatever the value, for it may run a setter
        walk.build.row(flows.STORE, base, src, walk.build.name(name), node.start_point.row + 1)


def copied_member(walk: Walk, left: Node, right: Node) -> bool:
    """Let the base of `a[key]` take what that of `b[key]` holds, name by name; False if this is no such assignment."""
    if left.type != "subscript_expression" or right.type != "subscript_expression":
        return False
    key, other = (node.child_by_field_id(walk.fields.index) for node in (left, right))
    if key is None or other is None or key.type != "identifier" or walk.text(key) != walk.text(other):
        return False
    if known_key(walk, key):
        return False
    target, source = (walk.value(node.child_by_field_id(walk.fields.object)) for node in (left, right))
    line = left.start_point.row + 1
    if target and source:
        walk.build.row(flows.SPREAD, target, source, 0, line)
        walk.build.row(flows.STORE, target, 0, walk.build.name("*"), line)  # may run a setter
    return True


def place(walk: Walk, node: Node) -> tuple[int, str]:
    """The base slot and field name that a member or subscript expression stands for."""
    base = walk.value(node.child_by_field_id(walk.fields.object))
    return base, field_name(walk, node)


def load(walk: Walk, node: Node, name: str, line: int, dst: int = 0) -> tuple[int, int]:
    """The slot of the value of the member expression `a.name` (`dst` unless that is 0), and that of its base."""
    build = walk.build
    of = node.child_by_field_id(walk.fields.object)
    base = identifier(walk, walk.text(of)) if of is not None and of.type == "identifier" else walk.value(of)
    if not base:
        return 0, 0
    dst = dst or build.slot()
    build.flows += (flows.LOAD, dst, base, build.name(name), line)
    return dst, base


def load_computed(walk: Walk, node: Node, line: int, dst: int = 0) -> tuple[int, int, str]:
    """The slot of the value of a subscript expression (`dst` unless that is 0), that of its base, and the field's name.

    Names that are put together of a known part and an unknown one stand for all that fit.
    """
    base, name = place(walk, node)
    if not base:
        return 0, 0, name
    pattern = _key_pattern(walk, node) if name == "*" else ""
    if pattern and "*" not in pattern:
        name, pattern = pattern, ""  # `x["on" + "Open"]`
    dst = dst or walk.build.slot()
    walk.build.row(flows.MATCH if pattern else flows.LOAD, dst, base, walk.build.name(pattern or name), line)
    index = node.child_by_field_id(walk.fields.index) if name == "*" else None
    if index is not None and index.type == "identifier" and walk.frame.scope.is_given(walk.text(index)):
        walk.build.row(flows.KEYED, dst, base, walk.build.name(walk.text(index)), line)
    return dst, base, name


def _key_pattern(walk: Walk, node: Node) -> str:
    """`on*` for the key of this[`on${type}`] and of this["on" + type]; "" for others."""
    index = node.child_by_field_id(walk.fields.index)
    index = bare(index) if index is not None else None
    if index is None or index.end_byte - index.start_byte > 80:
        return ""
    if index.type == "template_string":
        parts = [walk.text(c) if c.type == "string_fragment" else "*" for c in index.named_children]
    elif index.type == "binary_expression":
        texts = (string_value(walk, child) for child in index.named_children)
        parts = [text if text is not None else "*" for text in texts]
    else:
        return ""
    pattern = "".join(parts)
    return pattern if is_identifier(pattern.replace("*", "x")) and pattern.strip("*") else ""


def field_name(walk: Walk, node: Node) -> str:
    """The field that a member or subscript expression names, `*` if it is computed (whose parts are then walked)."""
    if node.type == "member_expression":
        field = node.child_by_field_id(walk.fields.property)
        return (walk.text(field) if field is not None else "") or "*"
    index = node.child_by_field_id(walk.fields.index)
    if index is None:
        return "*"
    name = walk.text(index) if index.type == "number" else string_value(walk, index) or known_key(walk, index)
    if not name:
        walk.effect(index)
    return name or "*"
