"""Guards and doubts as bits, so that a way through the program is one integer."""

from typing import Final, get_args

from alef_audit.rulepack.kinds import Confidence, GuardKind

KINDS: Final[tuple[GuardKind, ...]] = get_args(GuardKind)
BIT: Final[dict[str, int]] = {kind: 1 << index for index, kind in enumerate(KINDS)}
MEDIUM: Final = 1 << len(KINDS)  # the way crosses an edge of medium confidence
LOW: Final = 1 << (len(KINDS) + 1)  # … of low confidence
DOUBT: Final = MEDIUM | LOW
# Loops are counted down, so that a way with more loops is, like one with fewer guards, a smaller set: 0, 1, 2 or more.
NOT_LOOPED: Final = 1 << (len(KINDS) + 2)
NOT_LOOPED_TWICE: Final = 1 << (len(KINDS) + 3)
START: Final = NOT_LOOPED | NOT_LOOPED_TWICE
OFFLOAD: Final = BIT["offload.worker"] | BIT["offload.executor"] | BIT["offload.process"]


def guards_of(way: int) -> tuple[GuardKind, ...]:
    """The guard kinds that a way crosses, in vocabulary order."""
    return tuple(kind for kind in KINDS if way & BIT[kind])


def confidence_of(way: int) -> Confidence:
    """Confidence of a way: that of its weakest edge."""
    return "low" if way & LOW else "medium" if way & MEDIUM else "high"


def cross(way: int, crossed: int, loops: int) -> int:
    """The way after an edge that crosses the guards `crossed` and lies in `loops` nested loops."""
    way |= crossed
    while loops and way & START:
        way &= ~(NOT_LOOPED if way & NOT_LOOPED else NOT_LOOPED_TWICE)
        loops -= 1
    return way


def loops_of(way: int) -> int:
    """How many nested loops a way has crossed; 2 stands for two or more."""
    return 0 if way & NOT_LOOPED else 1 if way & NOT_LOOPED_TWICE else 2
