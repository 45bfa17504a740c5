"""The result of an audit, as every reporter receives it.

Lines and columns are 1-based; columns count UTF-8 bytes.  Paths are relative to the audited root, with forward slashes.
All text that comes from the audited tree (paths, names, snippets) is untrusted: reporters escape it.
"""

from typing import Literal

import msgspec

from alef_audit.rulepack.kinds import Confidence, Cost, Level, RootKind, RuleId, SinkKind, Thread, Verdict
from alef_audit.rulepack.pattern import ArchetypeCost

How = Literal["direct", "import", "method", "property", "callback", "dynamic"]
Status = Literal["open", "suppressed", "baselined"]


class Root(msgspec.Struct, frozen=True):
    kind: RootKind
    function: str  # label
    path: str
    line: int  # line of the function's definition
    runs_on: Thread
    why: str
    registered_line: int = 0  # where it is registered (same file), 0 if it is hot by name or definition
    registered_path: str = ""


class Sink(msgspec.Struct, frozen=True):
    kind: SinkKind
    call: str  # canonical name: "fs.readFileSync", "requests.get"
    function: str  # label of the function that contains the call
    path: str
    line: int
    column: int
    cost: Cost
    instead: str


class Frame(msgspec.Struct, frozen=True):
    """One function of a trace and the call made in it: to the next frame, or, in the last, the sink itself."""

    function: str
    path: str
    def_line: int
    line: int
    column: int
    call: str
    how: How
    loop: tuple[str, ...]  # what the loops around the call range over, as written, outermost first
    guards: tuple[str, ...]
    per: tuple[str, ...] = ()  # the same loops in words: "provider"; in front of them recursion, if there is


class Location(msgspec.Struct, frozen=True):
    """A call in the program's own code."""

    function: str  # label of the function that contains the call
    path: str
    line: int
    column: int


class Reach(msgspec.Struct, frozen=True):
    root: int  # index into AuditReport.roots
    verdict: Verdict
    level: Level


class SuppressedBy(msgspec.Struct, frozen=True):
    """The comment that mutes a finding."""

    path: str
    line: int


class ProposedArchetype(msgspec.Struct, frozen=True):
    """A fix for one finding: `why` it fits and what to do, `where`, and on what terms."""

    id: str
    cost: ArchetypeCost
    why: str
    where: str
    applies_to: str = ""  # the function to wrap, move or change
    key: tuple[str, ...] = ()  # names in scope that tell one kept result from the next
    single_flight: Literal["", "needed", "present", "not needed"] = ""  # "" where nothing is kept
    ttl: str = ""  # until when what is kept is good
    remains: str = ""  # what still runs on the loop afterwards


class Evidence(msgspec.Struct, frozen=True):
    """What was seen at run time of a finding's path: `path` and `line` name the log or profile that says so."""

    kind: str
    path: str
    line: int
    text: str
    milliseconds: float  # 0 if not told
    count: int = 1  # samples, or how often it was told


class MissedAlarm(msgspec.Struct, frozen=True):
    """A blocking call that was seen on the loop at run time and is no finding."""

    call: str
    function: str
    path: str
    line: int
    why: str  # which edge of the call graph is missing, or what else stands in between
    evidence: Evidence
    stack: tuple[str, ...]  # labels of the program's functions on it, outermost first


class RuntimeWindow(msgspec.Struct, frozen=True):
    """A stretch of a gateway's logs in which something of the pattern's signature was seen, and the most of each."""

    start: str | None  # as far as the lines tell it, ISO 8601
    end: str | None
    verdict: str
    run_seconds: float | None
    auth_seconds: float | None
    auth_share: float | None
    utilisation: float | None
    delay_seconds: float | None
    closures: int
    warm_ups: int
    late_timers: int
    where: tuple[str, ...]  # log:line


class RuntimeEvidence(msgspec.Struct, frozen=True):
    """What the files given as evidence hold, beside what is told of single findings."""

    files: tuple[str, ...]
    verdict: str  # of the logs on the pattern's signature, "" without logs
    holds: tuple[str, ...]  # parts of the signature
    missing: tuple[str, ...]
    stacks: int
    outside: int  # stacks that no function of the program is on
    missed: tuple[MissedAlarm, ...]  # longest first
    notes: tuple[str, ...] = ()
    windows: tuple[RuntimeWindow, ...] = ()  # of the logs, in the order of time
    windows_left_out: int = 0  # that show less


class Finding(msgspec.Struct, frozen=True):
    pattern: str
    rule: RuleId
    fingerprint: str  # 16 hexadecimal digits; neither lines nor callers enter it
    status: Status
    status_reason: str
    level: Level
    score: float
    confidence: Confidence
    phase: str
    phase_words: tuple[str, ...]
    verdict: Verdict
    multiplicity: tuple[str, ...]  # all loops along the trace, as written: ("providers", "agents")
    conditions: tuple[str, ...]
    message: str
    root: int
    sink: Sink
    trace: tuple[Frame, ...]
    also_reached_from: tuple[Reach, ...]
    archetypes: tuple[ProposedArchetype, ...]
    evidence: tuple[Evidence, ...] = ()
    location: Location | None = None  # where it is reported when the sink lies in a followed package
    dependency: str = ""  # that package
    more: int = 0  # blocking calls of the same kind in packages that the same call leads to
    suppressed_by: SuppressedBy | None = None  # None: open, or switched off by the configuration
    muted_roots: tuple[int, ...] = ()  # roots that reach it by muted paths only
    per: tuple[str, ...] = ()  # the loops along the trace that multiply, in words: ("provider", "agent")


def counts(finding: Finding) -> bool:
    """Whether nothing mutes a finding and it still blocks."""
    return finding.status == "open" and finding.verdict != "discharged"


def location(finding: Finding) -> Location:
    """Where a finding is reported: at the sink, or at the program's call that leads to it."""
    sink = finding.sink
    return finding.location or Location(sink.function, sink.path, sink.line, sink.column)


def own_frames(finding: Finding) -> tuple[Frame, ...]:
    """The frames of the trace up to the call at which the finding is reported; none if that call is not on it."""
    at = finding.location
    if at is None:
        return finding.trace
    for count in range(len(finding.trace), 0, -1):
        frame = finding.trace[count - 1]
        if (frame.path, frame.line, frame.column, frame.function) == (at.path, at.line, at.column, at.function):
            return finding.trace[:count]
    return ()


class FixPoint(msgspec.Struct, frozen=True):
    function: str
    path: str
    line: int
    archetype: str
    heals: tuple[str, ...]  # fingerprints
    mitigates: tuple[str, ...] = ()  # fingerprints of findings that it softens only
    why: str = ""


class Dependencies(msgspec.Struct, frozen=True):
    """What was read of followed packages, beside the program's own files."""

    packages: tuple[str, ...]
    files: int
    lines: int
    not_read: dict[str, int]


class Coverage(msgspec.Struct, frozen=True):
    files: int
    lines: int
    not_read: dict[str, int]  # reason or extension -> files, e.g. {".vue": 3, "too large": 1}
    parse_errors: int  # files with at least one syntax problem
    calls: int
    unresolved_calls: int
    calls_to_program: int  # calls that lead to functions of the program
    unresolved_to_program: int  # unresolved calls that name a function as one of the program is named
    seconds: float
    dependencies: Dependencies | None = None  # None: packages were not followed


class ReportDiagnostic(msgspec.Struct, frozen=True):
    path: str
    line: int
    kind: str
    message: str


class Remedy(msgspec.Struct, frozen=True):
    """A fix archetype of the catalogue."""

    id: str
    cost: ArchetypeCost
    summary: str


class RuleHead(msgspec.Struct, frozen=True):
    """What one rule of a pattern finds, in words, and what heals it."""

    id: RuleId
    summary: str
    remedies: tuple[Remedy, ...]


class PatternHead(msgspec.Struct, frozen=True):
    id: str
    slug: str
    title: str
    severity: int
    stage: str
    pathology: str
    confidence: float
    reference: str
    cite: tuple[str, ...]
    rules: tuple[RuleHead, ...] = ()


class Unresolved(msgspec.Struct, frozen=True):
    """Unresolved calls below one root: how many, and the most frequent callee texts."""

    root: int
    calls: int
    examples: tuple[str, ...]


class Cause(msgspec.Struct, frozen=True):
    """What of a change lets an entry point reach a blocking call, in words and by place."""

    kind: Literal["call", "root", "guard", "line", "unknown"]
    said: str
    function: str
    path: str
    line: int
    column: int


class Introduced(msgspec.Struct, frozen=True):
    """A finding by a path that the base did not have."""

    finding: Finding
    cause: Cause
    known: bool  # other entry points reached the same call before


class Healed(msgspec.Struct, frozen=True):
    """A finding of the base that is gone, and the root of its path, both as they were there."""

    finding: Finding
    root: Root


class Said(msgspec.Struct, frozen=True):
    """A comment to this tool that the change brings."""

    path: str
    line: int
    text: str


class Comparison(msgspec.Struct, frozen=True):
    """Two revisions, named as the user did; `head` is "" for the work tree."""

    base: str
    head: str
    introduced: tuple[Introduced, ...]  # worst first
    healed: tuple[Healed, ...]
    remaining: tuple[str, ...]  # fingerprints of the head's findings that the change brought no path to
    said: tuple[Said, ...] = ()  # whether they count or not
    configuration: tuple[str, ...] = ()  # changed files that may configure the audit
    heeded: bool = True  # whether comments and configuration of the change count


class AuditReport(msgspec.Struct, frozen=True):
    tool_version: str
    patterns: tuple[PatternHead, ...]
    roots: tuple[Root, ...]
    fix_points: tuple[FixPoint, ...]
    findings: tuple[Finding, ...]  # worst first; discharged ones only if asked for
    discharged: int
    coverage: Coverage
    diagnostics: tuple[ReportDiagnostic, ...]
    unresolved: tuple[Unresolved, ...] = ()
    unknown_packages: tuple[str, ...] = ()  # imported by the program, neither described by a model nor followed
    comparison: Comparison | None = None
    runtime: RuntimeEvidence | None = None  # with --evidence only
