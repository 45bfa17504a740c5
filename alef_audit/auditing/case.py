"""What is known of one finding when a fix is looked for."""

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from alef_audit.auditing.flow import Marks, marks_along, multiplying
from alef_audit.auditing.phase import Lexicon
from alef_audit.auditing.report import Finding, FixPoint, Frame
from alef_audit.auditing.scope import taken
from alef_audit.auditing.steps import Step, Steps
from alef_audit.auditing.wrapping import is_effect, is_plumbing, wrapped
from alef_audit.facts.file import FunctionFlag
from alef_audit.facts.inputs import FunctionInputs
from alef_audit.reachability.reach import Reachability
from alef_audit.rulepack.kinds import Heat, Kinds
from alef_audit.rulepack.lexicon import Lexicon as Words
from alef_audit.rulepack.pattern import Pattern

_CANNOT_AWAIT: Final = FunctionFlag.CONSTRUCTOR | FunctionFlag.GETTER | FunctionFlag.SETTER
_NAMED: Final = 2
_Place = tuple[str, int, str]


class Case(NamedTuple):
    """A finding with its path, which ends at the blocking call or at the program's call into a package."""

    finding: Finding
    path: tuple[Step, ...]
    marks: tuple[Marks, ...]  # by step, what its call is given
    wrapped: int  # the step whose function gives the resolved credential, -1 if none does
    is_shared: bool  # that function is a fix point
    is_effect: bool
    is_python: bool
    heat: Heat


class Surroundings:
    """What all findings share."""

    def __init__(
        self,
        reach: Reachability,
        pattern: Pattern,
        kinds: Kinds,
        auth: Lexicon,
        words: Words,
        findings: Sequence[Finding],
        inputs: Mapping[int, FunctionInputs],
        steps: Steps,
        points: Sequence[FixPoint],
    ) -> None:
        self.reach = reach
        self.pattern = pattern
        self.kinds = kinds
        self.auth = auth
        self.words = words
        self.inputs = inputs
        self.steps = steps
        self.roots = frozenset(root.function for root in reach.roots)
        self.plumbing = {
            function for function, edges in reach.outgoing.items() if is_plumbing(reach.graph, function, edges)
        }
        self.never_kept = self.roots | self.plumbing
        self.writing = {
            reach.graph.program.function_unit[sink.function]
            for sink in reach.graph.sinks
            if sink.kind == "blocking.filesystem" and is_effect(sink.text, words.advice)
        }  # files whose functions write: what others there read does not stay the same
        keeping = {archetype.id for archetype in pattern.archetypes if archetype.means == "keep"}
        self._kept_at: dict[str, tuple[str, int, str]] = {}
        for point in points:
            for fingerprint in point.heals if point.archetype in keeping else ():
                self._kept_at.setdefault(fingerprint, (point.path, point.line, point.function))
        self._volatile = frozenset(words.advice.volatile)
        self._of_root = _by_root(findings)
        self._places = [frozenset(map(_place, finding.trace)) for finding in findings]
        self._findings = findings
        self._rest: dict[tuple[int, _Place, str], tuple[int, ...]] = {}

    def case(self, finding: Finding, path: tuple[Step, ...]) -> Case:
        shared = self._kept_at.get(finding.fingerprint)
        at = next((n for n, step in enumerate(path) if n and _place(step.frame) == shared), -1)
        if at < 0:
            at = wrapped(self.steps, path, self._taken, self.never_kept, self.auth, self.words.advice)
        return Case(
            finding,
            path,
            marks_along(self.steps, path, self.inputs, self._volatile),
            at,
            shared is not None,
            is_effect(finding.sink.call, self.words.advice),
            self.steps.language(path[-1]) == "python",
            self.kinds.root[self.reach.roots[finding.root].kind].heat,
        )

    def _taken(self, step: Step) -> tuple[str, ...]:
        return taken(self.steps, step, self.inputs)

    def often(self, case: Case) -> str:
        """One of what the finding's root runs for: `attempt`, `request`."""
        fires = self.kinds.root[self.reach.roots[case.finding.root].kind].fires
        return fires.removeprefix("on every ").removeprefix("once per ")

    def is_async(self, step: Step) -> bool:
        return bool(self.steps.facts(step).flags & FunctionFlag.ASYNC)

    def root_name(self, case: Case) -> str:
        return case.path[0].frame.function

    def beside(self, case: Case, step: Step) -> str:
        """What else the finding's root blocks with outside of a step's function, in words; "" if nothing."""
        key = (case.finding.root, _place(step.frame), case.finding.phase)
        if key not in self._rest:
            mine = self._of_root.get(key[0], [])
            self._rest[key] = tuple(
                at for at in mine if key[1] not in self._places[at] and self._findings[at].phase == case.finding.phase
            )
        others = [self._findings[at].sink for at in self._rest[key]]
        if not others:
            return ""
        names = list(dict.fromkeys(f"{sink.call} at {sink.path}:{sink.line}" for sink in others))
        more = f" and {len(others) - _NAMED} more" if len(others) > _NAMED else ""
        return f"{self.root_name(case)} also reaches {', '.join(names[:_NAMED])}{more}"

    def in_the_way(self, case: Case, first: int) -> str:
        """Why the functions of the path from step `first` down cannot become async, in words; "" if they can."""
        for at in range(max(first, 0), len(case.path)):
            step = case.path[at]
            facts = self.steps.facts(step)
            if facts.flags & _CANNOT_AWAIT or is_special(facts.name):
                return f"{step.frame.function} is a constructor, a getter or a special method"
            if facts.parent < 0:
                return f"{step.frame.function} is the body of a module"
            if at and case.path[at - 1].frame.how == "callback":
                member = case.path[at - 1].frame.call.rpartition(".")[2]
                if member in self.words.loops and (case.is_python or member not in self.words.advice.awaitable):
                    return f"{case.path[at - 1].frame.call} does not await what it calls"
        return ""

    def sync_above(self, case: Case) -> int:
        """The highest step from which on everything down to the blocking call is synchronous; `len(path)` if none."""
        at = len(case.path)
        while at > 0 and not self.is_async(case.path[at - 1]):
            at -= 1
        return at

    def other_callers(self, case: Case, first: int) -> int:
        """How many synchronous functions beside the path call those of the path from step `first` down."""
        functions = {step.function for step in case.path}
        is_async = self.reach.graph.program.functions
        return len(
            {
                edge.caller
                for step in case.path[first:]
                for edge in self.reach.incoming.get(step.function, ())
                if edge.caller not in functions and not is_async[edge.caller].flags & FunctionFlag.ASYNC
            }
        )

    def loops(self, case: Case) -> list[tuple[int, int, str]]:
        """The multiplying loops of the path, outermost first: step, line (0 = the call), what they range over."""
        found = []
        for at, step in enumerate(case.path):
            found += [(at, line, name) for line, name in multiplying(self.steps, step)]
        return found


def is_special(name: str) -> bool:
    """Whether the language itself calls a method of this name, without awaiting it."""
    return name.startswith("__") and name.endswith("__") and name not in ("__call__", "__aenter__", "__aexit__")


def _place(frame: Frame) -> _Place:
    return frame.path, frame.def_line, frame.function


def _by_root(findings: Sequence[Finding]) -> dict[int, list[int]]:
    """By root, which of the findings it reaches."""
    found: dict[int, list[int]] = {}
    for at, finding in enumerate(findings):
        if finding.level == "note":
            continue
        for root in (finding.root, *(reach.root for reach in finding.also_reached_from if reach.verdict == "exposed")):
            found.setdefault(root, []).append(at)
    return found
