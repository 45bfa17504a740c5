"""Levels that the configuration sets, by sink kind, root kind and path."""

from collections.abc import Callable
from typing import Final, Literal

import msgspec
from pathspec import GitIgnoreSpec

from alef_audit.auditing.levels import LEVELS, rebanded
from alef_audit.auditing.match import Silenced, worst_first
from alef_audit.auditing.report import Finding, Reach, location
from alef_audit.config import LevelRow
from alef_audit.rulepack.kinds import Level, RootKind, Score, SinkKind

OFF: Final = "off"
_Chosen = Callable[[SinkKind, RootKind, str], Level | Literal["off"] | None]


def relevelled(
    findings: tuple[Finding, ...], root_kinds: tuple[RootKind, ...], rows: tuple[LevelRow, ...], weights: Score
) -> tuple[Finding, ...]:
    """`findings` with the level that the first fitting row sets for each pair of root and sink, worst first.

    A finding has the worst level of its pairs, and its score keeps its place in the band of that level. What is "off"
    keeps its level: it is suppressed, not lowered.
    """
    if not rows:
        return findings
    chosen = _choice(rows)

    def level(finding: Finding, root: int, given: Level) -> Level:
        found = chosen(finding.sink.kind, root_kinds[root], location(finding).path)
        return given if found is None or found == OFF else found

    changed = []
    for finding in findings:
        others = tuple(
            Reach(one.root, one.verdict, level(finding, one.root, one.level)) for one in finding.also_reached_from
        )
        own = level(finding, finding.root, finding.level)
        if own != finding.level:
            own = max((own, *(one.level for one in others)), key=LEVELS.index)
        moved = rebanded(weights, finding.score, finding.level, own)
        changed.append(msgspec.structs.replace(finding, level=own, score=moved, also_reached_from=others))
    return worst_first(changed)


def silencer(root_kinds: tuple[RootKind, ...], rows: tuple[LevelRow, ...]) -> Silenced | None:
    """Which roots the rows with level "off" silence, by sink kind and path; None if there is no such row."""
    if not any(row.level == OFF for row in rows):
        return None
    chosen = _choice(rows)
    by_kind: dict[RootKind, int] = {}
    for number, kind in enumerate(root_kinds):
        by_kind[kind] = by_kind.get(kind, 0) | 1 << number
    known: dict[tuple[SinkKind, str], int] = {}

    def silenced(sink: SinkKind, path: str) -> int:
        key = (sink, path)
        if key not in known:
            known[key] = sum(roots for kind, roots in by_kind.items() if chosen(sink, kind, path) == OFF)
        return known[key]

    return silenced


def _choice(rows: tuple[LevelRow, ...]) -> _Chosen:
    globs = [GitIgnoreSpec.from_lines([row.path]) for row in rows]

    def chosen(sink: SinkKind, root: RootKind, path: str) -> Level | Literal["off"] | None:
        for row, glob in zip(rows, globs, strict=True):
            if row.sink in (None, sink) and row.root in (None, root) and glob.match_file(path):
                return row.level
        return None

    return chosen
