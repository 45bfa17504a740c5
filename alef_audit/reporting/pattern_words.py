"""The tables of a pattern in words: the conditions of a level, what guards are worth, when a fix is proposed."""

from typing import get_args

from alef_audit.rulepack.kinds import GuardKind, Kinds
from alef_audit.rulepack.pattern import LevelRow, Pattern, When


def condition(row: LevelRow) -> str:
    """What has to hold for the level of `row`."""
    parts = [
        " or ".join(row.verdict),
        f"on a {' or '.join(row.heat)} entry point" if row.heat else "",
        {"auth": "in the auth phase", "other": "outside the auth phase", "": ""}[row.phase],
        f"no {' or '.join(row.other_than)}" if row.other_than else "",
        f"{row.cost_at_least} or more{' for one call' * row.alone}" if row.cost_at_least != "microseconds" else "",
        "in a loop" if row.looped else "",
        f"confidence {row.confidence_at_least} or better" if row.confidence_at_least != "low" else "",
        "no step guessed" if row.unguessed else "",
        "in a library" if row.library else "",
    ]
    return ", ".join(part for part in parts if part) or "anything else"


def guards(pattern: Pattern, kinds: Kinds) -> list[tuple[str, str]]:
    """Every guard with what it is worth to `pattern` and what it means."""
    order: tuple[GuardKind, ...] = get_args(GuardKind)
    return [(guard, f"{_worth(pattern, guard)}: {kinds.guard[guard].meaning}") for guard in order]


def _worth(pattern: Pattern, guard: GuardKind) -> str:
    discharges, mitigates = guard in pattern.discharged_by, guard in pattern.mitigated_by
    if discharges and mitigates:
        return f"discharges from {pattern.lasting_ttl} s up, mitigates below"
    return "discharges" if discharges else "mitigates" if mitigates else "changes nothing"


def occasion(when: When) -> str:
    """The findings that an archetype is proposed for."""
    phase = {"auth": "the auth phase", "other": "what is not auth", "": ""}[when.phase]
    parts = [
        "" if when.rules == When().rules else f"findings of {' or '.join(when.rules)}",
        phase,
        "calls in a loop" if when.looped else "calls outside loops" if when.looped is False else "",
        {"python": "Python", "ecmascript": "TypeScript and JavaScript", "": ""}[when.language],
        f"{' or '.join(when.heat)} entry points" if when.heat else "",
        "calls with an async twin"
        if when.has_async_twin
        else "calls without an async twin"
        if when.has_async_twin is False
        else "",
        ", ".join(when.kinds),
    ]
    return "; ".join(part for part in parts if part) or "every finding"
