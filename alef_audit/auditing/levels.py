"""Verdicts, levels and the score of a path, all read off the pattern's tables."""

from typing import Final, get_args

from alef_audit.callgraph.guards import BIT, LASTING, confidence_of
from alef_audit.rulepack.kinds import Confidence, Cost, Heat, Level, Verdict
from alef_audit.rulepack.pattern import Pattern

COSTS: Final[tuple[Cost, ...]] = get_args(Cost)
CONFIDENCES: Final[tuple[Confidence, ...]] = ("low", "medium", "high")
LEVELS: Final[tuple[Level, ...]] = ("note", "warning", "error")
VERDICTS: Final[tuple[Verdict, ...]] = ("discharged", "mitigated", "exposed")
# Two nested loops are about one order of magnitude class: a millisecond read per provider per agent is a second.
SWEEP: Final = 2
_HEAT_WEIGHT: Final[dict[Heat, float]] = {"dispatch": 8.0, "periodic": 3.0, "surface": 2.0, "never": 0.0}
_COST_WEIGHT: Final[dict[Cost, float]] = {"microseconds": 1.0, "milliseconds": 6.0, "seconds": 30.0}
_CONFIDENCE_WEIGHT: Final[dict[Confidence, float]] = {"high": 1.0, "medium": 0.7, "low": 0.3}
_VERDICT_WEIGHT: Final[dict[Verdict, float]] = {"exposed": 1.0, "mitigated": 0.4, "discharged": 0.0}
_AUTH_WEIGHT: Final = 3.0
_LOOP_WEIGHT: Final = 3.0


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
        self, *, verdict: Verdict, heat: Heat, auth: bool, cost: Cost, confidence: Confidence, library: bool
    ) -> Level:
        """The first row of the pattern's level table that fits; a library's surface counts one level higher."""
        level: Level = "note"
        for row in self.pattern.levels:
            if row.verdict and verdict not in row.verdict:
                continue
            if row.heat and heat not in row.heat:
                continue
            if row.phase and (row.phase == "auth") != auth:
                continue
            if COSTS.index(cost) < COSTS.index(row.cost_at_least):
                continue
            if CONFIDENCES.index(confidence) < CONFIDENCES.index(row.confidence_at_least):
                continue
            level = row.level
            break
        if library and heat == "surface" and level == "note" and verdict == "exposed" and confidence != "low":
            return "warning"
        return level


def lifted(cost: Cost, loops: int) -> Cost:
    """The cost class of a call that runs in that many nested loops along its path: one class up from two loops on."""
    return COSTS[min(len(COSTS) - 1, COSTS.index(cost) + (loops >= SWEEP))]


def score(*, verdict: Verdict, heat: Heat, auth: bool, cost: Cost, confidence: Confidence, loops: int) -> float:
    """One number to order findings by: heat × cost × 3 per loop × 3 for auth × confidence × verdict."""
    value = _HEAT_WEIGHT[heat] * _COST_WEIGHT[cost] * _LOOP_WEIGHT ** min(loops, 4)
    value *= (_AUTH_WEIGHT if auth else 1.0) * _CONFIDENCE_WEIGHT[confidence] * _VERDICT_WEIGHT[verdict]
    return round(value, 1)
