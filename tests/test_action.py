"""What `action.yml` runs, with a real shell, on a pull request that gets three pushes."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.test_compare_command import CALLING, PROJECT, SERVICE
from tests.hosting import Host, hosting
from tests.repositories import commit, git, repository

CHECKOUT = Path(__file__).parents[1]

pytestmark = pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")


@pytest.fixture
def host() -> Iterator[Host]:
    with hosting() as running:
        yield running


def acted(root: Path, base: str, host: Host, event: Path, **inputs: str) -> tuple[int, str, str]:
    """Exit code, what the log shows and the job's summary of one run of the action."""
    program = root.parent / "audit"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -P -m alef_audit "$@"\n', encoding="utf-8")
    program.chmod(0o755)
    summary = root.parent / "summary.md"
    summary.unlink(missing_ok=True)
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("GIT_", "GITHUB_"))} | {
        "PYTHONPATH": str(CHECKOUT),
        "AUDIT": str(program),
        "FOLDER": "services/me",
        "PATTERN": "035",
        "BASE": base,
        "FAIL_ON": "warning",
        "ARGUMENTS": "",
        "REPORT": str(root.parent / "report.json"),
        "COMMENT": "true",
        "GITHUB_TOKEN": "workflow-token",
        "GITHUB_REPOSITORY": "octo/gateway",
        "GITHUB_API_URL": host.url,
        "GITHUB_EVENT_PATH": str(event),
        "GITHUB_STEP_SUMMARY": str(summary),
        **inputs,
    }
    command = ("bash", str(CHECKOUT / "action.sh"))
    done = subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, timeout=300)
    return done.returncode, done.stdout + done.stderr, summary.read_text(encoding="utf-8") if summary.exists() else ""


def below(files: dict[str, str]) -> dict[str, str]:
    return {f"services/me/{name}": text for name, text in files.items()}


def test_three_pushes(host: Host, tmp_path: Path) -> None:
    root = repository(tmp_path / "gateway", below(PROJECT))
    base = git(root, "rev-parse", "HEAD")
    event = tmp_path / "event.json"
    event.write_text('{"pull_request": {"number": 7}}', encoding="utf-8")
    git(root, "checkout", "-q", "-b", "topic")

    muted = PROJECT["tokens.py"].replace('name}") as file:', 'name}") as file:  # audit: ignore[035] fine')
    commit(root, below({"service.py": CALLING, "tokens.py": muted}))
    code, log, summary = acted(root, base, host, event)
    assert code == 1, log
    assert "::warning file=services/me/service.py,line=6," in log
    assert "name_of now calls read_token" in summary
    (comment,) = host.comments
    assert "(it does not count here)" in comment["body"]
    assert "`services/me/tokens.py:6` `audit: ignore[035] fine`" in comment["body"]

    commit(root, below({"tokens.py": PROJECT["tokens.py"]}))
    code, log, _ = acted(root, base, host, event)
    assert (code, "says to the audit" in comment["body"], "updated" in log) == (1, False, True)

    commit(root, below({"service.py": SERVICE}))
    code, log, _ = acted(root, base, host, event)
    assert (code, len(host.comments), "### Resolved" in comment["body"]) == (0, 1, True), log


def test_a_usage_error_fails_the_step_and_says_nothing_elsewhere(host: Host, tmp_path: Path) -> None:
    root = repository(tmp_path / "gateway", below(PROJECT))
    code, log, summary = acted(root, "nowhere", host, tmp_path / "none.json")
    assert (code, "no such revision" in log, summary, host.comments) == (2, True, "", [])


def test_without_a_base_everything_is_reported(host: Host, tmp_path: Path) -> None:
    root = repository(tmp_path / "gateway", below(PROJECT | {"service.py": CALLING}))
    code, log, summary = acted(root, "", host, tmp_path / "none.json", COMMENT="false", FAIL_ON="never")
    assert (code, "services/me/tokens.py" in summary, host.requests) == (0, True, []), log


def test_options_are_words_not_a_script(host: Host, tmp_path: Path) -> None:
    root = repository(tmp_path / "gateway", below(PROJECT))
    mark = tmp_path / "ran"
    code, _, _ = acted(root, "", host, tmp_path / "none.json", ARGUMENTS=f"--level=note $(touch {mark}) ;touch {mark}")
    assert (code, mark.exists()) == (2, False)
