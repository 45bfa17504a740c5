"""Which patterns a user means."""

import difflib
from collections.abc import Sequence
from pathlib import Path

from alef_audit.diagnostics import UsageError
from alef_audit.rulepack.grid import Pathology, Stage
from alef_audit.rulepack.load import Rulepack, bundled_rules, load_patterns, load_rulepack
from alef_audit.rulepack.pattern import Pattern

_PREFIX = "alef-pat-"


def rules_of(folders: Sequence[Path]) -> Rulepack:
    """The bundled rules with `folders` laid over them. Raises RulepackError."""
    return load_rulepack([bundled_rules(), *folders])


def patterns_of(folders: Sequence[Path]) -> tuple[Pattern, ...]:
    """The patterns of the bundled rules with `folders` laid over them. Raises RulepackError."""
    return load_patterns([bundled_rules(), *folders])


def find_pattern(patterns: Sequence[Pattern], wanted: str) -> Pattern:
    """The pattern called `wanted`: `035`, `35`, `ALEF-PAT-035` or its slug. Raises UsageError naming the nearest."""
    name = wanted.strip().lower()
    number = name.removeprefix(_PREFIX)
    for pattern in patterns:
        same_number = number.isdecimal() and pattern.number.isdecimal() and int(number) == int(pattern.number)
        if same_number or name in (pattern.slug.lower(), pattern.id.lower(), pattern.number.lower()):
            return pattern
    raise UsageError(f"no pattern {wanted!r}", _nearest(patterns, number))


def fitting_patterns(
    patterns: Sequence[Pattern],
    wanted: Sequence[str],
    stage: Stage | None = None,
    pathology: Pathology | None = None,
    severity_min: int = 1,
) -> tuple[Pattern, ...]:
    """Those of `patterns` that pass every filter, in their order. Raises UsageError for an unknown name."""
    named = {find_pattern(patterns, name).id for name in wanted} if wanted else {pattern.id for pattern in patterns}
    return tuple(
        pattern
        for pattern in patterns
        if pattern.id in named
        and stage in (None, pattern.stage)
        and pathology in (None, pattern.pathology)
        and pattern.severity >= severity_min
    )


def _nearest(patterns: Sequence[Pattern], name: str) -> str:
    spellings = {spelling: p for p in patterns for spelling in (p.slug.lower(), p.id.lower(), p.number.lower())}
    near = difflib.get_close_matches(name, spellings, n=1, cutoff=0.4)
    listing = "audit patterns lists them all"
    if not near:
        return listing
    pattern = spellings[near[0]]
    return f"Did you mean {pattern.number} ({pattern.slug})? {listing}"
