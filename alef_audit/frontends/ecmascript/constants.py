"""Constants of a module that name keys: `const TOPIC = "ready"`, `const Topic = { Ready: "ready" } as const`, enums.

They are collected before the walk, so that `[Topic.Ready]: handler` and `listeners[Topic.Ready]` mean the same field as
`listeners.ready`.  What tests compare with them is decided later, so those that nothing changes are noted as well.
"""

import re
from typing import Final, NamedTuple

from tree_sitter import Node

from alef_audit.facts import flows, kept
from alef_audit.frontends.builder import FactsBuilder, Scope

_WRAPPERS: Final = frozenset(("as_expression", "satisfies_expression", "parenthesized_expression"))
_FREEZE: Final = b"Object.freeze"
_SHORT: Final = 200  # longer strings are no keys
# What an argument may be set to; texts for readers are compared with nothing.
_TOLD: Final = re.compile(r"\d{1,6}|\"[\w.:/\- ]{0,32}")


class Constants(NamedTuple):
    """Spelling (`TOPIC`, `Topic.Ready`) -> value, of what the top level of a module declares, and the literals that
    nothing changes, as `flows` spells them.
    """

    values: dict[str, str]
    fixed: dict[str, str]


def constants(root: Node | None, text: bytes) -> Constants:
    """What the top level of a module declares."""
    found = Constants({}, {})
    for statement in root.named_children if root is not None else ():
        node = statement
        if node.type == "export_statement":
            node = node.child_by_field_name("declaration") or node
        if node.type == "lexical_declaration" and text.startswith(b"const", node.start_byte):
            for child in node.named_children:
                name, value = child.child_by_field_name("name"), child.child_by_field_name("value")
                if name is not None and name.type == "identifier" and value is not None:
                    _constant(found, _text(text, name), value, text)
        elif node.type == "enum_declaration":
            _enum(found, node, text)
    return found


def keep_constants(build: FactsBuilder, scope: Scope, found: Constants) -> None:
    """Note the literals that nothing changes and that are spelled as constants are."""
    for name, value in found.fixed.items():
        if name[0].isupper() and _TOLD.fullmatch(value):
            build.keep(kept.LITERAL, scope, 0, -1, 0, name, value=value)


def _constant(found: Constants, name: str, value: Node, text: bytes) -> None:
    is_fixed = False
    while value.type in _WRAPPERS and value.named_children:
        is_fixed = is_fixed or text.endswith(b" as const", value.start_byte, value.end_byte)
        value = value.named_children[0]
    if value.type == "call_expression" and text.startswith(_FREEZE, value.start_byte):
        listed = value.child_by_field_name("arguments")
        if listed is not None and listed.named_children:
            value, is_fixed = listed.named_children[0], True
            while value.type in _WRAPPERS and value.named_children:
                value = value.named_children[0]
    if value.type == "string":
        _put(found, name, value, text, is_fixed=True)
    elif value.type == "object":
        for child in value.named_children:
            key, held = child.child_by_field_name("key"), child.child_by_field_name("value")
            if key is not None and held is not None and key.type == "property_identifier" and held.type == "string":
                _put(found, f"{name}.{_text(text, key)}", held, text, is_fixed=is_fixed)


def _enum(found: Constants, node: Node, text: bytes) -> None:
    name, body = node.child_by_field_name("name"), node.child_by_field_name("body")
    if name is None or body is None:
        return
    number: int | None = 0
    for child in body.named_children:
        key = child if child.type == "property_identifier" else child.child_by_field_name("name")
        value = child.child_by_field_name("value") if child.type == "enum_assignment" else None
        if key is None or (value is None and child.type != "property_identifier"):
            continue
        spelled = f"{_text(text, name)}.{_text(text, key)}"
        if value is not None and value.type == "string":
            _put(found, spelled, value, text, is_fixed=True)
            continue
        if value is not None:
            number = int(_text(text, value)) if value.type == "number" and _text(text, value).isdigit() else None
        if number is not None:
            found.values[spelled] = found.fixed[spelled] = str(number)
            number += 1


def _put(found: Constants, name: str, value: Node, text: bytes, *, is_fixed: bool) -> None:
    spelled = _text(text, value)[1:-1]
    if spelled and len(spelled) < _SHORT and "\\" not in spelled:
        found.values[name] = spelled
        if is_fixed:
            found.fixed[name] = flows.string_literal(spelled)


def _text(text: bytes, node: Node) -> str:
    return text[node.start_byte : node.end_byte].decode("utf-8", "replace")
