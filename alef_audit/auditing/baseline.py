"""A baseline: findings that a project has accepted for now, so that only new ones count.

An entry names the blocking call as a person would: file, function, call and rule.  It holds no line, no date of writing
and no number of a caller, so code may move and the file still fits, and two branches that accept different findings
merge without conflict.  `count` findings of the same name are covered, none of which may be worse than `level`.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import Annotated, Final

import msgspec

from alef_audit.auditing.report import AuditReport, Finding, ReportDiagnostic, counts
from alef_audit.rulepack.kinds import Level, RuleId

KIND: Final = "baseline"  # of remarks on entries
_ORDER: Final[tuple[Level, ...]] = ("note", "warning", "error")
_Key = tuple[str, str, str, str, RuleId]


class Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Accepted findings: those of one name."""

    path: str
    function: str
    call: str
    pattern: str
    rule: RuleId
    level: Level
    count: Annotated[int, msgspec.Meta(ge=1)] = 1
    reason: str = ""
    until: date | None = None  # the last day on which it counts

    @property
    def key(self) -> _Key:
        return self.path, self.function, self.call, self.pattern, self.rule


def entries_of(report: AuditReport) -> tuple[Entry, ...]:
    """What would have to be accepted for the report to be clean, sorted; notes are left out, they fail nobody."""
    found: dict[_Key, list[Finding]] = {}
    for finding in report.findings:
        if finding.status in ("open", "baselined") and finding.verdict != "discharged" and finding.level != "note":
            found.setdefault(_key(finding), []).append(finding)
    return tuple(
        Entry(*key, level=max((f.level for f in same), key=_ORDER.index), count=len(same))
        for key, same in sorted(found.items())
    )


def accepted(
    report: AuditReport, entries: Sequence[Entry], today: date, file: str, *, whole: bool = True
) -> AuditReport:
    """The report with what the entries cover as `baselined`, and remarks on those that are expired or cover nothing.

    `file` is where the entries were read from, as the report's reader knows it.  Of an audit that is not `whole` it
    cannot be told which entries cover nothing.
    """
    valid = {entry.key: entry for entry in entries if not _is_over(entry, today)}
    left = Counter({key: entry.count for key, entry in valid.items()})
    findings = []
    for finding in report.findings:
        entry = valid.get(_key(finding))
        if entry is not None and left[entry.key] and _covers(entry, finding):
            left[entry.key] -= 1
            finding = msgspec.structs.replace(
                finding, status="baselined", status_reason=entry.reason or "accepted in the baseline"
            )
        findings.append(finding)
    remarks = tuple(_remarks(entries, left, today, file, whole))
    return msgspec.structs.replace(
        report, findings=tuple(findings), diagnostics=tuple(sorted((*report.diagnostics, *remarks), key=_place))
    )


def renewed(old: Iterable[Entry], new: Sequence[Entry], reason: str, until: date | None) -> tuple[Entry, ...]:
    """`new` with the reasons and dates of the old entries of the same name; entries that are new get those given."""
    known = {entry.key: entry for entry in old}
    return tuple(
        msgspec.structs.replace(entry, reason=known[entry.key].reason, until=known[entry.key].until)
        if entry.key in known
        else msgspec.structs.replace(entry, reason=reason, until=until)
        for entry in new
    )


def pruned(old: Sequence[Entry], new: Sequence[Entry]) -> tuple[Entry, ...]:
    """The old entries as far as they still cover something; nothing is accepted that was not before."""
    needed = {entry.key: entry.count for entry in new}
    return tuple(
        msgspec.structs.replace(entry, count=min(entry.count, needed[entry.key]))
        for entry in old
        if entry.key in needed
    )


def _key(finding: Finding) -> _Key:
    sink = finding.sink
    return sink.path, sink.function, sink.call, finding.pattern, finding.rule


def _covers(entry: Entry, finding: Finding) -> bool:
    return counts(finding) and _ORDER.index(finding.level) <= _ORDER.index(entry.level)


def _is_over(entry: Entry, today: date) -> bool:
    return entry.until is not None and entry.until < today


def _remarks(
    entries: Sequence[Entry], left: Counter[_Key], today: date, file: str, whole: bool
) -> Iterator[ReportDiagnostic]:
    for line, entry in enumerate(entries, 1):
        what = f"{entry.call} in {entry.function} ({entry.path})"
        if _is_over(entry, today):
            yield ReportDiagnostic(file, line, KIND, f"the entry for {what} ended on {entry.until}")
        elif whole and left[entry.key] == entry.count:
            yield ReportDiagnostic(
                file, line, KIND, f"the entry for {what} covers nothing any more: audit baseline --prune removes it"
            )


def _place(remark: ReportDiagnostic) -> tuple[str, int, str, str]:
    return remark.path, remark.line, remark.kind, remark.message
