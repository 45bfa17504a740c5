"""From logs to the answer."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from msgspec import structs

from alef_audit.diagnostics import NothingToAudit
from alef_audit.evidence.gathered import Gathered, Gathering
from alef_audit.evidence.logs import STDIN, CutShort
from alef_audit.evidence.moment import Moment
from alef_audit.evidence.observations import Observation
from alef_audit.evidence.parts import parts_of
from alef_audit.evidence.profiles.read import is_profile, read_profile
from alef_audit.evidence.reading import LogRead, read_logs
from alef_audit.evidence.report import EvidenceReport
from alef_audit.evidence.signature import evaluate
from alef_audit.evidence.stacks import Stacks
from alef_audit.evidence.windows import timeline
from alef_audit.rulepack.pattern import Limits, Pattern

# For a pattern without limits: nothing is measured, only its expressions are looked for.
NOTHING = Limits(float("inf"), 1.0, 1.0, 1, 0.0, 0, (), float("inf"), 0.0)


def judge(logs: Sequence[str], pattern: Pattern) -> EvidenceReport:
    """What `logs` (names that `find_logs` gave) say of `pattern`. Raises NothingToAudit if there is nothing in them."""
    profiles = [name for name in logs if name != STDIN and Path(name).is_file() and _is_profile(name)]
    stacks = Stacks()
    for name in profiles:
        read_profile(name, stacks)
    others = [name for name in logs if name not in profiles]
    gathering = Gathering(pattern.signature.limits or NOTHING)
    if not others:
        return _without_logs(pattern, gathering.gathered(), stacks, profiles)
    found = judged(others, pattern, gathering)
    return structs.replace(found, stacks=stacks.found(), notes=(*found.notes, *stacks.notes()))


def _is_profile(name: str) -> bool:
    try:
        return is_profile(name)
    except CutShort:
        return False  # reading it as a log says what is wrong with it


def _without_logs(pattern: Pattern, seen: Gathered, stacks: Stacks, profiles: Sequence[str]) -> EvidenceReport:
    """Profiles tell which calls held the loop, and nothing of the signature."""
    limits = pattern.signature.limits
    return EvidenceReport(
        pattern=pattern.id,
        verdict="absent",
        parts=parts_of(seen, evaluate(seen, limits), limits) if limits is not None else (),
        windows=(),
        windows_left_out=0,
        matches=(),
        notes=(*stacks.notes(), "profiles show what held the loop; the signature shows in the logs of a gateway"),
        logs=tuple(LogRead(name, Path(name).stat().st_size, 0) for name in profiles),
        stacks=stacks.found(),
    )


def judged(logs: Sequence[str], pattern: Pattern, gathering: Gathering) -> EvidenceReport:
    """The same, with what was gathered left in `gathering`."""
    signature = pattern.signature
    expressions = [one for one in (signature.log_regex, *signature.alt_regex) if one]
    read, matches = read_logs(logs, expressions, gathering.take)
    if not any(log.bytes for log in read):
        problems = "; ".join(f"{log.name}: {log.problem or 'empty'}" for log in read)
        raise NothingToAudit(f"no log to read: {problems}", "Name files, globs, or - for standard input")
    seen = gathering.gathered()
    notes = tuple(_notes(seen, read, pattern))
    if signature.limits is None:
        found = any(one.count for one in matches)
        return EvidenceReport(pattern.id, "partial" if found else "absent", (), (), 0, matches, notes, read)
    found_of = evaluate(seen, signature.limits)
    windows, more = timeline(seen, signature.limits)
    return EvidenceReport(
        pattern=pattern.id,
        verdict=found_of.verdict,
        parts=parts_of(seen, found_of, signature.limits),
        windows=windows,
        windows_left_out=more,
        matches=matches,
        notes=notes,
        logs=read,
    )


def _notes(seen: Gathered, read: Sequence[LogRead], pattern: Pattern) -> Iterator[str]:
    """What could not be told."""
    for log in read:
        if log.problem:
            yield f"{log.name}: read up to line {log.lines}: {log.problem}"
    if pattern.signature.limits is None:
        yield f"{pattern.id} gives no figures: only its expressions were looked for"
        return
    mattering: list[Observation] = [*seen.runs, *seen.samples, *seen.closures]
    moments = [one.moment for one in mattering]
    untimed = sum(moment is None for moment in moments)
    if untimed:
        yield f"{untimed} of {len(moments)} lines that matter bear no time: they meet nothing else"
    clocks = {_clock(moment) for moment in moments if moment is not None}
    if len(clocks) > 1:
        named = ", ".join(sorted(clocks))
        yield f"times of {len(clocks)} clocks ({named}): those of one are not compared with another's"
    if seen.left_out:
        yield f"{seen.left_out} more lines of kinds of which many had been read were not kept"


def _clock(moment: Moment) -> str:
    return {
        "zoned": "with a zone",
        "local": "without a zone",
        "year": f"without a year, log {moment.log + 1}",
        "day": f"without a date, log {moment.log + 1}",
    }[moment.clock]
