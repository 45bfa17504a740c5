"""What a version of the tool says of a package that another one did not."""

from collections.abc import Iterator
from typing import NamedTuple

from tests.ecosystem.document import Document, Finding, Root, Sink

APPEARED, DISAPPEARED, LEVEL, VERDICT, ROOT = "appeared", "disappeared", "level", "verdict", "root"
# In the order in which they are listed; a finding that changed in several ways stands below the first of them.
KINDS = (APPEARED, DISAPPEARED, LEVEL, VERDICT, ROOT)
_LEVELS = ("error", "warning", "note")


class Side(NamedTuple):
    """A finding as one version has it. Roots are told apart by kind, function and path: lines are display."""

    level: str
    verdict: str
    root: Root
    sink: Sink
    frames: int


class Change(NamedTuple):
    """A finding that differs; `base` or `head` is None where that version does not have it."""

    kind: str  # one of KINDS
    fingerprint: str
    base: Side | None
    head: Side | None

    @property
    def side(self) -> Side:
        """The finding as it is now, or as it was if it is gone."""
        side = self.head or self.base
        assert side is not None
        return side


def compare(base: Document, head: Document) -> tuple[Change, ...]:
    """All differences between the findings of two documents, by kind, the worst first, then by place."""
    before, after = _sides(base), _sides(head)
    return tuple(sorted(_changes(before, after), key=_order))


def _sides(document: Document) -> dict[str, Side]:
    return {finding.fingerprint: _side(document, finding) for finding in document.findings}


def _side(document: Document, finding: Finding) -> Side:
    return Side(finding.level, finding.verdict, document.roots[finding.root], finding.sink, len(finding.trace))


def _changes(before: dict[str, Side], after: dict[str, Side]) -> Iterator[Change]:
    for fingerprint in before.keys() | after.keys():
        base, head = before.get(fingerprint), after.get(fingerprint)
        if kind := _kind(base, head):
            yield Change(kind, fingerprint, base, head)


def _kind(base: Side | None, head: Side | None) -> str:
    """How a finding differs, "" if it does not."""
    if base is None:
        return APPEARED
    if head is None:
        return DISAPPEARED
    if base.level != head.level:
        return LEVEL
    if base.verdict != head.verdict:
        return VERDICT
    return ROOT if _identity(base.root) != _identity(head.root) else ""


def _identity(root: Root) -> tuple[str, str, str]:
    return root.kind, root.function, root.path


def _order(change: Change) -> tuple[int, int, str, int, str]:
    levels = [_LEVELS.index(side.level) for side in (change.base, change.head) if side and side.level in _LEVELS]
    sink = change.side.sink
    return KINDS.index(change.kind), min(levels, default=len(_LEVELS)), sink.path, sink.line, change.fingerprint
