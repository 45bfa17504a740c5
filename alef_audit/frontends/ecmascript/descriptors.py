"""Property descriptors: `Object.defineProperty` and its like."""

from tree_sitter import Node

from alef_audit.facts import flows
from alef_audit.frontends.ecmascript.literals import property_name, string_value
from alef_audit.frontends.ecmascript.walk import Walk


def define(walk: Walk, target: int, key: Node, descriptor: int, node: Node, line: int) -> None:
    """`Object.defineProperty(target, key, { get() {…}, value })`."""
    name = string_value(walk, key)
    if name is not None:
        _describe(walk, target, name, descriptor, node, line)


def _describe(walk: Walk, target: int, name: str, descriptor: int, node: Node, line: int) -> None:
    """Property `name` of the target is what a descriptor says that is written at `node`."""
    if not target or not descriptor or node.type != "object":
        return
    for child in node.named_children:
        key_node = child.child_by_field_id(walk.fields.key) or child.child_by_field_id(walk.fields.name)
        field = walk.text(child) if child.type == "shorthand_property_identifier" else ""
        field = field or (property_name(walk, key_node) if key_node is not None else "")
        if field == "value":
            walk.build.store(target, name, walk.build.load(descriptor, "value", line), line)
        elif field == "get" or field == "set":
            prefix = flows.GET if field == "get" else flows.SET
            walk.build.store(target, prefix + name, walk.build.load(descriptor, field, line), line)


def define_all(walk: Walk, target: int, descriptors: int, listed: Node, line: int) -> None:
    """`Object.defineProperties(target, { key: { get() {…}, value } })`."""
    parts = [child for child in listed.named_children if child.type != "comment"]
    for child in parts[1].named_children if parts[1].type == "object" else ():
        key, value = child.child_by_field_id(walk.fields.key), child.child_by_field_id(walk.fields.value)
        if child.type == "pair" and key is not None and value is not None:
            name = property_name(walk, key)
            if name != "*":
                _describe(walk, target, name, walk.build.load(descriptors, name, line), value, line)
