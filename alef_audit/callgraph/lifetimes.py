"""How long what is kept lives: as long as the process, a session, one dispatch, or nobody knows.

A variable lives as long as the function that declares it runs: the module for ever, a factory's closure until whoever
called the factory is done.  A field lives as long as the object, and that as long as what makes it.
"""

import re
from bisect import bisect_right
from collections.abc import Mapping
from typing import Final

from alef_audit.callgraph import tokens
from alef_audit.callgraph.bag_types import extended
from alef_audit.callgraph.calls import CallTable
from alef_audit.callgraph.graph import CallGraph, Edge
from alef_audit.callgraph.guards import BIT
from alef_audit.callgraph.keeping import CONSTRUCTORS, Keeping, Place, Read, chain
from alef_audit.callgraph.memos import method_class
from alef_audit.callgraph.program import is_body, methods_of
from alef_audit.callgraph.recall import words_of
from alef_audit.callgraph.state import State
from alef_audit.callgraph.tokens import MASK, SHIFT
from alef_audit.facts import flows, kept
from alef_audit.facts.file import FunctionFlag
from alef_audit.rulepack.guards import GuardWords
from alef_audit.rulepack.kinds import Kinds

# From the shortest to the longest; of several the shortest counts.
DISPATCH: Final = 0
UNKNOWN: Final = 1
SESSION: Final = 2
PROCESS: Final = 3

_LIVES: Final = {"dispatch": DISPATCH, "session": SESSION}
_GLOBAL: Final = frozenset(("globalThis", "global", "process", "window"))
_CLASS: Final = ("cls.", "self.__class__.", "type(self).", "this.constructor.")
_SEGMENT: Final = re.compile(r"[A-Za-z_$][\w$]*")
_NEW: Final = re.compile(r"new (?:Weak)?(?:Map|Set)\b|\{\}|\[\]|(?:set|dict|list)\(")
_ARGUMENTS: Final = re.compile(r"[(\[].*\Z", re.DOTALL)
_SELF: Final = ("self", "this")
_COLLECTING: Final = frozenset(("append", "appendleft", "add", "insert", "push", "unshift"))
_LASTING: Final = BIT["memoise.process"] | BIT["memoise.session"] | BIT["once"]


class Lifetimes:
    """Answers for places and keys; what it finds out of classes and factories is remembered.

    `guarded` gives the guards that are known of calls: what is made behind a lasting one is made once.  `behind` gives
    those of whole conditions, by function.
    """

    __slots__ = (
        "_behind",
        "_by_function",
        "_callers",
        "_collecting",
        "_collections",
        "_graph",
        "_guarded",
        "_keeping",
        "_makers",
        "_objects",
        "_reach",
        "_state",
        "_words",
    )

    def __init__(
        self,
        graph: CallGraph,
        state: State,
        keeping: Keeping,
        kinds: Kinds,
        words: GuardWords,
        guarded: Mapping[int, int],
        behind: Mapping[int, Mapping[int, int]],
    ) -> None:
        self._graph = graph
        self._state = state
        self._keeping = keeping
        self._words = words
        self._guarded = guarded
        self._behind = behind
        self._callers: dict[int, list[Edge]] = {}
        for edge in graph.edges:
            self._callers.setdefault(edge.callee, []).append(edge)
        self._makers: dict[int, list[int]] | None = None
        self._collecting: dict[int, list[int]] | None = None
        self._by_function: dict[tuple[str, int], int] = {}
        self._reach = _reached_by_lifetime(graph, kinds, guarded)
        self._objects = [unit.objects for unit in graph.program.units]
        # collections that library functions make, by token: `new Map()`
        self._collections = {token: key[1] for key, token in state.stock.holders.items() if key[0] == 0}

    def of(self, place: Place, function: int) -> int:
        """The lifetime of a place that `function` reads and fills."""
        lifetime = self._of_holder(place, function)
        return min(lifetime, self._of_key(place, function)) if place.key else lifetime

    def of_decorated(self, function: int) -> int:
        """The lifetime of what a decorated function is decorated with: its object's, or that of the run around it."""
        facts = self._graph.program.functions[function]
        if facts.owner >= 0:
            return self._of_receiver(function)
        return self._of_runs(self._graph.program.unit_of(function).functions + facts.parent)

    def _of_key(self, place: Place, function: int) -> int:
        """What is kept under a key that every dispatch has anew is never found again."""
        texts = [place.key]
        for name in _SEGMENT.findall(place.key):
            texts.extend(value for value, _, _ in self._keeping.reads.get(function, {}).get(name, ()))
        names = {"_".join(_parts(name)) for text in texts for name in _SEGMENT.findall(text)}
        if names & frozenset(self._words.dispatch_keys):
            return DISPATCH
        return SESSION if any(words_of(text) & frozenset(self._words.session) for text in texts) else PROCESS

    def _of_holder(self, place: Place, function: int) -> int:
        program, owner = self._graph.program, place.owner
        if place.subject.startswith(_CLASS):
            return PROCESS
        if owner == kept.RECEIVER:
            named = self._by_words(place.subject, kept.RECEIVER)
            return named if named is not None else max(self._of_receiver(function), self._of_field(place, function))
        if owner < 0:
            return PROCESS if place.base in _GLOBAL else UNKNOWN
        if is_body(program, owner):
            return PROCESS
        names = program.unit_of(owner).facts.names
        is_parameter = place.base in {names[each.name] for each in program.functions[owner].parameters if each.name}
        if not is_parameter and owner != function:
            return self._of_runs(owner)
        if not is_parameter and place.subject == place.base and not place.key:
            return DISPATCH
        lifetime = self._of_objects(place, function, is_parameter=is_parameter)
        # what a closure captured lives as long as the closure
        return max(lifetime, self._of_runs(owner)) if owner != function else lifetime

    def _of_field(self, place: Place, function: int) -> int:
        """The lifetime of the collection that a constructor takes from elsewhere: `self._cache = hass.data[KEY]`."""
        owner, program = method_class(self._graph.program, function), self._graph.program
        if not place.key or owner < 0:
            return DISPATCH
        taken = [
            self._held_elsewhere(read, constructor)
            for name in CONSTRUCTORS
            for constructor in methods_of(program, owner, name)
            for read in self._keeping.reads.get(constructor, {}).get(place.subject, ())
        ]
        return min(taken, default=DISPATCH)

    def _held_elsewhere(self, read: Read, function: int) -> int:
        """The lifetime of what `function` looks up, by its holder and key; DISPATCH if they tell nothing."""
        holder = _ARGUMENTS.sub("", read.value)
        key = self._of_key(Place(holder, read.value.removeprefix(holder), holder, read.owner), function)
        if read.owner >= 0 and is_body(self._graph.program, read.owner):
            return key
        named = self._by_words(holder, read.owner)
        return min(named, key) if named is not None else DISPATCH

    def _by_words(self, subject: str, start: int) -> int | None:
        """What the names on the way to the kept thing tell: `request.app.state.x`, `ctx.session.token`."""
        segments = _SEGMENT.findall(subject)[:-1] if start == kept.RECEIVER else _SEGMENT.findall(subject)
        words = self._words
        for segment in reversed(segments):
            told = words_of(segment)
            for lifetime, named in ((PROCESS, words.process), (SESSION, words.session), (DISPATCH, words.dispatch)):
                if told & frozenset(named):
                    return lifetime
        return None

    def _of_objects(self, place: Place, function: int, *, is_parameter: bool) -> int:
        """The lifetime of what a parameter or local holds: by where that is made, else by how it is called."""
        bound = self._keeping.reads.get(function, {}).get(place.base, ()) if not is_parameter else ()
        held = min(
            (self._held_elsewhere(read, function) for read in bound if ".setdefault(" in read.value), default=DISPATCH
        )
        if held != DISPATCH:
            return held
        made = self._allocating(place.slot)
        if made:
            makers = {maker for maker, _ in made}
            lifetime = min(self._of_object(maker, line) for maker, line in made)
            # what another function made may be kept by it all the same
            return max(lifetime, UNKNOWN) if not is_parameter and function not in makers else lifetime
        if any(_NEW.match(read.value) for read in bound):
            return DISPATCH
        named = self._by_words(place.subject, place.owner)
        if named is not None:
            return named
        return UNKNOWN if place.key or words_of(place.subject) & frozenset(self._words.cache) else DISPATCH

    def _of_object(self, maker: int, line: int) -> int:
        """How long an object lives that `maker` makes on `line`: what stands behind a lasting guard that the maker puts
        the object under itself is made once.
        """
        conditions = self._graph.program.unit_of(maker).facts.conditions
        stores = self._keeping.stores.get(maker, ())
        for index, bits in self._behind.get(maker, {}).items():
            around = conditions[index]
            is_behind = around.exits and around.parent < 0 and around.line < line
            stored = any(
                touch.line >= line and touch.place.owner != maker
                if is_behind
                else touch.line == line and index in chain(conditions, touch.condition)
                for touch in stores
            )
            if stored and bits & _LASTING:
                return SESSION if bits & BIT["memoise.session"] else PROCESS
        return self._of_run(maker)

    def _allocating(self, slot: int) -> list[tuple[int, int]]:
        """The functions in which the objects are made that a variable holds, and the lines where they are made."""
        program = self._graph.program
        found = []
        for value in self._state.held(self._graph.table.resolve(slot)) if slot else ():
            if value & MASK != tokens.OBJECT:
                continue
            index = value >> SHIFT
            if index < program.object_count:
                unit = program.units[bisect_right(self._objects, index) - 1]
                made = unit.facts.objects[index - unit.objects]
                found.append((unit.functions + made.function, made.line))
            elif value in self._collections:
                call = self._collections[value]
                found.append((self._graph.table.function(call), self._graph.table.line(call)))
        return found

    # --- objects

    def _of_receiver(self, function: int) -> int:
        program = self._graph.program
        owner = method_class(program, function)
        if owner < 0:
            # a method of an object literal: the object lives as long as what makes it
            parent = program.functions[function].parent
            return self._of_runs(program.unit_of(function).functions + parent) if parent >= 0 else UNKNOWN
        if program.functions[function].flags & (FunctionFlag.STATIC | FunctionFlag.CLASSMETHOD):
            return PROCESS
        known = self._by_function.get(("class", owner))
        if known is None:
            self._by_function["class", owner] = UNKNOWN
            known = self._made_by_library(owner)
            if known is None:
                sites = self._makers_of(owner)
                known = min((self._of_site(site, owner) for site in sites), default=UNKNOWN)
            known = max(known, UNKNOWN) if self._registers_itself(owner) else known
            self._by_function["class", owner] = known
        return known

    def _made_by_library(self, owner: int) -> int | None:
        """The lifetime of a class whose instances a library makes; of a mixin that of the classes it is mixed into."""
        told = self._told_by_bases(owner)
        if told is not None:
            return told
        mixed = (self._told_by_bases(sub) for sub in self._state.classes.family(owner))
        return min((each for each in mixed if each is not None), default=None)

    def _told_by_bases(self, index: int) -> int | None:
        api = self._state.api
        for base in self._state.classes.outside_bases(index):
            kind = api.made_type.get(base, 0)
            for node in (kind, *extended(api.bases, kind)):
                if node in api.lives:
                    return _LIVES[api.lives[node]]
        return None

    def _registers_itself(self, owner: int) -> bool:
        """Whether a class's constructor puts the new object where it outlives the dispatch: `gateway.client = self`."""
        return any(
            touch.value in _SELF and touch.place.owner >= 0 and touch.place.owner != constructor
            for name in CONSTRUCTORS
            for constructor in methods_of(self._graph.program, owner, name)
            for touch in self._keeping.stores.get(constructor, ())
        )

    def _makers_of(self, owner: int) -> list[int]:
        if self._makers is None:
            self._makers = _makers(self._state, self._graph.table)
        return self._makers.get(owner, [])

    def _of_site(self, call: int, made: int = -1) -> int:
        """How long what is made at `call` lives: an instance of the class `made`, or what a factory leaves behind."""
        if self._guarded.get(call, 0) & _LASTING:
            return SESSION if self._guarded[call] & BIT["memoise.session"] else PROCESS
        function = self._graph.table.function(call)
        line = self._graph.table.line(call)
        for touch in self._keeping.stores.get(function, ()):
            is_taken = touch.line == line or (touch.place.key and touch.line > line)
            if is_taken and touch.place.owner != function:
                return max(UNKNOWN, self._of_run(function))
        if self._is_collected(call):
            return max(UNKNOWN, self._of_run(function))
        if made >= 0 and self._returns(function, made):
            return self._of_runs(function)
        return self._of_run(function)

    def _is_collected(self, call: int) -> bool:
        """Whether what is made at `call` is put into a collection of a module behind it: `LOGGERS.append(logger)`."""
        table, state, program = self._graph.table, self._state, self._graph.program
        if self._collecting is None:
            self._collecting = _collecting(table)
        made = frozenset(state.held(table.result(call)))
        return bool(made) and any(
            each > call
            and any(not made.isdisjoint(state.held(slot)) for _, slot, _ in table.arguments(each))
            and any(is_body(program, maker) for maker, _ in self._allocating(table.receiver(each)))
            for each in self._collecting.get(table.function(call), ())
        )

    def _returns(self, function: int, made: int) -> bool:
        """Whether a function hands back instances of a class: what becomes of them is up to its callers."""
        result = self._graph.table.slot_of(function, self._graph.program.functions[function].result)
        return any(value >> SHIFT == made and value & MASK == tokens.INSTANCE for value in self._state.held(result))

    # --- functions

    def _of_runs(self, function: int) -> int:
        """The lifetime of what a call of `function` leaves behind, by the worst of its callers."""
        known = self._by_function.get(("run", function))
        if known is None:
            self._by_function["run", function] = UNKNOWN
            known = self._of_run(function) if is_body(self._graph.program, function) else self._called(function)
            self._by_function["run", function] = known
        return known

    def _called(self, function: int) -> int:
        around = self._graph.function_guards.get(function, 0)
        if around & _LASTING:
            return SESSION if around & BIT["memoise.session"] else PROCESS
        callers = [edge for edge in self._callers.get(function, ()) if edge.caller != function]
        lifetimes = [self._of_site(edge.call) if edge.call >= 0 else PROCESS for edge in callers]
        if function in self._reach and any(root.function == function for root in self._graph.roots):
            lifetimes.append(self._reach[function])
        return min(lifetimes, default=UNKNOWN)

    def _of_run(self, function: int) -> int:
        """How often `function` runs: per dispatch, per set-up or connection, once; UNKNOWN if nothing known runs it."""
        if is_body(self._graph.program, function):
            return PROCESS
        return self._reach.get(function, UNKNOWN)


def _collecting(table: CallTable) -> dict[int, list[int]]:
    """By function, its calls that put something into a collection."""
    found: dict[int, list[int]] = {}
    for call in range(len(table)):
        if table.member(call) in _COLLECTING:
            found.setdefault(table.function(call), []).append(call)
    return found


def _parts(name: str) -> list[str]:
    return [word.lower() for word in re.findall(r"[A-Z]?[a-z]+\d*|[A-Z]+(?![a-z])\d*", name)]


def _reached_by_lifetime(graph: CallGraph, kinds: Kinds, guarded: Mapping[int, int]) -> dict[int, int]:
    """For every function that something is known to run, the shortest interval at which it is run."""
    outgoing: dict[int, list[int]] = {}
    around, kept_once = graph.function_guards, []
    for edge in graph.edges:
        if around.get(edge.callee, 0) & _LASTING:
            kept_once.append(edge.callee)
        elif not (edge.guards | guarded.get(edge.call, 0)) & _LASTING:
            outgoing.setdefault(edge.caller, []).append(edge.callee)
    starts: dict[int, list[int]] = {DISPATCH: [], SESSION: [], PROCESS: []}
    for root in graph.roots:
        heat = kinds.root[root.kind].heat
        if root.kind == "lifecycle":
            starts[SESSION].append(root.function)
        else:
            starts[PROCESS if heat == "never" else DISPATCH].append(root.function)
    starts[PROCESS].extend(unit.functions for unit in graph.program.units)
    starts[PROCESS].extend(kept_once)
    found: dict[int, int] = {}
    for lifetime in (DISPATCH, SESSION, PROCESS):
        pending = [function for function in starts[lifetime] if function not in found]
        while pending:
            function = pending.pop()
            if function not in found:
                found[function] = lifetime
                pending.extend(outgoing.get(function, ()))
    return found


def _makers(state: State, table: CallTable) -> dict[int, list[int]]:
    """The calls that make instances, by class; those of a subclass count for its bases."""
    names = state.program.names
    capital = {index for index, name in enumerate(names) if name.lstrip("_")[:1].isupper() or name == "cls"}
    makers: dict[int, list[int]] = {}
    rows = zip(table.callees, table.members, table.flag_sets, strict=True)
    for call, (callee, member, flag) in enumerate(rows):
        if not (flag & flows.NEW or member in capital):
            continue
        for value in state.points_to[callee] or ():
            if value & MASK in (tokens.CLASS, tokens.OPEN_CLASS):
                for base in state.classes.order(value >> SHIFT):
                    if base & MASK == tokens.CLASS:
                        makers.setdefault(base >> SHIFT, []).append(call)
    return makers
