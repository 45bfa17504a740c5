"""Object and array literals."""

from typing import Final

from tree_sitter import Node

from alef_audit.facts import flows
from alef_audit.facts.file import FunctionFlag, Object
from alef_audit.frontends.ecmascript.few import has_few
from alef_audit.frontends.ecmascript.frames import UNNAMED, Naming
from alef_audit.frontends.ecmascript.functions import FUNCTIONS, expression_as, method
from alef_audit.frontends.ecmascript.literals import (
    LONGEST_WORD,
    TAKING_NAMES,
    begun,
    handed,
    handed_name,
    join,
    options,
    property_name,
    spread,
    string_value,
)
from alef_audit.frontends.ecmascript.patterns import elements
from alef_audit.frontends.ecmascript.there import there
from alef_audit.frontends.ecmascript.walk import Walk

_HOLDERS: Final = FUNCTIONS - {"arrow_function"}


def literal_object(walk: Walk, node: Node) -> int:
    return object_as(walk, node, UNNAMED, 0)


def object_as(walk: Walk, node: Node, naming: Naming, dst: int) -> int:
    """The slot of an object literal; 0 when nothing in it can bear a callable and nothing can be added to it."""
    build = walk.build
    children = node.named_children
    slot = build.slot()
    holds = bool(dst) or not children
    for child in children:
        kind = child.type
        if kind == "pair":
            holds |= _pair(walk, child, slot, naming.path)
        elif kind == "shorthand_property_identifier":
            src, name = walk.value(child), walk.text(child)
            if handed_name(walk, name):
                walk.telling.append(slot)
            build.store(slot, name or "*", src, child.start_point.row + 1)
            holds |= src > 0
        elif kind == "method_definition":
            _method(walk, child, slot, naming.path)
            holds = True
        elif kind == "spread_element":
            src = walk.value(child.named_children[0] if child.named_children else None)
            if spread(walk, child):
                walk.telling.append(slot)
            if src:
                build.row(flows.SPREAD, slot, src, 0, child.start_point.row + 1)
                holds = True
        else:
            walk.effect(child)
    if not holds:
        return 0
    line = node.start_point.row + 1
    build.row(flows.OBJECT, slot, len(build.objects), 0, line)
    build.objects.append(Object(walk.frame.index, line, naming.path))
    build.copy(dst, slot)
    return dst or slot


_DECIDING: Final = frozenset(("true", "false", "null", "undefined", "string"))
_PLAIN: Final = frozenset(("number", "string", "true", "false", "null", "undefined", "regex"))
# Values of options that a callee may fetch otherwise.
_THERE: Final = frozenset(("object", "array", "new_expression", "template_string"))


def _pair(walk: Walk, node: Node, holder: int, path: str) -> bool:
    """A property `key: value`; whether it holds anything that can bear a callable."""
    fields = walk.fields
    key, value = node.child_by_field_id(fields.key), node.child_by_field_id(fields.value)
    key_kind = key.type if key is not None else ""
    if key is not None and key_kind == "computed_property_name":
        walk.children(key)
    kind = value.type if value is not None else "null"
    if value is None or kind in _PLAIN:
        if kind in _DECIDING and value is not None and value.end_byte - value.start_byte < LONGEST_WORD:
            walk.telling.append(holder)
        return False
    if handed(walk, value) if kind == "identifier" or kind == "member_expression" else kind in _THERE:
        walk.telling.append(holder)
    name = property_name(walk, key)
    if kind in _HOLDERS:
        slot = expression_as(walk, value, property_naming(walk, path, name, key), 0)
        walk.frames[-1].home = holder
    elif kind in TAKING_NAMES:
        slot = walk.value_as(value, property_naming(walk, path, name, key))
    else:
        slot = walk.value_as(value, UNNAMED)
    if slot:
        walk.build.store(holder, name, slot, node.start_point.row + 1)
    return slot > 0


def property_naming(walk: Walk, path: str, name: str, key: Node | None) -> Naming:
    """How a function under a property is called: by its path, the key as written if it is computed."""
    if name == "*" and key is not None and key.type == "string":
        return Naming("*", join(path, "*"), join(path, "*"))
    if name == "*" and key is not None:
        label = path + walk.short(key, 60)
    else:
        label = join(path, name)
    return Naming(name if name != "*" else "", label, label)


def _method(walk: Walk, node: Node, holder: int, path: str) -> None:
    key = node.child_by_field_id(walk.fields.name)
    if key is not None and key.type == "computed_property_name":
        walk.children(key)
    name = property_name(walk, key)
    dst = walk.build.slot()
    frame = method(walk, node, property_naming(walk, path, name, key), dst, home=holder)
    if frame.flags & FunctionFlag.SETTER:
        name = flows.SET + name
    walk.build.store(holder, name, dst, frame.line)


def array_as(walk: Walk, node: Node, naming: Naming, dst: int) -> int:
    """The slot of an array literal; 0 when it is bound to nothing and holds nothing that bears a callable."""
    build = walk.build
    line = node.start_point.row + 1
    held: list[tuple[str, int]] = []
    children = [child for child in node.children if child.type not in ("[", "]", "comment")]
    position, ordered = 0, True
    for child in children:
        if child.type == ",":
            position += 1
            continue
        if child.type == "spread_element":
            ordered = False
            src = walk.value(child.named_children[0] if child.named_children else None)
            slot = elements(walk, src, child.start_point.row + 1, flows.EXHAUSTS)
        else:
            slot = walk.value_as(child, UNNAMED)
        if slot:
            held.append((str(position) if ordered and position < flows.POSITIONS else "*", slot))
    if not held and not dst and children:
        return 0
    fixed = ordered and position < flows.POSITIONS and children
    length = (position if children[-1].type == "," else position + 1) if fixed else -1
    array = build.object(walk.frame.index, line, naming.path, length=length)
    for name, slot in held:
        build.store(array, name, slot, line)
    if position == 1 and (key := string_value(walk, children[0])):
        build.row(flows.PAIR, array, 0, build.name(key), 0)
    build.copy(dst, array)
    return dst or array


def literal_array(walk: Walk, node: Node) -> int:
    return array_as(walk, node, UNNAMED, 0)


def object_argument(walk: Walk, node: Node, kind: str) -> tuple[int, int, int]:
    """An argument that is neither a name nor a literal nor a function; of an object literal, what it decides."""
    if kind != "object":
        told = handed(walk, node) if kind == "member_expression" else ""
        if kind == "array" and has_few(walk, node):
            told = flows.FEW
        told = told or begun(walk, node) or there(walk, node)
        return flows.NO_NAME, walk.value_as(node, UNNAMED), walk.build.name(told)
    holder, known = walk.build.slot() + 1, len(walk.telling)  # the slot that the literal takes next
    slot = walk.value_as(node, UNNAMED)
    told = options(walk, node) if holder in walk.telling[known:] or _lists_few(walk, node) else ""
    told = told or flows.TRUTHY
    del walk.telling[known:]
    return flows.NO_NAME, slot, walk.build.name(told)


def _lists_few(walk: Walk, node: Node) -> bool:
    """Whether a property of an object literal is a literal list of a handful of elements."""
    if walk.source.find(b"[", node.start_byte, node.end_byte) < 0:
        return False
    values = (child.child_by_field_id(walk.fields.value) for child in node.named_children if child.type == "pair")
    return any(value is not None and value.type == "array" and has_few(walk, value) for value in values)
