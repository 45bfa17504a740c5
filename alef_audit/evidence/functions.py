"""Which function of one file a runtime means by a line, a column and a name."""

from collections.abc import Sequence
from typing import Final

from alef_audit.evidence.stacks import Spot
from alef_audit.facts.file import Function

_NEAR: Final = 3  # lines between a decorator and its function


def innermost_at(functions: Sequence[Function], line: int) -> int:
    """The innermost function that a line stands in; the module's body, which is 0, if none."""
    found, narrowest = 0, None
    for index, facts in enumerate(functions):
        if index and facts.line <= line <= facts.end_line:
            width = facts.end_line - facts.line
            if narrowest is None or width <= narrowest:
                found, narrowest = index, width
    return found


def defined_at(functions: Sequence[Function], spot: Spot) -> int | None:
    """The function defined on a line, or near it under the name that is told; else the only one of that name."""
    told = plain_name(spot.function)
    inner = list(enumerate(functions))[1:]
    named = [(index, facts) for index, facts in inner if facts.name and facts.name == told]
    there = [(index, facts) for index, facts in inner if facts.line == spot.defined]
    fitting = [one for one in there if told in ("", *names_of(one[1]))] or [
        one for one in named if abs(one[1].line - spot.defined) <= _NEAR
    ]
    if fitting:
        return min((abs(facts.column - spot.column), index) for index, facts in fitting)[1]
    if len(named) == 1:
        return named[0][0]
    nameless = [index for index, facts in there if is_described(facts)]
    return nameless[0] if len(nameless) == 1 else None


def names_of(facts: Function) -> tuple[str, ...]:
    """What a runtime may call a function: an anonymous one is told by no name, or by that of what holds it."""
    return (facts.name,) if facts.name else ()


def is_described(facts: Function) -> bool:
    """Whether a function has no plain name (`bot.on("x") callback`, `table["x"]`), so that its runtime may call it
    anything."""
    return facts.parent >= 0 and not facts.label.replace(".", "").replace("#", "").replace("$", "").isidentifier()


def plain_name(name: str) -> str:
    """`Object.get x [as y]` is `x`, `Api.handle` is `handle`; "" for names that are none of the source's."""
    plain = name.partition(" [as ")[0].removeprefix("async ").removeprefix("new ").removeprefix("bound ")
    plain = plain.rpartition(".")[2].removeprefix("get ").removeprefix("set ")
    return "" if plain.startswith("<") and plain != "<module>" else plain
