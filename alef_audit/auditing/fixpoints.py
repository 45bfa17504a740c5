"""Fix points: functions where one fix heals many findings.

A function is a fix point for a finding when every exposed path from every root to the blocking call passes through it
(a dominator in the sense of Lengauer and Tarjan 1979, seen from a virtual node above all roots).  So it stands on every
trace, and the shown ones give the candidates and a bound on what each can heal.  Each claim is verified by reaching
again with the guard of the fix around the function; the next fix point is the one that heals most beyond those before
it (Johnson 1974, set cover).
"""

from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from alef_audit.auditing.levels import Judge
from alef_audit.auditing.misuse import MISUSES
from alef_audit.auditing.phase import Lexicon
from alef_audit.auditing.pointing import Chosen, Pointing
from alef_audit.auditing.report import Finding, FixPoint
from alef_audit.auditing.steps import Step, Steps
from alef_audit.reachability.assumed import SOFTENED, Assumed
from alef_audit.reachability.reach import Reachability
from alef_audit.rulepack.lexicon import Lexicon as Words
from alef_audit.rulepack.pattern import Pattern

_CANDIDATES: Final = 40
_SHOWN: Final = 8
_FEWEST: Final = 2


class Open(NamedTuple):
    """A finding that a fix point may heal, with its path."""

    finding: Finding
    path: tuple[Step, ...]


def fix_points(
    reach: Reachability,
    patterns: Sequence[Pattern],
    auth: Lexicon,
    words: Words,
    findings: tuple[Finding, ...],
    steps: Steps,
) -> tuple[FixPoint, ...]:
    """Up to eight functions, each with the fingerprints that a fix there heals, in the order in which they help."""
    points: list[FixPoint] = []
    for pattern in patterns:
        mine = [f for f in findings if f.status == "open" and f.level != "note" and f.pattern == pattern.id]
        blocking = [f for f in mine if f.verdict != "discharged" and f.sink.kind not in MISUSES]
        opened = [Open(f, path) for f in blocking if (path := steps.of(f))]
        cover = _Cover(reach, Judge(pattern), Pointing(reach, pattern, auth, words, steps), opened)
        points += cover.points()
    return tuple(points[:_SHOWN])


class _Cover:
    """The greedy choice among the functions on the paths of some findings."""

    def __init__(self, reach: Reachability, judge: Judge, pointing: Pointing, opened: Sequence[Open]) -> None:
        self._reach = reach
        self._assumed = Assumed(reach, judge.discharging, judge.mitigating)
        self._pointing = pointing
        self._opened = opened
        self._on: dict[int, dict[int, int]] = {}  # function -> findings on whose path it is, each with the step
        for number, one in enumerate(opened):
            for at, step in enumerate(one.path):
                self._on.setdefault(step.function, {}).setdefault(number, at)
        self._known: dict[int, tuple[Chosen, frozenset[int], frozenset[int]] | None] = {}

    def points(self) -> Iterable[FixPoint]:
        """The fix points, the most helpful first."""
        roots = {root.function for root in self._reach.roots}
        bounds = {f: len(on) for f, on in self._on.items() if len(on) >= _FEWEST and f not in roots}
        left = sorted(bounds, key=lambda f: (-bounds[f], f))[:_CANDIDATES]
        healed: frozenset[int] = frozenset()
        for _ in range(_SHOWN):
            best = self._best(left, healed)
            if best is None:
                return
            chosen, heals, softens = self._known[best] or _NONE
            left.remove(best)
            healed |= heals
            yield self._point(best, chosen, heals, softens)

    def _best(self, left: Sequence[int], healed: frozenset[int]) -> int | None:
        """Which heals most that is not healed yet; of equal ones the better fix, then the one nearer to the roots."""
        found: tuple[int, int, int, int] | None = None
        for function in left:
            bound = len(self._on[function].keys() - healed)
            if bound < _FEWEST or (found is not None and bound < -found[0]):
                continue
            known = self._evaluated(function)
            if known is None:
                continue
            gain = len(known[1] - healed)
            if gain < _FEWEST or gain * 2 < len(known[1]):
                continue
            rank = (-gain, known[0].rank, min(self._on[function].values()), function)
            found = rank if found is None or rank < found else found
        return found[-1] if found is not None else None

    def _evaluated(self, function: int) -> tuple[Chosen, frozenset[int], frozenset[int]] | None:
        if function not in self._known:
            healed, softened = self._verified(function)
            paths = {n: (self._opened[n].finding, self._opened[n].path, self._on[function][n]) for n in sorted(healed)}
            chosen = self._pointing.choose(function, paths) if len(healed) >= _FEWEST else None
            self._known[function] = (chosen, healed & chosen.heals, softened) if chosen is not None else None
        return self._known[function]

    def _verified(self, function: int) -> tuple[frozenset[int], frozenset[int]]:
        """The findings that no exposed path leads to any more behind a guard around `function`, and those that only
        mitigated ones do.
        """
        left = self._assumed.left(function)
        healed, softened = set(), set()
        for number in self._on[function]:
            one = self._opened[number]
            # in the function itself nothing is reached but through its guard
            worth = left.get(one.path[-1].function)
            if worth is None:
                healed.add(number)
            elif worth == SOFTENED and one.finding.verdict == "exposed":
                softened.add(number)
        return frozenset(healed), frozenset(softened)

    def _point(self, function: int, chosen: Chosen, heals: frozenset[int], softens: frozenset[int]) -> FixPoint:
        path, facts = self._reach.graph.program.place(function)
        return FixPoint(
            facts.label,
            path,
            facts.line,
            chosen.archetype,
            tuple(sorted(self._opened[n].finding.fingerprint for n in heals)),
            tuple(sorted(self._opened[n].finding.fingerprint for n in softens)),
            chosen.why,
        )


_NONE: Final = (Chosen("", "", 0, frozenset()), frozenset[int](), frozenset[int]())
