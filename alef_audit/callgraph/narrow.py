"""Which of the functions that a call's callee holds it can mean."""

from collections.abc import Collection
from typing import Final

from alef_audit.callgraph import tokens
from alef_audit.callgraph.api import usual
from alef_audit.callgraph.calls import CallTable
from alef_audit.callgraph.program import Program
from alef_audit.callgraph.state import State
from alef_audit.callgraph.tokens import MASK, SHIFT
from alef_audit.callgraph.wrappers import enters_around
from alef_audit.facts import flows
from alef_audit.facts.file import ClassKind, FunctionFlag
from alef_audit.facts.flows import NO_NAME

_AWAITED: Final = FunctionFlag.ASYNC | FunctionFlag.AWAITABLE
_AWAITABLE_NAMES: Final = ("Awaitable", "Coroutine", "Future", "Task", "Deferred", "Context")
_CONTEXT: Final = ("__enter__", "__exit__", "__aenter__", "__aexit__")


def entering_generators(state: State, table: CallTable) -> frozenset[int]:
    """The implicit calls of `with` on what only generator functions gave: contextlib made something of that.

    Entering it runs the generator, not `__enter__` of what it yields.
    """
    entering = [call for call in table.named(*_CONTEXT) if table.flags(call) & flows.IMPLICIT]
    entered = {table.receiver(call) for call in entering if table.receiver(call)}
    only: dict[int, bool] = {}  # such a variable that a call gives its result to -> whether generators give it
    for call, function in state.links if entered else ():
        result = table.results[call]
        if result in entered:
            is_generator = bool(state.program.functions[function].flags & FunctionFlag.GENERATOR)
            only[result] = only.get(result, True) and is_generator
    return frozenset(call for call in entering if only.get(table.receiver(call), False))


def keeps_arguments(state: State, table: CallTable, call: int) -> bool:
    """Whether `call` only keeps its arguments: in an instance of a class without a constructor, in a registry."""
    held = state.held(table.callee(call)) if table.callee(call) else ()
    if any(value & MASK == tokens.REGISTER_OF or _decorates(state, table, call, value) for value in held):
        return True
    classes = [value >> SHIFT for value in held if value & MASK == tokens.CLASS]
    for index in classes:
        outside = [value >> SHIFT for value in state.classes.order(index) if value & MASK != tokens.CLASS]
        unknown = [node for node in outside if not state.api.text[node].startswith(("typing.", "abc.", "enum."))]
        if unknown and not state.classes.fields_of(index) and not all(_is_builtin(state, node) for node in unknown):
            return False
    return bool(classes)


def _decorates(state: State, table: CallTable, call: int, value: int) -> bool:
    is_instance = value & MASK in (tokens.INSTANCE, tokens.OPEN)
    return is_instance and bool(table.flags(call) & flows.DECORATOR) and enters_around(state, value >> SHIFT)


def _is_builtin(state: State, node: int) -> bool:
    return state.api.parent[node] in (state.api.globals_of("python"), NO_NAME)


def builtin_constructor(state: State, node: int) -> bool:
    """Whether a node is the constructor of one of Python's own classes, which calls nothing: `super().__init__(f)`."""
    api = state.api
    if not api.text[node].endswith(".__init__"):
        return False
    made_by = api.parent[api.parent[node]]
    return bool(made_by) and api.parent[made_by] == api.globals_of("python")


def stubs_of(program: Program) -> frozenset[int]:
    """The functions without a body of their own: overloads, abstract methods, those of protocols."""
    return frozenset(index for index, facts in enumerate(program.functions) if facts.flags & FunctionFlag.STUB)


def with_bodies(program: Program, functions: list[int], stubs: frozenset[int]) -> list[int]:
    """Without methods that only say what overrides must do, where there are overrides, and those of protocols."""
    if not stubs.issuperset(functions):
        return [function for function in functions if function not in stubs]
    return [f for f in functions if program.functions[f].owner < 0 or _class_kind(program, f) != ClassKind.INTERFACE]


def _class_kind(program: Program, function: int) -> int:
    return program.unit_of(function).facts.classes[program.functions[function].owner].kind


def awaitable(state: State, table: CallTable, call: int, functions: list[int], returning: Collection[int]) -> list[int]:
    """Of the callees of an awaited call those that give something to await: in Python others cannot be meant.

    `returning` are the functions that return what a call gives, see `returning_calls`.
    """
    program = state.program
    if program.unit_of(table.function(call)).facts.language != "python":
        return functions
    facts = program.functions
    functions = [f for f in functions if facts[f].flags & _AWAITED or not _gives_values(state, table, f)]
    fitting = [f for f in functions if facts[f].flags & _AWAITED or f in returning]
    is_sure = any(facts[f].flags & _AWAITED for f in fitting)
    return fitting if is_sure else functions


def returning_calls(state: State, table: CallTable) -> frozenset[int]:
    """The functions that return what a call gives; not if libraries have done all by then: they block, or give data."""
    found: dict[int, int] = {
        call: function
        for call, (function, flag) in enumerate(zip(table.functions, table.flag_sets, strict=True))
        if flag & flows.RETURNED
    }
    api = state.api
    done = {
        call
        for call, node in state.externals
        if call in found and (usual(api.sinks.get(node, [])) or node in api.plain)
    }
    open_ones = {call for call, _ in state.links}
    open_ones.update(call for call, node in state.externals if node not in api.sinks and node not in api.plain)
    return frozenset(function for call, function in found.items() if call not in done or call in open_ones)


def _gives_values(state: State, table: CallTable, function: int) -> bool:
    """Whether a function is declared to give data or instances of the program's classes, none of which is awaitable."""
    facts = state.program.functions[function]
    if not facts.result:
        return True
    held = [state.points_to[table.slot_of(function, each)] or () for each in facts.types]
    classes = [value for values in held for value in values]
    if not classes or any(value & MASK != tokens.CLASS for value in classes) or not all(held):
        return False
    return not any(_is_awaitable(state, value >> SHIFT) for value in classes)


def _is_awaitable(state: State, index: int) -> bool:
    """Whether instances of a class can be awaited; of superclasses outside the program their names tell."""
    awaits = state.program.name_ids.get("__await__", NO_NAME)
    outside = (state.api.text[node] for node in state.classes.outside_bases(index))
    return state.classes.declares(index, awaits) or any(word in base for base in outside for word in _AWAITABLE_NAMES)
