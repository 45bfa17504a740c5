"""Roots that no single call registers: overrides of library classes, exports by convention, tables, names."""

from collections import Counter
from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import Final

import re2

from alef_audit.callgraph import tokens
from alef_audit.callgraph.calls import CallTable
from alef_audit.callgraph.collect import functions_in
from alef_audit.callgraph.graph import CALLBACK, CallGraph, RootSite
from alef_audit.callgraph.marked import marked_methods
from alef_audit.callgraph.one_answer import answers_to_starts
from alef_audit.callgraph.overrides import any_of, made, overrides
from alef_audit.callgraph.program import Program, is_body
from alef_audit.callgraph.recall import words_in
from alef_audit.callgraph.startup import left_running
from alef_audit.callgraph.state import State
from alef_audit.callgraph.tokens import MASK, SHIFT, token
from alef_audit.facts.file import FunctionFlag
from alef_audit.rulepack.kinds import RootKind
from alef_audit.rulepack.lexicon import Lexicon, ListeningWords


def implicit_roots(state: State, table: CallTable, lexicon: Lexicon) -> list[RootSite]:
    """All roots that are hot without being handed to a registering call, one per function and kind."""
    found: dict[tuple[int, RootKind], RootSite] = {}
    for root in (
        *overrides(state, table),
        *_exports(state),
        *_tables(state, lexicon),
        *_shapes(state, lexicon),
        *marked_methods(state, table, lexicon),
        *_names(state.program, lexicon),
    ):
        found.setdefault((root.function, root.kind), root)
    return list(found.values())


def all_roots(graph: CallGraph, implicit: list[RootSite], words: ListeningWords) -> list[RootSite]:
    """Registered and implicit roots together, by function and kind.

    A function that is a warm-up or a tick by its name alone, and that such a root calls, is part of that one; a plain
    function that the program itself calls is as hot as its callers.  One that is registered for the end of the program
    is hot by no mark that says only on which thread it runs.
    """
    program = graph.program
    roots = {(root.function, root.kind): root for root in implicit}
    roots |= {(root.function, root.kind): root for root in graph.roots}
    part = {
        (edge.callee, kind)
        for edge in graph.edges
        for kind in _PERIODIC
        if (edge.caller, kind) in roots and edge.caller != edge.callee
    }
    named = {function for (function, kind), root in roots.items() if kind == "tick" and root.by_name}
    part |= {
        (edge.callee, "tick")
        for edge in graph.edges
        if edge.callee in named and not program.functions[edge.callee].flags & FunctionFlag.ASYNC
        if edge.call >= 0 and edge.how != CALLBACK and edge.caller != edge.callee and not is_body(program, edge.caller)
    }
    ends = {root.function for root in roots.values() if root.kind in _ENDS and root.call >= 0}
    kept = [
        root
        for key, root in roots.items()
        if (root.call >= 0 or key not in part) and not (root.general and root.kind == "tick" and root.function in ends)
    ]
    kept.sort(key=lambda root: (root.function, root.kind))
    return left_running(graph, answers_to_starts(graph, kept, words))


PRODUCT: Final = frozenset(("product", "generated", "vendored"))
_ENDS: Final[tuple[RootKind, ...]] = ("startup", "shutdown")
_SETTING_UP: Final = "tool that people use once in a while: it links or sets something up"
_PERIODIC: Final[tuple[RootKind, ...]] = ("tick", "warmup", "lifecycle")


def _exports(state: State) -> Iterator[RootSite]:
    program = state.program
    used = _used_modules(state)
    for row, modules in state.api.exports:
        if not row.anywhere and not used & modules:
            continue
        members = any_of(row.members)
        for index, unit in enumerate(program.units):
            if not any(_path_matches(unit.path, pattern) for pattern in row.files):
                continue
            for name, slot in _exported(state, index):
                if members.match(name):
                    for function in functions_in(state, slot):
                        if program.function_unit[function] == index:
                            yield made(program, function, row)


def _exported(state: State, unit: int) -> Iterator[tuple[str, int]]:
    """The names that a file exports, with their variables; what CommonJS puts in place of its exports is `default`."""
    names = state.program.names
    for name, slot in state.exports[unit].items():
        yield names[name], slot
    for name, slot in state.fields.get(token(tokens.MODULE, unit), {}).items():
        yield names[name], slot
    replaced = state.module_replaced.get(unit)
    if replaced is None:
        return
    yield "default", replaced
    for value in state.held(replaced):
        for name, slot in state.fields.get(value, {}).items() if value & MASK == tokens.OBJECT else ():
            yield names[name], slot


def _used_modules(state: State) -> frozenset[str]:
    """Names of the modules that the program imports, or is itself: a framework's conventions hold only
    where it is used.
    """
    found = {unit.module for unit in state.program.units}
    for unit, externals in zip(state.program.units, state.modules.externals, strict=True):
        for name in externals if unit.role != "dependency" else ():
            found.add(name)
            found.add(name.split("/", 1)[0] if not name.startswith("@") else "/".join(name.split("/", 2)[:2]))
            found.add(name.split(".", 1)[0])
    return frozenset(found)


def _path_matches(path: str, pattern: str) -> bool:
    """Glob match in which `**/` also stands for no folder at all and `{a,b}` lists alternatives."""
    if "{" in pattern:
        head, _, rest = pattern.partition("{")
        body, _, tail = rest.partition("}")
        return any(_path_matches(path, head + option + tail) for option in body.split(","))
    if fnmatchcase(path, pattern):
        return True
    at = pattern.find("**/")
    while at >= 0:
        if _path_matches(path, pattern[:at] + pattern[at + 3 :]):
            return True
        at = pattern.find("**/", at + 1)
    return False


def _tables(state: State, lexicon: Lexicon) -> Iterator[RootSite]:
    """Method tables: object literals whose keys read like method names and whose values are functions."""
    program = state.program
    literals = sorted(
        owner for owner in state.fields if owner & MASK == tokens.OBJECT and owner >> SHIFT < program.object_count
    )
    keys = _method_names(state, literals, lexicon)
    for row, wanted in zip(lexicon.table, keys, strict=True):
        for owner in literals if wanted else ():
            names = state.fields[owner]
            if len(names) < row.minimum or wanted.isdisjoint(names):
                continue
            entries = [name for name in names if name in wanted]
            if len(entries) < row.minimum:
                continue
            functions = [
                function
                for name in entries
                for function in functions_in(state, names[name])
                if not _is_lambda(program, function)
            ]
            if len(functions) >= row.minimum and (not row.alike or _are_alike(program, functions)):
                for function in functions:
                    yield RootSite(function, row.kind, row.why, "event-loop", by_name=True)


def _are_alike(program: Program, functions: list[int]) -> bool:
    """Whether most of some functions are asynchronous, or have a first parameter of the same name, or none."""
    if 2 * sum(bool(program.functions[function].flags & FunctionFlag.ASYNC) for function in functions) > len(functions):
        return True
    firsts = Counter(
        program.unit_of(function).facts.names[parameters[0].name] if parameters else ""
        for function in functions
        for parameters in (program.functions[function].parameters,)
    )
    return 2 * firsts.most_common(1)[0][1] > len(functions)


def _is_lambda(program: Program, function: int) -> bool:
    """Whether a function is a lambda of Python: an expression that computes an entry, not a handler of one."""
    is_anonymous = bool(program.functions[function].flags & FunctionFlag.ANONYMOUS)
    return is_anonymous and program.unit_of(function).facts.language == "python"


def _shapes(state: State, lexicon: Lexicon) -> Iterator[RootSite]:
    """Functions in object literals of a well-known shape."""
    program = state.program
    ids = program.name_ids
    rows = [
        (ids[row.runs], {ids[name] for name in row.beside if name in ids}, row)
        for row in lexicon.shape
        if row.runs in ids
    ]
    for owner in sorted(state.fields) if rows else ():
        if owner & MASK != tokens.OBJECT or owner >> SHIFT >= program.object_count:
            continue
        names = state.fields[owner]
        for runs, beside, row in rows:
            if runs in names and not beside.isdisjoint(names):
                for function in functions_in(state, names[runs]):
                    if program.unit_of(function).role not in PRODUCT:
                        continue
                    if row.kind == "tool" and _sets_up(program, function, lexicon):
                        yield RootSite(function, "lifecycle", _SETTING_UP, "event-loop", by_name=True)
                    else:
                        yield RootSite(function, row.kind, row.why, "event-loop", by_name=True)


def _sets_up(program: Program, function: int, lexicon: Lexicon) -> bool:
    """Whether a tool is named after what is done once in a while: by the function that makes it, or by its file."""
    unit, around = program.unit_of(function), program.functions[function].parent
    maker = unit.facts.functions[around].name if around > 0 else ""
    words = words_in(f"{maker} {unit.path.rpartition('/')[2].partition('.')[0]}")
    return not frozenset(lexicon.setting_up).isdisjoint(words)


def _method_names(state: State, literals: list[int], lexicon: Lexicon) -> list[set[int]]:
    """For every row of the lexicon's method tables, the names under which literals hold something that it fits."""
    expressions = re2.Set.FullMatchSet()
    for row in lexicon.table:
        expressions.Add(row.key)
    expressions.Compile()
    found: list[set[int]] = [set() for _ in lexicon.table]
    for name in {name for owner in literals for name in state.fields[owner]}:
        for row in expressions.Match(state.program.names[name]) or ():
            found[row].add(name)
    return found


def _names(program: Program, lexicon: Lexicon) -> Iterator[RootSite]:
    patterns = re2.Set.FullMatchSet()
    for row in lexicon.hot:
        patterns.Add(("(?i)" if row.case == "insensitive" else "") + row.pattern)
    patterns.Compile()
    known: dict[str, int] = {"": -1}
    for unit in program.units:
        if unit.role not in PRODUCT:
            continue
        for offset, facts in enumerate(unit.facts.functions):
            hit = known.get(facts.name)
            if hit is None:
                hit = known[facts.name] = min(patterns.Match(facts.name) or (), default=-1)
            if hit >= 0 and not facts.flags & FunctionFlag.ABSTRACT:
                row = lexicon.hot[hit]
                if len(facts.parameters) >= row.takes:
                    yield RootSite(unit.functions + offset, row.kind, row.why, "event-loop", by_name=True)
