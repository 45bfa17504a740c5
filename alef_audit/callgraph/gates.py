"""Constant arguments that decide a branch: `read(path, { allowKeychainPrompt: false })`, `save(sync=False)`.

Call-site sensitivity for literals: handed over directly, in an object literal or a record, by keyword, the defaults of
what is not handed over at all, and what a caller was given and only hands on.  A *gate* is a set of calls of a function
that decide some of its branches alike.  Entering by one of them closes those branches; or, where an argument asks for
new work, not entering by one of the others takes the guard away.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Set
from dataclasses import dataclass, field
from typing import Final

from alef_audit.callgraph.given import Given
from alef_audit.callgraph.graph import CALLBACK, PROPERTY, CallGraph, Edge
from alef_audit.callgraph.guards import GATES
from alef_audit.callgraph.handed_over import Surroundings
from alef_audit.callgraph.keeping import Keeping, chain, first_name
from alef_audit.callgraph.memos import Memo
from alef_audit.callgraph.outer_names import around
from alef_audit.callgraph.parameters import within
from alef_audit.callgraph.program import Program
from alef_audit.callgraph.recall import Option
from alef_audit.callgraph.values import ABSENT, FALSE, UNKNOWN
from alef_audit.facts.file import Function

_NAME: Final = re.compile(r"(?<![\w$.\"'])[A-Za-z_$][\w$]*")
# How many functions may hand a value on before it decides.
_HANDED: Final = 5
# How often a function is followed into itself: parameters that change places are few.
_ROUNDS: Final = 3
# Callers of a function that hands something on; one with more is a utility, and its callers differ.
_CALLERS: Final = 1_000
# Further up than this many functions it is worth looking where few call, for chains of callers multiply, and for each
# question where many do as long as they are no more than so many altogether.
_NEAR: Final = 2
_FEW: Final = 4
_FAR: Final = 200

# A call that decides a branch: its edge, and the gate of its caller without which it does not, 0 for none, or ITSELF
# where a function hands on to itself what it was given.
Deciding = tuple[int, int]
_ITSELF: Final = -1


@dataclass(slots=True)
class Gates:
    """What gates do, by function and condition, and by edge (its number in the graph)."""

    closing: dict[tuple[int, int], int] = field(default_factory=dict)  # condition -> gate that closes its branch
    bypassing: dict[tuple[int, int], int] = field(default_factory=dict)  # memo -> gate without which it does not hold
    # condition -> gate by which its branch is entered only for nothing where something is declared to be required
    empty: dict[tuple[int, int], int] = field(default_factory=dict)
    decides: dict[int, int] = field(default_factory=dict)
    handing: dict[int, dict[int, int]] = field(default_factory=dict)  # edge -> gate of the caller -> of the callee
    entered: dict[int, int] = field(default_factory=dict)  # function -> gates that are decided where it is a root
    _used: dict[int, dict[frozenset[Deciding], int]] = field(default_factory=dict)

    def gate(self, function: int, deciding: frozenset[Deciding]) -> int:
        """The gate of the calls `deciding` into `function`; 0 when the function has too many already."""
        known = self._used.setdefault(function, {})
        if deciding not in known and len(known) < len(GATES):
            gate = known[deciding] = GATES[len(known)]
            for edge, needed in sorted(deciding):
                condition = gate if needed == _ITSELF else needed
                if condition:
                    handed = self.handing.setdefault(edge, {})
                    handed[condition] = handed.get(condition, 0) | gate
                else:
                    self.decides[edge] = self.decides.get(edge, 0) | gate
        return known.get(deciding, 0)


def find_gates(surroundings: Surroundings, memos: Iterable[Memo], above: Set[int]) -> Gates:
    """The gates of the program, of branches that lead to functions `above` a blocking call."""
    graph, keeping, *_ = surroundings
    finder = _Finder(surroundings)
    found = sorted(_deciding_conditions(graph, keeping, finder.incoming, above).items())
    for function, conditions in found:
        for index in sorted(conditions):
            finder.close(function, index)
    for memo in memos:
        if memo.recalled.options:
            finder.add_bypass(memo)
    trusting = _Finder(surroundings._replace(trusting=True), finder)
    for function, conditions in found:
        facts = graph.program.unit_of(function).facts
        for index in sorted(conditions) if facts.language == "python" else ():
            trusting.empty(function, index)
    return finder.gates


class _Finder:
    """Finds the gates of one program."""

    __slots__ = ("_given", "_left", "_surroundings", "gates", "incoming")

    def __init__(self, surroundings: Surroundings, earlier: "_Finder | None" = None) -> None:
        self._surroundings = surroundings
        self._given: dict[int, Given] = {}
        self._left = 0
        self.gates: Gates = earlier.gates if earlier is not None else Gates()
        self.incoming: dict[int, list[int]] = earlier.incoming if earlier is not None else {}
        for number, edge in enumerate(surroundings.graph.edges if earlier is None else ()):
            self.incoming.setdefault(edge.callee, []).append(number)

    def close(self, function: int, index: int) -> None:
        """Let the calls that decide a condition close what stands below it."""
        deciding = self._decided(function, index)
        gate = self.gates.gate(function, deciding) if deciding else 0
        if gate:
            self.gates.closing[function, index] = gate

    def empty(self, function: int, index: int) -> None:
        """Tell the calls that hand on what is declared to be there from the others where a branch is for nothing."""
        deciding = self._decided(function, index)
        gate = self.gates.gate(function, deciding) if deciding else 0
        if gate and gate != self.gates.closing.get((function, index)):
            self.gates.empty[function, index] = gate

    def _decided(self, function: int, index: int) -> frozenset[Deciding]:
        """The calls of `function` that decide a condition."""
        self._left = _FAR
        return self._deciding(function, lambda given: given.decide(index), 0)

    def _deciding(self, function: int, decides: Callable[[Given], bool], depth: int) -> frozenset[Deciding]:
        """The calls of `function` by which it is decided, those included that their caller's callers decide."""
        found: set[Deciding] = set()
        own: list[int] = []
        for number in self.incoming.get(function, ()):
            edge = self._surroundings.graph.edges[number]
            if not (_is_plain_call(edge) or self._is_closure(edge)):
                continue
            given = self._call(number)
            given.asks_caller = False
            if decides(given):
                found.add((number, 0))
            elif given.asks_caller and edge.caller == function:
                own.append(number)
            elif given.asks_caller and self._looks_up(edge.caller, depth):
                gate = self._handed(edge.caller, given, decides, depth)
                if gate:
                    found.add((number, gate))
        repeated = [number for number in own if found and self._repeats(number, found, decides)]
        return frozenset((*found, *((number, _ITSELF) for number in repeated)))

    def _is_closure(self, edge: Edge) -> bool:
        """Whether an edge runs a function, handed over as a value, by a call in one around it: the names that it takes
        from there are known.
        """
        if edge.how != CALLBACK or edge.call < 0:
            return False
        outer = next(around(self._surroundings.graph.program, edge.callee), -1)
        return outer >= 0 and within(self._surroundings.graph.program, edge.caller, outer)

    def _looks_up(self, caller: int, depth: int) -> bool:
        """Whether it is worth asking the callers of a function that hands a value on, at `depth` above the one that
        asks for it.
        """
        callers = len(self.incoming.get(caller, ()))
        if depth >= _HANDED or callers <= (_CALLERS if depth < _NEAR else _FEW):
            return depth < _HANDED
        if depth < _NEAR or callers > self._left:
            return False
        self._left -= callers
        return True

    def _repeats(self, number: int, found: Set[Deciding], decides: Callable[[Given], bool]) -> bool:
        """Whether a call by which a function calls itself decides where each of the calls `found` was how it was
        entered, however often.
        """
        own = self._call(number)
        for entered, _ in found:
            given = self._call(entered)
            for _ in range(_ROUNDS):
                given = own.within(given)
                if not decides(given):
                    return False
        return True

    def _handed(self, caller: int, given: Given, decides: Callable[[Given], bool], depth: int) -> int:
        """The gate of `caller` whose calls hand over what decides by the call `given` in it; 0 if there is none."""
        deciding = self._deciding(caller, lambda outer: decides(given.within(outer)), depth + 1)
        return self.gates.gate(caller, deciding) if deciding else 0

    def _call(self, number: int) -> Given:
        given = self._given.get(number)
        if given is None:
            given = self._given[number] = Given(self._surroundings, self._surroundings.graph.edges[number])
        return given

    def add_bypass(self, memo: Memo) -> None:
        """Tell the calls that ask for new work from the others."""
        incoming = self.incoming.get(memo.function, [])
        asking = set()
        for number in incoming:
            if _is_plain_call(self._surroundings.graph.edges[number]):
                given = self._call(number)
                if any(_bypasses(given, option) for option in memo.recalled.options):
                    asking.add(number)
        others = frozenset((number, 0) for number in incoming if number not in asking)
        gate = self.gates.gate(memo.function, others) if asking else 0
        if gate:
            self.gates.bypassing[memo.function, memo.condition] = gate
            self.gates.entered[memo.function] = self.gates.entered.get(memo.function, 0) | gate


def _bypasses(given: Given, option: Option) -> bool:
    """Whether the call gives an option the value that asks for new work."""
    value = given.value(f"{option.parameter}.{option.field}" if option.field else option.parameter)
    return value not in (UNKNOWN, ABSENT) and (value not in FALSE) != option.inert


def _is_plain_call(edge: Edge) -> bool:
    """Whether the arguments of the edge's call are those of the function."""
    return edge.call >= 0 and edge.how <= PROPERTY


def _deciding_conditions(
    graph: CallGraph, keeping: Keeping, incoming: Mapping[int, list[int]], above: Set[int]
) -> dict[int, set[int]]:
    """The conditions around edges and blocking calls that may ask for an argument, by function."""
    program, table = graph.program, graph.table
    found: dict[int, set[int]] = {}
    names: dict[int, frozenset[str] | None] = {}
    calls = ((edge.caller, edge.call) for edge in graph.edges if edge.callee in above)
    for function, call in (*calls, *((sink.function, sink.call) for sink in graph.sinks)):
        condition = table.condition(call) if call >= 0 else -1
        if condition < 0 or function not in incoming:
            continue
        if function not in names:
            names[function] = _asked_names(program, keeping, function)
        asked = names[function]
        facts = program.unit_of(function).facts
        for index in chain(facts.conditions, condition):
            if index in found.get(function, ()):
                break
            if asked is None or not asked.isdisjoint(_NAME.findall(facts.conditions[index].text)):
                found.setdefault(function, set()).add(index)
    return found


def _asked_names(program: Program, keeping: Keeping, function: int) -> frozenset[str] | None:
    """Parameters, and locals read from one, of a function and of those around it; None if a parameter is taken apart,
    so that any name may be of it.
    """
    found: frozenset[str] = frozenset()
    for each in (function, *around(program, function)):
        own = _own_names(program.functions[each], program.unit_of(each).facts.names, keeping, each)
        if own is None:
            return None
        found |= own
    return found


def _own_names(facts: Function, names: tuple[str, ...], keeping: Keeping, function: int) -> frozenset[str] | None:
    if any(not parameter.name for parameter in facts.parameters):
        return None
    parameters = {names[parameter.name] for parameter in facts.parameters}
    locals_ = (
        first_name(local)
        for local, bound in (*keeping.reads.get(function, {}).items(), *keeping.bound.get(function, {}).items())
        if any(not parameters.isdisjoint(_NAME.findall(read.value)) for read in bound)
    )
    return frozenset(parameters.union(locals_)) if parameters else frozenset()
