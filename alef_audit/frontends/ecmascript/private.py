"""Private members as compilers write them for older engines: helpers with fixed names around one `WeakMap` per member.

TypeScript writes `__classPrivateFieldGet(this, _A_x, "f")`, esbuild `__privateGet(this, _x)`, Babel and swc the like.
Followed like other functions, the helpers would mix what all private members of a program hold.
"""

import re
from typing import Final, NamedTuple

from tree_sitter import Node

from alef_audit.facts.flows import ELEMENT, RESERVED
from alef_audit.frontends.ecmascript.literals import string_value
from alef_audit.frontends.ecmascript.walk import Walk


class _Helper(NamedTuple):
    """Where a helper takes what it needs, by position; -1 for what it does not take."""

    value: int = -1  # what the member is set to
    kind: int = (
        -1
    )  # "f" for a field, "m" for a method, "a" for an accessor; -1 if the helper has other kinds of its own
    function: int = -1  # the method, or what holds a static field
    most: int = 5  # arguments; with more of them an accessor is called


_SUFFIX: Final = re.compile(r"\d+\Z")
_HELPERS: Final = {
    "__classPrivateFieldGet": _Helper(kind=2, function=3),
    "__classPrivateFieldSet": _Helper(value=2, kind=3, function=4),
    "__privateGet": _Helper(most=2),
    "__privateAdd": _Helper(value=2),
    "__privateSet": _Helper(value=2, most=3),
    "__privateMethod": _Helper(function=2),
    "_classPrivateFieldGet": _Helper(),
    "_classPrivateFieldSet": _Helper(value=2),
    "_class_private_field_get": _Helper(),
    "_class_private_field_set": _Helper(value=2),
    "_class_private_method_get": _Helper(function=2),
}


def private(walk: Walk, member: str, given: list[Node], result: int, line: int) -> bool:
    """Whether a call reads or sets a private member by such a helper; if so, its effect has been written."""
    helper = _HELPERS.get(_SUFFIX.sub("", member))
    if helper is None or not max(2, helper.value + 1) <= len(given) <= helper.most:
        return False
    told = string_value(walk, given[helper.kind]) if 0 <= helper.kind < len(given) else None
    is_method = told == "m" or (helper.kind < 0 <= helper.function)
    is_further = 0 <= helper.function < len(given)
    if told == "a" or (is_method and not is_further):
        return False  # an accessor: the helper calls it
    build, slots = walk.build, [walk.value(argument) for argument in given]
    if is_method:
        build.copy(result, slots[helper.function])
        return True
    # Babel hands over the map first
    place = slots[0] if given[1].type == "this" else slots[1]
    holder, name = (slots[helper.function], "value") if is_further else (place, RESERVED[ELEMENT])
    if helper.value >= 0:
        build.store(holder, name, slots[helper.value], line)
        build.copy(result, slots[helper.value])
    else:
        build.copy(result, build.load(holder, name, line))
    return True
