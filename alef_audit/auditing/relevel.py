"""Levels that the configuration sets, by sink kind, root kind and path."""

import msgspec
from pathspec import GitIgnoreSpec

from alef_audit.auditing.levels import LEVELS
from alef_audit.auditing.report import Finding, location
from alef_audit.config import LevelRow
from alef_audit.rulepack.kinds import RootKind


def relevelled(
    findings: tuple[Finding, ...], root_kinds: tuple[RootKind, ...], rows: tuple[LevelRow, ...]
) -> tuple[Finding, ...]:
    """`findings` with the level of the first row that fits each, worst first; unchanged without rows."""
    if not rows:
        return findings
    globs = [GitIgnoreSpec.from_lines([row.path]) for row in rows]
    changed = []
    for finding in findings:
        for row, glob in zip(rows, globs, strict=True):
            fits_sink = row.sink is None or row.sink == finding.sink.kind
            fits_root = row.root is None or row.root == root_kinds[finding.root]
            if fits_sink and fits_root and glob.match_file(location(finding).path):
                changed.append(msgspec.structs.replace(finding, level=row.level))
                break
        else:
            changed.append(finding)
    return tuple(sorted(changed, key=lambda finding: -LEVELS.index(finding.level)))
