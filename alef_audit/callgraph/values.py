"""Values of arguments, as far as the front ends spell them (`facts/flows.py`), and what tests tell of them."""

import re
from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

from alef_audit.callgraph.keeping import plain
from alef_audit.callgraph.named_literals import is_same
from alef_audit.callgraph.predicates import Truth, comparison
from alef_audit.facts import flows

UNKNOWN: Final = ""
TRUTHY: Final = flows.TRUTHY
PRESENT: Final = flows.PRESENT
ABSENT: Final = flows.ABSENT
NOTHING: Final = frozenset((flows.NULL, ABSENT))
FALSE: Final = frozenset((flows.FALSE, flows.NULL, ABSENT, "0", '"'))
LITERALS: Final = {
    "true": flows.TRUE,
    "True": flows.TRUE,
    "false": flows.FALSE,
    "False": flows.FALSE,
    "null": flows.NULL,
    "None": flows.NULL,
    "undefined": ABSENT,
}
_QUOTED: Final = re.compile(r"""(["'])([^"'\\]{0,119})\1""")
# What both languages make of a text, and ask of one.
_MADE_OF_TEXT: Final[Mapping[str, Callable[[str], str]]] = {
    "lower": str.lower,
    "casefold": str.lower,
    "toLowerCase": str.lower,
    "toLocaleLowerCase": str.lower,
    "upper": str.upper,
    "toUpperCase": str.upper,
    "toLocaleUpperCase": str.upper,
    "strip": str.strip,
    "trim": str.strip,
}
_ASKED_OF_TEXT: Final[Mapping[str, Callable[[str, str], bool]]] = {
    "startswith": str.startswith,
    "startsWith": str.startswith,
    "endswith": str.endswith,
    "endsWith": str.endswith,
}
_OF_TEXT: Final = re.compile(
    r"(?P<subject>[\w$.()]+)\.(?P<method>[A-Za-z]+)\((?:(?P<quote>[\"'])(?P<other>[^\"'\\]*)(?P=quote))?\)"
)
# Longer texts are spelled by their beginning only.
_WHOLE: Final = 120


class MadeText(NamedTuple):
    """A text that is made of another one: `mode.lower()`."""

    subject: str
    method: str

    def of(self, value: str) -> str:
        """The spelling of the text, if the other one is known."""
        if not value.startswith('"') or len(value) > _WHOLE:
            return UNKNOWN
        return flows.string_literal(_MADE_OF_TEXT[self.method](value[1:]))


class AskedText(NamedTuple):
    """What is asked of a text: `path.startswith("/")`."""

    subject: str
    method: str
    other: str

    def holds(self, value: str) -> Truth:
        """Whether it holds, if the text is known."""
        if not value.startswith('"') or len(value) > _WHOLE:
            return None
        return _ASKED_OF_TEXT[self.method](value[1:], self.other)


def changed_text(text: str) -> MadeText | None:
    """`text` as a text that is made of another one; None if it is something else."""
    found = _OF_TEXT.fullmatch(text) if text.endswith("()") else None
    return MadeText(found["subject"], found["method"]) if found and found["method"] in _MADE_OF_TEXT else None


def asked_text(text: str) -> AskedText | None:
    """`text` as a question that is asked of a text; None if it is something else."""
    found = _OF_TEXT.fullmatch(text) if text.endswith(("')", '")')) else None
    is_asked = found is not None and found["method"] in _ASKED_OF_TEXT
    return AskedText(found["subject"], found["method"], found["other"]) if found and is_asked else None


def is_equal(value: str, right: str, *, is_strict: bool) -> Truth:
    """Whether a value, as far as it is known, equals a literal."""
    if value == UNKNOWN or (value in (TRUTHY, PRESENT) and right not in NOTHING):
        return None
    if value in NOTHING and right in NOTHING and not is_strict:
        return True
    return False if value in (TRUTHY, PRESENT) else is_same(value, right)


def told_by(atom: str, path: str, outcome: bool) -> str:
    """What it tells of `path` that a test `atom` gave `outcome`; UNKNOWN if nothing."""
    if atom == path:
        return TRUTHY if outcome else UNKNOWN
    compared = comparison(atom)
    if compared is None or plain(compared.left) != path or compared.sign not in ("==", "!="):
        return UNKNOWN
    right = literal_of(compared.right)
    if right is not None and (compared.sign == "==") == outcome:
        return right
    return PRESENT if right in NOTHING else UNKNOWN


def literal_of(text: str) -> str | None:
    """The literal spelling of what a test compares with; None if that is no literal."""
    quoted = _QUOTED.fullmatch(text)
    if quoted:
        return flows.string_literal(quoted[2])
    return text if text.isdecimal() else LITERALS.get(text)
