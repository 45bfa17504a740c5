"""What a row of a library model asks of the arguments of a call.

``Argument[token:]`` is given (and is not literally None); ``Argument[1,timeout:] = 0, false`` is one of these
literals, ``"*"`` being any text that is written out and ``"/proc/*"`` one that begins so; ``Argument[0] < 0.05`` is a
number below that; ``Argument[0] is io.BytesIO`` is an instance of one of these types; ``Argument[1] has
fcntl.LOCK_NB`` is one of these constants, or joins one of them to others with `|`. ``Receiver.`` in front asks the
same of the call that made the object before the dot, ``Receiver.Member[setblocking].`` of the calls of that member on
it, ``Made[OpenSSL.SSL.Connection].`` of all calls of that function in the program: the answer is known where they all
give the same.
"""

import re
from typing import Final, Literal

import msgspec

from alef_audit.rulepack.paths import PathError, Selector, parse_selector

_CONDITION: Final = re.compile(
    r"(?P<receiver>Receiver\.(?:Member\[(?P<members>[\w$, ]+)\]\.)?)?(?:Made\[(?P<made>[\w$.]+)\]\.)?"
    r"(?P<argument>Argument\[[^\[\]]*\](?:\.Member\[[\w$]+\])?)(?: (?P<sign>=|<|is|has) (?P<values>.+))?"
)
_LITERAL: Final = re.compile(r'true|false|none|-?[0-9]+|"[^",]*"')
_TYPE: Final = re.compile(r"[\w$.]+")
_LIMIT: Final = re.compile(r"[0-9]{1,9}(?:\.[0-9]{1,9})?")
_ALLOWED: Final = {"=": (_LITERAL, "literal"), "<": (_LIMIT, "number"), "is": (_TYPE, "type"), "has": (_TYPE, "type")}


class Condition(msgspec.Struct, frozen=True):
    """`members` are those of the receiver whose calls are asked, none for the call (or the maker) itself; `made` is the
    function all of whose calls are asked, "" for none.
    """

    of_receiver: bool
    members: tuple[str, ...]
    made: str
    selector: Selector
    sign: Literal["", "=", "<", "is", "has"]  # "" asks whether the argument is given
    values: tuple[str, ...]


def parse_condition(text: str) -> Condition:
    """Read one condition. Raises PathError."""
    match = _CONDITION.fullmatch(text)
    if match is None:
        forms = "[= literals | < number | is types | has constants]"
        raise PathError(f"expected [Receiver.|Made[...].]Argument[...] {forms}, got {text!r}")
    sign = match["sign"] or ""
    values = tuple(part.strip() for part in match["values"].split(",")) if sign else ()
    for value in values:
        allowed, what = _ALLOWED[sign]
        if not allowed.fullmatch(value):
            raise PathError(f"not a {what}: {value!r} in {text!r}")
    members = tuple(part.strip() for part in (match["members"] or "").split(",") if part.strip())
    selector = parse_selector(match["argument"])
    return Condition(bool(match["receiver"]), members, match["made"] or "", selector, sign, values)  # type: ignore[arg-type]
