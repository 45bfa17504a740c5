"""Proposals that keep a result: per session and host, for the life of the process, or from start-up on."""

from typing import Final, Literal

from alef_audit.auditing.case import Case, Surroundings
from alef_audit.auditing.report import ProposedArchetype
from alef_audit.auditing.scope import expiry_of, key_in_scope
from alef_audit.auditing.steps import Step
from alef_audit.auditing.wrapping import gives_value, keeps_well
from alef_audit.facts.file import FunctionFlag
from alef_audit.rulepack.pattern import Archetype

_WEAK: Final = ("memoise.ttl", "memoise.checked", "memoise.unknown")
_HOUR: Final = "for one hour at most, as no expiry is in sight"
_Flight = Literal["needed", "present", "not needed"]


def keep(around: Surroundings, case: Case, archetype: Archetype) -> ProposedArchetype | None:
    """A cache around the function that gives the resolved credential, or the one that is there made better."""
    if case.is_effect and not case.is_shared:
        return None
    known = _weak_cache(around, case)
    if known is not None:
        return _better(around, case, archetype, *known)
    at = case.wrapped
    if at < 0:
        return None
    step = case.path[at]
    key = key_in_scope(around.steps, case.path, at, around.inputs, around.words.advice)
    often = around.often(case)
    why = f"{step.frame.function} runs anew on every {often}; {_key_words(around, case, at, key.names, key.step)}"
    remains = [
        "the first call per key, on the loop" + ("" if around.is_async(step) else ", and nobody else runs meanwhile")
    ]
    return ProposedArchetype(
        archetype.id,
        archetype.cost,
        why,
        f"{step.frame.function} ({step.frame.path}:{step.frame.def_line})",
        applies_to=step.frame.function,
        key=key.names,
        single_flight=_flight(around, case, at),
        ttl=_lifetime(around, case, at),
        remains="; ".join(filter(None, (*remains, around.beside(case, step)))),
    )


def _key_words(around: Surroundings, case: Case, at: int, names: tuple[str, ...], step: int) -> str:
    if names:
        where = "" if step == at else f" (in scope in {case.path[step].frame.function})"
        return f"keep what it gives by {', '.join(names)}{where}"
    given = {mark.kind for mark in case.marks[at - 1]}
    if not given:
        return "nothing of the dispatch flows into it, so one entry will do"
    unit = around.steps.graph.program.unit_of(case.path[at].function)
    own = [unit.facts.names[p.name] for p in around.steps.facts(case.path[at]).parameters if p.name]
    fallback = f", or keep it by {', '.join(own)}" if own else ""
    return f"no session or host id is in scope: pass one down from {around.root_name(case)}{fallback}"


def _flight(around: Surroundings, case: Case, at: int) -> _Flight:
    """Whether calls may overlap: those of async functions do, at their awaits."""
    if any("single-flight" in step.frame.guards for step in case.path[max(0, at - 1) :]):
        return "present"
    return "needed" if any(around.is_async(step) for step in case.path[at:]) else "not needed"


def _lifetime(around: Surroundings, case: Case, at: int) -> str:
    words = around.words.advice
    until = expiry_of(around.steps, case.path[at:], around.inputs, words.expiry)
    if until:
        return f"until {until} and for one hour at most"
    stamp = expiry_of(around.steps, case.path[at:], around.inputs, words.stamp)
    return f"until {stamp} changes (looked at off the loop) and for one hour at most" if stamp else _HOUR


# --- a cache that is there already


def _weak_cache(around: Surroundings, case: Case) -> tuple[Step, str] | None:
    """The cache on the path that mitigates only: the function that has it, and its kind."""
    if case.finding.verdict != "mitigated":
        return None
    for at, step in enumerate(case.path):
        for kind in _WEAK:
            if kind in step.frame.guards:
                inside = at + 1 < len(case.path) and around.reach.graph.function_guards.get(
                    case.path[at + 1].function, 0
                )
                return _named(around, case, at + 1 if inside else at), kind
    return None


def _named(around: Surroundings, case: Case, at: int) -> Step:
    """The nearest function of the path from step `at` up that has a name."""
    while at > 0 and around.steps.facts(case.path[at]).flags & FunctionFlag.ANONYMOUS:
        at -= 1
    return case.path[at]


def _better(around: Surroundings, case: Case, archetype: Archetype, step: Step, kind: str) -> ProposedArchetype:
    name = step.frame.function
    at = next(n for n, one in enumerate(case.path) if one is step)
    ttl = _lifetime(around, case, at)
    if kind == "memoise.ttl":
        why = f"{name} keeps its result already, but for a short time: lengthen that cache, do not add another"
    elif kind == "memoise.checked":
        why = f"{name} keeps its result already, but looks at the disk each time: let a watcher or a timer look"
    else:
        why = f"{name} keeps its result already, but not for long, or not every outcome: keep them all"
    return ProposedArchetype(
        archetype.id,
        archetype.cost,
        why,
        f"{name} ({step.frame.path}:{step.frame.line})",
        applies_to=name,
        single_flight=_flight(around, case, at),
        ttl=ttl,
        remains=around.beside(case, step),
    )


# --- what depends on no dispatch


def keep_for_good(around: Surroundings, case: Case, archetype: Archetype) -> ProposedArchetype | None:
    """A call that nothing of the dispatch flows into, that is made for what it gives, and that reads what the files of
    its functions do not write.
    """
    known = _weak_cache(around, case)
    if case.is_effect or known is not None:
        return _better(around, case, archetype, *known) if known is not None and archetype.means == "process" else None
    for at in range(1, len(case.path)):
        step = case.path[at]
        if case.marks[at - 1] or step.function in around.roots or not gives_value(around.steps, case.path, at - 1):
            continue
        facts = around.steps.facts(step)
        if not keeps_well(facts, around.words.advice) or step.function in around.plumbing:
            continue
        if archetype.means == "process" and around.auth.words_of(facts.name):
            return None  # credentials run out
        below = case.path[at:]
        if any(around.reach.graph.program.function_unit[one.function] in around.writing for one in below):
            return None
        return _for_good(around, case, archetype, step)
    return None


def _for_good(around: Surroundings, case: Case, archetype: Archetype, step: Step) -> ProposedArchetype:
    name, often = step.frame.function, around.often(case)
    if archetype.means == "startup":
        why = f"nothing of the {often} flows into {name}: call it before the program serves, and hand its result on"
        remains = "a longer start; what changes afterwards is not seen without a reload"
    else:
        why = f"nothing of the {often} flows into {name}: keep its first result if what it reads stays the same"
        remains = "the first call, on the loop"
    return ProposedArchetype(
        archetype.id,
        archetype.cost,
        why,
        f"{name} ({step.frame.path}:{step.frame.def_line})",
        applies_to=name,
        single_flight=_flight(around, case, case.path.index(step)),
        remains="; ".join(filter(None, (remains, around.beside(case, step)))),
    )
