"""Structs to JSON text, the same way for every format: two blanks of indentation, keys in the order of the fields."""

from typing import Any

import msgspec

from alef_audit.reporting.escape import encodable


def to_json(value: object) -> str:
    """`value` (structs, tuples, dicts) as indented JSON with a final line break; no text makes it fail."""
    try:
        raw = msgspec.json.encode(value)
    except UnicodeEncodeError:
        raw = msgspec.json.encode(_encodable(msgspec.to_builtins(value)))
    # in a log of a CI system, `##[…]` would be a command; outside of strings JSON has no such characters
    return msgspec.json.format(raw, indent=2).decode("utf-8").replace("##", "#\\u0023") + "\n"


def json_schema(document: type, title: str, description: str) -> dict[str, object]:
    """JSON Schema (2020-12) of what `to_json` makes of a struct of that type."""
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": title, "description": description}
    return head | msgspec.json.schema(document)


def _encodable(value: Any) -> Any:
    match value:
        case str():
            return encodable(value)
        case dict():
            return {encodable(key): _encodable(item) for key, item in value.items()}
        case list() | tuple():
            return [_encodable(item) for item in value]
        case _:
            return value
