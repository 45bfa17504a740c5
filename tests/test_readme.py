"""The README says what is true: commands, options, exit codes, keys, packages, output and examples."""

import os
import re
import shlex
from collections.abc import Iterable
from pathlib import Path
from typing import Any, get_args

import msgspec
import pytest
import typer
from typer.testing import CliRunner, Result

from alef_audit.cli import errors
from alef_audit.cli.arguments import with_default_command
from alef_audit.cli.main import app, command_names
from alef_audit.config import Config, config_schema, read_config
from alef_audit.reporting import json_comparison, json_findings, json_v1
from alef_audit.reporting.catalogue import catalogue_schema
from alef_audit.reporting.formats import REPORT_FORMATS
from alef_audit.reporting.rendering import Rendering
from alef_audit.rulepack.grid import Pathology, Stage
from alef_audit.rulepack.kinds import Cost, GuardKind, RootKind, SinkKind
from alef_audit.rulepack.load import bundled_rules, load_rulepack
from alef_audit.rulepack.pattern import LevelRow
from tests import __main__ as checks
from tests.expectations import TAGS
from tests.reporting import reports
from tests.rows import Table, table_of

CHECKOUT = Path(__file__).resolve().parent.parent
README = (CHECKOUT / "README.md").read_text(encoding="utf-8")
CHANGELOG = (CHECKOUT / "CHANGELOG.md").read_text(encoding="utf-8")
CUT = "…"
_HEADING = re.compile(r"^(#+) (.+)$")
_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def section(title: str) -> str:
    """The text below a heading, up to the next one of the same or a higher rank."""
    kept: list[str] = []
    rank = 0
    in_block = False
    for line in README.splitlines():
        in_block ^= line.startswith("```")
        heading = None if in_block else _HEADING.match(line)
        if heading and rank and len(heading[1]) <= rank:
            break
        if heading and heading[2] == title:
            rank = len(heading[1])
        elif rank:
            kept.append(line)
    assert kept, f"no section {title!r}"
    return "\n".join(kept) + "\n"


def blocks(text: str, language: str) -> list[str]:
    return [body for found, body in _FENCE.findall(text) if found == language]


def example(path: str) -> str:
    """The code block whose first line is a comment that names `path`."""
    (found,) = (body for _, body in _FENCE.findall(README) if body.startswith(f"# {path}\n"))
    return str(found)


def cells(text: str) -> list[str]:
    """The first cell of every table row."""
    return [line.split("|")[1].strip() for line in text.splitlines() if line.startswith("| ")]


def code_spans(text: str) -> list[str]:
    return re.findall(r"`([^`\n]+)`", _FENCE.sub("", text))


def commands() -> dict[str, Any]:
    """Every command by its full name, `rules check` among them."""
    found: dict[str, Any] = {}
    pending = [("", typer.main.get_command(app))]
    while pending:
        prefix, command = pending.pop()
        for name, inner in getattr(command, "commands", {}).items():
            if hasattr(inner, "commands"):
                pending.append((f"{prefix}{name} ", inner))
            else:
                found[prefix + name] = inner
    return found


def options(names: list[str]) -> set[str]:
    return {option for name in names for one in commands()[name].params for option in one.opts if option[0] == "-"}


def run(*arguments: str) -> Result:
    return CliRunner(env={"COLUMNS": "100", "NO_COLOR": "1"}).invoke(
        app, with_default_command(arguments, command_names()), prog_name="audit"
    )


# ---------------------------------------------------------------- the command line


def test_it_lists_the_commands_that_exist() -> None:
    table = " ".join(cells(section("Command line").partition("###")[0]))
    documented = set(re.findall(r"`audit ((?:[a-z-]+ ?)+)", table))
    assert {name.strip() for name in documented} == set(commands())
    assert "`audit PATH…`" in table


def test_it_types_no_command_that_does_not_exist() -> None:
    typed = [span for span in code_spans(README) if span.startswith("audit ")]
    typed += [
        line.removeprefix("$ ") for body in blocks(README, "console") for line in body.splitlines() if "$" in line
    ]
    assert typed
    known = {name.split()[0] for name in commands()}
    for words in (shlex.split(line) for line in typed):
        first = words[1]
        assert first in known or first.startswith(("-", "PATH")) or (CHECKOUT / first).exists() or "." in first, words


def test_it_lists_the_options_of_an_audit() -> None:
    documented = {
        word.split()[0]
        for span in code_spans("\n".join(cells(section("Command line"))))
        if span.startswith("-")
        for word in [span]
    }
    assert documented == options(["scan"])


def test_it_types_no_option_that_does_not_exist() -> None:
    mentioned = {found for span in code_spans(README) for found in re.findall(r"(?<!\w)--[a-z-]+", span)}
    assert mentioned <= options(list(commands())) | {
        "--help",
        "--version",
        "--install-completion",
        "--show-completion",
    }


def test_exit_codes() -> None:
    documented = {int(cell) for cell in cells(section("Exit codes")) if cell.isdecimal()}
    codes = {code for name, code in vars(errors).items() if name.isupper() and not name.startswith("_") and name != "P"}
    assert documented == codes == set(range(6))


def test_formats() -> None:
    (row,) = (line for line in section("Command line").splitlines() if "--format FORMAT" in line)
    assert all(f"`{entry.name}`" in row for entry in REPORT_FORMATS)


# ---------------------------------------------------------------- the configuration


def keys() -> set[str]:
    return {field.encode_name for field in msgspec.structs.fields(Config)}


def test_every_key_is_mentioned(tmp_path: Path) -> None:
    text = example("alef-audit.toml")
    (tmp_path / "my-rules").mkdir()
    (tmp_path / "alef-audit.toml").write_text(text, encoding="utf-8")
    read_config(tmp_path / "alef-audit.toml", trusted=False)
    shown = set(re.findall(r"^([a-z-]+) =", text, re.MULTILINE))
    tables = set(re.findall(r"^\[\[([a-z-]+)\]\]", text, re.MULTILINE))
    assert shown | tables >= keys()
    schema: Any = config_schema()
    assert set(schema["$defs"]["Config"]["properties"]) == keys()


PROGRAM = """\
import sys
import time
from fastapi import FastAPI

app = FastAPI()

def unreached():
    time.sleep(1)

def handed_over():
    time.sleep(2)

@app.get("/")
async def handler(item):
    pool.run(handed_over)
    item.unknown()
    if sys.platform == "win32":
        time.sleep(3)
"""
TRIALS = {
    "platform": 'platform = "linux"',
    "roots": '[[roots]]\nfunction = "*.unreached"\nkind = "request"',
    "not-roots": '[[not-roots]]\nfunction = "service.handler"',
    "boundaries": '[[boundaries]]\nfunction = "*.handed_over"\nkind = "offloaded"',
    "executors": 'executors = ["pool.run"]',
    "levels": '[[levels]]\nlevel = "note"',
    "--platform": "--platform=linux",
    "--explain-unresolved": "--explain-unresolved",
    "follow-dependencies": "follow-dependencies = true",
    "--follow-dependencies": "--follow-dependencies",
}


def outcome(project: Path, *extra: str) -> str:
    done = run("scan", str(project), "--format=json", *extra)
    assert done.exit_code in (errors.OK, errors.FINDINGS), done.stderr
    return re.sub(r'"seconds": [0-9.]+', "", done.stdout)


@pytest.mark.parametrize("name", sorted(TRIALS))
def test_what_the_readme_says_takes_effect(name: str, tmp_path: Path) -> None:
    (tmp_path / "service.py").write_text(PROGRAM, encoding="utf-8")
    plain = outcome(tmp_path)
    assert plain.count('"level": "error"') >= 2
    assert '"unresolved_calls": 0' not in plain
    if name.startswith("-"):
        assert outcome(tmp_path, TRIALS[name]) != plain
    else:
        (tmp_path / "alef-audit.toml").write_text(TRIALS[name], encoding="utf-8")
        assert outcome(tmp_path) != plain


# ---------------------------------------------------------------- vocabulary and shapes


def test_every_kind_is_named() -> None:
    named = set(code_spans(section("How to read a finding")))
    for vocabulary in (SinkKind, RootKind, GuardKind, Cost):
        assert set(get_args(vocabulary)) <= named


def crossing(row: LevelRow) -> str:
    return " by " + " or ".join(f"`{kind}`" for kind in row.crossing) if row.crossing else ""


def test_the_level_table_is_that_of_the_pattern() -> None:
    (pattern,) = (p for p in load_rulepack([bundled_rules()]).patterns if p.number == "035")
    rows = [line.split("|") for line in section("How to read a finding").splitlines() if line.startswith("| `")]
    documented = [[cell.strip() for cell in row[1:-1]] for row in rows if len(row) == 8]
    assert documented == [
        [
            f"`{row.level}`",
            " or ".join(row.verdict) + crossing(row),
            "any of these" if len(row.heat) in (0, 3) else ", ".join(row.heat),
            (row.phase or "any") + "".join(f", not {kind.rpartition('.')[2]}" for kind in row.other_than),
            row.cost_at_least + " for one call" * row.alone + ", in a loop" * row.looped,
            row.confidence_at_least + ", no step guessed" * row.unguessed + ", in a library" * row.library,
        ]
        for row in pattern.levels
    ]


def test_the_score_is_that_of_the_rules() -> None:
    kinds = load_rulepack([bundled_rules()]).kinds
    text = section("How to read a finding")
    score = kinds.score

    def listed(weights: Iterable[tuple[str, float]]) -> str:
        return " · ".join(f"{name} {weight:g}" for name, weight in weights)

    rows = {row.split("|")[1].strip(): row.split("|")[2].strip() for row in text.splitlines() if row.count("|") == 3}
    assert rows["rate of the entry point"] == listed((r, m.weight) for r, m in kinds.rate.items() if m.weight)
    assert rows["cost of one call"] == listed(score.cost.items())
    assert rows["loops that multiply"] == f"{score.loop:g} each, up to {score.most_loops}"
    assert rows["auth phase"] == f"{score.auth:g}"
    assert rows["sleep or wait inside a retry"] == f"{score.backoff:g}"
    assert rows["confidence"] == listed(score.confidence.items())
    assert rows["verdict"] == listed(score.verdict.items())
    for level, band in score.band.items():
        assert f"`{level}` from {band.floor:g}" in text
    flowing = " ".join(text.split())
    for rate, meaning in kinds.rate.items():
        named = ", ".join(f"`{kind}`" for kind, root in kinds.root.items() if root.rate == rate)
        assert not meaning.weight or f"`{rate}` is {named}" in flowing


def test_the_json_document_has_that_shape() -> None:
    modules = (json_v1, json_findings, json_comparison)
    structs = [s for m in modules for s in vars(m).values() if isinstance(s, type) and issubclass(s, msgspec.Struct)]
    fields = {field.encode_name for struct in structs for field in msgspec.structs.fields(struct)}
    (shape,) = blocks(section("JSON"), "")
    assert set(re.findall(r'"([^"]+)"', shape)) - {json_v1.SCHEMA} == fields
    assert json_v1.SCHEMA in shape


def test_the_catalogue_has_that_shape() -> None:
    schema: Any = catalogue_schema()
    (shape,) = blocks(section("Catalogue"), "")
    fields = {key for struct in schema["$defs"].values() for key in struct["properties"]}
    assert set(re.findall(r'"([a-z_]+)"', shape)) == fields
    filters = section("Catalogue").partition("\n| `--stage")[2]
    for name in (*get_args(Stage), *get_args(Pathology)):
        assert f"`{name}`" in filters


def test_the_code_map_names_every_package() -> None:
    documented = {
        path for path in code_spans(section("Code map")) if path.startswith("alef_audit/") and path.endswith("/")
    }
    packages = {
        file.parent.relative_to(CHECKOUT).as_posix() + "/" for file in CHECKOUT.glob("alef_audit/*/**/__init__.py")
    }
    assert documented == packages


def test_the_code_map_names_every_module_beside_the_packages() -> None:
    spans = {Path(span).name for span in code_spans(section("Code map"))}
    modules = {path.name for path in (CHECKOUT / "alef_audit").glob("*.py") if path.name != "__init__.py"}
    assert modules <= spans


def test_every_file_that_is_named_exists() -> None:
    for span in code_spans(README):
        if re.fullmatch(r"[\w./-]+/[\w-]+\.(py|toml)", span) and not span.startswith("my-rules/"):
            assert (CHECKOUT / span).exists() or (CHECKOUT / "alef_audit" / span).exists(), span


def test_the_checks_and_tags_are_those_that_exist() -> None:
    assert all(step.name in section("Two commands") for step in checks.STEPS)
    assert set(code_spans(section("Development"))) >= TAGS
    assert "python -m tests" in section("Two commands")


def test_attacks_and_faults_are_those_that_tests_try() -> None:
    titles: dict[Table, str] = {"attack": "Hostile repositories", "fault": "Faults"}
    for table, title in titles.items():
        documented = [line for line in section(title).splitlines() if line.startswith("|")]
        assert documented == table_of(table)


# ---------------------------------------------------------------- output and examples


def test_the_output_is_what_the_command_prints(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(CHECKOUT)
    (shown,) = blocks(section("What it answers"), "console")
    command, *excerpt = shown.splitlines()
    done = run(*shlex.split(command.removeprefix("$ audit ")))
    assert done.exit_code == errors.FINDINGS
    printed = iter(done.stdout.splitlines())
    # in the order of the output, whatever was cut
    assert [line for line in excerpt if line != CUT and line not in printed] == []
    start = excerpt[: excerpt.index(CUT)]
    assert done.stdout.startswith("\n".join(start) + "\n")


def test_the_answers_are_what_the_command_prints(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(CHECKOUT)
    (shown,) = blocks(section("Why, or why not"), "console")
    answers = shown.split("$ audit ")[1:]
    assert answers
    for answer in answers:
        command, _, printed = answer.partition("\n")
        assert run(*shlex.split(command)).stdout == printed


def test_the_rows_and_the_pattern_load_and_do_what_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for path in (
        "my-rules/models/pypi/acme-vault.toml",
        "my-rules/patterns/900-sleep-on-hot-path.toml",
        "service.py",
    ):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(example(path), encoding="utf-8")
    assert run("rules", "check", "my-rules").exit_code == errors.OK
    assert run("explain", "900", "--rules", "my-rules").exit_code == errors.OK
    done = run("service.py", "--rules", "my-rules", "--include-discharged", "--format=json", "--no-project-config")
    report = msgspec.json.decode(done.stdout, type=json_v1.Document)
    wanted = {
        (number, comment)
        for number, line in enumerate(example("service.py").splitlines(), start=1)
        for _, mark, comment in [line.partition("  # ")]
        if mark
    }
    found = {(f.sink.line, "discharged" if f.verdict == "discharged" else f.level) for f in report.findings}
    assert found == wanted
    (tmp_path / "pause.py").write_text("import time\n\n\n# audit: hot\ndef f() -> None:\n    time.sleep(1)\n")
    done = run("pause.py", "--rules", "my-rules", "--pattern=900", "--format=json", "--no-project-config")
    (finding,) = msgspec.json.decode(done.stdout, type=json_v1.Document).findings
    assert (finding.pattern, finding.level, finding.sink.line) == ("ACME-PAT-900", "error", 6)


def test_the_marked_functions_are_hot(tmp_path: Path) -> None:
    (code,) = blocks(section("Comments"), "ts")
    (tmp_path / "hot.ts").write_text(
        'import { readFileSync } from "node:fs";\n' + code.replace("{ … }", '{ readFileSync("x"); }'), encoding="utf-8"
    )
    done = run("scan", str(tmp_path), "--format=json")
    report = msgspec.json.decode(done.stdout, type=json_v1.Document)
    assert [(root.kind, root.function) for root in report.roots] == [("rpc", "listModels"), ("message", "onFrame")]


def test_the_report_format_works() -> None:
    names: dict[str, Any] = {}
    exec(compile(example("alef_audit/reporting/lines.py"), "lines.py", "exec"), names)
    text = names["render_lines"](Rendering(reports.typical(), reports.typical()))
    assert text.count("\n") == len(reports.typical().findings)


# ---------------------------------------------------------------- manners


@pytest.mark.parametrize("text", [README, CHANGELOG], ids=["README", "CHANGELOG"])
def test_nothing_of_one_machine_is_in_it(text: str) -> None:
    assert str(CHECKOUT) + os.sep not in text
    assert not re.search(r"(?<![\w./])/(?:home|root|tmp|opt|Users|work)\b", text)
    assert not [c for c in text if ord(c) >= 0x1F000]


def test_the_changelog_names_the_commands() -> None:
    assert all(f"`{name}`" in CHANGELOG for name in commands())
