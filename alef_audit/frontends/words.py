"""Words in source text.

Substrings are looked for one by one: a regular expression that does not start with a known letter tries every place,
and takes many times longer.
"""

import re
from functools import lru_cache
from typing import Final

_EDGE: Final = re.compile(r"(?<=[(\[]) | (?=[)\]])")
_STORING: Final = re.compile(r"(?:a?sync_?)?(?:set|put|store|save|add)(?:_\w+|[A-Z]\w*)?")


def on_one_line(text: str) -> str:
    """Code of several lines on one, as it is written where it fits there: no space inside parentheses and brackets."""
    return _EDGE.sub("", " ".join(text.split()))


@lru_cache(maxsize=16384)
def is_storing(member: str) -> bool:
    """Whether a method is named after putting something somewhere: its receiver says whether that is a cache."""
    return _STORING.fullmatch(member) is not None


def names_cache(text: str, start: int = 0, end: int | None = None) -> bool:
    """Whether a part of a text mentions a cache or a memo: what a helper is handed to look into, or to fill."""
    if text.find("ache", start, end) < 0 and text.find("emo", start, end) < 0:
        return False
    return any(text.find(word, start, end) >= 0 for word in ("cache", "Cache", "memo", "Memo"))
