"""Calls: one record each, and the few builtins whose value the language itself defines."""

from typing import Final

from tree_sitter import Node

from alef_audit.facts import flows
from alef_audit.frontends.python import expressions, operators
from alef_audit.frontends.python.builtins import builtin_value
from alef_audit.frontends.python.few import COLLECTIONS, has_few
from alef_audit.frontends.python.functions import walk_lambda
from alef_audit.frontends.python.judged import counted
from alef_audit.frontends.python.kept import lent, touched, touches
from alef_audit.frontends.python.texts import begun
from alef_audit.frontends.python.there import there
from alef_audit.frontends.python.walk import (
    LITERALS,
    Place,
    Walk,
    handed,
    held,
    line_of,
    literal_of,
    member_name,
    short,
    source,
)

_TEXT_LIMIT: Final = 80

_SPREADS: Final = {"list_splat": flows.SPREAD_POSITIONAL, "dictionary_splat": flows.SPREAD_KEYWORD}

Argument = tuple[int, int, int]


def walk_call(walk: Walk, place: Place, node: Node, flags: int, *, wanted: bool = False) -> int:
    """Record the call `node`; `flags` come from the context. Gives the slot of its value, 0 unless `wanted`."""
    parts = node.named_children
    if not parts:
        return 0
    callee_node = parts[0]
    build = walk.build
    callee, receiver, member, line = _callee(walk, place, callee_node)
    text = short(walk, callee_node, _TEXT_LIMIT)
    arguments = _arguments(walk, place, parts[-1], text) if len(parts) > 1 else []
    special = builtin_value(walk, place, callee_node, parts[-1], arguments, wanted=wanted)
    result = build.slot() if wanted else 0
    build.copy(result, special)
    if callee or any(argument[1] for argument in arguments):
        build.call(
            function=place.function,
            line=line,
            column=node.start_point[1] + 1,
            end_line=node.end_point[0] + 1,
            callee=callee,
            receiver=receiver,
            member=member,
            text=text,
            result=result,
            flags=flags,
            loop=place.loop,
            condition=place.condition,
            arguments=arguments,
        )
        if touches(member) and callee_node.type == "attribute" and parts[-1].type == "argument_list":
            touched(walk, place, node, member)
        elif parts[-1].type == "argument_list":
            lent(walk, place, node, member, len(arguments))
    return result


def _callee(walk: Walk, place: Place, node: Node) -> tuple[int, int, str, int]:
    """Slot of the callee, of the object before the dot, the member's name, and the line it stands on."""
    while (kind := node.type) == "parenthesized_expression" and len(node.named_children) == 1:
        node = node.named_children[0]
    if kind == "attribute" and len(parts := node.named_children) >= 2:
        name, line = member_name(walk, place, parts[-1]), line_of(parts[-1])
        receiver = expressions.value(walk, place, parts[0])
        return walk.build.attribute(receiver, name, line), receiver, name, line
    if kind == "identifier":
        name = source(walk, node)
        if name == "super" and place.owner >= 0:
            return 0, 0, name, line_of(node)
        return walk.build.reference(place.scope, name), 0, name, line_of(node)
    return expressions.value(walk, place, node), 0, "", line_of(node)


def _arguments(walk: Walk, place: Place, node: Node, callee_text: str) -> list[Argument]:
    if node.type == "generator_expression":
        slot = expressions.value(walk, place, node)
        counted(walk, callee_text, node)
        return [(flows.NO_NAME, slot, flows.NO_NAME)]
    if node.type != "argument_list":
        return []
    build = walk.build
    arguments: list[Argument] = []
    first_text = ""
    for child in node.named_children:
        kind = child.type
        if kind == "comment":
            continue
        label = flows.NO_NAME
        if kind == "keyword_argument":
            pair = child.named_children
            if len(pair) < 2:
                continue
            label, child = build.name(source(walk, pair[0])), pair[-1]
            kind = child.type
        elif kind in _SPREADS and child.named_children:
            label, child = _SPREADS[kind], child.named_children[0]
            kind = child.type
        literal = literal_of(walk, child) if kind in LITERALS else ""
        told = literal or (handed(walk, place, child) if kind in ("identifier", "attribute") else "")
        if kind in COLLECTIONS and child.named_child_count and has_few(walk, place, child):
            told = flows.FEW
        told = told or begun(walk, place, child) or there(walk, place, child)
        told = told or (held(walk, place, child) if kind in ("identifier", "attribute") else "")
        if kind == "string" and literal and not first_text:
            first_text = literal[1:40]
        if kind == "lambda":
            quoted = f'"{first_text}"' if first_text else ""
            slot = walk_lambda(walk, place, child, f"{callee_text}({quoted}) callback")
        else:
            slot = 0 if literal else expressions.value(walk, place, child)
            counted(walk, callee_text, child)
            if label == flows.SPREAD_POSITIONAL and slot:
                operators.iterated(walk, place, child, slot)
        arguments.append((label, slot, build.name(told)))
    return arguments
