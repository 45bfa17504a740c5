"""Which archetype fits a function that many paths share, and which of their findings it heals."""

from collections import Counter
from collections.abc import Mapping
from typing import Final, NamedTuple

from alef_audit.auditing.case import is_special
from alef_audit.auditing.flow import multiplying
from alef_audit.auditing.phase import Lexicon, split_words
from alef_audit.auditing.report import Finding
from alef_audit.auditing.steps import Step, Steps
from alef_audit.auditing.wrapping import is_effect, is_plumbing, keeps_well
from alef_audit.facts import flows
from alef_audit.facts.file import Function, FunctionFlag
from alef_audit.reachability.reach import Reachability
from alef_audit.rulepack.lexicon import Lexicon as Words
from alef_audit.rulepack.pattern import Means, Pattern

_NOT_MOVED: Final = FunctionFlag.ANONYMOUS | FunctionFlag.CONSTRUCTOR | FunctionFlag.GENERATOR | FunctionFlag.SETTER
_NOT_MOVED_GETTER: Final = _NOT_MOVED | FunctionFlag.GETTER
# From so many calling files on, a function is a helper that does something else for each.
_EVERYBODY: Final = 6
# How far below a function the calls may stand that become asynchronous with it.
_NEAR: Final = 1
_FEWEST: Final = 2
# Findings by number, each with its path and the step of it that the function is.
_Paths = Mapping[int, tuple[Finding, tuple[Step, ...], int]]


class Chosen(NamedTuple):
    archetype: str
    why: str
    rank: int  # the lower, the better the fix
    heals: frozenset[int]


class Pointing:
    """Chooses by what the function is, who calls it, and what blocks below it."""

    def __init__(self, reach: Reachability, pattern: Pattern, auth: Lexicon, words: Words, steps: Steps) -> None:
        self._reach = reach
        self._auth = auth
        self._words = words.advice
        self._steps = steps
        self._kept_kinds = {kind for one in pattern.archetypes if one.means == "keep" for kind in one.when.kinds}
        self._twin_kinds = {kind for one in pattern.archetypes if one.means == "async" for kind in one.when.kinds}
        self._ids: dict[Means, str] = {archetype.means: archetype.id for archetype in reversed(pattern.archetypes)}

    def choose(self, function: int, paths: _Paths) -> Chosen | None:
        """The best archetype for `function`; None if a fix there makes no sense: what it runs is its callers' matter,
        or each call below it has to be changed anyway.
        """
        program = self._reach.graph.program
        facts = program.functions[function]
        if facts.parent < 0 or is_plumbing(self._reach.graph, function, self._reach.outgoing.get(function, ())):
            return None
        every = frozenset(paths)
        if self._gives(function, facts, paths):
            chosen = self._kept(function, facts, paths, every)
            if chosen is not None:
                return chosen
        if program.unit_of(function).facts.language == "python":
            if self._can_move(function, facts):
                call = f"await asyncio.to_thread({facts.name}, …)"
                why = (
                    f"{facts.label} is synchronous and called by coroutines only: {call}; {_kinds(paths)} run below it"
                )
                return Chosen(self._ids["thread"], why, 1, every)
        elif self._is_sweep(function, facts, paths) and facts.name and not facts.flags & _NOT_MOVED_GETTER:
            why = f"{facts.label} sweeps: {_kinds(paths)} run in loops below it, so run it in a worker"
            return Chosen(self._ids["worker"], why, 2, every)
        elif self._has_no_twins(paths) and facts.name and not facts.flags & _NOT_MOVED_GETTER:
            why = f"{facts.label} leads to {_kinds(paths)} without an asynchronous twin: run it in a worker"
            return Chosen(self._ids["thread"], why, 2, every)
        return self._asynchronous(facts, paths)

    def _gives(self, function: int, facts: Function, paths: _Paths) -> bool:
        """Whether callers want what the function gives, and it is found rather than done."""
        if not keeps_well(facts, self._words):
            return False
        unit = self._reach.graph.program.unit_of(function).facts
        handed = frozenset(self._words.handed)
        if any(not handed.isdisjoint(split_words(unit.names[p.name])[-1:]) for p in facts.parameters):
            return False
        table = self._reach.graph.table
        calls = [edge.call for edge in self._reach.incoming.get(function, ()) if edge.call >= 0]
        unused = sum(bool(table.flags(call) & flows.DISCARDED) for call in calls)
        effects = sum(is_effect(finding.sink.call, self._words) for finding, _, _ in paths.values())
        kept = sum(finding.sink.kind in self._kept_kinds for finding, _, _ in paths.values())
        return unused * 2 <= len(calls) and effects * 2 <= len(paths) <= kept * 2

    def _is_constant(self, names: tuple[str, ...], facts: Function) -> bool:
        """Whether a function takes nothing but the environment."""
        return all(names[parameter.name] in self._words.constants for parameter in facts.parameters)

    def _kept(self, function: int, facts: Function, paths: _Paths, every: frozenset[int]) -> Chosen | None:
        auth = sum(finding.phase == "auth" for finding, _, _ in paths.values())
        if auth * 2 >= len(paths) and self._auth.words_of(facts.name):
            why = f"{facts.label} gives what is resolved, and {_kinds(paths)} run below it"
            return Chosen(self._ids["keep"], why, 0, every)
        unit = self._reach.graph.program.unit_of(function).facts
        if facts.parent == 0 and not facts.receiver and self._is_constant(unit.names, facts):
            why = f"{facts.label} takes nothing of its callers: one result does for all, and {_kinds(paths)} run below"
            return Chosen(self._ids["process"], why, 0, every)
        return None

    def _can_move(self, function: int, facts: Function) -> bool:
        """Whether every caller that a root reaches can await the function on a thread."""
        if facts.flags & (_NOT_MOVED_GETTER | FunctionFlag.ASYNC) or split_words(facts.name)[:1] in ((), ("async",)):
            return False
        functions = self._reach.graph.program.functions
        callers = {edge.caller for edge in self._reach.incoming.get(function, ()) if edge.caller in self._reach.ways}
        return bool(callers) and all(functions[caller].flags & FunctionFlag.ASYNC for caller in callers)

    def _is_sweep(self, function: int, facts: Function, paths: _Paths) -> bool:
        """Whether most of it is authentication, in loops below the function; no helper that everybody calls."""
        program = self._reach.graph.program
        homes = {program.function_unit[edge.caller] for edge in self._reach.incoming.get(function, ())}
        if not self._auth.words_of(facts.label) or len(homes) >= _EVERYBODY:
            return False
        sweeps = 0
        for finding, path, at in paths.values():
            looped = any(multiplying(self._steps, step) for step in path[at:])
            sweeps += looped and finding.phase == "auth"
        return sweeps * 2 > len(paths)

    def _has_no_twins(self, paths: _Paths) -> bool:
        without = sum(bool(finding.dependency) or not finding.sink.instead for finding, _, _ in paths.values())
        return without * 2 > len(paths)

    def _asynchronous(self, facts: Function, paths: _Paths) -> Chosen | None:
        """The function whose own calls become asynchronous: those that have a twin and stand in it or right below."""
        near = frozenset(
            number
            for number, (finding, path, at) in paths.items()
            if len(path) - 1 - at <= _NEAR
            and finding.sink.instead
            and not finding.dependency
            and finding.sink.kind in self._twin_kinds
        )
        if len(near) < _FEWEST or facts.flags & _NOT_MOVED_GETTER or is_special(facts.name):
            return None
        own = {number: paths[number] for number in near}
        why = f"{facts.label} makes {_kinds(own)} itself or right below: one asynchronous function replaces them"
        return Chosen(self._ids["async"], why, 3, near)


def _kinds(paths: _Paths) -> str:
    """`3 filesystem and 1 process call`."""
    tally = Counter(finding.sink.kind.removeprefix("blocking.") for finding, _, _ in paths.values())
    parts = [f"{number} {kind}" for kind, number in sorted(tally.items(), key=lambda pair: (-pair[1], pair[0]))]
    return f"{' and '.join(parts)} {'calls' if len(paths) > 1 else 'call'}"
