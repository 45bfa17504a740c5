"""GitHub workflow commands: `::error file=…,line=…::message`, one annotation per finding.

A step shows at most ten errors, ten warnings and ten notices and drops the rest without a word, so the last line says
how many there are.  Escapes are those of @actions/core: data, and more of them in properties.
"""

from collections.abc import Sequence
from typing import Final

from alef_audit.auditing.report import Finding, Root
from alef_audit.reporting.escape import clean
from alef_audit.reporting.rendering import Rendering, Shown
from alef_audit.reporting.words import count
from alef_audit.rulepack.kinds import Level

_COMMANDS: Final[dict[Level, str]] = {"error": "error", "warning": "warning", "note": "notice"}
_MOST: Final = 10  # of each command, per step


def render_github(rendering: Rendering) -> str:
    """One command per line, worst findings first; a last line if not all can be shown."""
    found = rendering.shown()
    shown = [one for level in _COMMANDS for one in [one for one in found if one.finding.level == level][:_MOST]]
    lines = [_annotation(rendering, one) for one in shown]
    if len(shown) < len(found):
        more = f"{count(len(found) - len(shown), 'more finding')} not shown: a step shows {_MOST} of each level"
        lines.append(f"{more}; audit --format=text lists all")
    return "".join(line + "\n" for line in lines)


def _annotation(rendering: Rendering, shown: Shown) -> str:
    finding, at, cause = shown
    properties = {
        "file": rendering.path(at.path),
        "line": str(at.line),
        "endLine": str(at.line),
        "col": str(at.column),
        "title": f"{finding.pattern}: {finding.sink.call}",
    }
    said = ",".join(f"{name}={_property(value)}" for name, value in properties.items())
    because = f"{clean(cause)}.\n" if cause else ""
    return f"::{_COMMANDS[finding.level]} {said}::{_data(because + message(rendering.report.roots, finding))}"


def message(roots: Sequence[Root], finding: Finding) -> str:
    """What is wrong, the path that leads there and the first fix, over several lines."""
    root = roots[finding.root]
    frames = [f"{clean(frame.path)}:{frame.line} {clean(frame.function)}" for frame in finding.trace]
    lines = [f"{clean(finding.message)}.", f"Hot: {clean(root.why) or root.kind} ({root.kind})", *frames]
    if finding.archetypes:
        best = finding.archetypes[0]
        lines.append(f"Fix: {best.id} ({best.cost}){' at ' if best.where else ''}{clean(best.where)}")
    return "\n".join(lines)


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(clean(text)).replace(":", "%3A").replace(",", "%2C")
