"""A pattern of the catalogue as data: `rules/patterns/NNN-slug.toml`."""

from typing import Annotated, Literal

import msgspec

from alef_audit.rulepack.grid import Pathology, Stage
from alef_audit.rulepack.kinds import Confidence, Cost, GuardKind, Heat, Level, RootKind, RuleId, SinkKind, Verdict

Severity = Annotated[int, msgspec.Meta(ge=1, le=10)]
Index = Annotated[float, msgspec.Meta(ge=0, le=1, description="how well the catalogue's evidence supports the pattern")]
ArchetypeCost = Literal["tiny", "small", "medium", "large"]
# What an archetype does, which tells what has to hold for it and what has to be said of it: `keep` a resolved
# credential by a key, move work to a `worker` or `thread`, call the `async` twin, `yield` between rounds of a loop,
# `hoist` out of it, do the work at `startup` or once per `process`, `buffer` replies; `other` is proposed at the call.
Means = Literal["keep", "worker", "buffer", "async", "thread", "yield", "hoist", "startup", "process", "other"]


class Limits(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The structural signature in numbers. `above` is meant strictly, `at_least` and `within` are not."""

    run_above_s: float  # how long one embedded run takes
    auth_share_above: float  # of that run, 0 .. 1
    utilisation_above: float  # of the event loop, 0 .. 1, in the same window
    closures_at_least: int  # connections that close with `closure_code`
    closures_within_s: float
    closure_code: int
    explained_unless: tuple[str, ...]  # causes of a closure that leave it open who is to blame; any other explains it
    symptom_ms: float  # what takes less is none: an auth phase, a delay of the loop
    delay_above_ms: float  # below it a utilisation says nothing: the loop turned all the time


class Link(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which findings a kind of log line speaks of: those of a phase under certain entry points, or below functions
    whose names hold all words of an entry of `words`, in any order."""

    line: Literal["auth-stage", "warm-up"]
    phase: Literal["auth", "other"]
    roots: tuple[RootKind, ...] = ()
    words: tuple[str, ...] = ()


class Signature(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The observable signature: what logs and probes show when the pattern bites."""

    log_regex: str
    alt_regex: tuple[str, ...]
    structural: str
    compound: str
    limits: Limits | None = None  # None: only the expressions are looked for
    links: tuple[Link, ...] = ()


class Instance(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    date: str
    repository: str
    reporter: str = ""


class Counts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the public catalogue counts beside an entry; None: it did not say when the entry was copied."""

    diagnosed: int | None = None  # in the wild
    healed: int | None = None
    cited: int | None = None  # in posts


class When(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """When an archetype is worth proposing; empty = no restriction."""

    kinds: tuple[SinkKind, ...] = ()
    phase: Literal["", "auth", "other"] = ""
    language: Literal["", "ecmascript", "python"] = ""
    looped: bool | None = None
    heat: tuple[Heat, ...] = ()
    has_async_twin: bool | None = None
    rules: tuple[RuleId, ...] = ("blocking-call-on-hot-path",)  # rule ids whose findings it heals


class Archetype(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    id: str
    cost: ArchetypeCost
    summary: str
    effect: str  # expected effect, with the figures the source gives
    remains: str  # what still runs on the loop afterwards
    verdict: Verdict  # what a path is worth once it is applied
    means: Means = "other"
    condition: str = ""  # what else has to hold, along the path
    when: When = When()
    source: str = ""


class LevelRow(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One row of the level table; the first row whose conditions all hold decides. Empty = any."""

    level: Level
    verdict: tuple[Verdict, ...] = ()
    crossing: tuple[GuardKind, ...] = ()  # at least one of these guards
    heat: tuple[Heat, ...] = ()
    phase: Literal["", "auth", "other"] = ""
    other_than: tuple[SinkKind, ...] = ()  # no call of these kinds
    cost_at_least: Cost = "microseconds"
    alone: bool = False  # the cost of one call, not lifted by the loops around it
    looped: bool = False  # in a loop that multiplies
    confidence_at_least: Confidence = "low"
    unguessed: bool = False  # no step of the path is a guess, however long it is
    library: bool = False  # the program has no entry point that serves dispatches: others call it


class RuleRow(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A rule of its own kind beside the blocking calls: what it finds, in words, and its level table."""

    id: RuleId
    summary: str
    levels: tuple[LevelRow, ...]


class Example(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    language: Literal["typescript", "javascript", "python"]
    title: str
    bad: str
    good: str


class Pattern(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    id: str  # "ALEF-PAT-035"
    number: str  # "035"
    slug: str
    title: str
    stage: Stage
    pathology: Pathology
    severity: Severity
    confidence: Index
    description: str
    signature: Signature
    instances: tuple[Instance, ...]
    compounds_with: tuple[str, ...]
    cite: tuple[str, ...]
    reference: str
    sinks: tuple[SinkKind, ...]  # kinds this pattern reports
    discharged_by: tuple[GuardKind, ...]
    mitigated_by: tuple[GuardKind, ...]
    lasting_ttl: int  # seconds from which memoise.ttl discharges
    levels: tuple[LevelRow, ...]
    archetypes: tuple[Archetype, ...]
    limitations: tuple[str, ...]
    examples: tuple[Example, ...] = ()
    rules: tuple[RuleRow, ...] = ()
    instances_url: str = ""
    counts: Counts = Counts()
