"""Whatever reads what others wrote: a file is answered, or refused with a message, or an AssertionError is raised."""

import json
import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random
from typing import Final, NamedTuple

from alef_audit.auditing.report import AuditReport
from alef_audit.diagnostics import NothingToAudit, UsageError
from alef_audit.discovery.inventory import GRAMMARS
from alef_audit.evidence.judge import judge
from alef_audit.facts import flows
from alef_audit.facts.file import FileFacts
from alef_audit.facts.inputs import Asked
from alef_audit.frontends.ecmascript.extract import extract_ecmascript
from alef_audit.frontends.inputs import read_inputs
from alef_audit.frontends.python.extract import extract_python
from alef_audit.git.changes import Changes
from alef_audit.pipeline.asking import why
from alef_audit.pipeline.comparing import Between, compare
from alef_audit.pipeline.judging import examine
from alef_audit.pipeline.linking import graph
from alef_audit.pipeline.reporting import report_of
from alef_audit.pipeline.surveying import survey
from alef_audit.reporting.evidence_json import render_evidence_json
from alef_audit.reporting.evidence_text import render_evidence_text
from alef_audit.reporting.formats import GRAPH_FORMATS
from alef_audit.reporting.json_read import read_report
from alef_audit.request import AuditRequest
from alef_audit.source import decode_source
from alef_audit.store.database import FILE
from tests.evidence.test_profiles import SYNC_IO
from tests.fuzz import corpus, nests, words
from tests.fuzz.mutators import Seed
from tests.fuzz.nests import Nest
from tests.fuzz.projects import project, rules, run, settings, write
from tests.fuzz.sound_facts import check_facts
from tests.fuzz.sound_report import check_formats, check_report
from tests.requests import request_for

_FUNCTIONS: Final = 40  # of a file that are asked about


class Target(NamedTuple):
    """`check` gets a file and an empty or reused folder; it gives "" or the message that refuses the file."""

    name: str
    seeds: Callable[[Sequence[Path]], tuple[Seed, ...]]
    words: tuple[bytes, ...]
    nests: tuple[Nest, ...]
    check: Callable[[Seed, Path], str]
    in_ci: int  # how many inputs the suite tries


def check_front_end(seed: Seed, folder: Path) -> str:
    """A front end on its own, and the second reading for the functions that it found."""
    source = decode_source(seed.data)
    grammar = GRAMMARS[Path(seed.name).suffix]
    facts = extract_python(source.data) if grammar == "python" else extract_ecmascript(source.data, grammar)
    check_facts(facts, source.data)
    asked = _asked(facts)
    found = read_inputs(source.data, grammar, asked)
    assert len(found) == len(asked)
    for inputs, one in zip(found, asked, strict=True):
        assert inputs is None or {(call.line, call.column) for call in inputs.calls} <= one.calls
    return "; ".join(problem.message for problem in source.problems if problem.kind == "skipped")


def check_audit(seed: Seed, folder: Path) -> str:
    """The whole audit of a project that calls what the file exports; sometimes `why` and the graph as well."""
    root = project(folder, seed.name, seed.data)
    request = request_for(root, include_discharged=True, explain_unresolved=True)
    report = _audited(request)
    check_report(report, root)
    chance = Random(seed.data)
    if chance.random() < 0.2:
        lines = seed.data.count(b"\n") + 1
        found = [one.sink.line for one in report.findings if one.sink.path == seed.name]
        why(request, seed.name, chance.choice((*found, chance.randint(1, lines))), _silent)
        shown = graph(request, _silent)
        for entry in GRAPH_FORMATS:
            text = entry.render(shown)
            assert entry.name != "json" or json.loads(text)
    return ""


def check_comparison(seed: Seed, folder: Path) -> str:
    """The file against one that lacks some of its lines."""
    chance = Random(seed.data)
    before = b"\n".join(line for line in seed.data.split(b"\n") if chance.random() < 0.8)
    root, base = project(folder / "now", seed.name, seed.data), project(folder / "before", seed.name, before)
    lines = frozenset(line for line in range(1, seed.data.count(b"\n") + 2) if chance.random() < 0.5)
    changed = Between("before", "", Changes({seed.name: lines, "hot.py": frozenset((9,))}, {}))
    report = compare(request_for(root), base, changed, _silent)
    check_formats(report, root)
    return ""


def check_rules(seed: Seed, folder: Path) -> str:
    """A folder of rules with this file in it, checked and then used."""
    given = folder / "rules"
    file = write(given, seed.name, seed.data)
    try:
        done = run("rules", "check", given)
        if not done.refusal:
            done = run(project(folder / "project"), "--rules", given, *_PLAIN)
        if not done.refusal and "patterns" in seed.name:
            run("patterns", "--rules", given, "--format", "json")
            run("evidence", project(folder / "project") / "hot.py", "--rules", given, "--explain")
    finally:
        file.unlink()
    return done.refusal


def check_configuration(seed: Seed, folder: Path) -> str:
    root = project(folder)
    file = write(root, seed.name, seed.data)
    try:
        return run(root, *_PLAIN, "--strict").refusal
    finally:
        file.unlink()


def check_baseline(seed: Seed, folder: Path) -> str:
    """A baseline that is read, and then brought up to date and read again."""
    root = project(folder)
    file = write(folder, seed.name, seed.data)
    done = run(root, *_PLAIN, "--baseline", file)
    if not done.refusal:
        done = run("baseline", root, "--output", file, "--no-cache", "--jobs", "1")
    if not done.refusal:
        assert run(root, *_PLAIN, "--baseline", file).code == 0
    return done.refusal


def check_cache(seed: Seed, folder: Path) -> str:
    """A damaged cache: the findings are those of an audit without one."""
    root = project(folder / "project")
    with settings(folder / "cache"):
        file = write(folder / "cache", FILE, seed.data)
        told = run(root, "--format", "json", "--jobs", "1")
        again = run(root, "--format", "json", "--jobs", "1")
        for arguments in (("cache", "info"), ("cache", "clear")):
            run(*arguments)
        file.unlink(missing_ok=True)
    plain = run(root, *_PLAIN)
    assert _findings(told.out) == _findings(again.out) == _findings(plain.out)
    try:
        with sqlite3.connect(":memory:") as db:
            db.deserialize(seed.data)
            db.execute("SELECT count(*) FROM entry")
    except sqlite3.Error as error:
        return f"replaced: {error}"
    return ""


def check_logs(seed: Seed, folder: Path) -> str:
    file = write(folder, seed.name, seed.data)
    try:
        found = judge((str(file),), rules().patterns[0])
    except (NothingToAudit, UsageError) as error:
        return error.message
    json.loads(render_evidence_json(found))
    shown = "".join(line.plain for line in render_evidence_text(found, 100, True, True))
    assert shown.isprintable() or not {"\x1b", "\r", "\u202e"}.intersection(shown)
    return ""


def check_evidence(seed: Seed, folder: Path) -> str:
    """A profile, a log or a source map beside the project that it speaks of."""
    root = project(folder / "project")
    if seed.name.endswith(".map"):
        write(root, "server.js.map", seed.data)
        file = write(folder, "a.log", SYNC_IO.replace("src/app.mjs", "server.js").replace(":8:3", ":3:1"))
    else:
        file = write(folder, seed.name, seed.data)
    done = run(root, *_PLAIN, "--evidence", file)
    (root / "server.js.map").unlink(missing_ok=True)
    return done.refusal


def check_manifest(seed: Seed, folder: Path) -> str:
    """A project with this manifest, lock file or list of ignored files; once more with packages followed."""
    root = project(folder)
    file = write(root, seed.name, seed.data)
    try:
        request = request_for(root, follow=() if Random(seed.data).random() < 0.3 else None)
        check_report(_audited(request), root)
        return ""
    except NothingToAudit as error:
        return error.message
    finally:
        file.unlink()


def check_written_report(seed: Seed, folder: Path) -> str:
    """A report that another job is said to have written, in every format, and as a comment."""
    file = write(folder, seed.name, seed.data)
    done = run("show", file, "--format", "json")
    if not done.refusal:
        check_formats(read_report(seed.data, "report"), folder)
        run("comment", file, "--dry-run")
    return done.refusal


_PLAIN: Final = ("--format", "json", "--no-cache", "--jobs", "1")


def _silent(stage: str, done: int, total: int) -> None:
    return


def _audited(request: AuditRequest) -> AuditReport:
    """As the pipeline does it, with rules that are read once."""
    pack = rules()
    patterns = list(pack.patterns)
    return report_of(request, patterns, examine(request, pack, patterns, survey(request), _silent), 0.0)


def _findings(report: str) -> object:
    return json.loads(report)["findings"]


def _asked(facts: FileFacts) -> list[Asked]:
    """Some functions of a file with their calls."""
    calls: dict[int, set[tuple[int, int]]] = {}
    found = memoryview(facts.calls).cast("i")
    at = 0
    while at < len(found):
        calls.setdefault(found[at + flows.IN_FUNCTION], set()).add((found[at + flows.LINE], found[at + flows.COLUMN]))
        at += flows.CALL_HEAD + found[at] * flows.CALL_ARG
    step = max(1, len(facts.functions) // _FUNCTIONS)
    return [
        Asked(function.line, function.column, frozenset(sorted(calls.get(index, ()))[:50]))
        for index, function in enumerate(facts.functions)
        if index and not index % step
    ]


def _ecmascript(folders: Sequence[Path]) -> tuple[Seed, ...]:
    return corpus.sources(corpus.ECMASCRIPT, folders)


def _python(folders: Sequence[Path]) -> tuple[Seed, ...]:
    return corpus.sources((".py",), folders)


def _both(folders: Sequence[Path]) -> tuple[Seed, ...]:
    return (*_ecmascript(folders), *_python(folders))


_CODE: Final = (words.ECMASCRIPT + words.PYTHON, nests.ECMASCRIPT + nests.PYTHON)
_DATA: Final = (words.JSON + words.TOML, nests.JSON + nests.TOML)
TARGETS: Final = (
    Target("ecmascript", _ecmascript, words.ECMASCRIPT, nests.ECMASCRIPT, check_front_end, 250),
    Target("python", _python, words.PYTHON, nests.PYTHON, check_front_end, 250),
    Target("audit", _both, *_CODE, check_audit, 12),
    Target("compare", _both, *_CODE, check_comparison, 3),
    Target("rules", corpus.rule_files, words.TOML, nests.TOML, check_rules, 6),
    Target("configuration", corpus.configurations, words.TOML, nests.TOML, check_configuration, 10),
    Target("baseline", corpus.baselines, words.JSON, nests.JSON, check_baseline, 5),
    Target("cache", corpus.databases, words.TOML, nests.LINES, check_cache, 3),
    Target("logs", corpus.logs, words.LOGS, nests.LINES, check_logs, 40),
    Target("evidence", corpus.profiles, words.LOGS + words.JSON, nests.JSON + nests.LINES, check_evidence, 6),
    Target("manifests", corpus.manifests, *_DATA, check_manifest, 15),
    Target("reports", corpus.written_reports, words.JSON, nests.JSON, check_written_report, 10),
)


def target_called(name: str) -> Target:
    """KeyError if there is none."""
    return {target.name: target for target in TARGETS}[name]
