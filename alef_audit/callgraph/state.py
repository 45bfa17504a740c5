"""The solver's state: variables, the fields of everything that has some, and the results."""

from collections.abc import Mapping
from typing import Final

from alef_audit.callgraph import tokens
from alef_audit.callgraph.api import ApiGraph
from alef_audit.callgraph.hierarchy import Hierarchy
from alef_audit.callgraph.keyed_members import Keyed
from alef_audit.callgraph.program import Program
from alef_audit.callgraph.receivers import receptive
from alef_audit.callgraph.stock import Stock
from alef_audit.callgraph.variables import Some, Variables, each_of, with_one
from alef_audit.facts import flows
from alef_audit.facts.flows import ACCESSORS, ELEMENT
from alef_audit.resolution.graph import ModuleGraph

_OF_CLASSES: Final = (tokens.CLASS, tokens.INSTANCE)
_NAME_BITS: Final = 32  # a token and a name in one number: less than half of what a tuple takes
_NOTHING: Final[dict[int, int]] = {}
# Names that no one means who goes through all that an object or a prototype has.
_NO_ELEMENTS: Final = frozenset(("__proto__", "constructor"))


class State(Variables):
    """Everything that changes while the constraints are solved."""

    __slots__ = (
        "api",
        "called",
        "classes",
        "declared",
        "declared_in",
        "derived",
        "described",
        "dispatched",
        "exports",
        "externals",
        "fields",
        "getters",
        "handed_down",
        "heirs",
        "hidden",
        "internal",
        "iterators",
        "keyed",
        "keyed_rows",
        "lazy",
        "links",
        "made_through",
        "makers",
        "matches",
        "methods_only",
        "module_names",
        "module_replaced",
        "modules",
        "namespaces",
        "news",
        "next_object",
        "object_all",
        "open_bases",
        "operated",
        "operating",
        "owned",
        "partials",
        "program",
        "protocol",
        "readers",
        "reading",
        "rest_objects",
        "returned",
        "spread_to",
        "stars",
        "stock",
        "tables",
        "type_objects",
        "typed",
        "unnamed",
        "wraps",
    )

    def __init__(self, program: Program, modules: ModuleGraph, api: ApiGraph, bound: int) -> None:
        super().__init__(program.slot_count, bound, receptive(program))
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
        # fields of objects, modules, prototypes: token -> name -> variable
        self.fields: dict[int, dict[int, int]] = {}
        self.readers: dict[int, Some] = {}  # … in one number -> who reads the field that nothing is stored in yet
        self.object_all: dict[int, int] = {}  # token -> variable that collects every field
        self.reading = b""  # per name: what a read of an object does under it, see `members.py`
        self.methods_only: frozenset[int] = frozenset()  # names of methods that no object of the program carries
        self.tables: set[int] = set()  # object tokens with more entries than a variable may hold values
        self.unnamed: list[tuple[int, int, int]] = []  # reads of prototypes: token, name, destination
        self.owned: list[tuple[int, int, int]] = []  # reads of what libraries hand back: token, name, destination
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
        self.derived: dict[int, list[int]] = {}  # API node -> classes of the program whose instances it stands for
        self.open_bases: dict[int, int] = {}  # node of a class from outside that the program fills in -> declared value
        self.typed: dict[int, list[int]] = {}  # variable -> interfaces that it is declared to hold
        self.module_replaced: dict[int, int] = {}  # unit -> variable of what replaces its exports object
        self.module_names: dict[tuple[int, int], int] = {}  # (unit, name) -> variable, CommonJS only
        self.rest_objects: dict[int, int] = {}
        self.returned: dict[
            int, set[tuple[int, int]]
        ] = {}  # function -> (position, how) of the parameters it hands back
        self.keyed_rows: list[tuple[int, int, int, int]] = []  # function, name of its parameter, base, destination
        # (iterator method, whether until the end) -> variables of the elements, of `next` and `return`
        self.iterators: dict[tuple[int, int], tuple[int, int]] = {}
        self.keyed: dict[int, list[Keyed]] = {}  # function -> reads of members that its parameters name
        self.operating = False  # operations wait until superclasses are known
        self.operated: dict[tuple[int, int], int] = {}  # (row of an operation, method) -> callee of its call
        self.protocol: set[str] = set()  # operations that classes of the program define methods for
        self.next_object = program.object_count
        # closure -> variables that hold it, with the calls of its factory that made what they hold, see `creations.py`
        self.makers: Mapping[int, Mapping[int, frozenset[int] | None]] = {}
        self.made_through: Mapping[tuple[int, int], frozenset[int]] = {}
        # results: (call, function) links, (call, API node) uses, getter reads
        self.links: dict[tuple[int, int], int] = {}  # -> how many arguments stand before the first positional one
        self.externals: dict[tuple[int, int], None] = {}
        self.getters: dict[tuple[int, int, int], None] = {}  # (reading function, line, getter)
        # (reading function, line, class of the descriptor) -> names of the attributes that are read there
        self.described: dict[tuple[int, int, int], set[str]] = {}

    def release(self) -> None:
        super().release()
        self.readers, self.spread_to, self.heirs, self.handed_down = {}, {}, {}, set()

    def new_object(self) -> int:
        """The token of an allocation site that the analysis itself makes (rest arrays, results of `map`)."""
        self.next_object += 1
        return tokens.token(tokens.OBJECT, self.next_object - 1)

    def read_any(self, owner: int, destination: int) -> None:
        """Let `destination` take every field of an object-like token; those of a large table behind one token."""
        if owner in self.tables:
            self.add(destination, self.values_of(self.all_fields(owner)))
        else:
            self.copy(self.all_fields(owner), destination)

    def field(self, owner: int, name: int) -> int:
        """The variable of a field of an object-like token; made, and wired to its collectors, on first use."""
        fields = self.fields.get(owner)
        if fields is None:
            fields = self.fields[owner] = {}
        found = fields.get(name)
        if found is None:
            found = fields[name] = self.variable()
            if name == ELEMENT and owner in self.tables:
                self.wide[found] = 0
            collector = self.object_all.get(owner)
            if collector is not None and self._is_element(name):
                self.copy(found, collector)
            for taker in tuple(self.spread_to.get(owner, ())):
                self._take(found, taker, name)
            for heir in tuple(self.heirs.get(owner, ())):
                self._hand_down(owner, heir, name)
            for reader in each_of(self.readers.pop((owner << _NAME_BITS) + name, None)):
                self.copy(found, reader)
            if owner & tokens.MASK in _OF_CLASSES:
                self._tell_families(owner, name, found)
        return found

    def _tell_families(self, owner: int, name: int, field: int) -> None:
        """Something is stored for the first time on a class or its instances: `self` in a family may have it."""
        classes, level = self.classes, owner >> tokens.SHIFT
        classes.holders.setdefault(name, []).append(owner)
        if owner & tokens.MASK == tokens.CLASS and name in classes.own[level]:
            return  # read already, or hidden
        for index in classes.seen_in.get(level, ()):
            down = classes.down[index]
            if name in down:
                self.copy(field, down[name])
            elif name == flows.ANY_NAME:
                for each, variable in tuple(down.items()):
                    if self.is_set_freely(level, each) and self.is_set_freely(index, each):
                        self.copy(field, variable)

    def is_set_freely(self, level: int, name: int) -> bool:
        """Whether a `setattr` on a class or its instances, under a name that is not known, may have meant this one.

        It puts fields into place, and not one function where a class defines another, or leaves that to those below it.
        """
        if not self.stock.named_freely or self.program.names[name].startswith("_"):
            return False
        return not self.classes.has_method(level, name) and not self.classes.is_left_below(level, name)

    def known_field(self, owner: int, name: int) -> int:
        """The variable of a field, 0 if nothing is stored in it."""
        return self.fields.get(owner, _NOTHING).get(name, 0)

    def read_field(self, owner: int, name: int, destination: int) -> None:
        """Let `destination` take a field's values; a field that nothing is stored in costs no variable."""
        fields = self.fields.get(owner)
        found = fields.get(name) if fields is not None else None
        if found is not None:
            self.copy(found, destination)
            return
        place = (owner << _NAME_BITS) + name
        waiting = self.readers.get(place)
        if waiting is None:
            self.readers[place] = destination
        elif waiting != destination and (isinstance(waiting, int) or len(waiting) > 64 or destination not in waiting):
            self.readers[place] = with_one(waiting, destination)

    def read_entry(self, owner: int, name: int, destination: int, *, otherwise: bool) -> None:
        """`read_field`, and if `otherwise`, what is stored in the object under unknown keys too."""
        fields = self.fields.get(owner, _NOTHING)
        if name in fields:
            self.copy(fields[name], destination)
        else:
            self.read_field(owner, name, destination)
        if not otherwise:
            return
        if ELEMENT in fields:
            self.copy(fields[ELEMENT], destination)
        else:
            self.read_field(owner, ELEMENT, destination)

    def all_fields(self, owner: int) -> int:
        """The variable that holds the values of every field of an object-like token."""
        found = self.object_all.get(owner)
        if found is None:
            found = self.object_all[owner] = self.variable()
            if owner in self.tables:
                self.wide[found] = 0
            for name, field in tuple(self.fields.get(owner, _NOTHING).items()):
                if self._is_element(name):
                    self.copy(field, found)
        return found

    def _is_element(self, name: int) -> bool:
        """Whether reading under an unknown key may give that field: not accessors, prototypes, constructors."""
        text = self.program.names[name]
        return name not in self.internal and not text.startswith(ACCESSORS) and text not in _NO_ELEMENTS

    def inherit(self, source: int, heir: int) -> None:
        """Fields of token `source` are also those of token `heir`, but for names that it has itself by then."""
        heirs = self.heirs.setdefault(source, [])
        if heir in heirs or source == heir:
            return
        heirs.append(heir)
        for name in tuple(self.fields.get(source, ())):
            self._hand_down(source, heir, name)

    def _hand_down(self, source: int, heir: int, name: int) -> None:
        if self.program.names[name] == "__proto__":
            return
        if self.known_field(heir, name) and (heir, name) not in self.handed_down:
            return
        self.handed_down.add((heir, name))
        self.copy(self.fields[source][name], self.field(heir, name))

    def spread(self, source: int, taker: int) -> None:
        """Every field of token `source` is also a field of token `taker`."""
        takers = self.spread_to.setdefault(source, [])
        if taker in takers or source == taker:
            return
        takers.append(taker)
        for name, field in tuple(self.fields.get(source, _NOTHING).items()):
            self._take(field, taker, name)

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
