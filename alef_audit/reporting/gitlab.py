"""GitLab Code Quality: a JSON array, of which GitLab keeps one entry per fingerprint.

Lines are no part of the fingerprint, so that a merge request shows only what it brings.
"""

from typing import Final

import msgspec

from alef_audit.auditing.report import Finding, location
from alef_audit.reporting.encode import to_json
from alef_audit.reporting.escape import clean
from alef_audit.reporting.rendering import Rendering
from alef_audit.reporting.select import counted
from alef_audit.rulepack.kinds import Level

_SEVERITIES: Final[dict[Level, str]] = {"error": "critical", "warning": "major", "note": "minor"}


class _Lines(msgspec.Struct, frozen=True):
    begin: int


class _Location(msgspec.Struct, frozen=True):
    path: str
    lines: _Lines


class _Issue(msgspec.Struct, frozen=True):
    description: str
    check_name: str
    fingerprint: str
    severity: str
    location: _Location


def render_gitlab(rendering: Rendering) -> str:
    """The array, worst first; empty without findings."""
    return to_json([_issue(rendering, finding) for finding in counted(rendering.report)])


def _issue(rendering: Rendering, finding: Finding) -> _Issue:
    at, root = location(finding), rendering.report.roots[finding.root]
    return _Issue(
        description=f"{clean(finding.message)}; reached from {clean(root.function)} ({root.kind})",
        check_name=f"{finding.pattern}/{finding.rule}",
        fingerprint=finding.fingerprint,
        severity=_SEVERITIES[finding.level],
        location=_Location(rendering.path(at.path), _Lines(at.line)),
    )
