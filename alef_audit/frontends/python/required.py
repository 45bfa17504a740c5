"""What a declaration requires: `content: str` without a default holds a string, whoever fills it."""

import re
from typing import Final

from tree_sitter import Node

from alef_audit.facts import flows
from alef_audit.frontends.python.walk import Walk, short

_LIMIT: Final = 80
_TEXT: Final = re.compile(r"str|Annotated\[str\b.*")
# Names of types that allow for nothing, or of which it is not told.
_LOOSE: Final = re.compile(r"\b(?:None|Optional|Union|Any|object|Unset\w*|NotRequired|Callable)\b|[\"'|]")
_NAMED: Final = re.compile(r"[A-Za-z_][\w.]{2,}(?:\[.*\])?")


def required(walk: Walk, annotation: Node | None, default: Node | None) -> str:
    """The spelling of what a parameter or field must hold, see `flows.REQUIRED`; "" if it may be left out or is not
    known to hold something.
    """
    if annotation is None or not (default is None or _is_left_open(default)):
        return ""
    text = short(walk, annotation, _LIMIT)
    if _TEXT.fullmatch(text):
        return flows.REQUIRED_TEXT
    return flows.REQUIRED if _NAMED.fullmatch(text) and not _LOOSE.search(text) else ""


def _is_left_open(default: Node) -> bool:
    """`Field(...)`, `Body(...)`: a description in place of a default."""
    if default.type != "call":
        return default.type == "ellipsis"
    listed = default.named_children[-1].named_children
    return bool(listed) and listed[0].type == "ellipsis"
