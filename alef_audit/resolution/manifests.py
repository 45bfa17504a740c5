"""Reads the JSON that tells Node and TypeScript how modules are found; malformed parts count as absent."""

from collections.abc import Callable
from typing import Any

from alef_audit import json_text

ReadText = Callable[[str], str | None]
_LENIENT_LIMIT = 300_000  # characters; the lenient reader is slow


def read_object(read_text: ReadText, path: str, lenient: bool) -> dict[str, Any] | None:
    """The object in the file at `path`, None if there is none; `lenient` allows comments and trailing commas."""
    text = read_text(path)
    if text is None:
        return None
    try:
        document = json_text.decode(text.removeprefix("\ufeff").encode("utf-8", "replace"), object)
    except json_text.NotJson:
        if not lenient or len(text) > _LENIENT_LIMIT:
            return None
        import json5  # hardly any manifest needs it

        try:
            document = json5.loads(text.removeprefix("\ufeff"))
        except (ValueError, RecursionError, ArithmeticError):
            return None
    return document if isinstance(document, dict) else None


def string(value: object) -> str:
    """`value` if it is a string, else ""."""
    return value if isinstance(value, str) else ""


def strings(value: object) -> tuple[str, ...]:
    """The strings in `value`: itself, or the items of a list."""
    if isinstance(value, str):
        return (value,)
    return tuple(item for item in value if isinstance(item, str)) if isinstance(value, list) else ()


def table(value: object) -> dict[str, Any]:
    """`value` if it is an object, else an empty one."""
    return value if isinstance(value, dict) else {}
