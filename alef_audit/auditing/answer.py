"""What `audit why` answers about one line, as every reporter of it receives it.

Text from the audited tree (paths, names) is untrusted: reporters escape it.
"""

from typing import Literal

import msgspec

from alef_audit.auditing.report import Finding, Frame, Root
from alef_audit.rulepack.kinds import Cost, SinkKind, Verdict

Subject = Literal["call", "function", "line", "file"]
Conclusion = Literal["reported", "suppressed", "discharged", "on-path", "not-reported", "not-read"]
ReasonKind = Literal[
    "not-read",  # the file is no part of the audit
    "no-known-sink",  # nothing on the line is known to block
    "calls",  # what a call on the line leads to
    "unresolved",  # a call on the line leads nowhere known
    "platform",  # left out: it runs on another platform only
    "not-in-pattern",  # it blocks, but the pattern does not ask for that kind
    "reached",  # a root reaches it on the loop
    "off-loop",  # every path to it leaves the loop
    "discharged",  # every path to it crosses a guard that keeps the result
    "suppressed",  # a comment, or level "off", mutes it
    "cold",  # only start-up code, command lines, tests, scripts reach it
    "startup-only",  # a boundary says that it runs at start-up
    "not-hot",  # registered as an entry point, which for a reason does not count
    "never-called",  # nothing that was found calls it
    "missing-edge",  # calls of that name that lead nowhere known
]


class Reason(msgspec.Struct, frozen=True):
    """One sentence of the answer, the place that it speaks about and, where there is one, the path."""

    kind: ReasonKind
    message: str
    path: str = ""
    line: int = 0
    trace: tuple[Frame, ...] = ()


class NearRoot(msgspec.Struct, frozen=True):
    """A root that reaches the function, by the nearest path; the last frame is the function itself."""

    root: Root
    verdict: Verdict
    trace: tuple[Frame, ...]


class NearSink(msgspec.Struct, frozen=True):
    kind: SinkKind
    call: str
    function: str
    path: str
    line: int
    cost: Cost


class Place(msgspec.Struct, frozen=True):
    function: str
    path: str
    line: int


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    path: str
    line: int
    role: str = ""  # of the file
    subject: Subject
    function: Place | None = None  # the function that the line stands in, or defines
    name: str = ""  # its qualified name
    conclusion: Conclusion
    reasons: tuple[Reason, ...] = ()
    findings: tuple[Finding, ...] = ()  # about the line itself
    passing: tuple[Finding, ...] = ()  # whose traces pass it, worst first
    roots: tuple[Root, ...] = ()  # what the findings count roots by
    near_roots: tuple[NearRoot, ...] = ()
    near_sinks: tuple[NearSink, ...] = ()  # of the file
    callers: tuple[Place, ...] = ()
