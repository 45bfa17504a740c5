"""Roots that override what a library calls: methods of classes, and of prototypes, that derive from its types."""

import re
from collections.abc import Iterator
from fnmatch import translate
from typing import Final

from alef_audit.callgraph import tokens
from alef_audit.callgraph.api import ApiGraph
from alef_audit.callgraph.calls import CallTable
from alef_audit.callgraph.closure import closure
from alef_audit.callgraph.collect import functions_in, thread_of
from alef_audit.callgraph.graph import RootSite
from alef_audit.callgraph.program import Program, methods_of
from alef_audit.callgraph.prototypes import DERIVING
from alef_audit.callgraph.state import State
from alef_audit.callgraph.tokens import MASK, SHIFT, token
from alef_audit.facts.file import FunctionFlag
from alef_audit.rulepack.model import RootRow

_NOTHING: Final = (0, 0, 0)
_Rows = dict[int, list[tuple[re.Pattern[str], RootRow]]]


def overrides(state: State, table: CallTable) -> Iterator[RootSite]:
    """The methods that rows of the form `override` speak of."""
    rows: _Rows = {}
    for node, row in state.api.overrides:
        rows.setdefault(node, []).append((any_of(row.members), row))
    yield from _of_classes(state, table, rows)
    yield from _of_prototypes(state, table, rows)


def any_of(patterns: tuple[str, ...]) -> re.Pattern[str]:
    """What matches the names that one of several glob patterns fits; nothing if there are none."""
    return re.compile("|".join(map(translate, patterns)) or "(?!)")


def made(program: Program, function: int, row: RootRow) -> RootSite:
    is_async = bool(program.functions[function].flags & FunctionFlag.ASYNC)
    thread = thread_of(row.runs_on, is_async=is_async)
    return RootSite(function, row.kind, row.why, thread, general=row.general, either=row.either)


def class_types(state: State, local_types: dict[int, int]) -> dict[int, frozenset[int]]:
    """For every class, the named types of library models that it derives from, at any distance."""
    api = state.api
    found: dict[int, frozenset[int]] = {}
    for start in range(len(state.program.classes)):
        types: set[int] = set()
        seen, pending = {start}, [start]
        while pending:
            current = pending.pop()
            if current != start and current in local_types:
                types.add(local_types[current])
            for base in state.classes.direct_bases(current):
                if base & MASK == tokens.EXTERNAL:
                    types.add(api.instance(base >> SHIFT))
                elif base >> SHIFT not in seen:
                    seen.add(base >> SHIFT)
                    pending.append(base >> SHIFT)
        if types:
            found[start] = frozenset(_with_extended(api, types))
    return found


def _with_extended(api: ApiGraph, types: set[int]) -> set[int]:
    found: set[int] = set()
    pending = list(types)
    while pending:
        node = pending.pop()
        if node not in found:
            found.add(node)
            pending.extend(api.bases.get(node, ()))
    return found


def _of_classes(state: State, table: CallTable, rows_by_type: _Rows) -> Iterator[RootSite]:
    program = state.program
    for index, types in sorted(class_types(state, table.local_types).items()):
        rows = [row for node in sorted(types) for row in rows_by_type.get(node, ())]
        if not rows:
            continue
        members = (state.classes.own[ancestor] for ancestor in state.classes.ancestors(index))
        defined = {program.names[each] for names in members for each in names}
        rows = [row for row in rows if defined.isdisjoint(row[1].unless_defined)]
        for name in sorted(state.classes.own[index]):
            text = program.names[name]
            fitting = next((row for names, row in rows if names.match(text)), None)
            if fitting is None:
                continue
            variable = state.classes.members.get(token(tokens.CLASS, index), {}).get(name)
            held = functions_in(state, variable) if variable is not None else []
            for function in methods_of(program, index, text) or held:
                if not program.functions[function].flags & FunctionFlag.ABSTRACT:
                    yield made(program, function, fitting)


def _of_prototypes(state: State, table: CallTable, rows: _Rows) -> Iterator[RootSite]:
    """The same for constructor functions that `util.inherits` derives from a type of a library, at any distance."""
    program, api = state.program, state.api
    above: dict[int, set[int]] = {}
    types: dict[int, set[int]] = {}
    for call, node in state.externals:
        if api.text[node] not in DERIVING:
            continue
        derived, *others = (slot for _, slot, _ in table.arguments(call) or [_NOTHING])
        for function in functions_in(state, derived) if derived and others else ():
            for value in state.held(others[0]) if others[0] else ():
                if value & MASK == tokens.EXTERNAL:
                    types.setdefault(function, set()).add(api.instance(value >> SHIFT))
                elif value & MASK == tokens.FUNCTION:
                    above.setdefault(function, set()).add(value >> SHIFT)
    for function in sorted(above.keys() | types.keys()) if types else ():
        nodes = {node for each in closure(above, [function]) for node in types.get(each, ())}
        fitting = [row for node in sorted(_with_extended(api, nodes)) for row in rows.get(node, ())]
        for name, variable in state.fields.get(token(tokens.PROTOTYPE, function), {}).items() if fitting else ():
            row = next((row for names, row in fitting if names.match(program.names[name])), None)
            if row is not None:
                yield from (made(program, method, row) for method in functions_in(state, variable))
