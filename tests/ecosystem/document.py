"""What the ecosystem check reads of an `alef-audit/v1` document.

Types of its own instead of `reporting.json_v1`: both versions of the tool may be older than these, and keys may have
been added since.
"""

import msgspec


class Root(msgspec.Struct, frozen=True):
    kind: str
    function: str
    path: str
    line: int


class Sink(msgspec.Struct, frozen=True):
    call: str
    path: str
    line: int


class Finding(msgspec.Struct, frozen=True):
    fingerprint: str
    level: str
    verdict: str
    root: int  # index into the document's roots
    sink: Sink
    trace: tuple[msgspec.Raw, ...]  # of which only the length is of interest


class Counts(msgspec.Struct, frozen=True):
    error: int
    warning: int
    note: int


class Coverage(msgspec.Struct, frozen=True):
    lines: int


class Summary(msgspec.Struct, frozen=True):
    findings: Counts
    discharged: int
    coverage: Coverage


class Document(msgspec.Struct, frozen=True):
    summary: Summary
    roots: tuple[Root, ...]
    findings: tuple[Finding, ...]
