"""Values of `key=value` and of `"key":value`, by the name of the key."""

import re
from functools import cache

_LONGEST = 18  # digits: more are no measurement


def word(text: str, key: str) -> str:
    """The value of the first such field, "" without one."""
    found = _first(_field(key), text)
    return found[1] if found is not None else ""


def number(text: str, key: str) -> float | None:
    """The value of the first such field that is a number, units behind it ignored."""
    found = _first(_number(key), text)
    return float(found[1]) if found is not None and len(found[1]) <= _LONGEST else None


def _first(field: re.Pattern[str], text: str) -> re.Match[str] | None:
    """The first match that is not the end of a longer key. An expression that begins with a word is found much faster
    than one that begins with what may stand before it."""
    for found in field.finditer(text):
        before = text[found.start() - 1] if found.start() else ""
        if not (before.isalnum() or before in ("_", ".")):
            return found
    return None


@cache
def _field(key: str) -> re.Pattern[str]:
    return re.compile(rf'{key}(?:=|"\s*:\s*)"?([^\s",}}\]]+)')


@cache
def _number(key: str) -> re.Pattern[str]:
    return re.compile(rf'{key}(?:=|"\s*:\s*"?)(\d+(?:\.\d+)?)')
