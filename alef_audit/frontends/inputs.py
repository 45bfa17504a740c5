"""Facts on demand: what single functions of a file work with, read off its syntax tree once more.

A variable depends on every name that stands in anything that is ever assigned to it or put into it, in nested functions
too, whatever the order: more than it really depends on, so what is said not to depend on something does not (aliases,
and what functions keep among themselves, aside).
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import islice
from typing import Final, NamedTuple

from tree_sitter import Language, Node, Query

from alef_audit.facts.inputs import RECEIVER, ArgumentInputs, Asked, CallInputs, FunctionInputs, Origin, Origins
from alef_audit.frontends.ecmascript.parse import parse
from alef_audit.frontends.ecmascript.tables import language
from alef_audit.frontends.places import CALLS, MEMBERS, Nested, calls_by_start, cursor_for, functions_below
from alef_audit.frontends.python.parse import LANGUAGE, parse_python

_NAME: Final = re.compile(r"[A-Za-z_$][\w$]*")
_FIELD: Final = re.compile(r"(?<![\w$.])([A-Za-z_$][\w$]*)\s*(?:[?!]\s*)?\.\s*([A-Za-z_$][\w$]*)")
_KEY: Final = re.compile(r"(?<![\w$])([A-Za-z_$][\w$]*)\s*(?:[,:=}]|$)")
_RECEIVERS: Final = frozenset(("this", "self", "cls"))
# How many lines above its name a chained call may start.
_ROWS: Final = 12
# Bytes of text that are looked through for names: what lies in one another is read with each that it lies in.
_MOST_READ: Final = 10_000_000
# How deep functions may lie in one another, and how many loops around a variable count.
_NESTED: Final = 40
_NO_PARAMETERS: Final = frozenset(("comment", "ERROR", "keyword_separator", "positional_separator"))

_ECMASCRIPT: Final = """
(variable_declarator name: (_) @name value: (_) @value)
(assignment_expression left: (_) @changed right: (_) @value)
(augmented_assignment_expression left: (_) @changed right: (_) @value)
(update_expression argument: (_) @changed)
(for_in_statement left: (_) @each right: (_) @value) @loop
(for_statement) @loop
(while_statement) @loop
(do_statement) @loop
(call_expression function: (member_expression object: (identifier) @into) arguments: (_) @value)
"""
_PYTHON: Final = """
(assignment left: (_) @name right: (_) @value)
(augmented_assignment left: (_) @changed right: (_) @value)
(named_expression name: (_) @name value: (_) @value)
(as_pattern . (_) @value alias: (_) @name)
(for_statement left: (_) @each right: (_) @value) @loop
(for_in_clause left: (_) @each right: (_) @value) @clause
(while_statement) @loop
(call function: (attribute object: (identifier) @into) arguments: (_) @value)
"""
# Targets that are part of something: to assign to them declares nothing.
_PLACES: Final = frozenset(("member_expression", "subscript_expression", "attribute", "subscript"))


def read_inputs(data: bytes, grammar: str, asked: Sequence[Asked]) -> tuple[FunctionInputs | None, ...]:
    """What the functions `asked` about in a file (UTF-8 bytes) work with.

    None for those that are not found, and for all of a file in which too much lies in one another.
    """
    root = parse_python(data) if grammar == "python" else parse(data, grammar)[0]
    if root is None:
        return (None,) * len(asked)
    reader = _Reader(root, data, LANGUAGE if grammar == "python" else language(grammar))
    try:
        return reader.all(asked)
    except _TooMuch:
        return (None,) * len(asked)


@lru_cache(maxsize=4)
def _query(tongue: Language) -> Query:
    return Query(tongue, _PYTHON if tongue is LANGUAGE else _ECMASCRIPT)


class _Bound(NamedTuple):
    """What a variable is bound to: the names in it, and the loops that bind it anew."""

    sources: frozenset[str]
    loops: frozenset[int]


class _Body(NamedTuple):
    """One function: its parameters' names with their numbers, and everything bound in it, by name."""

    parameters: Mapping[str, int]
    bound: Mapping[str, tuple[_Bound, ...]]
    fields: tuple[str, ...]
    declared: frozenset[str]  # those that are its own; others belong to an enclosing function, or to none


class _Found(NamedTuple):
    """A function, and those around it, innermost first."""

    node: Node
    around: tuple[Node, ...]


class _TooMuch(Exception):
    """More text than is worth looking through."""


class _Reader:
    """The file while it is read."""

    __slots__ = ("_bodies", "_data", "_functions", "_left", "_query", "_tongue")

    def __init__(self, root: Node, data: bytes, tongue: Language) -> None:
        self._functions = functions_below(root, tongue)
        self._data = data
        self._left = _MOST_READ + len(data)
        self._query = _query(tongue)
        self._tongue = tongue
        self._bodies: dict[int, _Body] = {}

    def all(self, asked: Sequence[Asked]) -> tuple[FunctionInputs | None, ...]:
        """As `read_inputs`. Raises _TooMuch."""
        functions = [self.function(one) for one in asked]
        wanted = self.shared([one for one in functions if one is not None])
        return tuple(
            self.read(found, one, wanted.get(found.node.id, frozenset())) if found is not None else None
            for found, one in zip(functions, asked, strict=True)
        )

    def shared(self, found: Sequence[_Found]) -> dict[int, frozenset[str]]:
        """By function, the names that others of those found inside of it mention."""
        ids = {one.node.id for one in found}
        shared: dict[int, frozenset[str]] = {}
        for one in found:
            # what is further out hears of the names from the function in between, whose text holds this one's
            outer = next((node for node in one.around if node.id in ids), None)
            if outer is not None:
                shared[outer.id] = shared.get(outer.id, frozenset()) | self._names(one.node)
        return shared

    def read(self, one: _Found, asked: Asked, shared: frozenset[str]) -> FunctionInputs:
        """What one function works with; of its variables only those with names in `shared`."""
        node, body = one.node, self._body(one.node)
        known = _Known(body, self._names_around(one))
        calls = [self._inputs(call, line, column, known) for line, column, call in self._calls(node, asked)]
        variables = tuple((name, known.origins(name)) for name in sorted(shared & {*body.parameters, *body.bound}))
        text = self._text(node)
        fields = [*body.fields, *(f for of, f in _FIELD.findall(text) if of in body.parameters or of in _RECEIVERS)]
        return FunctionInputs(tuple(dict.fromkeys(fields)), frozenset(_NAME.findall(text)), tuple(calls), variables)

    def _text(self, node: Node) -> str:
        self._left -= node.end_byte - node.start_byte
        if self._left < 0:
            raise _TooMuch
        return self._data[node.start_byte : node.end_byte].decode("utf-8", "replace")

    def _names(self, node: Node) -> frozenset[str]:
        return frozenset(_NAME.findall(self._text(node)))

    def function(self, asked: Asked) -> _Found | None:
        """The function that starts where it says: a method at its name, a Python function at its first word.

        None for those that are nested deeper than anybody nests them: each is read with all that stands in it.
        """
        around = list(islice(self._functions.around((asked.line - 1, asked.column - 1)), _NESTED + 1))
        return _Found(around[0], tuple(around[1:])) if 0 < len(around) <= _NESTED else None

    # --- what is bound

    def _body(self, node: Node) -> _Body:
        known = self._bodies.get(node.id)
        if known is not None:
            return known
        parameters, fields = self._parameters(node)
        matches = [found for _, found in cursor_for(self._query).matches(node)]
        loops = Nested(found["loop"][0] for found in matches if "loop" in found)
        targets = [found[kind][0] for found in matches for kind in ("name", "each") if kind in found]
        local = frozenset(parameters).union(*(self._names(node) for node in targets if node.type not in _PLACES))
        bound: dict[str, list[_Bound]] = self._defaults(node)
        for found in matches:
            for name, what in self._bindings(found, loops):
                if "into" not in found or name in local:
                    bound.setdefault(name, []).append(what)
            if "name" in found and self._text(found["value"][0]) in (*parameters, "this"):
                pattern = self._text(found["name"][0])
                fields += _KEY.findall(pattern) if pattern.startswith("{") else ()
        body = _Body(parameters, {name: tuple(all_) for name, all_ in bound.items()}, tuple(fields), local)
        self._bodies[node.id] = body
        return body

    def _defaults(self, node: Node) -> dict[str, list[_Bound]]:
        """What parameters are where the caller leaves them out."""
        listed = node.child_by_field_name("parameters")
        found: dict[str, list[_Bound]] = {}
        for child in listed.named_children if listed is not None else ():
            value = child.child_by_field_name("value") or child.child_by_field_name("right")
            if value is not None:
                names = self._names(child)
                for name in names:
                    found.setdefault(name, []).append(_Bound(self._names(value) - {name}, frozenset()))
        return found

    def _bindings(self, found: Mapping[str, list[Node]], loops: Nested) -> Iterator[tuple[str, _Bound]]:
        sources = self._names(found["value"][0]) if "value" in found else frozenset()
        for kind in ("name", "changed", "each", "into"):
            if kind not in found:
                continue
            target = found[kind][0]
            around: frozenset[int] = frozenset()
            if kind == "changed":
                nearest = islice(loops.around(target.start_point), _NESTED)
                around = frozenset(loop.start_point.row + 1 for loop in nearest)
            elif kind == "each":
                head = found["clause" if "clause" in found else "loop"][0]
                around = frozenset((head.start_point.row + 1,))
            for name in self._names(target):
                yield name, _Bound(sources - {name}, around)

    def _parameters(self, node: Node) -> tuple[dict[str, int], list[str]]:
        """Names of parameters with their numbers, and of the fields that their patterns take."""
        listed = node.child_by_field_name("parameters")
        single = node.child_by_field_name("parameter") if listed is None else None
        children = listed.named_children if listed is not None else [single] if single is not None else []
        found: dict[str, int] = {}
        fields: list[str] = []
        number = 0
        for child in children:
            if child.type in _NO_PARAMETERS:
                continue
            pattern = child.child_by_field_name("pattern") or child.child_by_field_name("name") or child
            text = self._text(pattern)
            names = _NAME.findall(text)
            if names and names[0] in _RECEIVERS and not number:
                found[names[0]] = RECEIVER
                continue
            for name in names if text.startswith(("{", "[")) else names[:1]:
                found.setdefault(name, number)
            fields += _KEY.findall(text) if text.startswith("{") else ()
            number += 1
        return found, fields

    def _names_around(self, one: _Found) -> frozenset[str]:
        """The names that enclosing functions bind."""
        found: set[str] = set()
        for outer in one.around:
            body = self._body(outer)
            found.update(body.parameters, body.bound)
        return frozenset(found)

    # --- calls

    def _calls(self, node: Node, asked: Asked) -> Iterator[tuple[int, int, Node]]:
        """The calls at places of the call table: line of the callee's name, column where the call starts."""
        lines = [line for line, _ in asked.calls]
        found = calls_by_start(node, self._tongue, range(min(lines) - _ROWS, max(lines) + 1)) if lines else {}
        for line, column in sorted(asked.calls):
            starting = (
                call for row in range(line - 1, line - 1 - _ROWS, -1) for call in found.get((row, column - 1), ())
            )
            call = next((call for call in starting if _line(call) == line), None)
            if call is not None:
                yield line, column, call

    def _inputs(self, node: Node, line: int, column: int, known: "_Known") -> CallInputs:
        target = node.child_by_field_name(CALLS[node.type])
        receiver: Origins = frozenset()
        if target is not None and target.type in MEMBERS:
            of = target.child_by_field_name(MEMBERS[target.type][0])
            receiver = known.all_of(self._names(of)) if of is not None else receiver
        elif target is not None:
            receiver = frozenset(origin for origin in known.all_of(self._names(target)) if origin.kind != "name")
        listed = node.child_by_field_name("arguments")
        arguments = []
        for child in listed.named_children if listed is not None else ():
            if child.type == "keyword_argument":
                label, value = child.child_by_field_name("name"), child.child_by_field_name("value")
                if label is not None and value is not None:
                    arguments.append(ArgumentInputs(self._text(label), known.all_of(self._names(value))))
            elif child.type != "comment":
                arguments.append(ArgumentInputs("", known.all_of(self._names(child))))
        return CallInputs(line, column, receiver, tuple(arguments))


def _line(call: Node) -> int:
    target = call.child_by_field_name(CALLS[call.type])
    if target is not None and target.type in MEMBERS:
        target = target.child_by_field_name(MEMBERS[target.type][1])
    return (target or call).start_point.row + 1


class _Known:
    """What the names of a function depend on, worked out on demand."""

    __slots__ = ("_body", "_enclosing", "_found")

    def __init__(self, body: _Body, enclosing: frozenset[str]) -> None:
        self._body = body
        self._enclosing = enclosing
        self._found: dict[str, Origins] = {}

    def all_of(self, names: frozenset[str]) -> Origins:
        return frozenset().union(*map(self.origins, names))

    def origins(self, name: str) -> Origins:
        """Everything that `name` depends on, through whatever it is bound to."""
        if name not in self._found:
            found: set[Origin] = set()
            seen, pending = {name}, [name]
            while pending:
                found |= self._own(current := pending.pop())
                for bound in self._body.bound.get(current, ()):
                    pending += bound.sources - seen
                    seen |= bound.sources
            self._found[name] = frozenset(found)
        return self._found[name]

    def _own(self, name: str) -> set[Origin]:
        if name in ("this", "super"):
            return {Origin("parameter", RECEIVER)}
        own: set[Origin] = set()
        if name in self._body.parameters:
            own.add(Origin("parameter", self._body.parameters[name]))
        for bound in self._body.bound.get(name, ()):
            own |= {Origin("loop", line) for line in bound.loops}
        if name not in self._body.declared:
            own.add(Origin("captured", 0, name) if name in self._enclosing else Origin("name", 0, name))
        return own
