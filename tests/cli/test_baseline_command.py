"""`audit baseline` and `audit --baseline`, on a project that changes."""

import json
from pathlib import Path

import pytest

from tests.test_survival import HOT, Ran, run

MORE = HOT + "\n\n@app.post('/more')\nasync def more() -> None:\n    time.sleep(2)\n"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "hot.py").write_text(HOT, encoding="utf-8")
    return tmp_path


def scan(root: Path, *arguments: str | Path) -> Ran:
    return run(root, *arguments)


def test_only_new_findings_count(project: Path) -> None:
    file = project / "alef-audit-baseline.jsonl"
    assert scan(project).code == 1
    written = run("baseline", project, "--reason", "known", "--until", "2099-01-01")
    assert (written.code, written.out) == (0, "")
    assert "1 entry, 1 new, 0 removed" in written.err
    assert json.loads(file.read_text(encoding="utf-8"))["until"] == "2099-01-01"
    assert scan(project, "--baseline", file).code == 0
    (project / "hot.py").write_text(MORE, encoding="utf-8")
    assert scan(project, "--baseline", file).code == 1


def test_a_configured_baseline(project: Path) -> None:
    (project / "alef-audit.toml").write_text('baseline = "known.jsonl"\n', encoding="utf-8")
    assert scan(project).code == 2
    assert run("baseline", project, "--quiet").err == ""
    assert (project / "known.jsonl").is_file()
    assert scan(project).code == 0
    assert scan(project, "--no-project-config").code == 1


def test_unused_entries_are_reported_and_pruned(project: Path) -> None:
    file = project / "alef-audit-baseline.jsonl"
    run("baseline", project)
    (project / "hot.py").write_text("x = 1\n", encoding="utf-8")
    ran = scan(project, "--baseline", file, "--strict")
    assert (ran.code, "1 entry of the baseline without effect" in ran.err) == (4, True)
    assert "covers nothing any more" in scan(project, "--baseline", file, "--format", "json").out
    assert "0 entries, 0 new, 1 removed" in run("baseline", project, "--prune").err
    assert file.read_text(encoding="utf-8") == ""


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--until", "soon"), "Type it as 2027-01-31"),
        (("--prune",), "no such baseline"),
        (("--output", "missing/file"), "no such folder"),
    ],
)
def test_errors_say_what_to_do(arguments: tuple[str, ...], said: str, project: Path) -> None:
    ran = run("baseline", project, *arguments)
    assert (ran.code, said in ran.err) == (2, True)


def test_a_configuration_cannot_name_a_baseline_outside(project: Path) -> None:
    (project / "alef-audit.toml").write_text('baseline = "../known.jsonl"\n', encoding="utf-8")
    ran = scan(project)
    assert (ran.code, "--baseline ../known.jsonl" in ran.err) == (2, True)
