"""Verdicts, levels and the score of a path, all read off the pattern's tables."""

from math import log, prod
from typing import Final, NamedTuple

from alef_audit.callgraph.guards import BIT, LASTING, LOW, confidence_of
from alef_audit.rulepack.kinds import (
    COSTS,
    Band,
    Confidence,
    Cost,
    Heat,
    Kinds,
    Level,
    Rate,
    Score,
    SinkKind,
    Steps,
    Verdict,
)
from alef_audit.rulepack.pattern import Pattern

CONFIDENCES: Final[tuple[Confidence, ...]] = ("low", "medium", "high")
LEVELS: Final[tuple[Level, ...]] = ("note", "warning", "error")
VERDICTS: Final[tuple[Verdict, ...]] = ("discharged", "mitigated", "exposed")
# Two nested loops are about one order of magnitude class: a millisecond read per provider per agent is a second.
SWEEP: Final = 2
_STEP: Final = 0.1  # scores are rounded to it


class Judge:
    """A pattern's guard table as bit sets."""

    __slots__ = ("discharging", "mitigating", "pattern")

    def __init__(self, pattern: Pattern) -> None:
        self.pattern = pattern
        # a kind in both lists (memoise.ttl) discharges only where its lifetime is known to last
        self.discharging = sum(BIT[kind] for kind in pattern.discharged_by if kind not in pattern.mitigated_by)
        self.discharging |= LASTING if "memoise.ttl" in pattern.discharged_by else 0
        self.mitigating = sum(BIT[kind] for kind in pattern.mitigated_by)

    def verdict(self, way: int) -> Verdict:
        if way & self.discharging:
            return "discharged"
        return "mitigated" if way & self.mitigating else "exposed"

    def rank(self, way: int) -> tuple[int, int]:
        """Sort key of a way, worst first: exposed before mitigated, sure before doubtful."""
        return (-VERDICTS.index(self.verdict(way)), -CONFIDENCES.index(confidence_of(way)))

    def level(
        self,
        way: int,
        *,
        verdict: Verdict,
        heat: Heat,
        kind: SinkKind,
        auth: bool,
        cost: Cost,
        loops: int,
        confidence: Confidence,
        library: bool,
    ) -> Level:
        """The first row of the pattern's level table that fits.

        `cost` is that of one call, `loops` how many of those around it multiply.
        """
        counted = lifted(cost, loops, auth=auth)
        for row in self.pattern.levels:
            if row.verdict and verdict not in row.verdict:
                continue
            if (row.unguessed and way & LOW) or (row.library and not library):
                continue
            if row.crossing and not any(way & BIT[kind] for kind in row.crossing):
                continue
            if (row.heat and heat not in row.heat) or (row.looped and not loops):
                continue
            if kind in row.other_than or (row.phase and (row.phase == "auth") != auth):
                continue
            if COSTS.index(cost if row.alone else counted) < COSTS.index(row.cost_at_least):
                continue
            if CONFIDENCES.index(confidence) < CONFIDENCES.index(row.confidence_at_least):
                continue
            return row.level
        return "note"


def lifted(cost: Cost, loops: int, *, auth: bool) -> Cost:
    """The cost class of a call that runs in that many nested loops along its path: one class up from two loops on.

    What takes microseconds and is no auth work has to run in three: two of them often range over what was configured.
    """
    brief = cost == COSTS[0] and not auth
    return COSTS[min(len(COSTS) - 1, COSTS.index(cost) + (loops >= SWEEP + brief))]


def certain(confidence: Confidence, steps: int, limits: Steps) -> Confidence:
    """The confidence of a path of so many steps, none of which is less certain than `confidence`."""
    longest: Confidence = "low" if steps >= limits.low else "medium" if steps >= limits.medium else "high"
    return min(confidence, longest, key=CONFIDENCES.index)


class Weighed(NamedTuple):
    """What the score of a finding is computed from."""

    level: Level
    rate: Rate
    cost: Cost  # of one call
    loops: int  # that multiply
    auth: bool
    backoff: bool  # a sleep or wait inside a retry
    confidence: Confidence
    verdict: Verdict


def score(kinds: Kinds, weighed: Weighed) -> float:
    """One number to order findings by, 0 to 100: the level gives the band, a product of weights the place in it.

    The levels' table is not a product (auth work of a timer is worse than a `stat` per request, which is worse than
    nothing), so no product of weights alone agrees with it; within a level it is. The place is the logarithm of the
    product between the least and the greatest that the weights allow. 0 for what is discharged or never fires.
    """
    weights = kinds.score
    product = weighed_product(kinds, weighed)
    if not product:
        return 0.0
    least, greatest = _ends(kinds)
    return _in_band(weights.band[weighed.level], log(product / least) / log(greatest / least))


def rebanded(weights: Score, value: float, old: Level, new: Level) -> float:
    """The score `value` of a finding of level `old` at the same place of the band of `new`."""
    if old == new or not value:
        return value
    band = weights.band[old]
    return _in_band(weights.band[new], (value - band.floor) / (band.ceiling - band.floor))


def _in_band(band: Band, place: float) -> float:
    return round(min(band.floor + (band.ceiling - band.floor) * place, band.ceiling - _STEP), 1)


def weighed_product(kinds: Kinds, weighed: Weighed) -> float:
    """Rate x cost x loops x phase x back-off x confidence x verdict, each by its weight."""
    weights = kinds.score
    value = kinds.rate[weighed.rate].weight * weights.cost[weighed.cost]
    value *= weights.backoff if weighed.backoff else 1.0
    value *= weights.loop ** min(weighed.loops, weights.most_loops) * (weights.auth if weighed.auth else 1.0)
    return value * weights.confidence[weighed.confidence] * weights.verdict[weighed.verdict]


def _ends(kinds: Kinds) -> tuple[float, float]:
    """The least product of weights above 0, and the greatest."""
    weights = kinds.score
    factors = (
        [rate.weight for rate in kinds.rate.values()],
        weights.cost.values(),
        weights.confidence.values(),
        weights.verdict.values(),
        (1.0, weights.auth),
        (1.0, weights.backoff),
        (1.0, weights.loop**weights.most_loops),
    )
    return prod(min(filter(None, factor)) for factor in factors), prod(max(factor) for factor in factors)
