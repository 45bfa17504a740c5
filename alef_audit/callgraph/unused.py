"""Coroutines that nobody can await: nothing calls them, nothing mentions them, and no package hands them out.

What no edge of the call graph reaches is called by somebody outside the program, as a rule.  It is dead if its name
stands nowhere but in its own definition: no import, no attribute, no string spells it, and it is no part of what an
importer of the package gets.  Of modules of ECMAScript it is known who imports which name, so that a function of the
same name elsewhere is no mention of this one; a class that only tests make has no live methods.
"""

from collections.abc import Iterator, Set
from typing import Final

from alef_audit.callgraph import tokens
from alef_audit.callgraph.calls import CallTable
from alef_audit.callgraph.graph import CallGraph
from alef_audit.callgraph.mentions import decorated_slots, named_in, uses_of_slots
from alef_audit.callgraph.parameters import enclosing
from alef_audit.callgraph.program import Unit
from alef_audit.callgraph.state import State
from alef_audit.callgraph.tokens import MASK, SHIFT
from alef_audit.facts import flows
from alef_audit.facts.file import ClassKind, FunctionFlag

_JUDGED: Final = frozenset(("product", "generated", "vendored"))
_BESIDE: Final = frozenset(("test", "types"))  # files whose mentions keep nothing alive
_DEFINED: Final = flows.choice(flows.FUNCTION)
_PLAIN_BASES: Final = frozenset(
    ("abc.ABC", "typing.Generic", "typing.Protocol", "typing_extensions.Protocol", "object")
)


def unused_coroutines(state: State, table: CallTable, graph: CallGraph, closed: Set[str]) -> frozenset[int]:
    """The async functions that nobody can reach. `closed` are the files of packages that say what they hand out."""
    search = _Search(state, table, graph, closed)
    found = search.of_dead_classes()
    waiting = [function for function in search.candidates if function not in found]
    while True:
        free = [function for function in waiting if search.callers(function) <= found]
        new = {function for function in free if not search.is_mentioned(function, found)}
        if not new:
            break
        found |= new
        waiting = [function for function in waiting if function not in new]
    functions = state.program.functions
    return frozenset(function for function in found if functions[function].flags & FunctionFlag.ASYNC)


class _Search:
    """What the search for dead coroutines asks of a program."""

    def __init__(self, state: State, table: CallTable, graph: CallGraph, closed: Set[str]) -> None:
        self._state, self._table, self._graph, self._closed = state, table, graph, closed
        self._program = program = state.program
        self._live = [index for index, unit in enumerate(program.units) if unit.role not in _BESIDE]
        self._uses: dict[int, dict[int, list[tuple[int, int]]]] = {}
        self._named: dict[str, dict[str, set[int]]] = {}
        self._outside: set[int] | None = None
        self._offered: set[str] | None = None
        self._importers = self._imports()
        roots = {root.function for root in graph.roots}
        self.candidates = [f for f in self._eligible() if f not in roots and f not in graph.exported]
        wanted = set(self.candidates)
        self._callers: dict[int, set[int]] = {}
        for edge in graph.edges:
            if edge.callee in wanted and edge.caller != edge.callee:
                if program.unit_of(edge.caller).role not in _BESIDE:
                    self._callers.setdefault(edge.callee, set()).add(edge.caller)

    def callers(self, function: int) -> set[int]:
        """The functions outside tests that may call one, itself aside."""
        return self._callers.get(function, set())

    def of_dead_classes(self) -> set[int]:
        """All functions of the classes that nothing outside of them makes, names or hands out."""
        found: set[int] = set()
        known: dict[int, bool] = {}
        for function in self.candidates:
            owner = self._program.functions[function].owner
            unit = self._program.unit_of(function)
            index = unit.classes + owner
            if owner >= 0 and index not in known:
                known[index] = self._is_dead(unit, owner)
            if owner >= 0 and known[index]:
                found.update(self._members(unit, owner))
        return found

    def is_mentioned(self, function: int, dead: Set[int]) -> bool:
        """Whether something outside of a function, and of what is `dead`, could mean it by a name."""
        facts, unit = self._program.functions[function], self._program.unit_of(function)
        python = unit.facts.language == "python"
        if facts.owner < 0 and self._is_used(unit, self._slots(unit, function), facts.name, dead | {function}):
            return True
        if not python:
            return facts.owner >= 0 or self._is_imported(
                self._program.function_unit[function], facts.name, dead | {function}
            )
        if self._is_spelled(facts.name, "python", dead | {function}):
            return True
        if facts.owner < 0:
            return self._is_surface(unit, facts.name)
        return any(map(self._is_handed_out, self._state.classes.family(unit.classes + facts.owner)))

    def _is_handed_out(self, index: int) -> bool:
        """Whether code outside the program gets a class of Python, or something made of it."""
        if self._outside is None:
            self._outside = self._classes_outside()
        unit = self._program.units[self._program.class_unit[index]]
        return index in self._outside or self._is_surface(unit, self._program.classes[index].name)

    def _classes_outside(self) -> set[int]:
        """The classes that, or instances of which, calls of the program hand to code outside of it."""
        state, table = self._state, self._table
        return {
            value >> SHIFT
            for call in {*(call for call, _ in self._graph.externals), *self._graph.unresolved}
            for slot in table.argument_slots(call)
            for value in state.held(slot)
            if value & MASK in (tokens.CLASS, tokens.INSTANCE, tokens.OPEN)
        }

    def _is_surface(self, unit: Unit, name: str) -> bool:
        """Whether a module of Python offers a name: it lists it, is a package, or a package imports the name."""
        if _is_listed(unit, name) or _is_package(unit):
            return True
        if self._offered is None:
            packages = (self._program.units[index] for index in self._live)
            self._offered = {one.name for package in packages if _is_package(package) for one in package.facts.imports}
        return name in self._offered

    def _is_dead(self, unit: Unit, owner: int) -> bool:
        facts, index = unit.facts.classes[owner], unit.classes + owner
        if facts.kind != ClassKind.CLASS or facts.function or facts.bases or self._state.classes.subs.get(index):
            return False
        members = self._members(unit, owner)
        if not members.isdisjoint(self._graph.exported):
            return False
        if any(not self._is_inside(caller, members) for member in members for caller in self.callers(member)):
            return False
        if self._is_used(unit, {facts.slot}, facts.name, members):
            return False
        if unit.facts.language == "python":
            return not self._is_spelled(facts.name, "python", members) and not self._is_handed_out(index)
        return not self._is_imported(self._program.class_unit[index], facts.name, members)

    def _is_inside(self, function: int, of: Set[int]) -> bool:
        return not of.isdisjoint(enclosing(self._program, function))

    def _members(self, unit: Unit, owner: int) -> set[int]:
        functions = enumerate(unit.facts.functions, unit.functions)
        return {number for number, facts in functions if facts.owner == owner}

    def _slots(self, unit: Unit, function: int) -> set[int]:
        """The variables that a definition is written to."""
        number = function - unit.functions
        return {a for _, a, b, _, _ in flows.chosen(unit.facts.flows, _DEFINED) if b == number}

    def _is_used(self, unit: Unit, slots: set[int], name: str, inside: Set[int]) -> bool:
        """Whether the file reads a definition anywhere but `inside`, beside giving it its name."""
        uses = self._uses.get(unit.functions)
        if uses is None:
            uses = self._uses[unit.functions] = uses_of_slots(unit)
        named = {export.slot for export in unit.facts.exports if export.name == name}
        pending, seen = list(slots), set(slots)
        while pending:
            for reader, target in uses.get(pending.pop(), ()):
                if reader == 0 and target in named:
                    if target not in seen:
                        seen.add(target)
                        pending.append(target)
                elif not self._is_inside(unit.functions + reader, inside):
                    return True
        return any(export.slot in seen and export.name != name for export in unit.facts.exports)

    def _is_spelled(self, name: str, language: str, inside: Set[int]) -> bool:
        found = self._named.get(language)
        if found is None:
            wanted = set(self._wanted_names())
            found = self._named[language] = named_in(self._program, self._table, self._live, wanted, language)
        return any(not self._is_inside(function, inside) for function in found.get(name, ()))

    def _wanted_names(self) -> Iterator[str]:
        for function in self.candidates:
            facts, unit = self._program.functions[function], self._program.unit_of(function)
            yield facts.name
            if facts.owner >= 0:
                yield unit.facts.classes[facts.owner].name

    def _is_imported(self, unit: int, name: str, inside: Set[int]) -> bool:
        """Whether a file of ECMAScript outside tests imports what this one exports under a name."""
        importers = self._importers.get(unit, ())
        facts = self._program.units[unit].facts
        exported = [export.name for export in facts.exports if export.name == name]
        if not exported:
            return False
        if not importers:
            return self._is_spelled(name, "ecmascript", inside)
        return any(self._means(other, number, name) for other, number in importers)

    def _means(self, unit: int, number: int, name: str) -> bool:
        facts = self._program.units[unit].facts
        one = facts.imports[number]
        if one.name == name:
            return True
        if number in facts.stars:
            return self._is_imported_through(unit, name)
        return one.name in ("", "default") and name in facts.names

    def _is_imported_through(self, unit: int, name: str) -> bool:
        """Whether a file that hands all of another on is asked for a name of it, or may be by programs outside."""
        if self._program.units[unit].path.rpartition("/")[2].startswith("index."):
            return True
        return any(
            self._program.units[other].facts.imports[number].name in (name, "")
            or number in self._program.units[other].facts.stars  # not known in circles: yes
            for other, number in self._importers.get(unit, ())
        )

    def _imports(self) -> dict[int, list[tuple[int, int]]]:
        """By file, the imports of it outside tests: (file, number of its import)."""
        found: dict[int, list[tuple[int, int]]] = {}
        modules = self._state.modules
        for index in self._live:
            for number, one in enumerate(self._program.units[index].facts.imports):
                target = modules.targets[index][number]
                inner = modules.submodules.get((target, one.name), target)
                for imported in {target, inner} - {index, -1}:
                    if not one.type_only:
                        found.setdefault(imported, []).append((index, number))
        return found

    def _eligible(self) -> Iterator[int]:
        """Named async functions of modules and of their classes that no library calls by a name of its own."""
        frameworks: dict[int, bool] = {}
        for index, unit in enumerate(self._program.units):
            if unit.role not in _JUDGED:
                continue
            python = unit.facts.language == "python"
            if index not in self._importers and (python or unit.path not in self._closed):
                continue  # perhaps it is loaded by its name
            decorated = _decorated(unit)
            for number, facts in enumerate(unit.facts.functions):
                if not facts.flags & FunctionFlag.ASYNC or facts.parent != 0 or not facts.name:
                    continue
                if facts.flags & FunctionFlag.ABSTRACT or facts.name[:2] == "__" or number in decorated:
                    continue
                owner = unit.classes + facts.owner
                if facts.owner >= 0 and owner not in frameworks:
                    frameworks[owner] = self._is_framework(owner)
                if facts.owner < 0 or not frameworks[owner]:
                    yield unit.functions + number

    def _is_framework(self, index: int) -> bool:
        """Whether a class, or one that derives from it, derives from something outside the program."""
        classes = self._state.classes
        facts = self._program.classes
        if any(len(facts[one].bases) > len(classes.direct_bases(one)) for one in classes.ancestors(index)):
            return True  # of a base nothing is known
        return any(
            base & MASK != tokens.CLASS and self._state.api.text[base >> SHIFT] not in _PLAIN_BASES
            for member in classes.family(index)
            for base in classes.order(member)
        )


def _decorated(unit: Unit) -> frozenset[int]:
    """The functions of a file that decorators take."""
    taken = decorated_slots(unit)
    if not taken:
        return frozenset()
    return frozenset(b for _, a, b, _, _ in flows.chosen(unit.facts.flows, _DEFINED) if a in taken)


def _is_package(unit: Unit) -> bool:
    return unit.path.rpartition("/")[2] == "__init__.py"


def _is_listed(unit: Unit, name: str) -> bool:
    """Whether a module of Python lists a name as part of its surface."""
    names = {export.name: export.starred for export in unit.facts.exports}
    return "__all__" in names and names.get(name, False)
