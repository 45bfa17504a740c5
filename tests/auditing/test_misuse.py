"""The rules beside the blocking calls: identity, suppression, configuration, and what `why` says of their lines."""

from pathlib import Path

import pytest

from alef_audit.auditing.report import AuditReport, Finding
from alef_audit.config import Config, LevelRow
from alef_audit.pipeline.asking import why
from alef_audit.pipeline.auditing import audit
from tests.requests import request_for

AWAIT = """\
import asyncio
from fastapi import FastAPI

app = FastAPI()

async def verify_token(token):
    return bool(token)

@app.get("/")
async def handler(token):
    if not verify_token(token):
        return "no"
    return "yes"
"""
SEND = """\
import subprocess
from fastapi import FastAPI, WebSocket

app = FastAPI()

def read_keychain():
    return subprocess.run(["security"]).stdout

@app.websocket("/")
async def handler(socket: WebSocket):
    token = read_keychain()
    await socket.send_text(token)
"""
RULES = {"missed-await": "missed-await-on-auth", "pending-send": "send-while-handshake-pending"}


def report_on(folder: Path, source: str, **changes: object) -> AuditReport:
    (folder / "service.py").write_text(source, encoding="utf-8")
    return audit(request_for(folder, **changes), lambda *_: None)


def misuse(report: AuditReport) -> Finding:
    (found,) = (finding for finding in report.findings if finding.sink.kind in RULES)
    return found


@pytest.mark.parametrize(("source", "line"), [(AWAIT, 11), (SEND, 12)])
def test_the_rule_is_named_and_part_of_the_identity(source: str, line: int, tmp_path: Path) -> None:
    found = misuse(report_on(tmp_path, source))
    assert (found.rule, found.sink.line) == (RULES[found.sink.kind], line)
    assert (found.phase, found.verdict, found.confidence) == ("auth", "exposed", "high")
    moved = misuse(report_on(tmp_path, "# a comment\n" + source))
    assert (moved.fingerprint, moved.sink.line) == (found.fingerprint, line + 1)


def test_each_rule_has_archetypes_of_its_own(tmp_path: Path) -> None:
    (one,) = misuse(report_on(tmp_path, AWAIT)).archetypes
    assert (one.id, one.where) == ("await-the-check", "handler (service.py:11)")
    (other,) = misuse(report_on(tmp_path, SEND)).archetypes
    assert other.id == "lazy-response-cache-during-reconnect"


def test_a_send_names_the_blocking_call_in_front_of_it(tmp_path: Path) -> None:
    report = report_on(tmp_path, SEND)
    assert "subprocess.run (service.py:7)" in misuse(report).message
    assert not any(misuse(report).fingerprint in point.heals for point in report.fix_points)


@pytest.mark.parametrize(("source", "line"), [(AWAIT, 11), (SEND, 12)])
def test_comments_mute_it(source: str, line: int, tmp_path: Path) -> None:
    lines = source.splitlines()
    lines[line - 1] += "  # audit: ignore[035] known"
    report = report_on(tmp_path, "\n".join(lines) + "\n")
    assert (misuse(report).status, misuse(report).status_reason) == ("suppressed", "known")
    assert not report.diagnostics


def test_where_the_blocking_call_is_muted_the_send_is_not_reported(tmp_path: Path) -> None:
    report = report_on(tmp_path, SEND.replace(".stdout", ".stdout  # audit: ignore[035] a stub in this program"))
    assert misuse(report).status == "suppressed"


@pytest.mark.parametrize("source", [AWAIT, SEND])
def test_the_configuration_switches_it_off_by_its_kind(source: str, tmp_path: Path) -> None:
    kind = misuse(report_on(tmp_path, source)).sink.kind
    config = Config(levels=(LevelRow(level="off", sink=kind),))
    assert misuse(report_on(tmp_path, source, config=config)).status == "suppressed"
    config = Config(levels=(LevelRow(level="note", sink=kind),))
    assert misuse(report_on(tmp_path, source, config=config)).level == "note"


def test_a_missed_await_needs_no_entry_point(tmp_path: Path) -> None:
    source = AWAIT.replace('@app.get("/")\nasync def', "def")
    report = report_on(tmp_path, source)
    found = misuse(report)
    assert (found.level, report.roots[found.root].kind, len(found.trace)) == ("warning", "api", 1)


def test_why_answers_about_its_line(tmp_path: Path) -> None:
    (tmp_path / "service.py").write_text(AWAIT, encoding="utf-8")
    answer = why(request_for(tmp_path), "service.py", 11, lambda *_: None)
    assert (answer.conclusion, [f.rule for f in answer.findings]) == ("reported", ["missed-await-on-auth"])
    guarded = SEND.replace("    await socket", "    if socket.client_state == 1: await socket")
    (tmp_path / "service.py").write_text(guarded, encoding="utf-8")
    answer = why(request_for(tmp_path), "service.py", 12, lambda *_: None)
    assert answer.conclusion == "not-reported"


def test_names_of_checks(tmp_path: Path) -> None:
    for name in ("has_permission", "channel_has_access", "isAdmin", "check_token", "is_authorized"):
        assert misuse(report_on(tmp_path, AWAIT.replace("verify_token", name))).rule == "missed-await-on-auth", name
    for name in ("is_ready", "has_rows", "token_count"):
        report = report_on(tmp_path, AWAIT.replace("verify_token", name))
        assert not [finding for finding in report.findings if finding.sink.kind in RULES], name
