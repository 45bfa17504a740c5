"""Values of arguments, as far as the front ends spell them (`facts/flows.py`), and what tests tell of them."""

import re
from typing import Final

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
