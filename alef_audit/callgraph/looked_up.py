"""Locals that hold what was looked up under a key: `handler = handlers[req.method]`, `table.get(type(request))`."""

import re
from collections.abc import Iterable
from typing import Final

from alef_audit.callgraph.keeping import Keeping

_LOOK_UP: Final = re.compile(
    r"(?P<table>[\w$.]+)(?:\[(?P<index>[^\[\]\"']+)\]|\.get\((?P<key>[^(),]+(?:\([^(),]*\))?)(?:,[^()]*)?\))"
)
_ONE: Final = re.compile(r"-?\d+|[A-Z][A-Z0-9_]*")
_OR: Final = re.compile(r"\s*(?:\?\?|\|\||\bor\b)\s*")


def looked_up_locals(kept: Keeping, functions: Iterable[int]) -> dict[tuple[int, str], str]:
    """By function and name, the locals of some functions that hold one of several values, and what was looked up.

    Of several tables that are asked for the same key (`own[name] ?? common[name]`) the last is told.
    """
    found: dict[tuple[int, str], str] = {}
    for function in functions:
        for local, bound in kept.reads.get(function, {}).items():
            told = {_told(read.value) for read in bound}
            if len(told) == 1 and "" not in told:
                found[function, local] = told.pop()
    return found


def _told(value: str) -> str:
    """The look-up that a value is; "" if it is none, or one of a constant."""
    asked = [_LOOK_UP.fullmatch(part) for part in _OR.split(value)]
    keys = {(one["index"] or one["key"]).strip() if one is not None else "" for one in asked}
    if len(keys) != 1 or asked[-1] is None or _ONE.fullmatch(key := keys.pop()):
        return ""
    return f"{asked[-1]['table']}[{key}]"
