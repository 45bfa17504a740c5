"""The sample repositories are audited as the comments in them say."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from alef_audit.auditing.report import AuditReport
from alef_audit.pipeline.auditing import audit
from tests.expectations import Expectation, Fact, compare, expectations
from tests.requests import request_for

HERE = Path(__file__).resolve().parent
SAMPLES = HERE.parent / "sample_repos"
PROGRAMS = sorted(
    path
    for folder in (SAMPLES, *(HERE / "fixtures" / name for name in ("quiet", "misuse", "contexts")))
    for path in folder.iterdir()
    if path.is_dir()
)
LISTEN = ("root", "sink", "finding", "discharged", "suppressed", "silent")


def audited(root: Path) -> AuditReport:
    """The report on a whole folder, discharged findings included."""
    return audit(request_for(root, patterns=("035",), include_discharged=True), lambda *_: None)


def reported(report: AuditReport) -> dict[str, set[Fact]]:
    """What the report says, by path, in the words of the expectations."""
    facts: dict[str, set[Fact]] = {}
    for root in report.roots:
        facts.setdefault(root.path, set()).add(Fact(root.line, "root", root.kind))
    for finding in report.findings:
        sink = finding.sink
        fate = ("finding", f"{finding.level}:{finding.phase}")
        if finding.verdict == "discharged" or finding.status == "suppressed":
            fate = ("suppressed" if finding.status == "suppressed" else "discharged", "")
        facts.setdefault(sink.path, set()).update((Fact(sink.line, "sink", sink.kind), Fact(sink.line, *fate)))
    return facts


def expected(root: Path) -> dict[str, tuple[Expectation, ...]]:
    """What the comments say, by path; files without such a comment included."""
    return {
        path.relative_to(root).as_posix(): expectations(path.read_text(encoding="utf-8"))
        for path in sorted(root.rglob("*"))
        if path.suffix in (".ts", ".mjs", ".py")
    }


def unheard(written: tuple[Expectation, ...], found: set[Fact]) -> Iterator[Fact]:
    """The silent lines on which nothing was reported, with their sinks: a report does not show what no root reaches."""
    heard = {fact.line for fact in found if fact.tag == "sink"}
    silent = {entry.line for entry in written if entry.tag == "silent"} - heard
    yield from (entry.fact for entry in written if entry.line in silent and entry.tag in ("sink", "silent"))


def disagreements(root: Path) -> list[str]:
    """Where report and comments differ, one line each, by path and line."""
    facts = reported(audited(root))
    written = expected(root)
    assert facts.keys() <= written.keys()
    return [
        f"{path}: {complaint}"
        for path, entries in written.items()
        for found in [facts.get(path, set())]
        for complaint in compare(entries, found | set(unheard(entries, found)), listen=LISTEN)
    ]


@pytest.mark.parametrize("root", PROGRAMS, ids=lambda path: path.name)
def test_programs_are_audited_as_their_comments_say(root: Path) -> None:
    found = disagreements(root)
    assert not found, os.linesep.join(["", *found])


def test_the_sample_of_a_sound_program_reports_nothing_that_fails_a_run() -> None:
    report = audited(SAMPLES / "clean-gateway")
    assert report.roots
    assert [finding for finding in report.findings if finding.level != "note"] == []
