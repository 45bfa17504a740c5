"""Values of `key=value` and of `"key":value`, by the name of the key."""

import re
from functools import cache

_LONGEST = 18  # digits: more are no measurement


def word(text: str, key: str) -> str:
    """The value of the first such field, "" without one."""
    found = _field(key).search(text)
    return found[1] if found is not None else ""


def number(text: str, key: str) -> float | None:
    """The value of the first such field that is a number, units behind it ignored."""
    found = _number(key).search(text)
    return float(found[1]) if found is not None and len(found[1]) <= _LONGEST else None


@cache
def _field(key: str) -> re.Pattern[str]:
    return re.compile(rf'(?:^|[^\w.]){key}(?:=|"\s*:\s*)"?([^\s",}}\]]+)')


@cache
def _number(key: str) -> re.Pattern[str]:
    return re.compile(rf'(?:^|[^\w.]){key}(?:=|"\s*:\s*"?)(\d+(?:\.\d+)?)')
