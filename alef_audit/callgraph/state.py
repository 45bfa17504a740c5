"""The solver's state: sets of tokens per variable, copy edges, pending constraints, and the worklist."""

from collections import deque
from typing import Final

from alef_audit.callgraph import tokens
from alef_audit.callgraph.api import ApiGraph
from alef_audit.callgraph.hierarchy import Hierarchy
from alef_audit.callgraph.program import Program
from alef_audit.callgraph.stock import Stock
from alef_audit.facts import flows
from alef_audit.facts.flows import ACCESSORS, EACH, ELEMENT
from alef_audit.resolution.graph import ModuleGraph

# The entries of a large table stand behind one token (VALUES_OF), so there may be more of them; of what a table is made
# of, that is: values from outside the program only fill it up.
_WIDE: Final = 256
_MADE_OF: Final = frozenset((tokens.FUNCTION, tokens.CLASS, tokens.INSTANCE, tokens.OBJECT))


# Constraint kinds attached to a variable.
LOAD: Final = 0  # (LOAD, destination, name)
STORE: Final = 1  # (STORE, source, name)
CALL: Final = 2  # (CALL, call)
TYPE: Final = 3  # (TYPE, destination)
SPREAD: Final = 4  # (SPREAD, destination)
CONSTRUCT: Final = 5  # (CONSTRUCT, call): functions that arrive are constructors or __call__ methods of that call
RECEIVE: Final = 6  # (RECEIVE, token): functions that arrive get the token as their receiver
BASE: Final = 7  # (BASE, class, position): classes that arrive are superclasses of that class
SETTLED: Final = 8  # (SETTLED, call): functions that arrive are called with what the promise in the receiver gives
PUT: Final = 10  # (PUT, source, name): collections that arrive take what source holds, under that key
PICK: Final = 12  # (PICK, destination, name): what collections that arrive hold under that key, and no other field
PARAMETER: Final = 11  # (PARAMETER, position, node): functions that arrive get the API node as that parameter
APPLY: Final = 13  # (APPLY, call): what arrives is called by `Reflect.apply`
EXECUTOR: Final = 40  # (EXECUTOR, variable): functions that arrive are run by `new Promise`, whose value it holds
ITERATE: Final = 41  # (ITERATE, destination, function, line, way): what arrives is iterated over
ITERATOR: Final = 42  # (ITERATOR, …): functions that arrive make the iterator
ADVANCE: Final = 43  # (ADVANCE, …): what arrives is an iterator
STEP: Final = 44  # (STEP, …): functions that arrive are its `next` or `return`
GETTER: Final = 9  # (GETTER, destination, function, line, base): a read that runs the getters that arrive

Constraint = tuple[int, ...]


class State:
    """Everything that changes while the constraints are solved."""

    __slots__ = (
        "api",
        "backlog",
        "bound",
        "called",
        "classes",
        "declared",
        "declared_in",
        "delegated",
        "dispatched",
        "exports",
        "externals",
        "fields",
        "forward",
        "gathered",
        "getters",
        "handed_down",
        "heirs",
        "hidden",
        "internal",
        "lazy",
        "links",
        "matches",
        "methods_only",
        "module_names",
        "module_replaced",
        "modules",
        "namespaces",
        "news",
        "next_object",
        "object_all",
        "object_fields",
        "operated",
        "operating",
        "partials",
        "pending",
        "points_to",
        "program",
        "protocol",
        "queue",
        "readers",
        "rest_objects",
        "returned",
        "saturated",
        "spread_to",
        "stars",
        "stock",
        "tables",
        "type_objects",
        "typed",
        "uses",
        "wide",
        "wraps",
    )

    def __init__(self, program: Program, modules: ModuleGraph, api: ApiGraph, bound: int) -> None:
        self.bound = bound
        self.program = program
        self.modules = modules
        self.api = api
        self.exports: list[dict[int, int]] = []  # per unit: name -> slot
        self.hidden: list[frozenset[int]] = []  # per unit: names that star imports do not take
        internal = (flows.ALIASED, flows.RETURNED_VALUE, flows.SENT_FIELD)
        self.internal = frozenset(program.name_ids[name] for name in internal if name in program.name_ids)
        self.lazy: dict[int, int] = {}  # unit -> its __getattr__
        self.namespaces: dict[str, int] = {}  # dotted name -> unit, of modules below folders without __init__.py
        self.matches: list[tuple[int, int, int]] = []  # base, destination, pattern
        self.stars: list[tuple[int, ...]] = []  # per unit: units whose every name it exports or binds
        size = program.slot_count
        self.points_to: list[set[int] | None] = [None] * size
        self.forward: list[list[int] | None] = [None] * size
        self.uses: list[list[Constraint] | None] = [None] * size
        self.pending: dict[int, set[int]] = {}
        self.queue: deque[int] = deque()
        self.backlog: list[tuple[int, Constraint, list[int]]] = []  # constraints to apply to tokens already there
        self.delegated: set[tuple[int, Constraint]] = set()
        self.wide: dict[int, int] = {}  # variables behind VALUES_OF tokens -> how many look-ups deep
        self.gathered: dict[tuple[int, int], int] = {}  # (wide variable, name) -> variable of that field of its values
        self.saturated: set[int] = set()
        # fields of objects, modules, prototypes: (token, name) -> variable
        self.fields: dict[tuple[int, int], int] = {}
        self.readers: dict[tuple[int, int], list[int]] = {}  # who reads fields that nothing is stored in yet
        self.object_fields: dict[int, list[int]] = {}  # token -> names stored on it
        self.object_all: dict[int, int] = {}  # token -> variable that collects every field
        self.methods_only: frozenset[int] = frozenset()  # names of methods that no object of the program carries
        self.tables: set[int] = set()  # object tokens with more entries than a variable may hold values
        self.heirs: dict[int, list[int]] = {}  # token -> tokens whose prototype it is
        self.handed_down: set[tuple[int, int]] = set()  # fields (token, name) that came from a prototype
        self.spread_to: dict[int, list[int]] = {}  # token -> object tokens that take its fields
        self.classes = Hierarchy()
        self.stock = Stock(program)
        self.news: dict[tuple[int, int, int], int] = {}  # (call, class, its __new__) -> variable of the instance
        self.dispatched: dict[int, int] = {}  # function -> variable of what each call of it runs besides
        self.partials: dict[int, list[int]] = {}  # function -> calls of partial that bind arguments of it
        self.wraps: dict[int, int] = {}  # variable of a `wraps(f)` -> that of f
        self.called: dict[int, int] = {}  # call -> variable of the __call__ methods of what it calls
        self.declared: dict[int, list[int]] = {}  # variable -> variables of the types that it is declared to have
        # declared types: what has a value is told apart from what only says what a value looks like
        self.type_objects: set[int] = set()  # object tokens that stand for types
        self.declared_in: list[tuple[int, int]] = []  # (variable, such a token written for it)
        self.typed: dict[int, list[int]] = {}  # variable -> interfaces that it is declared to hold
        self.module_replaced: dict[int, int] = {}  # unit -> variable of what replaces its exports object
        self.module_names: dict[tuple[int, int], int] = {}  # (unit, name) -> variable, CommonJS only
        self.rest_objects: dict[int, int] = {}
        self.returned: dict[
            int, set[tuple[int, int]]
        ] = {}  # function -> (position, how) of the parameters it hands back
        self.operating = False  # operations wait until superclasses are known
        self.operated: dict[tuple[int, int], int] = {}  # (row of an operation, method) -> callee of its call
        self.protocol: set[str] = set()  # operations that classes of the program define methods for
        self.next_object = program.object_count
        # results: (call, function) links, (call, API node) uses, getter reads
        self.links: dict[tuple[int, int], int] = {}  # -> how many arguments stand before the first positional one
        self.externals: dict[tuple[int, int], None] = {}
        self.getters: dict[tuple[int, int, int], None] = {}  # (reading function, line, getter)

    def variable(self) -> int:
        self.points_to.append(None)
        self.forward.append(None)
        self.uses.append(None)
        return len(self.points_to) - 1

    def new_object(self) -> int:
        """The token of an allocation site that the analysis itself makes (rest arrays, results of `map`)."""
        self.next_object += 1
        return tokens.token(tokens.OBJECT, self.next_object - 1)

    def add(self, variable: int, value: int) -> None:
        held = self.points_to[variable]
        if held is None:
            self.points_to[variable] = {value}
        else:
            if value in held:
                return
            if len(held) >= self.bound and not self._fits(variable, len(held), value):
                return
            held.add(value)
        waiting = self.pending.get(variable)
        if waiting is None:
            self.pending[variable] = {value}
            self.queue.append(variable)
        else:
            waiting.add(value)

    def add_all(self, variable: int, values: set[int]) -> None:
        held = self.points_to[variable]
        fresh = values - held if held else values
        if not fresh:
            return
        if held is None:
            held = self.points_to[variable] = set()
        if len(held) + len(fresh) > self.bound:
            fresh = self._fitting(variable, len(held), fresh)
            if not fresh:
                return
        held |= fresh
        waiting = self.pending.get(variable)
        if waiting is None:
            self.pending[variable] = set(fresh)
            self.queue.append(variable)
        else:
            waiting |= fresh

    def copy(self, source: int, destination: int) -> None:
        """Everything in `source` also reaches `destination`, now and later."""
        if source == destination or not source or not destination:
            return
        targets = self.forward[source]
        if targets is None:
            self.forward[source] = [destination]
        else:
            if len(targets) < 64 and destination in targets:
                return
            targets.append(destination)
        held = self.points_to[source]
        if held:
            self.add_all(destination, held)

    def attach(self, variable: int, constraint: Constraint) -> None:
        """Apply a constraint to every token that reaches the variable; tokens already there wait in the backlog."""
        attached = self.uses[variable]
        if attached is None:
            self.uses[variable] = [constraint]
        else:
            attached.append(constraint)
        held = self.points_to[variable]
        if held:
            self.backlog.append((variable, constraint, sorted(held)))

    def delegate(self, variable: int, constraint: Constraint) -> None:
        """Apply a constraint, once, to all that a VALUES_OF token stands for."""
        if (variable, constraint) not in self.delegated:
            self.delegated.add((variable, constraint))
            self.attach(variable, constraint)

    def read_any(self, owner: int, destination: int) -> None:
        """Let `destination` take every field of an object-like token; those of a large table behind one token."""
        if owner in self.tables:
            self.add(destination, tokens.token(tokens.VALUES_OF, self.all_fields(owner)))
        else:
            self.copy(self.all_fields(owner), destination)

    def _fits(self, variable: int, size: int, value: int) -> bool:
        """Whether a variable that is full by the usual bound takes one value more."""
        if variable not in self.wide:
            self.saturated.add(variable)
            return False
        if value & tokens.MASK not in _MADE_OF:
            return False
        if size >= _WIDE:
            self.saturated.add(variable)
        return size < _WIDE

    def _fitting(self, variable: int, size: int, fresh: set[int]) -> set[int]:
        """Those of the fresh values that a variable takes which cannot take all by the usual bound."""
        ordered = sorted(fresh)
        if variable not in self.wide:
            self.saturated.add(variable)
            return set(ordered[: max(0, self.bound - size)])
        made_of = [value for value in ordered if value & tokens.MASK in _MADE_OF]
        if size + len(made_of) > _WIDE:
            self.saturated.add(variable)
        return set(made_of[: max(0, _WIDE - size)])

    def gather(self, variable: int, constraint: int, destination: int, name: int) -> None:
        """Let `destination` take field `name` of whatever the wide `variable` holds, behind one token.

        Fields of such fields travel one by one: `node = node.next` would go on for ever.
        """
        if name in (ELEMENT, EACH) or self.wide[variable]:
            self.delegate(variable, (constraint, destination, name))
            return
        found = self.gathered.get((variable, name))
        if found is None:
            found = self.gathered[variable, name] = self.variable()
            self.wide[found] = 1
            self.delegate(variable, (constraint, found, name))
        self.add(destination, tokens.token(tokens.VALUES_OF, found))

    def held(self, variable: int) -> list[int]:
        """The tokens in a variable, sorted, VALUES_OF replaced by what it stands for."""
        found = self.points_to[variable]
        if not found:
            return []
        if not any(value & tokens.MASK == tokens.VALUES_OF for value in found):
            return sorted(found)
        expanded: set[int] = set()
        seen = {variable}
        pending = [variable]
        while pending:
            for value in self.points_to[pending.pop()] or ():
                if value & tokens.MASK != tokens.VALUES_OF:
                    expanded.add(value)
                elif value >> tokens.SHIFT not in seen:
                    seen.add(value >> tokens.SHIFT)
                    pending.append(value >> tokens.SHIFT)
        return sorted(expanded)

    def overflowed(self, variable: int) -> bool:
        """Whether values were lost on the way to a variable: what it holds is then no evidence."""
        if variable in self.saturated:
            return True
        found = self.points_to[variable] or ()
        return any(
            value & tokens.MASK == tokens.VALUES_OF and value >> tokens.SHIFT in self.saturated for value in found
        )

    def field(self, owner: int, name: int) -> int:
        """The variable of a field of an object-like token; made, and wired to its collectors, on first use."""
        found = self.fields.get((owner, name))
        if found is None:
            found = self.fields[owner, name] = self.variable()
            self.object_fields.setdefault(owner, []).append(name)
            collector = self.object_all.get(owner)
            if collector is not None and self._is_element(name):
                self.copy(found, collector)
            for taker in tuple(self.spread_to.get(owner, ())):
                self._take(found, taker, name)
            for heir in tuple(self.heirs.get(owner, ())):
                self._hand_down(owner, heir, name)
            for reader in self.readers.pop((owner, name), ()):
                self.copy(found, reader)
        return found

    def read_field(self, owner: int, name: int, destination: int) -> None:
        """Let `destination` take a field's values; a field that nothing is stored in costs no variable."""
        found = self.fields.get((owner, name))
        if found is not None:
            self.copy(found, destination)
            return
        waiting = self.readers.get((owner, name))
        if waiting is None:
            self.readers[owner, name] = [destination]
        elif len(waiting) > 64 or destination not in waiting:
            waiting.append(destination)

    def all_fields(self, owner: int) -> int:
        """The variable that holds the values of every field of an object-like token."""
        found = self.object_all.get(owner)
        if found is None:
            found = self.object_all[owner] = self.variable()
            if owner in self.tables:
                self.wide[found] = 0
            for name in tuple(self.object_fields.get(owner, ())):
                if self._is_element(name):
                    self.copy(self.fields[owner, name], found)
        return found

    def _is_element(self, name: int) -> bool:
        """Whether reading under an unknown key may give that field: not accessors, not the prototype."""
        text = self.program.names[name]
        return name not in self.internal and not text.startswith(ACCESSORS) and text != "__proto__"

    def inherit(self, source: int, heir: int) -> None:
        """Fields of token `source` are also those of token `heir`, but for names that it has itself by then."""
        heirs = self.heirs.setdefault(source, [])
        if heir in heirs or source == heir:
            return
        heirs.append(heir)
        for name in tuple(self.object_fields.get(source, ())):
            self._hand_down(source, heir, name)

    def _hand_down(self, source: int, heir: int, name: int) -> None:
        if self.program.names[name] == "__proto__":
            return
        if (heir, name) in self.fields and (heir, name) not in self.handed_down:
            return
        self.handed_down.add((heir, name))
        self.copy(self.fields[source, name], self.field(heir, name))

    def spread(self, source: int, taker: int) -> None:
        """Every field of token `source` is also a field of token `taker`."""
        takers = self.spread_to.setdefault(source, [])
        if taker in takers or source == taker:
            return
        takers.append(taker)
        for name in tuple(self.object_fields.get(source, ())):
            self._take(self.fields[source, name], taker, name)

    def _take(self, source: int, taker: int, name: int) -> None:
        """Let `taker` have what was spread into it, but for entries that a literal writes behind the spread."""
        if name not in self.stock.overrides.get(taker, ()):
            self.copy(source, self.field(taker, name))

    def holder(self, *key: int, keyed: bool | None = None) -> int:
        """The object that the analysis makes for `key`; `keyed` makes it a mapping (see `Stock.keyed`)."""
        found = self.stock.holders.get(key)
        if found is None:
            found = self.stock.holders[key] = self.new_object()
            if keyed is not None:
                self.stock.keyed[found] = keyed
        return found
