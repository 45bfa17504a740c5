"""The closed vocabulary of kinds (`rules/kinds.toml`).

The literal types below are what the code computes with; the TOML file carries what each one means and, for root
kinds, how hot it is.  `load.py` refuses a file whose keys differ from these types.
"""

from typing import Final, Literal, get_args

import msgspec

SinkKind = Literal[
    "blocking.auth",
    "blocking.filesystem",
    "blocking.process",
    "blocking.network",
    "blocking.crypto",
    "blocking.database",
    "blocking.sleep",
    "blocking.import",
    "blocking.wait",
    "blocking.input",
    "blocking.user-code",
    "missed-await",
    "pending-send",
]
RuleId = Literal["blocking-call-on-hot-path", "missed-await-on-auth", "send-while-handshake-pending"]
RootKind = Literal[
    "attempt",
    "request",
    "message",
    "rpc",
    "tool",
    "tick",
    "warmup",
    "lifecycle",
    "coroutine",
    "api",
    "startup",
    "shutdown",
    "cli",
    "worker",
]
GuardKind = Literal[
    "offload.worker",
    "offload.executor",
    "offload.process",
    "memoise.process",
    "memoise.session",
    "memoise.ttl",
    "memoise.checked",
    "memoise.unknown",
    "memoise.dispatch",
    "single-flight",
    "yield",
    "once",
    "exceptional",
    "established",
    "empty",
    "fallback",
]
Cost = Literal["microseconds", "milliseconds", "seconds"]
COSTS: Final[tuple[Cost, ...]] = get_args(Cost)
Thread = Literal["event-loop", "thread", "worker", "process"]
Level = Literal["error", "warning", "note"]
Verdict = Literal["exposed", "mitigated", "discharged"]
Confidence = Literal["high", "medium", "low"]
# What says that a program serves others, and what no serving loop runs.
SERVING: Final[frozenset[RootKind]] = frozenset(("attempt", "request", "message", "rpc", "tool"))
COLD: Final[frozenset[RootKind]] = frozenset(("startup", "shutdown", "cli", "worker"))

Heat = Literal["dispatch", "periodic", "surface", "never"]


# How often an entry point fires: with every unit of work, by a clock, when something starts; or nobody knows.
Rate = Literal["unit", "timer", "start", "unknown", "never"]


class KindMeaning(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    meaning: str


class SinkKindMeaning(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    meaning: str
    rule: RuleId = "blocking-call-on-hot-path"  # that reports it
    by_words: bool = True  # whether words along the path make it the auth phase


class RootKindMeaning(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    meaning: str
    heat: Heat  # dispatch: per unit of work; periodic: tick, warmup, lifecycle; surface: coroutine, api; never: others
    rate: Rate
    fires: str  # how a sentence says when it fires: "on every request"
    at_times: str  # … where it is not each time: "on requests"


class RateMeaning(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    meaning: str
    weight: float


class Band(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The scores that a level spans: from `floor` up to, not including, `ceiling`."""

    floor: float
    ceiling: float


class Score(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the place of a finding within the band of its level is computed from, beside the weight of its rate."""

    band: dict[Level, Band]
    cost: dict[Cost, float]
    confidence: dict[Confidence, float]
    verdict: dict[Verdict, float]
    auth: float  # factor of the auth phase
    loop: float  # factor of each loop that multiplies, up to `most_loops`
    most_loops: int
    backoff: float  # factor of a sleep or wait inside a retry: it runs only where something failed


class Steps(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """From how many steps on a path is less certain: two for each of its functions, one for each test on it."""

    medium: int
    low: int


class Kinds(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    sink: dict[SinkKind, SinkKindMeaning]
    root: dict[RootKind, RootKindMeaning]
    guard: dict[GuardKind, KindMeaning]
    cost: dict[Cost, KindMeaning]
    rate: dict[Rate, RateMeaning]
    score: Score
    steps: Steps
