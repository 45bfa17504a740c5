"""Reads everything that was named as evidence of a scan: profiles, and logs for both their lines and their stacks."""

from collections.abc import Sequence
from pathlib import Path

import msgspec

from alef_audit.diagnostics import UsageError
from alef_audit.evidence.gathered import Gathered, Gathering
from alef_audit.evidence.judge import NOTHING, judged
from alef_audit.evidence.logs import STDIN, CutShort, find_logs
from alef_audit.evidence.profiles.read import is_profile, read_profile, read_stacks
from alef_audit.evidence.report import EvidenceReport
from alef_audit.evidence.stacks import Stack, Stacks
from alef_audit.rulepack.pattern import Pattern


class Observed(msgspec.Struct, frozen=True):
    files: tuple[str, ...]
    stacks: tuple[Stack, ...]
    seen: Gathered
    answer: EvidenceReport | None  # None without logs
    notes: tuple[str, ...]


def observe(names: Sequence[str], pattern: Pattern) -> Observed:
    """What the files hold. Raises UsageError and NothingToAudit for files that are not there or cannot be read."""
    files = find_logs(names)
    if STDIN in files:
        raise UsageError("--evidence -: standard input is read by audit evidence only", "Name a file")
    for name in files:
        if not Path(name).is_file():
            raise UsageError(f"--evidence {name}: not a regular file", "It is read more than once: write it to a file")
    stacks = Stacks()
    logs: list[str] = []
    for name in files:
        try:
            profile = is_profile(name)
        except CutShort as error:
            raise UsageError(f"--evidence {name}: {error}", "Name a log or a profile") from None
        if profile:
            read_profile(name, stacks)
        else:
            logs.append(name)
            read_stacks(name, stacks)
    gathering = Gathering(pattern.signature.limits or NOTHING)
    answer = judged(logs, pattern, gathering) if logs else None
    notes = answer.notes if answer is not None else ()
    return Observed(files, stacks.found(), gathering.gathered(), answer, (*notes, *stacks.notes()))
