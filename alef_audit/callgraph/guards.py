"""Guards and doubts as bits, so that a way through the program is one integer."""

from typing import Final, get_args

from alef_audit.rulepack.kinds import Confidence, GuardKind

KINDS: Final[tuple[GuardKind, ...]] = get_args(GuardKind)
BIT: Final[dict[str, int]] = {kind: 1 << index for index, kind in enumerate(KINDS)}
MEDIUM: Final = 1 << len(KINDS)  # the way crosses an edge of medium confidence
LOW: Final = 1 << (len(KINDS) + 1)  # … of low confidence
# The way crosses a `memoise.ttl` that lasts: it is known to hold at least as long as a pattern asks.  A bit of its own,
# not seconds on the edge: ways stay sets, and of two times to live on one way the lasting one decides whatever the
# other is.
LASTING: Final = 1 << (len(KINDS) + 2)
# What the arguments of the call decide by which a way entered a function (`gates.py`): forgotten when it leaves it.
GATES: Final = tuple(1 << (len(KINDS) + 3 + number) for number in range(8))
# The way entered a closure of which is known what its factory was handed (`captured.py`): a gate as well.
KNOWN: Final = 1 << (len(KINDS) + 11)
# The way entered a function that keeps something by key for one key, not for one of many (`swept.py`): a gate as well.
SINGLY: Final = 1 << (len(KINDS) + 12)
ALL_GATES: Final = sum(GATES) | KNOWN | SINGLY
DOUBT: Final = MEDIUM | LOW
OFFLOAD: Final = BIT["offload.worker"] | BIT["offload.executor"] | BIT["offload.process"]


def guards_of(way: int) -> tuple[GuardKind, ...]:
    """The guard kinds that a way crosses, in vocabulary order."""
    return tuple(kind for kind in KINDS if way & BIT[kind])


def confidence_of(way: int) -> Confidence:
    """Confidence of a way: that of its weakest edge."""
    return "low" if way & LOW else "medium" if way & MEDIUM else "high"
