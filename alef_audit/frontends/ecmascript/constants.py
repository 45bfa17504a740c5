"""Constants of a module that name keys: `const TOPIC = "ready"`, `const Topic = { Ready: "ready" } as const`, enums.

They are collected before the walk, so that `[Topic.Ready]: handler` and `listeners[Topic.Ready]` mean the same field as
`listeners.ready`.
"""

from typing import Final

from tree_sitter import Node

_WRAPPERS: Final = frozenset(("as_expression", "satisfies_expression", "parenthesized_expression"))
_FREEZE: Final = b"Object.freeze"
_SHORT: Final = 200  # longer strings are no keys


def constants(root: Node | None, text: bytes) -> dict[str, str]:
    """Spelling (`TOPIC`, `Topic.Ready`) -> value, of what the top level of a module declares."""
    found: dict[str, str] = {}
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


def _constant(found: dict[str, str], name: str, value: Node, text: bytes) -> None:
    while value.type in _WRAPPERS and value.named_children:
        value = value.named_children[0]
    if value.type == "call_expression" and text.startswith(_FREEZE, value.start_byte):
        listed = value.child_by_field_name("arguments")
        if listed is not None and listed.named_children:
            value = listed.named_children[0]
    if value.type == "string":
        _put(found, name, value, text)
    elif value.type == "object":
        for child in value.named_children:
            key, held = child.child_by_field_name("key"), child.child_by_field_name("value")
            if key is not None and held is not None and key.type == "property_identifier" and held.type == "string":
                _put(found, f"{name}.{_text(text, key)}", held, text)


def _enum(found: dict[str, str], node: Node, text: bytes) -> None:
    name, body = node.child_by_field_name("name"), node.child_by_field_name("body")
    if name is None or body is None:
        return
    number = 0
    for child in body.named_children:
        if child.type == "property_identifier":
            found[f"{_text(text, name)}.{_text(text, child)}"] = str(number)
            number += 1
        elif child.type == "enum_assignment":
            key, value = child.child_by_field_name("name"), child.child_by_field_name("value")
            if key is None or value is None:
                continue
            if value.type == "string":
                _put(found, f"{_text(text, name)}.{_text(text, key)}", value, text)
            elif value.type == "number" and _text(text, value).isdigit():
                number = int(_text(text, value))
                found[f"{_text(text, name)}.{_text(text, key)}"] = str(number)
                number += 1


def _put(found: dict[str, str], name: str, value: Node, text: bytes) -> None:
    spelled = _text(text, value)[1:-1]
    if spelled and len(spelled) < _SHORT and "\\" not in spelled:
        found[name] = spelled


def _text(text: bytes, node: Node) -> str:
    return text[node.start_byte : node.end_byte].decode("utf-8", "replace")
