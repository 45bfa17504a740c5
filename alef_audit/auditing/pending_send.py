"""Sends on a connection behind blocking authentication work: the peer may have given up on its handshake meanwhile."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Final, NamedTuple

import re2

from alef_audit.auditing.levels import Judge, lifted
from alef_audit.auditing.phase import Lexicon
from alef_audit.auditing.report import Finding
from alef_audit.auditing.targets import Target
from alef_audit.callgraph.graph import CALLBACK, DYNAMIC, METHOD, CallGraph, Edge, RootSite, SinkSite
from alef_audit.callgraph.guards import LOW
from alef_audit.callgraph.keeping import chain
from alef_audit.facts.file import Condition
from alef_audit.reachability.reach import COLD_ROLES, Reachability
from alef_audit.reachability.without import leading_to
from alef_audit.rulepack.kinds import COSTS, Cost, SinkKind

KIND: Final[SinkKind] = "pending-send"
_INSTEAD: Final = "buffer it until the connection is known to stand"
_SHORT: Final = 60  # lines
_FORWARDED: Final = 2  # functions between a call and the library that sends
_FARTHEST: Final = 5  # calls between a function that sends and the blocking work in front of it
_FAILED: Final = frozenset(("catch", "except"))  # the tests that stand for such clauses
_OPENING: Final = frozenset(("upgrade", "connection", "connect", "open"))
# What blocks on the way to authentication, and is none: a pause between attempts, the loading of code.
_NO_WORK: Final[frozenset[SinkKind]] = frozenset(("blocking.sleep", "blocking.import", "blocking.user-code"))
_COSTLY: Final = COSTS.index("milliseconds")


def outbound_sends(reach: Reachability, state_words: str) -> tuple[SinkSite, ...]:
    """The sends that a root reaches and no test of the connection's state (RE2 `state_words`) guards, in order.

    A call of a function that sends what it is given counts as the send itself.
    """
    graph = reach.graph
    table, api = graph.table, graph.api
    looks_at_state = re2.compile(state_words).search
    found: dict[int, str] = {}  # call -> what sends
    for call, node in graph.externals:
        if node in api.sends and not _is_guarded(graph, call, looks_at_state):
            found[call] = api.text[node]
    fresh = found
    for _ in range(_FORWARDED):
        senders = {table.function(call): text for call, text in fresh.items() if _only_sends(graph, call)}
        fresh = {
            edge.call: senders[edge.callee]
            for edge in (graph.edges if senders else ())
            if edge.callee in senders and _is_plain(edge) and not _is_guarded(graph, edge.call, looks_at_state)
        }
        found = fresh | found
    return tuple(
        SinkSite(table.function(call), call, found[call], KIND, "microseconds", _INSTEAD, METHOD)
        for call in sorted(found)
        if _is_hot(reach, table.function(call))
    )


def _is_hot(reach: Reachability, function: int) -> bool:
    role = reach.graph.program.unit_of(function).role
    return function in reach.ways and function not in reach.inside and role not in COLD_ROLES


def _is_plain(edge: Edge) -> bool:
    """Whether an edge is a call by name or through an object that surely means its callee."""
    return edge.call >= 0 and edge.how not in (CALLBACK, DYNAMIC) and not edge.guards & LOW


def _only_sends(graph: CallGraph, call: int) -> bool:
    """Whether the function around a send is there for that: it has a name, is short, and sends whenever it runs."""
    facts, table = graph.program.functions[graph.table.function(call)], graph.table
    is_short = facts.end_line - facts.line <= _SHORT and facts.parent >= 0
    return is_short and bool(facts.name) and table.loop(call) < 0 and table.condition(call) < 0


def _is_guarded(graph: CallGraph, call: int, looks_at_state: Callable[[str], object]) -> bool:
    """Whether a test looks at the connection's state, or the call only tells the peer of an error."""
    return any(test.text in _FAILED or looks_at_state(test.text) for test in _tests(graph, call))


def _tests(graph: CallGraph, call: int) -> list[Condition]:
    conditions = graph.program.unit_of(graph.table.function(call)).facts.conditions
    return [conditions[index] for index in chain(conditions, graph.table.condition(call))]


def pending_sends(
    reach: Reachability,
    judge: Judge,
    lexicon: Lexicon,
    sends: Iterable[Target],
    findings: Iterable[tuple[tuple[int, int], Finding]],
) -> Iterator[Target]:
    """Of each function the first of `sends` that blocking authentication work precedes, from the roots that matter.

    `findings` are the blocking calls that were found, each behind its function and call.
    """
    search = _Search(reach, judge, lexicon, findings)
    roots = sum(1 << number for number, root in enumerate(reach.roots) if _opens(reach.graph, root))
    done: set[int] = set()
    for target in sends:
        function = target.sink.function
        if function in done:
            continue
        ways = {way: held & roots for way, held in target.ways.items() if held & roots}
        worst = search.before(target.sink) if ways else None
        if worst is not None:
            done.add(function)
            yield replace(target, sink=replace(target.sink, after=worst.text, cost=worst.cost), ways=ways)


def _opens(graph: CallGraph, root: RootSite) -> bool:
    """Whether a root is a message or the opening of a connection."""
    if root.kind == "message" or (root.kind == "lifecycle" and "connection" in root.why and root.call < 0):
        return True
    names = graph.program.names
    literals = [literal for _, _, literal in graph.table.arguments(root.call)] if root.call >= 0 else []
    events = {names[literal][1:] for literal in literals if names[literal].startswith('"')}
    return root.kind in ("request", "lifecycle") and not events.isdisjoint(_OPENING)


class _Work(NamedTuple):
    """Blocking work in front of a send: what it costs there, and the call with its place."""

    cost: Cost
    text: str


class _Search:
    """Looks in front of a send for blocking authentication work of the same function, or of what it calls."""

    def __init__(
        self,
        reach: Reachability,
        judge: Judge,
        lexicon: Lexicon,
        findings: Iterable[tuple[tuple[int, int], Finding]],
    ) -> None:
        self.reach = reach
        self.stops = judge.discharging
        self.lexicon = lexicon
        self.blocking: dict[int, list[tuple[int, Finding]]] = {}  # function -> calls and what was found there
        for (function, call), finding in findings:
            if _counts(finding):
                self.blocking.setdefault(function, []).append((call, finding))
        self.ahead = leading_to(reach, self.blocking, self.stops)

    def before(self, send: SinkSite) -> _Work | None:
        """The costliest blocking call that runs before `send`, of equals the first."""
        graph, function = self.reach.graph, send.function
        label = graph.program.functions[function].label
        found: list[_Work] = []
        for call, finding in self.blocking.get(function, ()):
            names = (label, finding.sink.call, graph.table.text(call))
            if 0 <= call < send.call and not _exclusive(graph, call, send.call) and self._is_auth(finding, names):
                found.append(_work(finding, 0))
        for edge in self.reach.outgoing.get(function, ()):
            if 0 <= edge.call < send.call and self._follows(edge) and not _exclusive(graph, edge.call, send.call):
                found.extend(self._below(edge))
        return max(found, key=lambda work: COSTS.index(work.cost), default=None)

    def _follows(self, edge: Edge) -> bool:
        """Whether an edge surely runs its callee there and then, on the loop."""
        around = self.reach.graph.function_guards.get(edge.callee, 0)
        if edge.callee not in self.ahead or (edge.guards | around) & (self.stops | LOW) or edge.closed:
            return False
        return edge.how != DYNAMIC and (edge.how != CALLBACK or bool(edge.loops))

    def _below(self, first: Edge) -> Iterator[_Work]:
        """The blocking calls below an edge by paths that speak of authentication, near ones first."""
        functions, table = self.reach.graph.program.functions, self.reach.graph.table
        names: dict[int, tuple[str, ...]] = {first.callee: (table.text(first.call), functions[first.callee].label)}
        queue = deque([(first.callee, first.depth)])
        while queue:
            function, loops = queue.popleft()
            for _, finding in self.blocking.get(function, ()):
                if self._is_auth(finding, (*names[function], finding.sink.call)):
                    yield _work(finding, loops)
            for edge in self.reach.outgoing.get(function, ()) if len(names[function]) <= _FARTHEST else ():
                if edge.callee not in names and self._follows(edge):
                    names[edge.callee] = (*names[function], functions[edge.callee].label)
                    queue.append((edge.callee, loops + edge.depth))

    def _is_auth(self, finding: Finding, names: tuple[str, ...]) -> bool:
        return finding.sink.kind == "blocking.auth" or any(self.lexicon.words_of(name) for name in names)


def _counts(finding: Finding) -> bool:
    """Whether a finding is authentication work that really holds the loop."""
    sure = finding.confidence != "low" and finding.verdict != "discharged" and finding.sink.kind not in _NO_WORK
    return sure and finding.phase == "auth" and COSTS.index(finding.sink.cost) >= _COSTLY


def _work(finding: Finding, loops: int) -> _Work:
    """A blocking call in so many loops, and in those around the call itself."""
    sink = finding.sink
    cost = lifted(sink.cost, loops + len(finding.trace[-1].per), auth=True)
    return _Work(cost, f"{sink.call} ({sink.path}:{sink.line})")


def _exclusive(graph: CallGraph, one: int, other: int) -> bool:
    """Whether two calls of a function stand in opposite branches of a test."""
    outcomes = {(test.line, test.text): test.holds for test in _tests(graph, one)}
    return any(outcomes.get((test.line, test.text), test.holds) != test.holds for test in _tests(graph, other))
