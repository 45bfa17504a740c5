"""What matching has at hand for every finding."""

from collections.abc import Mapping, Sequence
from typing import Final

from alef_audit.auditing import report
from alef_audit.auditing.dispatch import Dispatch
from alef_audit.auditing.levels import Judge
from alef_audit.auditing.misuse import judges
from alef_audit.auditing.phase import Lexicon, Step
from alef_audit.auditing.receivers import Receivers
from alef_audit.callgraph.graph import CallGraph, Edge, RootSite, SinkSite
from alef_audit.callgraph.guards import OFFLOAD
from alef_audit.reachability.reach import Reachability
from alef_audit.reachability.surface import async_functions
from alef_audit.reachability.ways import bits
from alef_audit.rulepack.kinds import Heat, Kinds, Level, RuleId, SinkKind, Verdict
from alef_audit.rulepack.pattern import Pattern

HEATS: Final[tuple[Heat, ...]] = ("dispatch", "periodic", "surface", "never")
# Kinds of calls that read or write what is kept.
_KEPT: Final[frozenset[SinkKind]] = frozenset(("blocking.filesystem", "blocking.database"))


class Matcher:
    """What matching needs at hand; many findings share their roots, so what those amount to is kept."""

    __slots__ = (
        "_functions",
        "_reached_from",
        "_reaches",
        "_sinks",
        "auth_functions",
        "dispatch",
        "graph",
        "is_async",
        "judge",
        "judges",
        "kinds",
        "lexicon",
        "occasional",
        "packages",
        "paths",
        "pattern",
        "reach",
        "receivers",
        "root_functions",
        "roots_by_heat",
    )

    def __init__(
        self, reach: Reachability, pattern: Pattern, kinds: Kinds, lexicon: Lexicon, packages: Mapping[str, str]
    ) -> None:
        self.reach = reach
        self.packages = packages
        self.graph: CallGraph = reach.graph
        self.pattern = pattern
        self.kinds = kinds
        self.judge = Judge(pattern)
        self.judges = {**dict.fromkeys(pattern.sinks, self.judge), **judges(pattern, kinds)}
        self.lexicon = lexicon
        self.occasional = frozenset(lexicon.tests.occasional)
        self.is_async = async_functions(reach.graph.program)
        self.root_functions: dict[int, list[int]] = {}
        self.roots_by_heat: dict[Heat, int] = dict.fromkeys(HEATS, 0)
        for number, root in enumerate(reach.roots):
            self.root_functions.setdefault(root.function, []).append(number)
            self.roots_by_heat[self._heat(root)] |= 1 << number
        self.receivers = Receivers(self.graph)
        self.dispatch = Dispatch(self.graph, self.receivers)
        self._sinks: dict[tuple[int, str], list[int]] = {}
        for sink in reach.sinks:
            self._sinks.setdefault((sink.function, sink.text), []).append(sink.call)
        self._functions: dict[int, frozenset[int]] = {}
        # those whose names speak for whatever they lead to
        handlers = self.functions_of(self.roots_by_heat["dispatch"])
        functions = reach.graph.program.functions
        self.auth_functions = frozenset(
            f for f in reach.ways if f not in handlers and lexicon.speaks(functions[f].label)
        )
        self.paths: dict[tuple[int, int, int, int, frozenset[tuple[int, int]]], tuple[int, list[Edge]] | None] = {}
        self._reaches: dict[tuple[int, Verdict, Level], report.Reach] = {}
        self._reached_from: dict[tuple[int, Verdict, Level], list[report.Reach]] = {}

    def _heat(self, root: RootSite) -> Heat:
        """How hot a root is. A plain function of Python that is hot by a name only may run on any thread: nobody says
        more of it than of a coroutine, unless a coroutine calls it.
        """
        heat = self.kinds.root[root.kind].heat
        is_guess = (root.by_name or root.by_word) and root.function not in self.is_async
        if heat != "dispatch" or not is_guess or not self._is_python(root.function):
            return heat
        on_loop = (
            edge.caller in self.is_async and not edge.guards & OFFLOAD
            for edge in self.reach.incoming.get(root.function, ())
        )
        return heat if any(on_loop) else "surface"

    def _is_python(self, function: int) -> bool:
        return self.graph.program.unit_of(function).facts.language == "python"

    def alike(self, sink: SinkSite) -> list[int]:
        """The other calls of a function that block in the same way."""
        return [call for call in self._sinks[sink.function, sink.text] if call != sink.call]

    def rule(self, sink: SinkSite) -> RuleId:
        """The rule that reports calls of that kind."""
        return self.kinds.sink[sink.kind].rule

    def auth_words(self, sink: SinkSite, steps: Sequence[Step], *, handler: bool) -> tuple[str, ...]:
        """The words along a path to a call that make it the auth phase, see `Lexicon.phase_words`."""
        if sink.code or not self.kinds.sink[sink.kind].by_words:
            return ()
        if sink.kind in _KEPT and self.lexicon.writes(sink.text):
            return ()
        return self.lexicon.phase_words(steps, handler=handler)

    def language(self, sink: SinkSite) -> str:
        return self.graph.program.unit_of(sink.function).facts.language

    def functions_of(self, roots: int) -> frozenset[int]:
        """The functions of a bit set of roots."""
        found = self._functions.get(roots)
        if found is None:
            found = self._functions[roots] = frozenset(self.reach.roots[number].function for number in bits(roots))
        return found

    def reached_from(self, roots: int, verdict: Verdict, level: Level) -> list[report.Reach]:
        """One entry per root of a bit set, ascending; the same objects whenever they are asked for."""
        found = self._reached_from.get((roots, verdict, level))
        if found is None:
            known = self._reaches
            found = [
                known.setdefault((number, verdict, level), report.Reach(number, verdict, level))
                for number in bits(roots)
            ]
            self._reached_from[roots, verdict, level] = found
        return found
