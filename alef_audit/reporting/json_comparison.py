"""The `comparison` of `alef-audit/v1`: frozen types, additions allowed, renames not."""

import msgspec

from alef_audit.auditing import report as inner
from alef_audit.reporting.json_findings import Finding, Root, finding_v1, root_v1


class Cause(msgspec.Struct, frozen=True):
    kind: str
    said: str
    function: str
    path: str
    line: int
    column: int


class Introduced(msgspec.Struct, frozen=True):
    finding: Finding
    cause: Cause
    known: bool


class Healed(msgspec.Struct, frozen=True):
    finding: Finding
    root: Root


class Said(msgspec.Struct, frozen=True):
    path: str
    line: int
    text: str


class Comparison(msgspec.Struct, frozen=True):
    base: str
    head: str
    introduced: tuple[Introduced, ...]
    healed: tuple[Healed, ...]
    remaining: tuple[str, ...]
    said: tuple[Said, ...] = ()
    configuration: tuple[str, ...] = ()
    heeded: bool = True


def comparison_v1(found: inner.Comparison) -> Comparison:
    return Comparison(
        base=found.base,
        head=found.head,
        introduced=tuple(Introduced(finding_v1(o.finding), _cause(o.cause), o.known) for o in found.introduced),
        healed=tuple(Healed(finding_v1(one.finding), root_v1(one.root)) for one in found.healed),
        remaining=found.remaining,
        said=tuple(Said(one.path, one.line, one.text) for one in found.said),
        configuration=found.configuration,
        heeded=found.heeded,
    )


def _cause(cause: inner.Cause) -> Cause:
    return Cause(cause.kind, cause.said, cause.function, cause.path, cause.line, cause.column)
