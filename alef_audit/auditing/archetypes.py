"""Which fix archetypes to propose for a finding, and where to apply them."""

from typing import Final

from alef_audit.auditing.report import Frame, ProposedArchetype
from alef_audit.callgraph.graph import SinkSite
from alef_audit.rulepack.kinds import Heat, RuleId
from alef_audit.rulepack.pattern import Archetype, Pattern, When

_MOST: Final = 3


def propose(
    pattern: Pattern,
    sink: SinkSite,
    frames: tuple[Frame, ...],
    *,
    auth: bool,
    heat: Heat,
    loops: int,
    rule: RuleId = "blocking-call-on-hot-path",
) -> tuple[ProposedArchetype, ...]:
    """The archetypes whose conditions hold, in the pattern's order, at most three."""
    chosen = []
    for archetype in pattern.archetypes:
        if rule in archetype.when.rules and _fits(archetype.when, sink, auth=auth, heat=heat, loops=loops):
            chosen.append(_proposal(archetype, frames))
    return tuple(chosen[:_MOST])


def _fits(when: When, sink: SinkSite, *, auth: bool, heat: Heat, loops: int) -> bool:
    if when.kinds and sink.kind not in when.kinds:
        return False
    if when.phase and (when.phase == "auth") != auth:
        return False
    if when.heat and heat not in when.heat:
        return False
    if when.looped is not None and when.looped != bool(loops):
        return False
    return when.has_async_twin is None or when.has_async_twin == bool(sink.instead)


def _proposal(archetype: Archetype, frames: tuple[Frame, ...]) -> ProposedArchetype:
    """Name the place: the frame where the work starts for caches and threads, the call itself for
    asynchronous twins.
    """
    frame = frames[-1]
    if archetype.id in (
        "auth-cache-per-session-per-host",
        "auth-on-worker-thread",
        "offload-to-thread",
        "memoise-process",
    ):
        frame = frames[min(1, len(frames) - 1)]
    elif archetype.id in ("yield-between-probes", "hoist-out-of-loop"):
        frame = next((f for f in frames if f.loop), frame)
    why = archetype.summary.split(". ")[0].split(": ")[0].strip().rstrip(".")
    return ProposedArchetype(archetype.id, archetype.cost, why, f"{frame.function} ({frame.path}:{frame.line})")
