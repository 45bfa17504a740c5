"""What linking accumulates while it visits the calls: edges, blocking calls, registrations."""

import re2

from alef_audit.callgraph import graph, guards, tokens
from alef_audit.callgraph.calls import CallTable
from alef_audit.callgraph.dispatch import MethodIndex, method_index
from alef_audit.callgraph.entries import WorkerEntries
from alef_audit.callgraph.graph import Edge, RootSite, SinkSite
from alef_audit.callgraph.imports import dynamic_imports
from alef_audit.callgraph.loops import loops_around, multiplies
from alef_audit.callgraph.matching import approximate
from alef_audit.callgraph.narrow import generated
from alef_audit.callgraph.parameters import Path, Use, spelled
from alef_audit.callgraph.shapes import UserCode
from alef_audit.callgraph.state import State
from alef_audit.callgraph.tokens import MASK, SHIFT
from alef_audit.facts import flows
from alef_audit.facts.flows import ELEMENT
from alef_audit.rulepack.kinds import RootKind, Thread
from alef_audit.rulepack.lexicon import Lexicon, Registration
from alef_audit.rulepack.model import RootRow, RunsOn


class Collector:
    """Accumulates the parts of the call graph while the calls are visited in order."""

    __slots__ = (
        "approximate",
        "callers",
        "decorated",
        "edges",
        "entries",
        "executors",
        "function_guards",
        "generated",
        "known_members",
        "lifecycle_events",
        "local_nodes",
        "looking",
        "loops",
        "methods",
        "offloaders",
        "parameter_uses",
        "paths",
        "registered",
        "registration_set",
        "registrations",
        "resolved_imports",
        "returning_calls",
        "roots",
        "sinks",
        "spelled",
        "standard",
        "state",
        "table",
        "unresolved",
        "user_code",
    )

    def __init__(self, state: State, table: CallTable, lexicon: Lexicon, executors: frozenset[str]) -> None:
        self.executors = executors
        self.state = state
        self.table = table
        self.loops = frozenset(lexicon.loops)
        self.looking = frozenset(lexicon.looking)
        self.callers = frozenset(lexicon.callers)
        self.approximate = approximate(state)
        self.resolved_imports = dynamic_imports(state.program, state.modules)
        self.standard = {
            "ecmascript": frozenset(lexicon.standard_members.ecmascript),
            "python": frozenset(lexicon.standard_members.python),
        }
        self.registrations = lexicon.registration
        self.registration_set = re2.Set.FullMatchSet()
        for row in lexicon.registration:
            self.registration_set.Add(row.pattern)
        self.registration_set.Compile()
        self.spelled = spelled(state.program, table)
        self.paths = self.spelled.paths
        self.parameter_uses: dict[Path, list[tuple[Use, tuple[int, ...]]]] = {}
        self.entries = WorkerEntries(state.program, table)
        self.lifecycle_events = frozenset(lexicon.lifecycle_events)
        self.user_code = UserCode(state.program, table)
        self.generated = generated(state, table)
        self.local_nodes = frozenset(table.local_api.values())
        self.offloaders = state.api.offloaders_by_name()
        flags = table.flag_sets
        self.returning_calls = {
            function for function, flag in zip(table.functions, flags, strict=True) if flag & flows.RETURNED
        }
        self.known_members: dict[str, Registration | None] = {"": None}
        self.methods: MethodIndex = method_index(state.program, frozenset(lexicon.common_members))
        self.edges: dict[tuple[int, int, int], Edge] = {}
        self.sinks: dict[tuple[int, str], SinkSite] = {}
        self.roots: dict[tuple[int, RootKind], RootSite] = {}
        self.registered: list[tuple[int, RootRow, int]] = []  # slot, row, call: settled when all edges are known
        self.function_guards: dict[int, int] = {}
        self.unresolved: list[int] = []
        # result of a decorator's application -> what it decorates
        self.decorated = {
            table.result(call): table.arguments(call)[0][1]
            for call, flag in enumerate(flags)
            if flag & flows.DECORATOR and table.result(call)
        }

    def registration_row(self, member: str) -> Registration | None:
        """The lexicon's row for a member that reads like a registration."""
        if member not in self.known_members:
            fitting = self.registration_set.Match(member)
            self.known_members[member] = self.registrations[min(fitting)] if fitting else None
        return self.known_members[member]

    def unwrapped(self, slot: int, offloaders: set[int]) -> list[int]:
        """The functions in a variable; behind a wrapper of the program, the function that it decorates.

        The body that a maintainer knows as the handler is the decorated one.  A wrapper that moves its function off the
        loop stays: only the way through it is true.
        """
        while self.decorated.get(slot):
            if any(function in offloaders for function in functions_in(self.state, slot)):
                break
            slot = self.decorated[slot]
        return functions_in(self.state, slot) or self._listed(slot)

    def _listed(self, slot: int) -> list[int]:
        """The functions in a list or tuple: `hooks=[a, b]`."""
        return [
            function
            for value in self.state.held(slot)
            if value & MASK == tokens.OBJECT
            for name in self.state.fields.get(value, ())
            if name == ELEMENT or self.state.program.names[name].isdigit()
            for function in functions_in(self.state, self.state.fields[value][name])
        ]

    def edge(self, call: int, callee: int, how: int, guard: int = 0, loops: tuple[str, ...] = ()) -> None:
        table = self.table
        caller = table.function(call)
        key = (caller, callee, call)
        guard |= self.loop_guard(call)
        known = self.edges.get(key)
        if known is None or guard < known.guards:
            depth = sum(multiplies(name) for name in (*self.loop_names(call), *loops))
            self.edges[key] = Edge(caller, callee, call, table.line(call), how, guard, loops, depth)

    def uses(self, call: int, slot: int, functions: list[int], guard: int, loops: tuple[str, ...]) -> bool:
        """Note that `call` runs what a parameter holds; the edges follow when all sites are known. False
        for other slots.
        """
        path = self.paths.get(slot)
        if path is None:
            return False
        awaited = bool(self.table.flags(call) & flows.AWAITED)
        self.parameter_uses.setdefault(path, []).append((Use(call, guard, loops, awaited), tuple(functions)))
        return True

    def guard_function(self, function: int, bit: int) -> None:
        """Put a guard around a function, wherever it is called from."""
        self.function_guards[function] = self.function_guards.get(function, 0) | bit

    def handed_sink(self, call: int, node: int, loops: tuple[str, ...]) -> None:
        """Note that `call` hands over the blocking library function `node` to something that runs it."""
        row, _ = self.state.api.sinks[node]
        text = self.state.api.text[node]
        caller = self.table.function(call)
        site = SinkSite(caller, call, text, row.kind, row.cost, row.instead, graph.CALLBACK, loops)
        self.sinks.setdefault((call, text), site)

    def loop_guard(self, call: int) -> int:
        """`yield` when a loop around the call gives the event loop a turn between its rounds."""
        loop = self.table.loop(call)
        if loop < 0:
            return 0
        loops = self.state.program.unit_of(self.table.function(call)).facts.loops
        while loop >= 0:
            if loops[loop].yields:
                return guards.BIT["yield"]
            loop = loops[loop].parent
        return 0

    def loop_names(self, call: int) -> tuple[str, ...]:
        return loops_around(self.table, call)

    def root(self, function: int, kind: RootKind, why: str, thread: Thread, call: int) -> None:
        """Add a root; what is registered for an event of a connection's life is `lifecycle`, not a message."""
        if kind == "message" and self.event(call) in self.lifecycle_events:
            kind = "lifecycle"
        self.roots.setdefault((function, kind), RootSite(function, kind, why, thread, call))

    def event(self, call: int) -> str:
        """The first string literal among the arguments: `socket.on("close", …)`."""
        names = self.state.program.names
        for _, _, literal in self.table.arguments(call):
            if literal and names[literal].startswith('"'):
                return names[literal][1:]
        return ""


def thread_of(runs_on: Thread | RunsOn, *, is_async: bool) -> Thread:
    if isinstance(runs_on, RunsOn):
        return runs_on.coroutine if is_async else runs_on.sync
    return runs_on


def functions_in(state: State, slot: int) -> list[int]:
    """The functions that a variable holds, bound methods included."""
    return [
        value >> SHIFT
        for value in state.held(slot)
        if value & MASK in (tokens.FUNCTION, tokens.CALL_OF, tokens.BIND_OF)
    ]


def how_of(state: State, table: CallTable, call: int, function: int) -> int:
    program = state.program
    if table.receiver(call):
        held = state.held(table.receiver(call))
        if any(value & MASK == tokens.MODULE for value in held):
            return graph.IMPORT
        return graph.METHOD if program.functions[function].owner >= 0 else graph.PROPERTY
    same = program.function_unit[function] == program.function_unit[table.function(call)]
    return graph.DIRECT if same else graph.IMPORT
