"""The command line with the pipeline replaced: arguments, exit codes, errors, where text goes."""

import json
import os
import subprocess
import sys
import types
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import pytest
from typer.testing import CliRunner, Result

from alef_audit import __version__
from alef_audit.auditing.answer import Answer
from alef_audit.auditing.report import AuditReport, ReportDiagnostic
from alef_audit.cli.arguments import with_default_command
from alef_audit.cli.main import app, command_names
from alef_audit.diagnostics import ConfigError, NothingToAudit
from alef_audit.reporting.graph import GraphView
from alef_audit.request import AuditRequest
from alef_audit.rulepack.load import RulepackError
from tests.reporting import reports

Progress = Callable[[str, int, int], None]
Reply = AuditReport | Exception


@dataclass(frozen=True)
class Asked:
    """What the command line handed to the pipeline."""

    requests: list[AuditRequest] = field(default_factory=list)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty project as working directory, without the environment of whoever runs the tests."""
    for name in ("COLUMNS", "NO_COLOR", "FORCE_COLOR", "ALEF_AUDIT_DEBUG"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / ".git").mkdir()
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "a.py").write_text("x = 1\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, with_default_command(arguments, command_names()), prog_name="audit")


def answering(monkeypatch: pytest.MonkeyPatch, answer: Reply) -> Asked:
    """Put a pipeline in place that reports `answer`, or raises it."""
    asked = Asked()

    def audit(request: AuditRequest, progress: Progress) -> AuditReport:
        asked.requests.append(request)
        progress("extracting", 1, 2)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def graph(request: AuditRequest, progress: Progress) -> GraphView:
        asked.requests.append(request)
        return GraphView((), ())

    def why(request: AuditRequest, path: str, line: int, progress: Progress) -> Answer:
        asked.requests.append(request)
        return Answer(path=path, line=line, subject="line", conclusion="not-reported")

    for where, function in (("auditing", audit), ("linking", graph), ("asking", why)):
        module = types.ModuleType(f"alef_audit.pipeline.{where}")
        setattr(module, function.__name__, function)
        monkeypatch.setitem(sys.modules, module.__name__, module)
    return asked


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ([], ["scan"]),
        (["."], ["scan", "."]),
        (["--pattern=035", "src"], ["scan", "--pattern=035", "src"]),
        (["--pattern", "035"], ["scan", "--pattern", "035"]),
        (["scan", "src"], ["scan", "src"]),
        (["graph"], ["graph"]),
        (["./graph"], ["scan", "./graph"]),
        (["--", "graph"], ["scan", "--", "graph"]),
        (["explain", "035"], ["explain", "035"]),
        (["--help"], ["--help"]),
        (["--version"], ["--version"]),
        (["src", "--help"], ["scan", "src", "--help"]),
    ],
)
def test_default_command(given: list[str], meant: list[str]) -> None:
    assert with_default_command(given, command_names()) == meant


def test_every_command_is_there() -> None:
    assert command_names() == {
        "scan",
        "explain",
        "patterns",
        "graph",
        "evidence",
        "prove",
        "rules",
        "cache",
        "config-schema",
        "patterns-schema",
        "explain-schema",
        "evidence-schema",
        "why",
        "baseline",
        "compare",
        "hook",
        "comment",
        "show",
    }


def test_version() -> None:
    assert run("--version").stdout == f"alef-audit {__version__}\n"


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ([], 1),
        (["--fail-on", "error"], 1),
        (["--fail-on", "never"], 0),
        (["--min-confidence", "high", "--fail-on", "note"], 1),
        (["--strict"], 4),
        (["--strict", "--fail-on", "never"], 4),
        (["--format", "json"], 1),
        (["--quiet"], 1),
    ],
)
def test_exit_codes_with_findings(
    project: Path, monkeypatch: pytest.MonkeyPatch, options: list[str], code: int
) -> None:
    answering(monkeypatch, reports.typical())
    assert run(".", *options).exit_code == code


@pytest.mark.parametrize(
    ("report", "options", "code"),
    [
        (reports.report(coverage=reports.WHOLE), ["--strict"], 0),
        (reports.report(reports.note(1)), [], 0),
        (reports.report(reports.note(1)), ["--fail-on", "note"], 1),
        (reports.report(reports.finding("1", status="suppressed")), [], 0),
        (reports.report(reports.finding("1", status="baselined")), [], 0),
        (reports.discharged(), ["--fail-on", "note", "--include-discharged"], 0),
        (reports.report(reports.finding("1", confidence="low")), ["--min-confidence", "medium"], 0),
    ],
)
def test_exit_codes_without(
    project: Path, monkeypatch: pytest.MonkeyPatch, report: AuditReport, options: list[str], code: int
) -> None:
    answering(monkeypatch, report)
    assert run(".", *options).exit_code == code


@pytest.mark.parametrize(
    ("error", "code", "message"),
    [
        (NothingToAudit("no source files below src", "Name another folder"), 3, "no source files below src\n  Name"),
        (ConfigError("a.toml", "levels[0].sink", "bad", "Use x"), 2, "a.toml: levels[0].sink: bad\n  Use x"),
        (RulepackError("r.toml", "sink[1].cost", "bad"), 2, "r.toml: sink[1].cost: bad\n"),
        (ValueError("odd\x1b[31m"), 5, "internal error: ValueError: odd\\x1b[31m"),
        (RecursionError("deep"), 5, "internal error: RecursionError: deep"),
    ],
)
def test_errors_are_messages(
    project: Path, monkeypatch: pytest.MonkeyPatch, error: Exception, code: int, message: str
) -> None:
    answering(monkeypatch, error)
    result = run(".")
    assert result.exit_code == code
    assert result.stdout == ""
    assert f"audit: error: {message}" in result.stderr
    assert "Traceback" not in result.stderr


def test_traceback_on_request(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALEF_AUDIT_DEBUG", "1")
    answering(monkeypatch, ValueError("odd"))
    result = run(".")
    assert result.exit_code == 5
    assert "Traceback" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--pattern", "036"], "no pattern '036'\n  Did you mean 035 (sync-auth-in-embedded-hot-path)?"),
        (["--pattern", "sync-auth-hot-path"], "Did you mean 035"),
        (["--format", "sarfi"], "unknown format 'sarfi'\n  Formats: text, json"),
        (["nowhere"], "no such file or folder: nowhere"),
        (["explian"], "Did you mean the command explain?"),
        (["--rules", "nowhere"], "nowhere: no such rules folder"),
        (["--config", "nowhere.toml"], "nowhere.toml: no such file"),
        (["--config", "a.toml", "--no-project-config"], "exclude each other"),
        (["--output", "no/such/file"], "no such folder"),
        (["--output", "src"], "is a folder"),
    ],
)
def test_wrong_usage(project: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], message: str) -> None:
    asked = answering(monkeypatch, reports.report())
    result = run(*arguments, *(["--pattern", "35"] if "--rules" in arguments else []))
    assert result.exit_code == 2
    assert message in result.stderr
    assert asked.requests == []


@pytest.mark.parametrize("option", [["--bogus"], ["--jobs", "0"], ["--level", "fatal"], ["--platform", "beos"]])
def test_options_that_do_not_exist(project: Path, option: list[str]) -> None:
    result = run(".", *option)
    assert result.exit_code == 2
    assert "Error" in result.stderr


@pytest.mark.parametrize("name", ["035", "35", "ALEF-PAT-035", "alef-pat-35", "sync-auth-in-embedded-hot-path"])
def test_names_of_a_pattern(project: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    asked = answering(monkeypatch, reports.report())
    assert run("--pattern", name, "--pattern", "035").exit_code == 0
    assert asked.requests[0].patterns == ("035",)


def test_request_without_options(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = answering(monkeypatch, reports.report())
    run()
    request = asked.requests[0]
    assert (request.root, request.only, request.patterns, request.rules) == (project.resolve(), (), (), ())
    assert request.platform == "any"
    assert request.jobs >= 1
    assert not request.include_discharged
    assert not request.explain_unresolved


def test_options_win_over_configuration(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (project / "mine").mkdir()
    (project / "more").mkdir()
    (project / "alef-audit.toml").write_text(
        'patterns = ["35"]\nrules = ["mine"]\njobs = 1\nplatform = "linux"\nfail-on = "never"\nlevel = "note"\n'
    )
    asked = answering(monkeypatch, reports.typical())
    configured = run(".")
    overruled = run(
        ".", "--rules", "more", "--jobs", "2", "--platform", "darwin", "--fail-on", "error", "--level", "error"
    )
    first, second = asked.requests
    assert (first.patterns, first.jobs, first.platform) == (("035",), 1, "linux")
    assert first.rules == ((project / "mine").resolve(),)
    assert (second.patterns, second.jobs, second.platform) == (("035",), 2, "darwin")
    assert second.rules == ((project / "mine").resolve(), Path("more"))
    assert (configured.exit_code, overruled.exit_code) == (0, 1)
    assert "not listed" not in configured.stdout
    assert "2 notes not listed" in overruled.stdout
    run(".", "--no-project-config")
    assert asked.requests[2].patterns == ()


def test_configuration_errors_name_file_and_key(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answering(monkeypatch, reports.report())
    (project / "alef-audit.toml").write_text('levle = "note"\n')
    result = run(".")
    assert result.exit_code == 2
    assert "alef-audit.toml: levle: unknown key" in result.stderr
    assert "Did you mean level?" in result.stderr


def test_scope_of_paths(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = answering(monkeypatch, reports.report())
    (project / "lib").mkdir()
    run("src")
    run("src/a.py")
    run("src", "lib")
    run(".", "src")
    root = project.resolve()
    assert [(request.root, request.only) for request in asked.requests] == [
        (root / "src", ()),
        (root, (Path("src/a.py"),)),
        (root, (Path("lib"), Path("src"))),
        (root, ()),
    ]


def test_json_lists_everything_unless_told_otherwise(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answering(monkeypatch, reports.typical())
    everything = json.loads(run(".", "--format", "json").stdout)
    errors = json.loads(run(".", "--format", "json", "--level", "error").stdout)
    assert len(everything["findings"]) == 7
    assert {finding["level"] for finding in errors["findings"]} == {"error"}
    assert errors["summary"] == everything["summary"]


def test_output_file(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answering(monkeypatch, reports.typical())
    result = run(".", "--output", "report.txt")
    assert (result.stdout, result.exit_code) == ("", 1)
    text = (project / "report.txt").read_text(encoding="utf-8")
    assert "fs.readFileSync blocks the event loop" in text
    assert "\x1b" not in text


def test_no_colour_in_a_pipe_nor_with_no_color(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answering(monkeypatch, reports.typical())
    assert "\x1b" not in run(".").stdout
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm-256color")
    assert "\x1b" in run(".").stdout
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b" not in run(".").stdout


def test_width_from_the_environment(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answering(monkeypatch, reports.report())
    monkeypatch.setenv("COLUMNS", "50")
    assert max(len(line) for line in run(".").stdout.splitlines() if line.startswith("Summary")) == 50


def test_only_commands_that_exist_are_suggested(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answering(monkeypatch, reports.typical())
    text = run(".").stdout
    assert "audit explain 035" in text
    assert ("audit why" in text) == ("why" in command_names())


def test_all_paths(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answering(monkeypatch, reports.large())
    assert run(".").stdout.count("next  audit") == 10
    assert run(".", "--all").stdout.count("next  audit") == 40


def test_strict_says_what_is_missing(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answering(monkeypatch, reports.report())
    assert (
        "3 files not read (.vue); 1 file not read (too large); 2 files with syntax errors"
        in run(".", "--strict").stderr
    )


def test_encoding_that_knows_little(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    finding = msgspec.structs.replace(reports.note(1, "error"), message="größe")
    answering(monkeypatch, reports.report(finding))
    result = CliRunner(charset="ascii").invoke(app, ["scan", "."], prog_name="audit")
    assert result.exit_code == 1
    assert "gr\\xf6\\xdfe" in result.stdout


def test_explain_and_patterns(project: Path) -> None:
    assert "sync-auth-in-embedded-hot-path" in run("explain", "35").stdout
    assert json.loads(run("explain", "35", "--format", "json").stdout)["pattern"]["id"] == "ALEF-PAT-035"
    assert run("patterns").stdout.startswith("035")
    assert json.loads(run("patterns", "--format", "json").stdout)["patterns"][0]["number"] == "035"
    unknown = run("explain", "nonsense")
    assert unknown.exit_code == 2
    assert "no pattern 'nonsense'" in unknown.stderr


def test_graph(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = answering(monkeypatch, reports.report())
    assert json.loads(run("graph", "src").stdout) == {"functions": [], "edges": []}
    assert run("graph", "src", "--format", "dot").stdout.startswith("digraph")
    assert run("graph", "src", "--format", "svg").exit_code == 2
    assert asked.requests[0].root == (project / "src").resolve()


def test_rules_check(project: Path) -> None:
    mine = project / "mine"
    (mine / "models").mkdir(parents=True)
    assert "no rules in mine" in run("rules", "check", "mine").stderr
    model = mine / "models" / "own.toml"
    head = '[library]\nname = "own"\necosystem = "pypi"\nmodules = ["own"]\nreference = "https://example.org"\n'
    row = '[[sink]]\nkind = "blocking.network"\nmembers = ["fetch"]\ncost = "seconds"\n'
    model.write_text(head + row)
    good = run("rules", "check", "mine")
    assert (good.exit_code, "no mistakes found" in good.stdout) == (0, True)
    model.write_text(head + row.replace("seconds", "hours"))
    bad = run("rules", "check", "mine")
    assert bad.exit_code == 2
    assert "own.toml: sink[0].cost" in bad.stderr or "own.toml: sink[...].cost" in bad.stderr
    assert run("rules", "check", "nowhere").exit_code == 2


def test_config_schema(project: Path) -> None:
    schema = json.loads(run("config-schema").stdout)
    assert "fail-on" in schema["$defs"]["Config"]["properties"]


def python(code: str, *, closed_pipe: bool = False, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", code]
    if not closed_pipe:
        return subprocess.run(command, capture_output=True, text=True, check=False, env=os.environ | environment)
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        return subprocess.CompletedProcess(command, process.wait(), "", process.stderr.read())


@pytest.mark.parametrize("arguments", [["--version"], ["--help"], ["scan", "--help"]])
def test_help_and_version_import_little(arguments: list[str]) -> None:
    heavy = {"tree_sitter", "libcst", "rich", "re2", "msgspec", "alef_audit.pipeline", "alef_audit.config"}
    code = (
        "import sys\nfrom alef_audit.cli.main import main\n"
        f"try:\n    main({arguments!r})\nexcept SystemExit as end:\n    assert not end.code\n"
        f"loaded = {heavy!r} & set(sys.modules)\nassert not loaded, loaded\n"
    )
    result = python(code)
    assert result.returncode == 0, result.stderr


def test_a_scan_of_a_few_files_imports_what_it_needs(tmp_path: Path) -> None:
    (tmp_path / "app.ts").write_text("export const one = 1;\n", encoding="utf-8")
    (tmp_path / "package.json").write_text("{}", encoding="utf-8")
    unused = {"json5", "unidiff", "libcst", "jinja2", "junitparser", "multiprocessing.context", "rich.console"}
    code = (
        "import sys\nfrom alef_audit.cli.main import main\n"
        f"try:\n    main([{str(tmp_path)!r}, '--format=json', '--no-cache'])\n"
        f"except SystemExit as end:\n    assert not end.code\nloaded = {unused!r} & set(sys.modules)\n"
        "assert not loaded, loaded\n"
    )
    result = python(code)
    assert result.returncode == 0, result.stderr


def test_a_closed_pipe_is_no_error() -> None:
    result = python("from alef_audit.cli.main import main; main(['explain', '035'])", closed_pipe=True)
    assert (result.returncode, result.stderr) == (141, "")


# ---------------------------------------------------------------- why


def test_why(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = answering(monkeypatch, reports.report())
    done = run("why", "src/a.py:1", "--platform=linux")
    assert (done.exit_code, done.stdout) == (0, "src/a.py:1  not reported\n")
    assert asked.requests[0].root == project
    assert asked.requests[0].platform == "linux"
    document = json.loads(run("why", "src/a.py:1", "--format=json").stdout)
    assert (document["schema"], document["why"]["conclusion"]) == ("alef-audit/v1", "not-reported")


@pytest.mark.parametrize("typed", [("a.py:1", "src"), ("src/a.py:1", "src"), ("./src/../src/a.py:1", "src")])
def test_why_takes_the_file_from_the_audited_folder(
    typed: tuple[str, str], project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = answering(monkeypatch, reports.report())
    assert run("why", *typed).stdout.startswith("a.py:1 ")
    assert asked.requests[0].root == project / "src"


@pytest.mark.parametrize(
    ("typed", "message", "remedy"),
    [
        (("src/a.py",), "not a file and a line: src/a.py", "Type it as in: audit why src/server.ts:120"),
        (("src/a.py:x",), "not a file and a line: src/a.py:x", "Type it as in"),
        (("src/a.py:0",), "not a file and a line: src/a.py:0", "Type it as in"),
        (("src/a.py:3",), "src/a.py has 2 lines, not 3", "Name a line from 1 to 2"),
        (("srv/a.py:1",), "no such file in .: srv/a.py", "Did you mean src/a.py:1?"),
        (("b.cfg:1",), "no such file in .: b.cfg", "Name the audited folder: audit why FILE:LINE FOLDER"),
        (("src/a.py:1", "lib"), "no such folder: lib", "Name the folder that is audited"),
        (("../out.py:1",), "../out.py lies outside of", "Name the audited folder"),
        (("src/a.py:1", "--pattern=36"), "no pattern '36'", "Did you mean 035"),
    ],
)
def test_why_says_what_is_wrong_with_the_question(
    typed: tuple[str, ...], message: str, remedy: str, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (project.parent / "out.py").write_text("x = 1\n")
    answering(monkeypatch, reports.report())
    done = run("why", *typed)
    assert done.exit_code == 2
    assert f"audit: error: {message}" in done.stderr
    assert remedy in done.stderr


def test_strict_counts_comments_without_effect(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    remark = ReportDiagnostic("src/a.py", 1, "audit-comment", "audit: ignore[035] mutes nothing")
    answering(monkeypatch, reports.report(diagnostics=(remark,), coverage=reports.WHOLE))
    assert run(".").exit_code == 0
    done = run(".", "--strict")
    assert done.exit_code == 4
    assert "1 comment without effect" in done.stderr


def test_what_is_suggested_can_be_typed(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answering(monkeypatch, reports.typical())
    assert " src " not in next(line for line in run(".").stdout.splitlines() if "audit why" in line)
    assert any(":300 src" in line or " src " in line for line in run("src").stdout.splitlines() if "audit why" in line)


# ---------------------------------------------------------------- completion


def complete(line: str, *, begun: bool = True) -> list[str]:
    """What bash is offered at the end of `line`, whose last word is `begun`."""
    number = len(line.split()) - begun
    code = "from alef_audit.cli.main import main\nmain()\n"
    done = python(code, _AUDIT_COMPLETE="complete_bash", COMP_WORDS=line, COMP_CWORD=str(number))
    return done.stdout.split()


def test_commands_and_options_are_completed() -> None:
    assert complete("audit ba") == ["baseline"]
    assert "--suppressions-from" in complete("audit compare --s")
    assert complete("audit scan --form") == ["--format"]


def test_options_of_a_scan_are_completed_without_its_name() -> None:
    assert complete("audit --form") == ["--format"]
    assert complete("audit . --form") == ["--format"]
    assert complete("audit --vers") == ["--version"] or complete("audit --version") == ["--version"]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_there_is_a_script_for_a_shell(shell: str) -> None:
    asked = f"from alef_audit.cli.main import main\nmain(['--show-completion', '{shell}'])\n"
    shown = python(asked, _TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION="1")
    assert "_AUDIT_COMPLETE" in shown.stdout
