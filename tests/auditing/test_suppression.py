"""Suppressions: which count, what they mute, what is said of those that do nothing, and the laws they keep."""

from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alef_audit.auditing.levels import LEVELS
from alef_audit.auditing.match import Site, matched
from alef_audit.auditing.phase import Lexicon
from alef_audit.auditing.report import AuditReport, Finding
from alef_audit.auditing.suppression import Suppression, audited
from alef_audit.callgraph.comments import Comment
from alef_audit.config import Config, LevelRow
from alef_audit.facts.file import Directive
from alef_audit.pipeline.auditing import audit
from alef_audit.pipeline.linking import call_graph
from alef_audit.reachability.reach import Reachability, reach
from alef_audit.reachability.without import Removal
from alef_audit.rulepack.load import Rulepack, bundled_rules, load_rulepack
from tests.requests import request_for

SAMPLES = Path(__file__).resolve().parent.parent.parent / "sample_repos"
PROGRAM = """\
import time
from fastapi import FastAPI

app = FastAPI()

def work():
    time.sleep(1)

@app.get("/a")
async def a():
    work()

@app.get("/b")
async def b():
    work()
"""


def report_on(folder: Path, source: str, **changes: object) -> AuditReport:
    (folder / "service.py").write_text(source, encoding="utf-8")
    return audit(request_for(folder, **changes), lambda *_: None)


def commented(line: int, comment: str) -> str:
    """The program with a comment at the end of a line."""
    lines = PROGRAM.splitlines()
    lines[line - 1] += f"  # {comment}"
    return "\n".join(lines) + "\n"


def remarks(report: AuditReport) -> list[tuple[int, str]]:
    return [(one.line, one.message) for one in report.diagnostics if one.kind == "audit-comment"]


def the_finding(report: AuditReport) -> Finding:
    (finding,) = report.findings
    return finding


def test_the_call_itself(tmp_path: Path) -> None:
    report = report_on(tmp_path, commented(7, "audit: ignore[035] short"))
    finding = the_finding(report)
    assert (finding.status, finding.status_reason) == ("suppressed", "short")
    assert finding.suppressed_by is not None
    assert (finding.suppressed_by.path, finding.suppressed_by.line) == ("service.py", 7)
    assert remarks(report) == []
    assert report.fix_points == ()


def test_one_of_two_paths_leaves_the_other(tmp_path: Path) -> None:
    plain = the_finding(report_on(tmp_path, PROGRAM))
    report = report_on(tmp_path, commented(11, "audit: ignore[035] rarely asked for"))
    finding = the_finding(report)
    assert finding.status == "open"
    assert finding.fingerprint == plain.fingerprint
    assert [frame.function for frame in finding.trace] == ["b", "work"]
    assert [report.roots[number].function for number in finding.muted_roots] == ["a"]
    assert finding.also_reached_from == ()
    assert remarks(report) == []


def test_both_paths_mute_the_finding(tmp_path: Path) -> None:
    source = commented(11, "audit: ignore[035] one").replace(
        "b():\n    work()", "b():\n    work()  # audit: ignore[035] two"
    )
    finding = the_finding(report_on(tmp_path, source))
    assert (finding.status, finding.status_reason) == ("suppressed", "one")


@pytest.mark.parametrize(
    ("comment", "counts", "said"),
    [
        ("audit: ignore[035] why", True, ""),
        ("audit: ignore[35] why", True, ""),
        ("audit: ignore[ALEF-PAT-035]: why", True, ""),
        ("audit: ignore[sync-auth-in-embedded-hot-path] - why", True, ""),
        ("audit: ignore[999, 035] why", True, "audit: ignore[999]: no such pattern"),
        ("audit: ignore[035]", False, "audit: ignore without a reason does not count; write why"),
        ("audit: ignore[035] # noqa", False, "audit: ignore without a reason does not count; write why"),
        ("audit: ignore why", False, "audit: ignore names no pattern and does not count"),
        ("audit: ignore[sync-auth-in-embedded-hotpath] why", False, "did you mean sync-auth-in-embedded-hot-path?"),
        ("audit: ignored[035] why", False, "unknown comment audit: ignored; did you mean ignore? Known: ignore,"),
        ("audit: ofloaded", False, "did you mean offloaded?"),
        ("audit: xyz[035]", False, "unknown comment audit: xyz; Known"),
        ("audit: see the wiki", False, ""),
        ("audit: ok", False, ""),
    ],
)
def test_what_counts_and_what_is_said(comment: str, counts: bool, said: str, tmp_path: Path) -> None:
    report = report_on(tmp_path, commented(7, comment))
    assert (the_finding(report).status == "suppressed") == counts
    found = remarks(report)
    assert len(found) == bool(said)
    assert all(line == 7 and said in message for line, message in found)


def test_an_unused_suppression_is_named(tmp_path: Path) -> None:
    report = report_on(tmp_path, commented(4, "audit: ignore[035] nothing here"))
    ((line, message),) = remarks(report)
    assert line == 4
    assert message.startswith("audit: ignore[035] mutes nothing")


def test_nothing_is_called_unused_that_was_not_asked_about(tmp_path: Path) -> None:
    source = commented(4, "audit: ignore[035] nothing here")
    assert remarks(report_on(tmp_path, source, platform="linux")) == []
    assert remarks(report_on(tmp_path, source, only=(Path("service.py"),))) == []


def test_level_off_suppresses(tmp_path: Path) -> None:
    config = Config(levels=(LevelRow("off", root="request"),))
    finding = the_finding(report_on(tmp_path, PROGRAM, config=config))
    assert (finding.status, finding.suppressed_by) == ("suppressed", None)
    assert finding.status_reason == "switched off by the configuration (levels)"


def test_level_off_for_one_kind_of_root_leaves_the_others(tmp_path: Path) -> None:
    source = PROGRAM + "\n# audit: hot[tick]\ndef poll():\n    work()\n"
    report = report_on(tmp_path, source, config=Config(levels=(LevelRow("off", root="request"),)))
    finding = the_finding(report)
    assert (finding.status, report.roots[finding.root].kind) == ("open", "tick")
    assert len(finding.muted_roots) == 2
    kept = report_on(tmp_path, source, config=Config(levels=(LevelRow("off", path="other/**"),)))
    assert the_finding(kept).status == "open"


def test_levels_hold_for_each_pair(tmp_path: Path) -> None:
    source = PROGRAM + "\n# audit: hot[tick]\ndef poll():\n    work()\n"
    finding = the_finding(report_on(tmp_path, source, config=Config(levels=(LevelRow("note", root="request"),))))
    assert finding.level == "warning"
    assert sorted(one.level for one in finding.also_reached_from) == ["note", "warning"]


# ---------------------------------------------------------------- laws


def reached(name: str) -> tuple[Reachability, Rulepack]:
    pack = load_rulepack([bundled_rules()])
    return reach(call_graph(request_for(SAMPLES / name), pack, lambda *_: None), pack.kinds), pack


GATEWAY, PACK = reached("ts-gateway")
PLACES = sorted({(GATEWAY.graph.program.function_unit[edge.caller], edge.line) for edge in GATEWAY.graph.edges})
FUNCTIONS = sorted(GATEWAY.ways)
removals = st.builds(
    lambda functions, lines: Removal(frozenset(functions), frozenset(lines)),
    st.lists(st.sampled_from(FUNCTIONS), max_size=4),
    st.lists(st.sampled_from(PLACES), max_size=8),
)


def findings_without(removal: Removal) -> dict[str, Finding]:
    comment = Comment(0, Directive(1, "", (), -1), "ignore", ("035",), "because")
    (pattern,) = PACK.patterns
    muting = (Suppression(frozenset((pattern.id,)), removal, "because", "", comment),)
    done = audited(GATEWAY, pattern, PACK.kinds, Lexicon(PACK.lexicon.auth, PACK.lexicon.tests), {}, muting, None)
    return {finding.fingerprint: finding for finding in done.findings}


def plain_findings() -> dict[Site, Finding]:
    return matched(GATEWAY, PACK.patterns[0], PACK.kinds, Lexicon(PACK.lexicon.auth, PACK.lexicon.tests), {})


PLAIN = {finding.fingerprint: finding for finding in plain_findings().values()}


@settings(deadline=None, max_examples=60)
@given(removals)
def test_a_suppression_never_adds_a_finding_or_makes_one_worse(removal: Removal) -> None:
    left = findings_without(removal)
    assert left.keys() == PLAIN.keys()
    for fingerprint, finding in left.items():
        before = PLAIN[fingerprint]
        assert LEVELS.index(finding.level) <= LEVELS.index(before.level)
        assert finding.score <= before.score
        roots = {finding.root, *(one.root for one in finding.also_reached_from)}
        assert roots <= {before.root, *(one.root for one in before.also_reached_from)}
        if finding.status == "suppressed":
            same = msgspec.structs.replace(finding, status="open", status_reason="", suppressed_by=None)
            assert same == before


@settings(deadline=None, max_examples=30)
@given(removals, removals)
def test_more_suppressions_mute_more(one: Removal, other: Removal) -> None:
    both = Removal(one.functions | other.functions, one.lines | other.lines)

    def muted(removal: Removal) -> set[str]:
        return {f for f, finding in findings_without(removal).items() if finding.status == "suppressed"}

    assert muted(one) | muted(other) <= muted(both)


def test_muting_nothing_changes_nothing() -> None:
    assert findings_without(Removal()) == PLAIN
