"""A pull request from its first push to the last: audited, commented, updated, resolved."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from markdown_it import MarkdownIt

from alef_audit.auditing.report import Cause, Comparison, Healed, Introduced, Said
from alef_audit.reporting.formats import REPORT_FORMATS
from alef_audit.reporting.json_read import read_report
from alef_audit.reporting.json_v1 import render_json
from alef_audit.reporting.markdown import render_markdown
from alef_audit.reporting.rendering import Rendering
from tests.cli.test_compare_command import CALLING, PROJECT, SERVICE
from tests.hosting import Host, hosting
from tests.reporting import reports
from tests.repositories import commit, git, repository
from tests.test_survival import Ran, run

EVIL = "@octo/all #1 GH-2 octo/x#3 <script>alert(1)</script> [x](https://e.vil) https://e.vil www.e.vil `a` ```b |\n- x"


@pytest.fixture
def host(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Host]:
    event = tmp_path / "event.json"
    event.write_text(json.dumps({"pull_request": {"number": 7}}), encoding="utf-8")
    with hosting() as running:
        monkeypatch.setenv("GITHUB_API_URL", running.url)
        monkeypatch.setenv("GITHUB_REPOSITORY", "octo/gateway")
        monkeypatch.setenv("GITHUB_EVENT_PATH", str(event))
        monkeypatch.setenv("GITHUB_TOKEN", "workflow-token")
        yield running


def pushed(root: Path, files: dict[str, str]) -> Ran:
    """What the workflow does on a push: audit, then comment."""
    commit(root, files)
    report = root.parent / "audit.json"
    run("compare", "main", "HEAD", "--path", root, "--format", "json", "--output", report)
    return run("comment", report)


def test_a_pull_request_gets_one_comment_that_is_updated_and_resolved(host: Host, tmp_path: Path) -> None:
    root = repository(tmp_path / "gateway", PROJECT)
    git(root, "checkout", "-q", "-b", "topic")
    first = pushed(root, {"service.py": CALLING})
    assert (first.code, first.err) == (0, "created: https://example.invalid/1\n")
    (comment,) = host.comments
    assert comment["body"].startswith("<!-- audit:sticky key=035 -->\n### 1 blocking call introduced on hot paths")
    assert "`name_of now calls read_token`" in comment["body"]
    assert "ALEF-PAT-035" in comment["body"]
    second = pushed(root, {"app.py": LOOPED})
    assert second.err.startswith("updated")
    assert "× per user" in comment["body"]
    assert pushed(root, {}).err.startswith("unchanged")
    last = pushed(root, {"service.py": SERVICE, "app.py": PROJECT["app.py"]})
    assert last.err.startswith("updated")
    assert (len(host.comments), "### Resolved" in comment["body"]) == (1, True)


LOOPED = PROJECT["app.py"].replace("return name_of(user)", "return [name_of(user) for user in users]")


def test_a_clean_pull_request_gets_none(host: Host, tmp_path: Path) -> None:
    root = repository(tmp_path / "gateway", PROJECT)
    git(root, "checkout", "-q", "-b", "topic")
    assert pushed(root, {"more.py": "x = 1\n"}).err == "nothing to say\n"
    assert host.comments == []


def test_a_dry_run_asks_nobody(host: Host, tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    path.write_text(render_json(reports.typical()), encoding="utf-8")
    ran = run("comment", path, "--dry-run")
    assert (ran.code, ran.out.startswith("### Blocking calls on hot paths"), host.requests) == (0, True, [])


@pytest.mark.parametrize("text", ["", "{", "[]", '{"schema": "alef-audit/v1"}', "[" * 100_000])
def test_what_is_no_report_is_an_error(text: str, tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    path.write_text(text, encoding="utf-8")
    ran = run("comment", path, "--dry-run")
    assert (ran.code, "is no report" in ran.err) == (2, True)


def test_a_report_whose_numbers_lead_nowhere_is_an_error(tmp_path: Path) -> None:
    bad = reports.report(msgspec.structs.replace(reports.note(1), root=99))
    path = tmp_path / "report.json"
    path.write_text(render_json(bad), encoding="utf-8")
    assert run("comment", path, "--dry-run").code == 2


def test_a_report_by_a_pattern_that_it_does_not_name_is_an_error(tmp_path: Path) -> None:
    bad = reports.report(msgspec.structs.replace(reports.note(1), pattern="ALEF-PAT-999"))
    path = tmp_path / "report.json"
    path.write_text(render_json(bad), encoding="utf-8")
    assert run("comment", path, "--dry-run").code == 2


@pytest.mark.parametrize("format", [entry.name for entry in REPORT_FORMATS])
def test_a_report_that_is_read_back_is_shown_in_every_format(format: str, tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    path.write_text(render_json(reports.typical()), encoding="utf-8")
    assert run("show", path, "--format", format).code == 0


def test_a_report_is_read_back_as_it_was() -> None:
    report = msgspec.structs.replace(reports.typical(), comparison=comparison("x"))
    again = read_report(render_json(report).encode(), "report")
    assert render_json(again) == render_json(report)


def comparison(name: str) -> Comparison:
    finding = msgspec.structs.replace(reports.finding("00000000000000a1"), message=name, conditions=(name,))
    return Comparison(
        base=name,
        head=name,
        introduced=(Introduced(finding, Cause("call", name, name, name, 1, 1), False),),
        healed=(Healed(finding, msgspec.structs.replace(reports.ATTEMPT, function=name, why=name)),),
        remaining=(),
        said=(Said(name, 3, name),),
        configuration=(name,),
    )


def hostile_markdown() -> str:
    """A report in which everything that can be chosen by others is hostile."""
    finding = reports.finding("00000000000000a1")
    bad = msgspec.structs.replace(
        finding,
        message=EVIL,
        conditions=(EVIL,),
        trace=tuple(
            msgspec.structs.replace(f, function=EVIL, path=EVIL, call=EVIL, guards=(EVIL,), per=(EVIL,))
            for f in finding.trace
        ),
        sink=msgspec.structs.replace(finding.sink, call=EVIL, path=EVIL, function=EVIL, instead=EVIL),
        archetypes=(msgspec.structs.replace(reports.CACHE, id=EVIL, why=EVIL, where=EVIL),),
    )
    report = reports.report(
        bad,
        roots=tuple(msgspec.structs.replace(r, function=EVIL, why=EVIL) for r in reports.ROOTS),
        tool_version=EVIL,
        patterns=(msgspec.structs.replace(reports.PATTERN, cite=(EVIL,)),),
    )
    texts = [render_markdown(Rendering(report, report))]
    compared = msgspec.structs.replace(
        report,
        comparison=msgspec.structs.replace(
            comparison(EVIL), introduced=(Introduced(bad, Cause("call", EVIL, EVIL, EVIL, 1, 1), False),)
        ),
    )
    texts.append(render_markdown(Rendering(compared, compared)))
    return "\n\n".join(texts)


def test_nothing_hostile_leaves_its_code_span() -> None:
    page = MarkdownIt("commonmark", {"html": True}).render(hostile_markdown())
    outside = re.sub(r"<code>.*?</code>", "", page, flags=re.DOTALL)
    for hostile in ("@", "octo", "#1", "GH-2", "script", "e.vil", "href", "<ul>\n<li>x"):
        assert hostile not in outside, hostile
    assert set(re.findall(r"</?(\w+)", outside)) <= {"details", "summary", "p", "h3", "ol", "ul", "li", "sub", "strong"}
