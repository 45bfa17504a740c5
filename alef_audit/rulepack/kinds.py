"""The closed vocabulary of kinds (`rules/kinds.toml`).

The literal types below are what the code computes with; the TOML file carries what each one means and, for root
kinds, how hot it is.  `load.py` refuses a file whose keys differ from these types.
"""

from typing import Literal

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
]
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
]
Cost = Literal["microseconds", "milliseconds", "seconds"]
Thread = Literal["event-loop", "thread", "worker", "process"]
Level = Literal["error", "warning", "note"]
Verdict = Literal["exposed", "mitigated", "discharged"]
Confidence = Literal["high", "medium", "low"]
Heat = Literal["dispatch", "periodic", "surface", "never"]


class KindMeaning(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    meaning: str


class RootKindMeaning(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    meaning: str
    heat: Heat  # dispatch: per unit of work; periodic: tick, warmup, lifecycle; surface: coroutine, api; never: others


class Kinds(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    sink: dict[SinkKind, KindMeaning]
    root: dict[RootKind, RootKindMeaning]
    guard: dict[GuardKind, KindMeaning]
    cost: dict[Cost, KindMeaning]
