"""What linking accumulates while it visits the calls: edges, blocking calls, registrations."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from msgspec import structs

from alef_audit.callgraph import graph, guards, open_bases, tokens
from alef_audit.callgraph.api import usual
from alef_audit.callgraph.argued import Arguments
from alef_audit.callgraph.awaiting import awaited_results
from alef_audit.callgraph.calls import CallTable
from alef_audit.callgraph.class_tests import ClassTests
from alef_audit.callgraph.dispatch import MethodIndex, method_index
from alef_audit.callgraph.entries import WorkerEntries
from alef_audit.callgraph.events import Events
from alef_audit.callgraph.function_kinds import FunctionKinds
from alef_audit.callgraph.graph import Edge, Handed, RootSite, SinkSite
from alef_audit.callgraph.imports import dynamic_imports
from alef_audit.callgraph.library import STORING
from alef_audit.callgraph.loops import Loops, Multiplicity, Ranged, turning_loops
from alef_audit.callgraph.matching import approximate
from alef_audit.callgraph.narrow import entering_generators, returning_calls, stubs_of
from alef_audit.callgraph.overflow import overflowed_calls
from alef_audit.callgraph.parameters import Path, Spelled, Use
from alef_audit.callgraph.program import methods_of
from alef_audit.callgraph.registrations import Registrations
from alef_audit.callgraph.shapes import user_code
from alef_audit.callgraph.state import State
from alef_audit.callgraph.strays import Strays
from alef_audit.callgraph.tokens import MASK, SHIFT
from alef_audit.facts import flows
from alef_audit.facts.file import FunctionFlag
from alef_audit.facts.flows import ELEMENT
from alef_audit.rulepack.kinds import Cost, RootKind, Thread
from alef_audit.rulepack.lexicon import Lexicon
from alef_audit.rulepack.model import RootRow, RunsOn

# More callees than this at one site are an approximation rather than a dispatch table.
_CALLED: Final = 8


class Vocabulary:
    """The words that linking asks for, as program-wide names: a call is told by an integer."""

    __slots__ = ("callers", "loops", "offloaders", "sending", "standard", "storing")

    def __init__(self, state: State, table: CallTable, lexicon: Lexicon) -> None:
        def ids(words: Iterable[str]) -> frozenset[int]:
            return frozenset(table.names[word] for word in words) - {-1}

        self.loops = ids(lexicon.loops)
        self.callers = ids(lexicon.callers)
        self.sending = ids(("send", "asend"))
        self.storing = ids(name for names in STORING.values() for name in names)
        self.standard = {
            "ecmascript": ids(lexicon.standard_members.ecmascript),
            "python": ids(lexicon.standard_members.python),
        }
        offloaders = state.api.offloaders_by_name()
        self.offloaders = {table.names[name]: rows for name, rows in offloaders.items()}


class Collector:
    """Accumulates the parts of the call graph while the calls are visited in order."""

    __slots__ = (
        "_receives_module",
        "approximate",
        "arguments",
        "awaited",
        "class_tests",
        "coroutines",
        "decorated",
        "edges",
        "entering",
        "entries",
        "events",
        "executors",
        "function_guards",
        "function_kinds",
        "further",
        "handed",
        "languages",
        "lives_with",
        "local_nodes",
        "loops",
        "methods",
        "opened",
        "overflowed",
        "parameter_uses",
        "paths",
        "registered",
        "registrations",
        "resolved_imports",
        "returning_calls",
        "roots",
        "run_once",
        "sinks",
        "spelled",
        "state",
        "strays",
        "stubs",
        "table",
        "unresolved",
        "user_code",
        "words",
    )

    def __init__(self, state: State, table: CallTable, lexicon: Lexicon, executors: frozenset[str]) -> None:
        program = state.program
        self.executors = executors
        self.state = state
        self.table = table
        self.registrations = Registrations(table, lexicon)
        self.words = Vocabulary(state, table, lexicon)
        self.events = Events(lexicon)
        self.languages = [unit.facts.language for unit in program.units]
        self.approximate = approximate(state)
        self.overflowed = overflowed_calls(state, table)
        self.entering = entering_generators(state, table)
        self.strays = Strays(state, table)
        self.stubs = stubs_of(program)
        self.run_once = frozenset(
            [index for index, facts in enumerate(program.functions) if facts.flags & FunctionFlag.ONCE]
        )
        self.loops = Loops(table, Multiplicity(lexicon.loop_words), turning_loops(table, state.links))
        self.resolved_imports = dynamic_imports(program, state.modules)
        self.spelled = Spelled(program, table)
        self.paths = self.spelled.paths
        self.arguments = Arguments(state, table, self.spelled)
        self.awaited = awaited_results(state, table, self.spelled)
        self.class_tests = ClassTests(state, table)
        self.entries = WorkerEntries(program, table)
        self.user_code = user_code(program, table)
        self.local_nodes = frozenset(table.local_api.values())
        self.methods: MethodIndex = method_index(program, frozenset(lexicon.common_members))
        self.returning_calls = returning_calls(state, table)
        self.decorated = _decorated(table)
        marked = [function for slot in self.decorated.values() for function in functions_in(state, slot)]
        self.function_kinds = FunctionKinds(program, table, lexicon.function_kinds, marked)
        self.parameter_uses: dict[Path, list[tuple[Use, list[int]]]] = {}
        self.edges: dict[tuple[int, int], Edge] = {}  # (call, callee)
        self.further: list[Edge] = []  # those of the edges that stand twice, with different gates
        self.sinks: dict[tuple[int, str], SinkSite] = {}
        self.handed: dict[int, Handed] = {}
        self.opened: dict[int, Cost] = {}  # calls that only open what others then work on
        self.roots: dict[tuple[int, RootKind], RootSite] = {}
        self.registered: list[tuple[int, RootRow, int]] = []  # slot, row, call: settled when all edges are known
        self.coroutines: list[tuple[RootRow, int]] = []  # calls that take a coroutine and run it
        self.function_guards: dict[int, int] = {}
        self.lives_with: dict[int, str] = {}  # of functions with guards, what keeps their results
        self.unresolved: list[int] = []
        self._receives_module: dict[int, bool] = {}

    def language(self, call: int) -> str:
        return self.languages[self.state.program.function_unit[self.table.functions[call]]]

    def unwrapped(self, slot: int, offloaders: set[int]) -> list[int]:
        """The functions in a variable; behind a wrapper of the program, the function that it decorates.

        The body that a maintainer knows as the handler is the decorated one.  A wrapper that moves its function off the
        loop stays: only the way through it is true.
        """
        while self.decorated.get(slot):
            if any(function in offloaders for function in functions_in(self.state, slot)):
                break
            slot = self.decorated[slot]
        return functions_in(self.state, slot) or self._listed(slot) or self._called_instance(slot)

    def _called_instance(self, slot: int) -> list[int]:
        """What calling the instances in a variable runs: `Depends(Checker())`."""
        program = self.state.program
        found: list[int] = []
        for value in self.state.held(slot):
            if value & MASK != tokens.INSTANCE:
                continue
            for base in self.state.classes.order(value >> SHIFT):
                methods = methods_of(program, base >> SHIFT, "__call__") if base & MASK == tokens.CLASS else ()
                if methods:
                    found += methods
                    break
        return found

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

    def edge(
        self,
        call: int,
        callee: int,
        how: int,
        guard: int = 0,
        loops: tuple[Ranged, ...] = (),
        via: tuple[int, ...] = (),
    ) -> None:
        """Add an edge, or make the one that is known less guarded; `via` as in `Edge`."""
        around = self.loops.around(call)
        guard |= around.guard | (guards.BIT["once"] if callee in self.run_once else 0)
        known = self.edges.get((call, callee))
        if known is None or guard < known.guards:
            table = self.table
            depth = around.depth + self.loops.depth(loops)
            via = via if known is None or via == known.via else ()
            self.edges[call, callee] = Edge(
                table.functions[call], callee, call, table.lines[call], how, guard, loops, depth, via=via
            )
        elif known.via != via:
            self.edges[call, callee] = structs.replace(known, via=())

    def call_edges(self, call: int, functions: list[int]) -> None:
        """Add the edges of a call to those of the functions in its callee that it can mean."""
        is_guess = self.table.callee(call) in self.approximate
        doubt = guards.MEDIUM if len(functions) > _CALLED or is_guess else 0
        if functions and self.strays.is_stray(call):
            doubt = guards.LOW
        elif functions:
            doubt |= open_bases.doubt(self.state, self.table, call)
        for function in functions:
            self.edge(call, function, graph.DYNAMIC if is_guess else self.how(call, function), doubt)

    def use(self, call: int, slot: int, functions: list[int], guard: int = 0, loops: tuple[Ranged, ...] = ()) -> None:
        """Note that `call` runs what the parameter in `slot` holds; the edges follow when all sites are known."""
        awaited, path = bool(self.table.flags(call) & flows.AWAITED), self._run_path(slot)
        of_kind = self._is_of_chosen_kind(call, path)
        functions = self.of_chosen_kind(call, slot, functions)
        self.parameter_uses.setdefault(path, []).append((Use(call, guard, loops, awaited, of_kind=of_kind), functions))

    def _run_path(self, slot: int) -> Path:
        """The parameter, or field of one, that a slot runs: of `f.apply` it is f."""
        path = self.paths[slot]
        if path.fields and self.state.program.names[path.fields[-1]] in ("apply", "call"):
            held = self.state.points_to[slot]
            if held and all(value & MASK in (tokens.APPLY_OF, tokens.CALL_OF) for value in held):
                return Path(path.function, path.position, path.fields[:-1])
        return path

    def of_chosen_kind(self, call: int, slot: int, functions: list[int]) -> list[int]:
        """Those of the functions in a parameter that a call below a test for their kind can mean."""
        path = self.paths.get(slot)
        if path is None or not functions or not self._is_of_chosen_kind(call, path):
            return functions
        return self.function_kinds.of_kind(functions, awaited=bool(self.table.flags(call) & flows.AWAITED))

    def _is_of_chosen_kind(self, call: int, path: Path) -> bool:
        program = self.state.program
        parameter = program.functions[path.function].parameters[path.position]
        names = (self.table.name_of(path.function, parameter.name), *(name for name in path.fields if name > ELEMENT))
        return any(self.function_kinds.is_chosen(call, program.names[name]) for name in names)

    def guard_function(self, function: int, bit: int, lives_with: str = "") -> None:
        """Put a guard around a function, wherever it is called from; `lives_with` as in the rules."""
        self.function_guards[function] = self.function_guards.get(function, 0) | bit
        if lives_with:
            self.lives_with[function] = lives_with

    def handed_sink(self, call: int, node: int, loops: tuple[Ranged, ...], via: tuple[int, ...] = ()) -> None:
        """Note that `call` hands over the blocking library function `node` to something that runs it."""
        row = usual(self.state.api.sinks[node])
        if row is None:
            return
        text = self.state.api.text[node]
        caller = self.table.function(call)
        bits, how = guards.BIT[row.kept] if row.kept else 0, graph.CALLBACK
        site = SinkSite(caller, call, text, row.kind, row.cost, row.instead, how, loops, bits, via=via, code=row.code)
        known = self.sinks.setdefault((call, text), site)
        if known.via != via:
            self.sinks[call, text] = replace(known, via=())

    def how(self, call: int, function: int) -> int:
        """How `call` leads to `function`: by name, by import, through an object."""
        receiver = self.table.receivers[call]
        program = self.state.program
        if not receiver:
            same = program.function_unit[function] == program.function_unit[self.table.functions[call]]
            return graph.DIRECT if same else graph.IMPORT
        is_module = self._receives_module.get(receiver)
        if is_module is None:
            is_module = any(value & MASK == tokens.MODULE for value in self.state.held(receiver))
            self._receives_module[receiver] = is_module
        if is_module:
            return graph.IMPORT
        return graph.METHOD if program.functions[function].owner >= 0 else graph.PROPERTY

    def root(
        self, function: int, kind: RootKind, why: str, thread: Thread, call: int, row: RootRow | None = None
    ) -> None:
        """Add a root; what is registered for an event of a connection's life is `lifecycle`, not a message."""
        event = self.events.named(self.event(call)) if kind == "message" else ""
        if event and self.events.is_lifecycle(event):
            kind, why = "lifecycle", f'{why.partition(", once per ")[0]}, at "{event}"'
        general, beside, soon = (True, False, False) if row is None else (row.general, row.beside, row.soon)
        site = RootSite(
            function, kind, why, thread, call, by_word=not row, beside=beside, general=general, soon=soon, event=event
        )
        if row is not None and row.delayed:
            site = replace(site, delayed=True)
        known = self.roots.setdefault((function, kind), site)
        if known.event != event:
            # registered for several: none of them is what it fires with
            known = self.roots[function, kind] = replace(known, event="")
        if known.beside and not beside:
            known = self.roots[function, kind] = site
        if known.call != call:
            self.roots[function, kind] = replace(known, again=True)

    def event(self, call: int) -> str:
        """The first string literal among the arguments: `socket.on("close", …)`, `on(event="close")`."""
        names = self.state.program.names
        for label, _, literal in self.table.arguments(call):
            if literal and names[literal].startswith('"'):
                if label == flows.NO_NAME or names[label] in self.events.keywords:
                    return names[literal][1:]
        return ""

    def told_events(self, call: int) -> set[str]:
        """What may be the name of the event that a call speaks of: a text among its arguments, or a constant."""
        names = self.state.program.names
        paths = (flows.constant_path(names[literal]) for _, _, literal in self.table.arguments(call) if literal)
        return {self.event(call), *(path.rpartition(".")[2] for path in paths)}


def thread_of(runs_on: Thread | RunsOn, *, is_async: bool) -> Thread:
    if isinstance(runs_on, RunsOn):
        return runs_on.coroutine if is_async else runs_on.sync
    return runs_on


def functions_in(state: State, slot: int) -> list[int]:
    """The functions that a variable holds, bound methods included."""
    return functions_among(state.held(slot))


def functions_among(values: list[int]) -> list[int]:
    return [value >> SHIFT for value in values if value & MASK in _RUNS]


_RUNS: Final = frozenset((tokens.FUNCTION, tokens.CALL_OF, tokens.BIND_OF))


def _decorated(table: CallTable) -> dict[int, int]:
    """Result of a decorator's application -> what it decorates."""
    return {
        table.result(call): table.arguments(call)[0][1]
        for call, flag in enumerate(table.flag_sets)
        if flag & flows.DECORATOR and table.result(call)
    }
