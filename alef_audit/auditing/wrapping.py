"""Which function of a path to put a cache around, and what speaks against it."""

from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Final

from alef_audit.auditing.phase import Lexicon, split_words
from alef_audit.auditing.steps import Step, Steps
from alef_audit.callgraph.graph import CALLBACK, CallGraph, Edge
from alef_audit.facts.file import Function, FunctionFlag
from alef_audit.rulepack.lexicon import AdviceWords

_NO_FUNCTION: Final = FunctionFlag.ANONYMOUS | FunctionFlag.CONSTRUCTOR | FunctionFlag.GENERATOR | FunctionFlag.SETTER


def is_effect(call: str, words: AdviceWords) -> bool:
    """Whether a blocking call (canonical name) changes something, so that leaving it out changes the program."""
    return not frozenset(words.effects).isdisjoint(split_words(call.rpartition(".")[2]))


def gives_value(steps: Steps, path: Sequence[Step], first: int) -> bool:
    """Whether each call from step `first` down is made for what it gives."""
    return all(steps.is_used(step) for step in path[first:])


def keeps_well(facts: Function, words: AdviceWords) -> bool:
    """Whether a function may give something worth keeping: it is named after finding or making it."""
    if facts.flags & _NO_FUNCTION or not facts.name or facts.parent < 0:
        return False
    first = split_words(facts.name)[:1]
    return bool(first) and first[0] in words.givers


def is_plumbing(graph: CallGraph, function: int, outgoing: Sequence[Edge]) -> bool:
    """Whether a function runs what it is handed: it calls functions that are written inside of others."""
    program = graph.program
    unit = program.function_unit[function]
    for edge in outgoing:
        parent = program.functions[edge.callee].parent
        if edge.how != CALLBACK and parent > 0:
            other = program.function_unit[edge.callee]
            home = program.units[other].functions + parent
            if other != unit or not _encloses(graph, home, function):
                return True
    return False


def _encloses(graph: CallGraph, outer: int, function: int) -> bool:
    program = graph.program
    first = program.unit_of(function).functions
    while function != outer:
        parent = program.functions[function].parent
        if parent < 0:
            return False
        function = first + parent
    return True


def wrapped(
    steps: Steps,
    path: Sequence[Step],
    taken: Callable[[Step], Iterable[str]],
    never: Collection[int],
    auth: Lexicon,
    words: AdviceWords,
) -> int:
    """The step whose function gives the resolved credential or store: the highest below the root whose name says so;
    -1 if there is none.

    One that is handed a store or credential does not resolve it; `never` are functions that are out of the question.
    """
    handed = frozenset(words.handed)
    for at in range(1, len(path)):
        facts = steps.facts(path[at])
        if path[at].function in never or not gives_value(steps, path, at - 1):
            continue
        if any(not handed.isdisjoint(split_words(name)[-1:]) for name in taken(path[at])):
            continue
        if keeps_well(facts, words) and auth.words_of(facts.name):
            return at
    return -1
