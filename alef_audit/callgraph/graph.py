"""The call graph that later stages work on: functions as integers, edges, uses of the API graph."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import msgspec

from alef_audit.callgraph.api import ApiGraph
from alef_audit.callgraph.calls import CallTable
from alef_audit.callgraph.keeping import Chosen, Held
from alef_audit.callgraph.loops import Loops, Ranged
from alef_audit.callgraph.program import Program
from alef_audit.rulepack.kinds import Cost, RootKind, SinkKind, Thread

# How an edge was found, from the surest to the least sure.
DIRECT: Final = 0
IMPORT: Final = 1
METHOD: Final = 2
PROPERTY: Final = 3
CALLBACK: Final = 4
DYNAMIC: Final = 5
HOW: Final = ("direct", "import", "method", "property", "callback", "dynamic")


class Edge(msgspec.Struct, frozen=True, gc=False):
    """`caller` may run `callee`, at `call` (an index into the call table; -1 for reads that run a getter)."""

    caller: int
    callee: int
    call: int
    line: int
    how: int
    guards: int  # bit set, see `guards.py`
    loops: tuple[Ranged, ...] = ()  # loops that the edge itself adds: `xs.map(callback)` ranges over xs
    depth: int = 0  # nested loops around the call, those of `loops` included
    closed: int = 0  # gates, see `gates.py`: the edge does not exist for whoever entered the caller with one of these
    decides: int = 0  # gates of the callee that the arguments of the call decide
    via: tuple[int, ...] = ()  # of a callback handed to the program: the call under a condition that runs it


@dataclass(frozen=True, slots=True)
class SinkSite:
    """A blocking call, or a call of the other kinds that are reported: where it stands and what says so."""

    function: int
    call: int
    text: str  # canonical name of what is called: "fs.readFileSync"
    kind: SinkKind
    cost: Cost
    instead: str
    how: int
    loops: tuple[Ranged, ...] = ()
    guards: int = 0  # around the call itself
    closed: int = 0  # as on edges
    bypass: int = 0  # gates without which `plain` holds in place of `guards`
    plain: int = 0
    via: tuple[int, ...] = ()  # as on edges
    after: str = ""  # of a pending send: the blocking call in front of it
    contended: bool = False  # waits only while another thread holds what it takes
    releases: bool = False  # gives back, while it waits, the lock that is held around it
    joins: bool = False  # waits for work that was handed to other threads
    ready: tuple[str, ...] = ()  # members of its receiver that tell that there is nothing to wait for
    afterwards: tuple[str, ...] = ()  # members of it that call what they are handed when there is nothing to wait for
    announced: tuple[str, ...] = ()  # members that call what they are handed when this has something to read
    selected: tuple[str, ...] = ()  # calls that tell whether this has something to read
    drawn: bool = False  # gives what another call on the same object has worked for
    repeated: bool = False  # … and that one stands in the same function, and is told
    made: int = -1  # of one that joins: the call that made what it waits for, -1 if that is not known
    code: bool = False  # reads what ships with the program: no authentication work, whoever asks for it


@dataclass(frozen=True, slots=True)
class RootSite:
    """A function that something outside the program calls, and on which thread."""

    function: int
    kind: RootKind
    why: str
    runs_on: Thread
    call: int = -1  # the registering call, -1 if there is none
    by_name: bool = False  # hot by its name or by the table it stands in: a hint, not a registration
    by_word: bool = False  # handed to what only reads like a registration
    beside: bool = False  # runs beside its caller: a root if that one runs at start-up only
    general: bool = False  # registered with what any program has: no sign that its loop serves others
    soon: bool = False  # runs once, on a next turn of the loop: part of the start if start-up code schedules it
    delayed: bool = False  # runs once, after a delay: a tick if it has itself run again
    either: bool = False  # runs where its user does: on a loop, or on a thread that may wait
    again: bool = False  # more calls than this one register it
    event: str = ""  # the name of the event that it is registered for, if it is a message's or a life's


class Handed(msgspec.Struct, frozen=True, gc=False):
    """What a call hands to other threads, beside the functions that its edges lead to."""

    text: str  # what is called: "concurrent.futures.Executor.submit"
    made: int  # the call that made the pool, -1 if that is not known
    cost: Cost | None  # of the costliest function of a library
    unknown: bool  # whether there is something that nothing is known of


@dataclass(frozen=True, slots=True)
class CallGraph:
    program: Program
    table: CallTable
    api: ApiGraph
    edges: tuple[Edge, ...]  # sorted by caller, then site
    sinks: tuple[SinkSite, ...]
    roots: tuple[RootSite, ...]  # as registered; reachability adds `coroutine` and `api`
    function_guards: dict[int, int]  # guards that decorators put around a function
    lives_with: Mapping[int, str]  # of those functions that are methods, what keeps their results, as in the rules
    externals: tuple[tuple[int, int], ...]  # (call, API node): calls that leave the program
    unresolved: tuple[int, ...]  # calls of which nothing is known
    loops: Loops
    recursive: frozenset[int]  # functions that call themselves
    handed: Mapping[int, Handed] = field(default_factory=dict)  # by call, what it hands to other threads
    cut: tuple[Edge, ...] = ()  # edges that a boundary takes out: into what runs at start-up only
    said: Mapping[int, str] = field(default_factory=dict)  # function -> which comment or entry makes it a boundary
    gated: frozenset[tuple[int, int]] = frozenset()  # functions and conditions that arguments of callers decide
    # functions and conditions that tell nothing of when a path is taken: guards, and what always holds in production
    untold: frozenset[tuple[int, int]] = frozenset()
    # functions and locals that hold what was looked for, with "", or what a text was matched with, as written
    asked: Mapping[tuple[int, str], str] = field(default_factory=dict)
    # functions and locals that hold one of several values, and what was looked up: `handlers[name]`
    looked_up: Mapping[tuple[int, str], str] = field(default_factory=dict)
    # by function, the locals that early exits test, with the call that they hold the value of
    held: Mapping[int, Mapping[str, Held]] = field(default_factory=dict)
    # by function, the locals that hold something only if a test gives what stands with it
    chosen: Mapping[int, Mapping[str, Chosen]] = field(default_factory=dict)
    entered: Mapping[int, int] = field(default_factory=dict)  # function -> gates that are decided where it is a root
    exported: frozenset[int] = frozenset()  # what the packages of the program hand to those who import them
    # by class, the classes of the program in its resolution order: itself, then what it inherits from
    orders: Mapping[int, tuple[int, ...]] = field(default_factory=dict)
    # by call and callee, the platform under whose name in a table the callee stands
    on_platform: Mapping[tuple[int, int], str] = field(default_factory=dict)
    unused: frozenset[int] = frozenset()  # async functions that nothing calls, mentions or hands out
    ending: frozenset[int] = frozenset()  # functions that end the process on a path of their own


def calls_to_program(graph: CallGraph, own: int) -> tuple[int, int]:
    """Of the calls in the first `own` functions: how many lead to functions of the program, and how many of the
    unresolved ones name a function as one of the program is named, and so may.
    """
    program, table = graph.program, graph.table
    resolved = {edge.call for edge in graph.edges if edge.caller < own and edge.call >= 0}
    names = {facts.name for facts in program.functions[:own] if facts.name}
    unresolved = sum(table.function(call) < own and table.member(call) in names for call in graph.unresolved)
    return len(resolved), unresolved
