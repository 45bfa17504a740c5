"""Members whose names fit a pattern: `getattr(self, f"handle_{kind}")`, `this["on" + type]`.

All that fit are meant, if they are few; what such a value calls is an approximation, and marked so.
"""

from typing import Final

from alef_audit.callgraph import tokens
from alef_audit.callgraph.constraints import MATCH
from alef_audit.callgraph.members import load
from alef_audit.callgraph.state import State
from alef_audit.callgraph.tokens import MASK, SHIFT, token
from alef_audit.facts.flows import ELEMENT

_MOST: Final = 40


def attach_matches(state: State) -> None:
    """Wait for receivers; the classes around them must be known by then."""
    for base, destination, pattern in state.matches:
        state.attach(base, (MATCH, destination, pattern))


def match(state: State, value: int, pattern: int, destination: int) -> None:
    """Let `destination` take the members of `value` that fit the pattern."""
    kind, index = value & MASK, value >> SHIFT
    if kind in (tokens.INSTANCE, tokens.OPEN, tokens.CLASS):
        names = _member_names(state, index, below=kind == tokens.OPEN)
    elif kind == tokens.MODULE:
        names = set(state.exports[index])
    elif kind == tokens.OBJECT:
        names = set(state.fields.get(value, ()))
        state.read_field(value, ELEMENT, destination)
    else:
        return
    texts = state.program.names
    start, *middle, end = texts[pattern].split("*")
    if kind == tokens.MODULE:
        _take_submodules(state, index, destination, (start, middle, end))
    fitting = sorted(name for name in names if _fits(texts[name], start, middle, end))
    if len(fitting) <= _MOST:
        for name in fitting:
            load(state, value, name, destination)


def _take_submodules(state: State, unit: int, destination: int, parts: tuple[str, list[str], str]) -> None:
    """Let `destination` take the submodules of a package whose names fit."""
    inside = ((name, child) for (package, name), child in state.modules.submodules.items() if package == unit)
    fitting = sorted(child for name, child in inside if _fits(name, *parts))
    for child in fitting if len(fitting) <= _MOST else ():
        state.add(destination, token(tokens.MODULE, child))


def _fits(text: str, start: str, middle: list[str], end: str) -> bool:
    if len(text) < len(start) + len(end) or not (text.startswith(start) and text.endswith(end)):
        return False
    rest = text[len(start) : len(text) - len(end)]
    for part in middle:
        _, found, rest = rest.partition(part)
        if not found and part:
            return False
    return True


def _member_names(state: State, index: int, *, below: bool) -> set[int]:
    """The names of all members of a class, inherited ones included, and those of its subclasses if `below`."""
    found: set[int] = set()
    seen = {index}
    pending = [index]
    while pending:
        current = pending.pop()
        found |= state.classes.own[current]
        near = [base >> SHIFT for base in state.classes.direct_bases(current) if base & MASK == tokens.CLASS]
        if below:
            near += state.classes.subs.get(current, ())
        for other in near:
            if other not in seen:
                seen.add(other)
                pending.append(other)
    return found


def approximate(state: State) -> frozenset[int]:
    """The variables that take what a pattern gave."""
    return frozenset(destination for _, destination, _ in state.matches)
