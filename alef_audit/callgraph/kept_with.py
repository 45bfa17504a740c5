"""Results that decorators keep with an object: such a cache lives as long as the object does.

`@cached_property` stores on the instance, `@lru_cache` on a method has the instance in its key: where every dispatch
makes a new one, nothing is ever found.  A function inside another is decorated anew whenever that one runs.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from alef_audit.callgraph.graph import CallGraph
from alef_audit.callgraph.guards import BIT, LASTING, MEDIUM
from alef_audit.callgraph.lifetimes import DISPATCH, SESSION, UNKNOWN, Lifetimes
from alef_audit.callgraph.memos import method_class
from alef_audit.callgraph.program import Program
from alef_audit.callgraph.state import State

_PROCESS: Final = BIT["memoise.process"]
_KEEPING: Final = _PROCESS | BIT["memoise.ttl"] | LASTING
_INSTEAD: Final = {
    DISPATCH: BIT["memoise.dispatch"],
    UNKNOWN: BIT["memoise.unknown"] | MEDIUM,
    SESSION: BIT["memoise.session"],
}
# Methods by which two objects can be the same key.
_ALIKE: Final = ("__hash__", "__eq__")
# Objects of such classes are made once, however often they are asked for.
_ENUM: Final = "enum."


def kept_with_objects(graph: CallGraph, state: State) -> Mapping[int, str]:
    """The guarded functions whose results are kept with what another run may make anew, and with what."""
    found = {}
    for function, lives_with in graph.lives_with.items():
        owner = graph.program.functions[function].owner
        index = method_class(graph.program, function) if owner >= 0 else -1
        within = index < 0 and graph.program.functions[function].parent > 0
        if within or (index >= 0 and _is_told_apart(graph.program, state, index, lives_with)):
            found[function] = lives_with
    return found


def without(graph: CallGraph, functions: Mapping[int, str]) -> CallGraph:
    """`graph` without what decorators keep for these functions."""
    if not functions:
        return graph
    bits = graph.function_guards
    return replace(graph, function_guards=bits | {each: bits[each] & ~_KEEPING for each in functions if each in bits})


def graded(graph: CallGraph, functions: Mapping[int, str], lifetimes: Lifetimes) -> CallGraph:
    """`graph` in which these functions' guards hold as long as what their results are kept with."""
    changed = {}
    for function in functions:
        bits = graph.function_guards.get(function, 0)
        instead = _INSTEAD.get(lifetimes.of_decorated(function)) if bits & _KEEPING else None
        if instead is not None:
            changed[function] = bits & ~_KEEPING | instead
    return replace(graph, function_guards=graph.function_guards | changed) if changed else graph


def _is_told_apart(program: Program, state: State, index: int, lives_with: str) -> bool:
    """Whether another object of a class has another cache."""
    outside = [state.api.text[node] for node in state.classes.outside_bases(index)]
    if any(text.startswith(_ENUM) for text in outside):
        return False
    if lives_with == "instance":
        return True
    names = program.name_ids
    makes = names.get("__init__")
    is_record = program.classes[index].fields and not (makes is not None and state.classes.declares(index, makes))
    if is_record or any(text != "object" and not text.startswith(("abc.", "typing.")) for text in outside):
        return False  # equal objects may be one key
    return not any(name in names and state.classes.declares(index, names[name]) for name in _ALIKE)
