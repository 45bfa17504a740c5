"""What a library function does with collections, written down as flows: `self[*] > 0(0); 0() > result[]` is `map`.

A flow goes from a source to a target.  Sources start at the receiver (`self`), an argument (`0`, `key=`), all
positional arguments (`args`, `args+1` without the first) or every keyword argument (`keywords`), and take steps: `[]`
what iterating gives, `[*]` any element, `[key]` the element under the literal key that the first argument is, `.name` a
field, `()` what calling it gives.  Targets are the call's value (`result`, `result[]` an element of a fresh collection,
`result[].1` the second part of a pair in one), an element of the receiver or of an argument (`self[key]`), or a
parameter of a function that an argument holds (`0(1)`).  `a > b` hands values on, `a >> b` every field of objects,
`a => b` the pairs of a sequence as entries of a mapping.  `list:`, `dict:` and `map:` in front make a fresh collection
whether or not anything flows into it: `dict` iterates over keys, `map` over pairs.
"""

import re
from typing import Final, NamedTuple

VALUES: Final = ">"
FIELDS: Final = ">>"
ENTRIES: Final = "=>"

_PLACE: Final = re.compile(
    r"(?P<root>self|result|keywords|args(?:\+\d)?|\d|\w+=)(?P<steps>(?:\[[\]*k][^\[\].()]*\]?|\.[\w<>]+|\(\d?\))*)"
)
_STEP: Final = re.compile(r"\[\]|\[\*\]|\[key\]|\.[\w<>]+|\(\d?\)")


class Place(NamedTuple):
    """One end of a flow."""

    root: str  # self, result, keywords, args, argument or keyword
    position: int  # of an argument; the first of `args`
    name: str  # of a keyword argument
    steps: tuple[str, ...]


class Flow(NamedTuple):
    source: Place
    how: str
    target: Place


class Recipe(NamedTuple):
    flows: tuple[Flow, ...]
    makes: str  # list, dict, map, or "" when the result is made only if something flows into it
    calls: tuple[Place, ...] = ()  # the arguments that the function calls back


def parse_recipe(text: str) -> Recipe:
    """Read a recipe. Raises ValueError for one that does not follow the grammar."""
    makes, colon, rest = text.partition(":")
    if not colon:
        makes, rest = "", text
    flows = []
    for part in rest.split(";"):
        words = part.split()
        if not words:
            continue
        if len(words) != 3 or words[1] not in (VALUES, FIELDS, ENTRIES):
            raise ValueError(f"no flow: {part!r}")
        flows.append(Flow(_place(words[0]), words[1], _place(words[2])))
    return Recipe(tuple(flows), makes, _called_back(flows))


def _called_back(flows: list[Flow]) -> tuple[Place, ...]:
    places = [flow.target for flow in flows if flow.target.steps and flow.target.steps[-1][0] == "("]
    places += [flow.source for flow in flows if flow.source.steps[:1] == ("()",)]
    return tuple(dict.fromkeys(place._replace(steps=()) for place in places))


def _place(text: str) -> Place:
    match = _PLACE.fullmatch(text)
    if match is None:
        raise ValueError(f"no end of a flow: {text!r}")
    root, steps = match["root"], tuple(_STEP.findall(match["steps"]))
    if root.isdigit():
        return Place("argument", int(root), "", steps)
    if root.endswith("="):
        return Place("keyword", 0, root[:-1], steps)
    if root.startswith("args"):
        return Place("args", int(root[5:] or 0), "", steps)
    return Place(root, 0, "", steps)
