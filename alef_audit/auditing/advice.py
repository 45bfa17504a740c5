"""Advice: the archetypes of every finding, with what has to be read of the functions on its path first."""

from collections.abc import Callable, Mapping, Sequence

from msgspec.structs import replace

from alef_audit.auditing.archetypes import propose
from alef_audit.auditing.case import Surroundings
from alef_audit.auditing.phase import Lexicon
from alef_audit.auditing.report import Finding, FixPoint
from alef_audit.auditing.steps import Step, Steps
from alef_audit.auditing.wrapping import gives_value, is_effect, keeps_well
from alef_audit.facts.inputs import Asked, FunctionInputs
from alef_audit.reachability.reach import Reachability
from alef_audit.rulepack.kinds import Kinds
from alef_audit.rulepack.lexicon import Lexicon as Words
from alef_audit.rulepack.pattern import Pattern

# Path of a file and what is asked about its functions -> what was found, in the same order.
Read = Callable[[str, Sequence[Asked]], Sequence[FunctionInputs | None]]


def advised(
    reach: Reachability,
    patterns: Sequence[Pattern],
    kinds: Kinds,
    auth: Lexicon,
    words: Words,
    findings: tuple[Finding, ...],
    points: Sequence[FixPoint],
    steps: Steps,
    read: Read,
    about: str = "",
) -> tuple[Finding, ...]:
    """`findings` with the archetypes to propose: of those whose path goes through the file `about`, if that is given.

    Discharged ones need none. What a fix point keeps, its findings keep there.
    """
    paths = [steps.of(finding) if _is_wanted(finding, about) else () for finding in findings]
    asking = [
        path for finding, path in zip(findings, paths, strict=True) if path and _asks(steps, finding, path, words)
    ]
    inputs = _inputs(steps, asking, read)
    around = {p.id: Surroundings(reach, p, kinds, auth, words, findings, inputs, steps, points) for p in patterns}
    return tuple(
        replace(finding, archetypes=propose(around[finding.pattern], finding, path)) if path else finding
        for finding, path in zip(findings, paths, strict=True)
    )


def _is_wanted(finding: Finding, about: str) -> bool:
    return finding.verdict != "discharged" and (not about or any(frame.path == about for frame in finding.trace))


def _asks(steps: Steps, finding: Finding, path: tuple[Step, ...], words: Words) -> bool:
    """Whether what to propose depends on what flows down the path: not for notes, nor for calls that change something,
    nor where nothing could be kept or called less often.
    """
    if finding.level == "note" or is_effect(finding.sink.call, words.advice):
        return False
    kept = any(
        keeps_well(steps.facts(step), words.advice) and gives_value(steps, path, at) for at, step in enumerate(path[1:])
    )
    return kept or bool(finding.per)


def _inputs(steps: Steps, paths: Sequence[tuple[Step, ...]], read: Read) -> Mapping[int, FunctionInputs]:
    """What the functions on the paths work with, by function."""
    calls: dict[int, set[tuple[int, int]]] = {}
    for path in paths:
        for step in path:
            calls.setdefault(step.function, set()).add((step.frame.line, step.frame.column))
    by_unit: dict[int, list[int]] = {}
    program = steps.graph.program
    for function in sorted(calls):
        by_unit.setdefault(program.function_unit[function], []).append(function)
    found: dict[int, FunctionInputs] = {}
    for unit, functions in by_unit.items():
        facts = program.functions
        asked = [Asked(facts[f].line, facts[f].column, frozenset(calls[f])) for f in functions]
        for function, inputs in zip(functions, read(program.units[unit].path, asked), strict=True):
            if inputs is not None:
                found[function] = inputs
    return found
