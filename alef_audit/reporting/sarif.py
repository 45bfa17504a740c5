"""SARIF 2.1.0, for GitHub code scanning and everything else that reads it.

One result per finding, at the blocking call; the path that leads there is its code flow.  Code scanning follows a line
by `primaryLocationLineHash`; everything else of a result that it does not read (suppressions, baselines) is left out
unless asked for, for it would show as an open alert.
"""

import gzip
from collections.abc import Iterator, Sequence
from typing import Final
from urllib.parse import quote

import msgspec

from alef_audit.auditing.report import AuditReport, Finding, Frame, PatternHead, RuleHead, counts, location
from alef_audit.reporting import sarif_types as sarif
from alef_audit.reporting.encode import to_json
from alef_audit.reporting.escape import clean, leaves
from alef_audit.reporting.line_hash import line_hashes
from alef_audit.reporting.rendering import Lines, Rendering
from alef_audit.reporting.words import code_units, count

_SCHEMA: Final = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_TAGS: Final = ("performance", "reliability", "event-loop")
# Limits of GitHub code scanning; a file that is over one of them is rejected as a whole.
_MOST_RESULTS: Final = 25_000
_MOST_BYTES: Final = 10_000_000  # compressed
_MOST_FLOW: Final = 10_000
_MOST_RELATED: Final = 1_000
_LONGEST_DESCRIPTION: Final = 1_024
_SHARE_LEFT_OUT: Final = 10  # one in so many results goes at a time until the file is small enough


def render_sarif(rendering: Rendering) -> str:
    """The log as indented JSON; what is over a limit is left out, least important first, and said in a notification."""
    found = [f for f in rendering.report.findings if rendering.with_suppressed or counts(f)][:_MOST_RESULTS]
    hashes = _hashes(found, rendering.lines)
    rules = _rules(rendering.report.patterns, found)
    order = {rule.id: index for index, rule in enumerate(rules)}
    results = [_result(rendering, finding, order, hashes) for finding in found]
    while True:
        left_out = len(rendering.report.findings) - len(results)
        log = _log(rendering, rules, results, left_out if len(results) < len(found) else 0)
        text = to_json(log)
        if not results or len(gzip.compress(text.encode(), 6)) <= _MOST_BYTES:
            return text
        del results[-max(1, len(results) // _SHARE_LEFT_OUT) :]


def _log(
    rendering: Rendering, rules: Sequence[sarif.Rule], results: Sequence[sarif.Result], left_out: int
) -> sarif.Log:
    report = rendering.report
    run = sarif.Run(
        tool=sarif.Tool(
            driver=sarif.Driver(
                name="alef-audit",
                semantic_version=report.tool_version,
                information_uri=report.patterns[0].reference if report.patterns else "",
                rules=tuple(rules),
            )
        ),
        automation_details=sarif.AutomationDetails(id=_category(report, rendering.prefix)),
        column_kind="utf16CodeUnits",
        invocations=(
            sarif.Invocation(
                execution_successful=True, tool_execution_notifications=tuple(_notifications(rendering, left_out))
            ),
        ),
        results=tuple(results),
    )
    return sarif.Log(schema=_SCHEMA, version="2.1.0", runs=(run,))


def _category(report: AuditReport, prefix: str) -> str:
    """What tells this upload from others of the same repository: everything before the last slash."""
    numbers = "+".join(pattern.id.rpartition("-")[2] for pattern in report.patterns)
    return "/".join(part for part in ("audit", numbers, prefix.rstrip("/")) if part) + "/"


def _notifications(rendering: Rendering, left_out: int) -> Iterator[sarif.Notification]:
    if left_out:
        said = f"{count(left_out, 'finding')} left out: the file would be over a limit of GitHub code scanning"
        yield sarif.Notification(level="warning", message=sarif.Message(text=said))
    for one in rendering.report.diagnostics:
        region = sarif.Region(start_line=one.line) if one.line else None
        place = sarif.PhysicalLocation(artifact_location=_artifact(rendering, one.path), region=region)
        yield sarif.Notification(
            level="note",
            message=sarif.Message(text=clean(one.message) or one.kind),
            locations=() if leaves(one.path) else (sarif.Location(physical_location=place),),
        )


# --- rules


def _rules(patterns: Sequence[PatternHead], findings: Sequence[Finding]) -> list[sarif.Rule]:
    """The rules that patterns describe, and those that findings name besides: a report that was read back names them
    only.
    """
    return [_rule(pattern, rule) for pattern in patterns for rule in (*pattern.rules, *_undescribed(pattern, findings))]


def _undescribed(pattern: PatternHead, findings: Sequence[Finding]) -> list[RuleHead]:
    named = {finding.rule for finding in findings if finding.pattern == pattern.id}
    return [RuleHead(rule, pattern.title, ()) for rule in sorted(named.difference(one.id for one in pattern.rules))]


def rule_id(pattern: str, rule: str) -> str:
    """How results and rules name a rule: `ALEF-PAT-035/blocking-call-on-hot-path`."""
    return f"{pattern}/{rule}"


def _rule(pattern: PatternHead, rule: RuleHead) -> sarif.Rule:
    first = rule in pattern.rules[:1]
    title = pattern.title if first else rule.id.replace("-", " ").capitalize()
    remedies = "\n".join(f"* `{one.id}` ({one.cost}): {one.summary}" for one in rule.remedies)
    plain = "\n".join(f"{one.id} ({one.cost}): {one.summary}" for one in rule.remedies)
    citation = ". ".join(pattern.cite)
    return sarif.Rule(
        id=rule_id(pattern.id, rule.id),
        name="".join(word.capitalize() for word in rule.id.split("-")),
        short_description=sarif.Message(text=title),
        full_description=sarif.Message(text=_cut(rule.summary)),
        help=sarif.Message(
            text=f"{rule.summary}\n\n{plain}\n\n{citation}".strip(),
            markdown=f"{rule.summary}\n\n**What heals it**\n\n{remedies}\n\n{citation}".strip(),
        ),
        help_uri=pattern.reference,
        default_configuration=sarif.Configuration(level="warning"),
        properties=sarif.RuleProperties(tags=_TAGS, precision="high", problem_severity="warning"),
    )


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST_DESCRIPTION else text[: _LONGEST_DESCRIPTION - 1].rstrip() + "…"


# --- results


def _result(
    rendering: Rendering, finding: Finding, rules: dict[str, int], hashes: dict[tuple[str, int], str]
) -> sarif.Result:
    at = location(finding)
    rule = rule_id(finding.pattern, finding.rule)
    root = rendering.report.roots[finding.root]
    frames = finding.trace[:_MOST_FLOW]
    fingerprints = {"auditFinding/v1": finding.fingerprint}
    if (at.path, at.line) in hashes:
        fingerprints["primaryLocationLineHash"] = hashes[at.path, at.line]
    return sarif.Result(
        rule_id=rule,
        rule_index=rules[rule],
        level=finding.level,
        message=sarif.Message(text=_message(rendering, finding)),
        locations=(_location(rendering, at.path, at.line, at.column, _written(finding), at.function),),
        related_locations=_related(rendering, finding),
        code_flows=(sarif.CodeFlow(thread_flows=(_flow(rendering, frames),)),),
        partial_fingerprints=fingerprints,
        suppressions=_suppressions(finding),
        properties=sarif.ResultProperties(
            phase=finding.phase,
            verdict=finding.verdict,
            confidence=finding.confidence,
            score=finding.score,
            root=f"{clean(root.function)} ({root.kind})",
        ),
    )


def _suppressions(finding: Finding) -> tuple[sarif.Suppression, ...]:
    if finding.status == "open":
        return ()
    kind = "inSource" if finding.suppressed_by is not None else "external"
    return (sarif.Suppression(kind=kind, justification=clean(finding.status_reason)),)


def _message(rendering: Rendering, finding: Finding) -> str:
    """What is wrong, from where it is reached, and the first fix; the frames are links to the related locations."""
    root = rendering.report.roots[finding.root]
    hops = len(finding.trace) - 1
    start = f"[{_linked(root.function)}](0) ({root.kind})"
    reached = f"Reached from {start} through {count(hops, 'call')}." if hops else f"Made in {start} itself."
    sentences = [f"{_plain(finding.message)}.", reached]
    for index, frame in enumerate(finding.trace[:_MOST_RELATED]):
        if frame.guards:
            sentences.append(f"[{_linked(frame.function)}]({index}) crosses {_plain(', '.join(frame.guards))}.")
    sentences += [f"Only if {_plain(condition)}." for condition in finding.conditions]
    if finding.archetypes:
        best = finding.archetypes[0]
        where = f" at {_plain(best.where)}" if best.where else ""
        sentences.append(f"Fix: {best.id} ({best.cost}){where}{': ' if best.why else ''}{_plain(best.why)}.")
    if finding.sink.instead:
        sentences.append(f"Instead: {_plain(finding.sink.instead)}.")
    return " ".join(sentences)


def _plain(text: str) -> str:
    """Text in which nothing reads as a link (SARIF 3.11.6)."""
    return clean(text).replace("\\", "\\\\").replace("[", "\\[").replace("]", "\\]")


def _linked(text: str) -> str:
    return _plain(text) or "(anonymous)"


def _related(rendering: Rendering, finding: Finding) -> tuple[sarif.Location, ...]:
    return tuple(
        msgspec.structs.replace(_frame_location(rendering, frame), id=index)
        for index, frame in enumerate(finding.trace[:_MOST_RELATED])
    )


def _flow(rendering: Rendering, frames: Sequence[Frame]) -> sarif.ThreadFlow:
    last = len(frames) - 1
    return sarif.ThreadFlow(
        locations=tuple(
            sarif.ThreadFlowLocation(
                location=_frame_location(rendering, frame),
                importance="essential" if index in (0, last) else "important",
                nesting_level=index,
            )
            for index, frame in enumerate(frames)
        )
    )


def _frame_location(rendering: Rendering, frame: Frame) -> sarif.Location:
    found = _location(rendering, frame.path, frame.line, frame.column, frame.call, frame.function)
    parts = [f"{clean(frame.function)} calls {clean(frame.call)}", *(f"per {clean(name)}" for name in frame.per)]
    parts += [f"crosses {', '.join(frame.guards)}"] if frame.guards else []
    return msgspec.structs.replace(found, message=sarif.Message(text=", ".join(parts)))


# --- places


def _location(rendering: Rendering, path: str, line: int, column: int, written: str, function: str) -> sarif.Location:
    place = sarif.PhysicalLocation(
        artifact_location=_artifact(rendering, path), region=region(rendering.lines(path), line, column, written)
    )
    named = (sarif.LogicalLocation(fully_qualified_name=clean(function), kind="function"),) if function else ()
    return sarif.Location(physical_location=place, logical_locations=named)


def _artifact(rendering: Rendering, path: str) -> sarif.ArtifactLocation:
    return sarif.ArtifactLocation(uri=quote(rendering.path(path), safe="/", errors="surrogateescape"))


def _written(finding: Finding) -> str:
    at = location(finding)
    same = [f.call for f in finding.trace if (f.path, f.line, f.column) == (at.path, at.line, at.column)]
    return same[-1] if same else ""


def region(lines: Sequence[str], line: int, column: int, written: str) -> sarif.Region | None:
    """The part of one line that a call takes: its callee as `written`, else the rest of the line.

    `column` counts UTF-8 bytes from 1, columns of the region UTF-16 code units; without the text there are none.
    """
    if line < 1:
        return None
    if line > len(lines) or column < 1:
        return sarif.Region(start_line=line, end_line=line)
    raw = lines[line - 1].encode("utf-8", "replace")
    before = raw[: column - 1].decode("utf-8", "ignore")
    rest = raw[column - 1 :].decode("utf-8", "ignore")
    taken = written if written and rest.startswith(written) else rest.rstrip()
    start = code_units(before) + 1
    return sarif.Region(
        start_line=line, start_column=start, end_line=line, end_column=start + max(1, code_units(taken))
    )


def _hashes(findings: Sequence[Finding], lines: Lines) -> dict[tuple[str, int], str]:
    wanted: dict[str, set[int]] = {}
    for finding in findings:
        at = location(finding)
        wanted.setdefault(at.path, set()).add(at.line)
    return {
        (path, line): value
        for path, numbers in wanted.items()
        for line, value in line_hashes("\n".join(lines(path)), numbers).items()
        if lines(path)
    }
