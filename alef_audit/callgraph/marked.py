"""Methods that a framework of which no model speaks calls: their decorators, and that of their class, say so."""

import re
from collections.abc import Callable, Iterator
from functools import cache
from typing import Final

import re2

from alef_audit.callgraph import tokens
from alef_audit.callgraph.calls import CallTable
from alef_audit.callgraph.collect import functions_in
from alef_audit.callgraph.graph import RootSite
from alef_audit.callgraph.state import State
from alef_audit.callgraph.tokens import MASK, SHIFT
from alef_audit.facts import flows
from alef_audit.rulepack.lexicon import Lexicon, Marked

# `Get("/a")`, `http.get`, `(0, web_1.Get)("/a")`: the name is what stands before the arguments, behind the last dot.
_NAME: Final = re.compile(r"(?:\(0,\s*)?(?:[\w$]+\s*\.\s*)*([\w$]+)")


def marked_methods(state: State, table: CallTable, lexicon: Lexicon) -> Iterator[RootSite]:
    """Roots by what decorates methods and their classes, where no model knows the decorator."""
    applied = [call for call, flags in enumerate(table.flag_sets) if flags & flows.DECORATOR] if lexicon.marked else []
    rows_of = _fitting([row.method for row in lexicon.marked])
    of_methods: list[tuple[int, list[Marked]]] = []
    of_classes: dict[int, set[str]] = {}
    for call in applied:
        name = _name(table.text(call))
        slot = table.arguments(call)[0][1]
        for value in state.held(slot):
            if value & MASK == tokens.CLASS:
                of_classes.setdefault(value >> SHIFT, set()).add(name)
        rows = [lexicon.marked[number] for number in rows_of(name)]
        if rows and not _is_modelled(state, table, call):
            of_methods.append((call, rows))
    for call, rows in of_methods:
        for function in functions_in(state, table.arguments(call)[0][1]):
            program = state.program
            owner = program.functions[function].owner
            marks = of_classes.get(program.unit_of(function).classes + owner, set()) if owner >= 0 else set()
            fitting = next(
                (row for row in rows if not row.type or any(re2.fullmatch(row.type, m) for m in marks)), None
            )
            if fitting is not None and owner >= 0:
                yield RootSite(function, fitting.kind, fitting.why, "event-loop", call)


def _name(text: str) -> str:
    found = _NAME.match(text)
    return found[1] if found is not None else ""


def _is_modelled(state: State, table: CallTable, call: int) -> bool:
    """Whether a model speaks of what a decorator is, or was made by."""
    held = state.held(table.callee(call))
    return any(value & MASK == tokens.EXTERNAL and state.api.is_described(value >> SHIFT) for value in held)


def _fitting(patterns: list[str]) -> Callable[[str], list[int]]:
    """What gives the numbers of the patterns that a whole name fits, first ones first."""
    expressions = re2.Set.FullMatchSet()
    for pattern in patterns:
        expressions.Add(pattern)
    expressions.Compile()
    return cache(lambda name: sorted(expressions.Match(name) or ()))
