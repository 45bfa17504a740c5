"""Joins what was seen at run time to the findings of a tree."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from msgspec.structs import replace

from alef_audit.auditing import report
from alef_audit.auditing.levels import LEVELS
from alef_audit.callgraph.graph import CallGraph
from alef_audit.evidence.missed import Known, contradicted, is_contradicted, is_worth_telling, missed_alarm
from alef_audit.evidence.observing import Observed
from alef_audit.evidence.placing import Places
from alef_audit.evidence.seen import Index, Placed, place_stack
from alef_audit.evidence.spoken import Spoken
from alef_audit.evidence.windows import runtime_window
from alef_audit.rulepack.pattern import Pattern

_MOST_MISSED: Final = 200
_STACKS: Final = frozenset(("cpu-profile", "speedscope", "trace-sync-io", "asyncio-debug", "blocking-call", "proof"))


class Tree(NamedTuple):
    """The audited tree, as far as the join needs it."""

    graph: CallGraph
    roots: tuple[report.Root, ...]
    hot: tuple[int, ...]  # functions that roots are
    findings: tuple[report.Finding, ...]  # discharged ones, too
    root_path: str
    names: frozenset[str]  # of the program as a package, see `project_names`


def join(tree: Tree, observed: Observed, pattern: Pattern) -> tuple[tuple[report.Finding, ...], report.RuntimeEvidence]:
    """The findings with evidence, those that were seen first, and what the evidence says beside them."""
    places = Places(tree.graph.program, tree.root_path, tree.names)
    index = Index(tree.graph.program, tree.findings, tree.roots)
    known = Known(tree.graph, tree.hot)
    placed = [one for stack in observed.stacks if (one := place_stack(stack, places)) is not None]
    stacks: dict[int, list[tuple[int, report.Evidence]]] = {}
    missed: list[report.MissedAlarm] = []
    for one in placed:
        about = index.about(one)
        for number in about:
            finding = tree.findings[number]
            if finding.verdict == "discharged" and is_contradicted(one, finding):
                missed.append(contradicted(one, finding, known))
            elif finding.verdict != "discharged":
                stacks.setdefault(number, []).append(_evidence(index, number, one, finding))
        if not about and is_worth_telling(one, known):
            missed.append(missed_alarm(one, known))
    spoken = Spoken(observed.seen, pattern.signature)
    findings = [
        _with(finding, _added_up(stacks.get(number, [])), tuple(spoken.about(finding, tree.roots)))
        for number, finding in enumerate(tree.findings)
    ]
    findings.sort(key=_rank)
    return tuple(findings), _runtime(observed, len(placed), missed)


def _evidence(index: Index, number: int, placed: Placed, finding: report.Finding) -> tuple[int, report.Evidence]:
    """What a stack says of a finding, after how many functions of the path are on it."""
    stack, frames = placed.stack, index.frames_seen(number, placed)
    if stack.kind == "asyncio-debug":
        text = f"a step of {stack.spots[-1].function}"
    else:
        text = f"{frames} of {len(finding.trace)} functions of the path on the stack"
    return frames, report.Evidence(stack.kind, stack.place.log, stack.place.line, text, stack.ms, stack.count)


def _added_up(found: Sequence[tuple[int, report.Evidence]]) -> tuple[report.Evidence, ...]:
    """One entry per kind and file: the best that its stacks show, milliseconds and counts of all of them."""
    added: dict[tuple[str, str], report.Evidence] = {}
    for _, one in sorted(found, key=lambda pair: -pair[0]):
        known = added.setdefault((one.kind, one.path), replace(one, milliseconds=0.0, count=0))
        both = known.milliseconds + one.milliseconds, known.count + one.count
        added[one.kind, one.path] = replace(known, milliseconds=both[0], count=both[1])
    return tuple(sorted(added.values(), key=lambda one: (-one.milliseconds, -one.count, one.kind, one.path)))


def _with(
    finding: report.Finding, stacks: tuple[report.Evidence, ...], spoken: tuple[report.Evidence, ...]
) -> report.Finding:
    if finding.verdict == "discharged" or not (stacks or spoken):
        return finding
    ms, count = sum(one.milliseconds for one in stacks), sum(one.count for one in stacks)
    if stacks:
        times = "once" if count == 1 else f"{count:,} times"
        said = f"seen at run time: {ms:,.0f} ms" if ms else f"seen at run time {times}"
    else:
        said = f"its phase was seen in a log: {spoken[0].milliseconds:,.0f} ms"
    evidence = (
        *finding.evidence,
        *(replace(one, milliseconds=round(one.milliseconds, 1)) for one in (*stacks, *spoken)),
    )
    return replace(finding, evidence=evidence, message=f"{finding.message} ({said})")


def _rank(finding: report.Finding) -> tuple[int, int, bool]:
    """Findings that stacks show come first, worst first; of the rest, in each level those whose phase a log tells."""
    if any(one.kind in _STACKS for one in finding.evidence):
        return 0, 0, False
    return 1, -LEVELS.index(finding.level), not finding.evidence


def _runtime(observed: Observed, placed: int, missed: list[report.MissedAlarm]) -> report.RuntimeEvidence:
    answer = observed.answer
    parts = answer.parts if answer is not None else ()
    return report.RuntimeEvidence(
        files=observed.files,
        verdict=answer.verdict if answer is not None else "",
        holds=tuple(part.name for part in parts if part.holds),
        missing=tuple(part.name for part in parts if not part.holds),
        stacks=len(observed.stacks),
        outside=len(observed.stacks) - placed,
        missed=_told_once(missed),
        notes=observed.notes,
        windows=tuple(map(runtime_window, answer.windows)) if answer is not None else (),
        windows_left_out=answer.windows_left_out if answer is not None else 0,
    )


def _told_once(missed: Sequence[report.MissedAlarm]) -> tuple[report.MissedAlarm, ...]:
    """One alarm per call and reason, longest first."""
    found: dict[tuple[str, int, str, str], report.MissedAlarm] = {}
    for one in missed:
        key = one.path, one.line, one.call, one.why
        known = found.get(key)
        if known is None:
            found[key] = one
        else:
            ms = known.evidence.milliseconds + one.evidence.milliseconds
            both = replace(known.evidence, milliseconds=ms, count=known.evidence.count + one.evidence.count)
            found[key] = replace(known, evidence=both)
    ordered = sorted(
        found.values(), key=lambda one: (-one.evidence.milliseconds, -one.evidence.count, one.path, one.line, one.why)
    )
    rounded = (
        replace(one, evidence=replace(one.evidence, milliseconds=round(one.evidence.milliseconds, 1)))
        for one in ordered
    )
    return tuple(rounded)[:_MOST_MISSED]
