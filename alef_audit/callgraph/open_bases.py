"""Base classes from outside that the program fills in: `def get_auth() -> BaseAuth`.

What is declared to be of such a class is some object that a registry or a service locator gives; the classes of the
program that derive from it are the candidates, as long as they are few.  A class that is named as a base says itself
that it is one; of any other class from outside the instances are usually those of the library.
"""

from collections.abc import Collection
from typing import Final

from alef_audit.callgraph import guards, tokens
from alef_audit.callgraph.calls import CallTable
from alef_audit.callgraph.recall import words_of
from alef_audit.callgraph.state import State
from alef_audit.callgraph.tokens import MASK, SHIFT

_FEW: Final = 3
_OF_PROGRAM: Final = frozenset((tokens.INSTANCE, tokens.OPEN, tokens.OBJECT, tokens.CLASS, tokens.MODULE))


def open_bases(state: State, words: Collection[str]) -> None:
    """Note the base classes from outside that few classes of the program derive from; superclasses must be there."""
    found: dict[int, list[int]] = {}
    for index in range(len(state.program.classes)):
        for base in state.classes.direct_bases(index):
            if base & MASK == tokens.EXTERNAL and _is_open(state, base >> SHIFT, words):
                found.setdefault(base >> SHIFT, []).append(index)
    for node, classes in found.items():
        if len(classes) <= _FEW:
            declared = state.api.declared(node)
            state.open_bases[node] = declared
            state.derived[declared] = classes


def _is_open(state: State, node: int, words: Collection[str]) -> bool:
    api = state.api
    name = api.text[node].rpartition(".")[2]
    if api.language[node] != "python" or node in api.modelled or node in api.made_type:
        return False
    return not words_of(name).isdisjoint(words)


def doubt(state: State, table: CallTable, call: int) -> int:
    """How doubtful it is that a call means methods of the classes that fill in what its receiver is declared to be."""
    receiver = table.receiver(call)
    if not receiver or not state.open_bases:
        return 0
    held = state.held(receiver)
    if any(value & MASK in _OF_PROGRAM for value in held):
        return 0
    known = set(state.open_bases.values())
    filled = [value >> SHIFT for value in held if value & MASK == tokens.EXTERNAL and value >> SHIFT in known]
    if not filled:
        return 0
    return guards.LOW if sum(len(state.derived[node]) for node in filled) > 1 else guards.MEDIUM
