"""`audit patterns`: every filter with what it lets through and what it does not, and the formats."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from typer.testing import CliRunner, Result

from alef_audit.cli.main import app
from alef_audit.rulepack.load import bundled_rules


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments), prog_name="audit", env={"COLUMNS": "100"})


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    """A second pattern beside the bundled one: another stage, another pathology, less severe."""
    text = next(bundled_rules().glob("patterns/035-*.toml")).read_text(encoding="utf-8")
    for ours, theirs in (
        ('id = "ALEF-PAT-035"', 'id = "ACME-PAT-901"'),
        ('number = "035"', 'number = "901"'),
        ('slug = "sync-auth-in-embedded-hot-path"', 'slug = "stale-copy"'),
        ('stage = "bind"', 'stage = "persist"'),
        ('pathology = "collapse"', 'pathology = "drift"'),
        ("severity = 8", "severity = 4"),
    ):
        assert text.count(f"\n{ours}\n") == 1
        text = text.replace(f"\n{ours}\n", f"\n{theirs}\n")
    folder = tmp_path / "mine"
    (folder / "patterns").mkdir(parents=True)
    (folder / "patterns" / "901-stale-copy.toml").write_text(text, encoding="utf-8")
    return folder


def answer(rules: Path, *options: str, format: str = "json") -> Any:
    done = run("patterns", *options, f"--format={format}", "--rules", str(rules))
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


@pytest.mark.parametrize(
    ("options", "numbers"),
    [
        ([], ["035", "901"]),
        (["--stage=bind"], ["035"]),
        (["--stage=persist"], ["901"]),
        (["--stage=design"], []),
        (["--pathology=collapse"], ["035"]),
        (["--pathology=drift"], ["901"]),
        (["--pathology=ghost"], []),
        (["--severity-min=4"], ["035", "901"]),
        (["--severity-min=5"], ["035"]),
        (["--severity-min=8"], ["035"]),
        (["--severity-min=9"], []),
        (["--stage=bind", "--pathology=drift"], []),
        (["--stage=persist", "--pathology=drift", "--severity-min=4"], ["901"]),
        (["35"], ["035"]),
        (["ALEF-PAT-035"], ["035"]),
        (["stale-copy"], ["901"]),
        (["901", "035", "35"], ["035", "901"]),
        (["901", "--stage=bind"], []),
    ],
)
def test_filters(rules: Path, options: Sequence[str], numbers: list[str]) -> None:
    assert [entry["number"] for entry in answer(rules, *options)["patterns"]] == numbers


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--stage=desing"], "'design'"),
        (["--pathology=stall"], "'collapse'"),
        (["--severity-min=0"], "equal to 1"),
        (["--severity-min=11"], "equal to 10"),
        (["stale-cop"], "Did you mean 901 (stale-copy)?"),
        (["--format=yaml"], "jsonld"),
    ],
)
def test_what_does_not_exist_is_said(rules: Path, options: Sequence[str], said: str) -> None:
    done = run("patterns", *options, "--rules", str(rules))
    assert done.exit_code == 2
    assert said in done.stderr


def test_the_published_schema_describes_both_answers(rules: Path) -> None:
    schema = json.loads(run("patterns-schema").stdout)
    for format in ("json", "jsonld"):
        jsonschema.validate(answer(rules, format=format), schema, cls=jsonschema.Draft202012Validator)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"schema": "alef-audit/patterns/v2", "patterns": []}, schema)


def test_the_published_schema_describes_a_pattern() -> None:
    schema = json.loads(run("explain-schema").stdout)
    explained = json.loads(run("explain", "035", "--format=json").stdout)
    jsonschema.validate(explained, schema, cls=jsonschema.Draft202012Validator)
    explained["pattern"]["severity"] = "high"
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(explained, schema, cls=jsonschema.Draft202012Validator)


def test_formats_for_people(rules: Path, tmp_path: Path) -> None:
    assert [line.split()[0] for line in run("patterns", "--rules", str(rules)).stdout.splitlines()] == ["035", "901"]
    listed = run("patterns", "--format=markdown", "--rules", str(rules)).stdout.splitlines()
    assert [line.split()[1] for line in listed] == ["`035`", "`901`"]
    assert run("patterns", "--format=markdown", "--output", str(tmp_path / "catalogue.md")).stdout == ""
    assert (tmp_path / "catalogue.md").read_text(encoding="utf-8").startswith("* `035`")


def test_explain_in_markdown() -> None:
    said = run("explain", "35", "--format=markdown").stdout
    assert said.startswith("# `ALEF-PAT-035` `sync-auth-in-embedded-hot-path`")
