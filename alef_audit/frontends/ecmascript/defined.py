"""Calls whose effect on their arguments the language defines, or a compiler that wrote a helper for it."""

from typing import Final

from tree_sitter import Node

from alef_audit.facts import flows
from alef_audit.frontends.ecmascript.descriptors import define, define_all
from alef_audit.frontends.ecmascript.literals import property_name
from alef_audit.frontends.ecmascript.walk import Walk

# Names of such functions; those of compilers start with an underscore.
DEFINED: Final = frozenset(("assign", "defineProperty", "defineProperties"))
# Helpers of compilers that copy all names of a module: the positions of what takes them and of what has them.
_STARS: Final = {"__exportStar": (1, 0), "__reExport": (0, 1)}
_SAME_MODULE: Final = frozenset(("__toCommonJS", "__reExport", "__exportStar"))

# What stands before the parentheses: its slot, that of the receiver, the member's name, line and text.
Callee = tuple[int, int, str, int, str]


def known(walk: Walk, callee: Callee, listed: Node, arguments: list[int], result: int) -> None:
    """What a call does with the slots that are its arguments."""
    _, _, member, line, text = callee
    if member == "assign" and text == "Object.assign" and arguments:
        target = arguments[0]
        for slot in arguments[1:]:
            if target and slot:
                walk.build.row(flows.SPREAD, target, slot, 0, line)
        if result:
            walk.build.copy(result, target)
    elif member in _STARS and len(arguments) > 1:
        target, source = (arguments[at] for at in _STARS[member])
        if target and source:
            walk.build.row(flows.SPREAD, target, source, 0, line)
    elif member in ("defineProperty", "__defProp", "__export", "__exportAll"):
        given = [child for child in listed.named_children if child.type != "comment"]
        if member.startswith("__export") and len(given) > 1 and len(arguments) > 1:
            _export_getters(walk, arguments[0], given[1])
        elif len(arguments) > 2 and len(given) > 2 and text in ("Object.defineProperty", "__defProp"):
            define(walk, arguments[0], given[1], arguments[2], given[2], line)
    elif member == "defineProperties" and len(arguments) > 1 and text == "Object.defineProperties":
        define_all(walk, arguments[0], arguments[1], listed, line)
    elif result and member in _SAME_MODULE and arguments:
        walk.build.copy(result, arguments[0])


def _export_getters(walk: Walk, target: int, node: Node) -> None:
    """esbuild's and rolldown's `__export(target, { name: () => value })`."""
    if node.type != "object" or not target:
        return
    for child in node.named_children:
        value = child.child_by_field_id(walk.fields.value)
        body = (
            value.child_by_field_id(walk.fields.body) if value is not None and value.type == "arrow_function" else None
        )
        if body is not None and body.type == "identifier":
            name = property_name(walk, child.child_by_field_id(walk.fields.key))
            slot = walk.build.reference(walk.frame.scope, walk.text(body))
            walk.build.store(target, name, slot, child.start_point.row + 1)
