"""Which fix archetypes to propose for a finding, where to apply them, and on what terms."""

from collections.abc import Callable, Mapping
from operator import itemgetter
from typing import Final

from alef_audit.auditing.case import Case, Surroundings
from alef_audit.auditing.flow import Mark, Marks
from alef_audit.auditing.keeping_advice import keep, keep_for_good
from alef_audit.auditing.phase import split_words
from alef_audit.auditing.report import Finding, ProposedArchetype
from alef_audit.auditing.steps import Step
from alef_audit.auditing.wrapping import gives_value, is_effect, keeps_well
from alef_audit.facts import flows
from alef_audit.facts.file import FunctionFlag
from alef_audit.rulepack.pattern import Archetype, Means, When

_FEW: Final = 3
_Proposing = Callable[[Surroundings, Case, Archetype], ProposedArchetype | None]


def propose(around: Surroundings, finding: Finding, path: tuple[Step, ...]) -> tuple[ProposedArchetype, ...]:
    """The archetypes whose conditions hold, in the pattern's order; those that change much of the program last."""
    case = around.case(finding, path)
    found: list[tuple[bool, ProposedArchetype]] = []
    for archetype in around.pattern.archetypes:
        proposed = _MEANS[archetype.means](around, case, archetype) if _fits(archetype.when, case) else None
        if proposed is not None:
            found.append((archetype.means == "async" and _spreads(around, case), proposed))
    found.sort(key=itemgetter(0))
    return tuple(proposed for _, proposed in found)


def _spreads(around: Surroundings, case: Case) -> bool:
    """Whether many functions have to become async for one call."""
    first = around.sync_above(case)
    return len(case.path) - first + around.other_callers(case, first) > _FEW


def _fits(when: When, case: Case) -> bool:
    finding = case.finding
    if finding.rule not in when.rules or (when.kinds and finding.sink.kind not in when.kinds):
        return False
    if when.phase and (when.phase == "auth") != (finding.phase == "auth"):
        return False
    if when.heat and case.heat not in when.heat:
        return False
    if when.language and (when.language == "python") != case.is_python:
        return False
    if when.looped is not None and when.looped != bool(finding.per):
        return False
    has_twin = bool(finding.sink.instead) and not finding.dependency
    return when.has_async_twin is None or when.has_async_twin == has_twin


def place_of(step: Step, line: int) -> str:
    return f"{step.frame.function} ({step.frame.path}:{line})"


# --- moving the work off the loop


def _worker(around: Surroundings, case: Case, archetype: Archetype) -> ProposedArchetype | None:
    """For a sweep only: one blocking call is better served by a cache or by its asynchronous twin."""
    loops = around.loops(case)
    first = loops[0][0] if loops else -1
    at = next((n for n in range(1, len(case.path)) if _can_move(around, case.path[n]) and n >= first), -1)
    if first < 0 or at < 0 or not around.steps.is_used(case.path[at - 1]):
        return None
    facts = around.steps.facts(case.path[at])
    if not around.auth.words_of(facts.name) and not keeps_well(facts, around.words.advice):
        return None
    step = case.path[at]
    over = " per ".join(name for _, _, name in loops)
    if at > first and loops[-1][0] < at:
        why = (
            f"{step.frame.function} runs once per {over}: start one worker in front of the loop and hand it all of them"
        )
    else:
        why = f"{step.frame.function} sweeps once per {over} on every {around.often(case)}: run the sweep in a worker"
    return _proposal(archetype, why, place_of(step, step.frame.def_line), step, around.beside(case, step))


def _can_move(around: Surroundings, step: Step) -> bool:
    facts = around.steps.facts(step)
    return bool(facts.name) and step.function not in around.roots and step.function not in around.plumbing


def _thread(around: Surroundings, case: Case, archetype: Archetype) -> ProposedArchetype | None:
    """The synchronous work below the last coroutine of the path, as one function on a thread."""
    if not case.is_python:
        return _other_thread(around, case, archetype)
    first = around.sync_above(case)
    if first == 0:
        return None
    caller = case.path[first - 1]
    if caller.call < 0 or around.reach.graph.table.flags(caller.call) & (flows.AWAITED | flows.IMPLICIT):
        return None  # a read, or a synchronous function that gives something to await
    if first < len(case.path):
        step = case.path[first]
        if not _runs_anywhere(around, step) or caller.frame.how == "callback":
            return None
        why = f"{step.frame.function} is synchronous and called by the coroutine {caller.frame.function}"
        call = f"await asyncio.to_thread({caller.frame.call}, …)"
    else:
        why = f"the coroutine {caller.frame.function} makes the call itself"
        call = f"await asyncio.to_thread({caller.frame.call}, …)"
        step = caller
    if caller.frame.call.startswith("super") or "(" in caller.frame.call:
        return None
    remains = "; ".join(filter(None, ("the arguments are evaluated on the loop", around.beside(case, step))))
    return _proposal(archetype, f"{why}: {call}", place_of(caller, caller.frame.line), step, remains)


def _runs_anywhere(around: Surroundings, step: Step) -> bool:
    """Whether a function may run on another thread as a whole: it makes no object, and its name ties it to no loop."""
    facts = around.steps.facts(step)
    if not facts.name or facts.flags & FunctionFlag.CONSTRUCTOR or step.function in around.plumbing:
        return False
    return split_words(facts.name)[:1] != ("async",)


def _other_thread(around: Surroundings, case: Case, archetype: Archetype) -> ProposedArchetype | None:
    """A worker, where there is nothing to call instead."""
    last = case.path[-1]
    if case.finding.sink.instead and not case.finding.dependency:
        return None
    why = f"{last.frame.call} is not known to have an asynchronous twin: run {last.frame.function} in a worker"
    remains = "; ".join(filter(None, ("what is handed to the worker is copied on the loop", around.beside(case, last))))
    return _proposal(archetype, why, place_of(last, last.frame.line), last, remains)


def _async(around: Surroundings, case: Case, archetype: Archetype) -> ProposedArchetype | None:
    first = around.sync_above(case)
    if around.in_the_way(case, first):
        return None
    sink, last = case.finding.sink, case.path[-1]
    count, others = len(case.path) - first, around.other_callers(case, first)
    name = last.frame.function
    if not count:
        why = f"{name} is async already"
    elif count == 1:
        why = f"{name} is synchronous and must become async"
    else:
        top = case.path[first].frame.function
        why = f"{count} functions from {top} to {name} are synchronous and must become async"
    if others:
        callers = "one more caller" if others == 1 else f"{others} more callers"
        why += f", and so must {callers} beside the path"
    remains = "what is computed between the awaits, such as parsing what was read"
    return _proposal(archetype, f"{why}; instead: {sink.instead}", place_of(last, last.frame.line), last, remains)


# --- loops


def _yield(around: Surroundings, case: Case, archetype: Archetype) -> ProposedArchetype | None:
    loops = [loop for loop in around.loops(case) if loop[1]]
    if not loops or any("yield" in step.frame.guards for step in case.path):
        return None
    at, line, over = loops[-1]
    step = case.path[at]
    first = at + 1
    while first > 0 and not around.is_async(case.path[first - 1]):
        first -= 1
    head = case._replace(path=case.path[: at + 1])
    if around.in_the_way(head, first):
        return None
    sync = at + 1 - first
    if sync > 1 or (sync and around.other_callers(head, first)):
        return None  # what has to become async for it serves the asynchronous twin better
    become = f"; {step.frame.function} becomes async" if sync else ""
    why = f"the loop over {over} gets one turn of the event loop per round{become}: this mitigates only"
    remains = f"each {case.finding.sink.call} still blocks as long as before"
    return _proposal(archetype, why, place_of(step, line), step, remains)


def _hoist(around: Surroundings, case: Case, archetype: Archetype) -> ProposedArchetype | None:
    """The highest call that is the same in every round of the innermost loop or loops around it."""
    loops = around.loops(case)
    if not loops or case.is_effect:
        return None
    for at in range(loops[0][0], len(case.path)):
        marks = case.marks[at]
        if any(mark.kind == "unknown" for mark in marks) or not gives_value(around.steps, case.path, at):
            continue
        # a call that is a loop itself (`xs.map(f)`) does not run in it, only what it calls does
        free = _free_of([loop for loop in loops if loop[0] < at or (loop[0] == at and loop[1])], marks)
        if free:
            if at + 1 < len(case.path) and is_effect(around.steps.facts(case.path[at + 1]).name, around.words.advice):
                return None
            return _hoisted(around, case, archetype, at, free)
    return None


def _free_of(loops: list[tuple[int, int, str]], marks: Marks) -> list[tuple[int, int, str]]:
    """The innermost loops that nothing of `marks` depends on; none where a mark speaks of a loop that is not known."""
    known = {Mark("loop", at, line) for at, line, _ in loops}
    multiplying = {at for at, _, _ in loops}
    if any(mark.kind == "loop" and mark.step in multiplying and mark not in known for mark in marks):
        return []
    free: list[tuple[int, int, str]] = []
    for loop in reversed(loops):
        if Mark("loop", loop[0], loop[1]) in marks:
            break
        free.insert(0, loop)
    return free


def _hoisted(
    around: Surroundings, case: Case, archetype: Archetype, at: int, free: list[tuple[int, int, str]]
) -> ProposedArchetype:
    step, (outer, line, _) = case.path[at], free[0]
    over = " and ".join(name for _, _, name in free)
    call = case.finding.sink.call if at + 1 == len(case.path) else case.path[at + 1].frame.function
    why = f"what {call} is given in {step.frame.function} is the same for all of {over}: call it once"
    left = len(around.loops(case)) - len(free)
    remains = f"one call per {'round of the outer loop' if left else around.often(case)}"
    head = case.path[outer]
    return _proposal(
        archetype, why, place_of(head, line or head.frame.line), case.path[min(at + 1, len(case.path) - 1)], remains
    )


def _buffer(around: Surroundings, case: Case, archetype: Archetype) -> ProposedArchetype | None:
    """The reply that is sent while the handshake is pending."""
    last = case.path[-1]
    why = f"{last.frame.function} sends whatever the state of the connection: buffer the reply until it is stable"
    return _proposal(archetype, why, place_of(last, last.frame.line), last, "all of the blocking work")


def _other(around: Surroundings, case: Case, archetype: Archetype) -> ProposedArchetype | None:
    """What a pattern of the user's own proposes: what it says of itself, at the call."""
    last = case.path[-1]
    why = archetype.summary.split(". ")[0].strip().rstrip(".")
    return _proposal(archetype, why, place_of(last, last.frame.line), last, "")


def _proposal(archetype: Archetype, why: str, where: str, step: Step, remains: str) -> ProposedArchetype:
    return ProposedArchetype(archetype.id, archetype.cost, why, where, applies_to=step.frame.function, remains=remains)


_MEANS: Final[Mapping[Means, _Proposing]] = {
    "keep": keep,
    "worker": _worker,
    "buffer": _buffer,
    "async": _async,
    "thread": _thread,
    "yield": _yield,
    "hoist": _hoist,
    "startup": keep_for_good,
    "process": keep_for_good,
    "other": _other,
}
