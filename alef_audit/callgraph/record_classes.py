"""Classes of the program whose instances are data: nothing that they hold can be called, so one token stands for all.

A record has fields only, and those hold strings, numbers and other records; so have all that derive from it (Python:
typed dictionaries, models, named tuples, data classes, enumerations).  A greatest fixpoint, like that of `plain.py`.
"""

from collections.abc import Iterator, Sequence
from typing import Final

from alef_audit.callgraph import tokens
from alef_audit.callgraph.api import CALL
from alef_audit.callgraph.state import State
from alef_audit.callgraph.tokens import MASK, SHIFT, token
from alef_audit.facts.file import Class, ClassKind

# Classes of libraries that give their heirs fields, and methods of their own that call nothing of the program.
_BASES: Final = frozenset(
    [
        *(
            "typing.TypedDict",
            "typing_extensions.TypedDict",
            "typing.NamedTuple",
            "typing.Generic",
            "pydantic.BaseModel",
        ),
        *("str", "int", "float", "bytes", "object"),
    ]
)


def note_records(state: State, aliases: Sequence[int]) -> None:
    """Find the records; superclasses and the names of types must be known, and no instance yet.

    `aliases` as in `CallTable`.
    """
    named: dict[int, list[int]] = {}  # class -> classes that must be records as well
    for unit in state.program.units:
        slots = aliases[unit.slots : unit.slots + unit.facts.slots]
        for offset, facts in enumerate(unit.facts.classes):
            needed = _needed(state, slots, unit.classes + offset, facts)
            if needed is not None:
                named[unit.classes + offset] = needed
    users: dict[int, list[int]] = {}
    for index, others in named.items():
        for other in (*others, *state.classes.subs.get(index, ())):
            users.setdefault(other, []).append(index)
    pending = [other for other in users if other not in named]
    lost = set(pending)
    while pending:
        for user in users.get(pending.pop(), ()):
            if user not in lost:
                lost.add(user)
                pending.append(user)
    state.classes.records = frozenset(named.keys() - lost)


def instance_of(state: State, index: int, kind: int = tokens.INSTANCE) -> int:
    """The token of an instance of a class; `kind` tells whether it may be one of a derived class."""
    if index in state.classes.records:
        return token(tokens.EXTERNAL, state.api.beyond("python"))
    return token(kind, index)


def _needed(state: State, slots: Sequence[int], index: int, facts: Class) -> list[int] | None:
    """The classes that must be records so that this one is; None if it cannot be."""
    bases = state.classes.direct_bases(index)
    if facts.record is None or facts.kind != ClassKind.CLASS or facts.metaclass or len(bases) < len(facts.bases):
        return None
    found = []
    for value in bases:
        if value & MASK == tokens.CLASS:
            found.append(value >> SHIFT)
        elif not _is_base(state.api.text[value >> SHIFT]):
            return None
    for slot in facts.record:
        named = list(_named(state, slots[slot]))
        if not named or None in named:
            return None
        found += [each for each in named if each is not None and each >= 0]
    return found


def _is_base(text: str) -> bool:
    return text in _BASES or text.startswith("enum.")


def _named(state: State, slot: int) -> Iterator[int | None]:
    """The classes that the slot of a type holds; -1 for one of a library of which nothing is known, None for others."""
    api = state.api
    for value in state.points_to[slot] or ():
        kind, index = value & MASK, value >> SHIFT
        if kind == tokens.CLASS:
            yield index
        elif kind == tokens.EXTERNAL and index not in api.modelled and not api.existing(index, CALL):
            yield -1
        else:
            yield None
