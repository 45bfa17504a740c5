"""Findings held against what was seen at run time: evidence, order, alarms that were missed."""

import json
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from alef_audit.auditing.report import AuditReport, Finding
from alef_audit.cli.arguments import with_default_command
from alef_audit.cli.main import app, command_names
from alef_audit.pipeline.auditing import audit
from tests.evidence import gateway_logs
from tests.evidence.test_profiles import cpu_profile, node
from tests.requests import request_for

SERVER = """\
import http from "node:http";
import { readFileSync, statSync } from "node:fs";
import { lookUp } from "./table.mjs";
function readToken() {
  return readFileSync("/etc/token", "utf8");
}
function readLogo() {
  return readFileSync("/etc/logo");
}
function runAttempt(req) {
  return readToken() + readLogo();
}
http.createServer((req, res) => {
  res.end(runAttempt(req) + lookUp(req.url)());
});
export function helper() {
  return statSync("/etc/motd");
}
"""
TABLE = """\
import { execFileSync } from "node:child_process";
const table = JSON.parse(process.env.TABLE);
export function lookUp(name) {
  return globalThis[table[name]];
}
globalThis["x"] = function keychain() {
  return execFileSync("security", ["find"]);
};
"""

KEYCHAIN = 'globalThis["x"]'


@pytest.fixture
def project(tmp_path: Path) -> Path:
    root = tmp_path / "project"
    (root / "src").mkdir(parents=True)
    (root / "package.json").write_text('{"name":"x","type":"module","main":"src/server.mjs"}')
    (root / "src" / "server.mjs").write_text(SERVER)
    (root / "src" / "table.mjs").write_text(TABLE)
    return root


def audited(root: Path, *evidence: tuple[str, str]) -> AuditReport:
    names = []
    for name, text in evidence:
        (root.parent / name).write_text(text, encoding="utf-8")
        names.append(str(root.parent / name))
    return audit(request_for(root, evidence=tuple(names)), lambda stage, done, total: None)


def by_function(report: AuditReport) -> dict[str, Finding]:
    return {finding.sink.function: finding for finding in report.findings}


def deployed(*path: str) -> str:
    return "file:///opt/release-7/src/" + "/".join(path)


def server_profile(samples: tuple[int, ...]) -> str:
    url = deployed("server.mjs")
    return json.dumps(
        cpu_profile(
            node(1, "(root)", "", -1, (2,)),
            node(2, "", url, 12, (3, 7), 18),
            node(3, "runAttempt", url, 9, (4, 9), 19),
            node(4, "readLogo", url, 6, (5,), 17),
            node(5, "readFileSync", "node:fs", 440),
            node(7, "keychain", deployed("table.mjs"), 5, (8,), 28),
            node(8, "execFileSync", "node:child_process", 901),
            node(9, "readToken", url, 3, (10,), 18),
            node(10, "statSync", "node:fs", 1600),
            samples=samples,
        )
    )


def test_what_a_profile_shows_ranks_first_and_says_so(project: Path) -> None:
    plain = [finding.sink.function for finding in audited(project).findings]
    assert plain.index("readToken") < plain.index("readLogo")
    report = audited(project, ("a.cpuprofile", server_profile((5,) * 11 + (2,))))
    assert report.findings[0].sink.function == "readLogo"
    assert report.findings[0].message.endswith("(seen at run time: 110 ms)")
    (evidence,) = report.findings[0].evidence
    assert (evidence.kind, evidence.milliseconds, evidence.count) == ("cpu-profile", 110.0, 11)
    assert evidence.text == "2 of 2 functions of the path on the stack"
    assert not by_function(report)["readToken"].evidence
    assert {one.fingerprint for one in report.findings} == {one.fingerprint for one in audited(project).findings}


def test_missed_alarms_name_the_edge_that_is_missing(project: Path) -> None:
    report = audited(project, ("a.cpuprofile", server_profile((8,) * 6 + (10,) * 7 + (2,))))
    assert report.runtime is not None
    unknown, unreached = report.runtime.missed
    assert (unreached.call, unreached.function, unreached.line) == ("child_process.execFileSync", KEYCHAIN, 7)
    assert unreached.why == f"no call from http.createServer callback (src/server.mjs) to {KEYCHAIN} is known"
    assert unreached.evidence.milliseconds == 60.0
    assert unreached.stack == ("http.createServer callback", KEYCHAIN)
    assert unknown.why == "no call of statSync that blocks is known in readToken"


def test_what_took_a_few_samples_is_no_missed_alarm(project: Path) -> None:
    report = audited(project, ("a.cpuprofile", server_profile((8,) * 4 + (2,))))
    assert report.runtime is not None
    assert report.runtime.missed == ()


def test_nothing_runs_a_function_that_was_seen(project: Path) -> None:
    url = deployed("server.mjs")
    text = f"(node:7) WARNING: Detected use of sync API\n    at statSync (node:fs:9:1)\n    at helper ({url}:17:10)\n"
    report = audited(project, ("sync.log", text))
    assert report.runtime is not None
    found = by_function(report).get("helper")
    if found is not None:
        assert found.evidence[0].kind == "trace-sync-io"
    else:
        assert report.runtime.missed[0].why == "nothing is known to run helper on the loop"


def test_stacks_of_other_programs_are_counted(project: Path) -> None:
    url = "file:///opt/x/node_modules/other/src/server.mjs"
    stack = f"    at readFileSync (node:fs:9:1)\n    at readLogo ({url}:8:10)\n"
    report = audited(project, ("sync.log", f"(node:7) WARNING: Detected use of sync API\n{stack}"))
    assert report.runtime is not None
    assert (report.runtime.stacks, report.runtime.outside, report.runtime.missed) == (1, 1, ())
    assert not any(finding.evidence for finding in report.findings)


def test_a_package_that_blocks_is_named(project: Path) -> None:
    inside = "    at readFileSync (node:fs:9:1)\n    at load (file:///x/node_modules/@acme/keys/index.js:4:2)\n"
    stack = f"{inside}    at runAttempt ({deployed('server.mjs')}:11:10)\n"
    report = audited(project, ("sync.log", f"(node:7) WARNING: Detected use of sync API\n{stack}"))
    assert report.runtime is not None
    (missed,) = report.runtime.missed
    assert missed.why == "the call leads into @acme/keys, of which no model says that it blocks"


@pytest.mark.parametrize(
    ("path", "seen"),
    [
        ("/usr/lib/node_modules/x/src/server.mjs", True),
        ("/usr/lib/node_modules/@acme/x/src/server.mjs", True),
        ("/usr/lib/node_modules/y/src/server.mjs", False),
        ("/usr/lib/node_modules/x/lib/src/server.mjs", False),
        ("/srv/site-packages/src/server.mjs", True),
        ("/srv/site-packages/other/src/server.mjs", False),
    ],
)
def test_the_program_itself_may_be_installed(project: Path, path: str, seen: bool) -> None:
    stack = f"    at readFileSync (node:fs:9:1)\n    at readLogo ({path}:8:10)\n"
    report = audited(project, ("sync.log", f"(node:7) WARNING: Detected use of sync API\n{stack}"))
    assert any(one.evidence for one in report.findings) is seen


def test_a_call_that_was_taken_for_discharged_is_contradicted(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(
        "import time\nfrom functools import cache\nfrom fastapi import FastAPI\napp = FastAPI()\n"
        "@cache\ndef settings():\n    time.sleep(1)\n\n"
        '@app.get("/")\nasync def handle():\n    settings()\n'
    )
    frames = '  File "/x/app.py", line 11, in handle\n    settings()\n  File "/x/app.py", line 7, in settings\n    x\n'
    log = f"Traceback (most recent call last):\n{frames}blockbuster.BlockingError: Blocking call to time.sleep\n"
    whys = []
    for times in (1, 2):  # the first call fills the cache
        (tmp_path / "run.log").write_text(log * times)
        report = audit(request_for(tmp_path, evidence=(str(tmp_path / "run.log"),)), lambda stage, done, total: None)
        assert report.runtime is not None
        assert not any(one.evidence for one in report.findings)
        whys.append([one.why for one in report.runtime.missed])
    assert whys == [[], ["every path to it was taken for discharged by memoise.process"]]


def test_the_auth_stage_of_a_log_speaks_of_auth_below_the_run(project: Path) -> None:
    log = gateway_logs.written([*gateway_logs.confirmed(), gateway_logs.run(900, 9_000, 8_000)])
    report = audited(project, ("gateway.log", log))
    token, logo = by_function(report)["readToken"], by_function(report)["readLogo"]
    assert report.findings[0] is token
    (evidence,) = token.evidence
    assert (evidence.kind, evidence.milliseconds, evidence.count) == ("stage", 35_600.0, 2)
    assert evidence.text == "auth stage of 2 embedded runs, at most 35.6 s of 45.0 s"
    assert logo.evidence == ()
    assert report.runtime is not None
    assert (report.runtime.verdict, report.runtime.missing) == ("confirmed", ())
    window, later = report.runtime.windows
    assert (window.verdict, window.run_seconds, window.auth_seconds, window.closures) == ("confirmed", 45.0, 35.6, 3)
    assert later.run_seconds == 9.0


def test_stages_are_known_by_the_words_of_functions(tmp_path: Path) -> None:
    (tmp_path / "package.json").write_text('{"name":"x","type":"module","main":"a.mjs"}')
    body = SERVER.replace("readLogo", "createSessionResourceLoader").replace(", statSync", "").partition("export")[0]
    (tmp_path / "a.mjs").write_text(body.replace('import { lookUp } from "./table.mjs";', "const lookUp = (x) => x;"))
    at, where, said = gateway_logs.run(10)
    said = said.replace("model-resolution:900ms@902ms", "session-resource-loader:2100ms@2102ms")
    (tmp_path / "a.log").write_text(gateway_logs.written([(at, where, said)]))
    report = audit(request_for(tmp_path, evidence=(str(tmp_path / "a.log"),)), lambda stage, done, total: None)
    (evidence,) = by_function(report)["createSessionResourceLoader"].evidence
    assert evidence.text == "stage session-resource-loader of 1 embedded run"


def run(*arguments: str) -> Any:
    return CliRunner().invoke(app, with_default_command(arguments, command_names()), prog_name="audit")


def test_the_report_shows_it(project: Path) -> None:
    profile = project.parent / "a.cpuprofile"
    profile.write_text(server_profile((5,) * 11 + (8,) * 6 + (2,)))
    shown = run(str(project), "--evidence", str(profile)).stdout
    assert "  seen  cpu-profile  110 ms  11 times" in shown
    assert "Blocking calls that were seen and are no findings" in shown
    assert 'src/table.mjs:7  child_process.execFileSync  in globalThis["x"]  60 ms' in shown
    document = json.loads(run(str(project), "--evidence", str(profile), "--format=json").stdout)
    assert document["runtime"]["missed"][0]["evidence"]["milliseconds"] == 60.0
    assert document["findings"][0]["evidence"][0]["count"] == 11
    assert "runtime" not in json.loads(run(str(project), "--format=json").stdout)


def test_a_written_report_keeps_it(project: Path) -> None:
    profile, report = project.parent / "a.cpuprofile", project.parent / "report.json"
    profile.write_text(server_profile((5,) * 11 + (8,) * 6 + (2,)))
    run(str(project), "--evidence", str(profile), "--format=json", "--output", str(report))
    assert 'in globalThis["x"]  60 ms' in run("show", str(report)).stdout


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("--evidence", "none.log"), 3, "no log to read: none.log"),
        (("--evidence", "-"), 2, "standard input is read by audit evidence only"),
        (("--evidence", "x", "--since", "HEAD"), 2, "exclude each other"),
    ],
)
def test_mistakes_are_said(project: Path, arguments: tuple[str, ...], code: int, said: str) -> None:
    result = run(str(project), *arguments)
    assert (result.exit_code, said in result.stderr) == (code, True), result.stderr


def test_a_file_that_has_changed_since_is_read_by_names(project: Path) -> None:
    """The line of the call is now that of another function; lines say nothing then."""
    stack = f"    at readFileSync (node:fs:9:1)\n    at readLogo ({deployed('server.mjs')}:5:10)\n"
    report = audited(project, ("sync.log", f"(node:7) WARNING: Detected use of sync API\n{stack}"))
    assert [one.sink.function for one in report.findings if one.evidence] == ["readLogo"]
    assert report.findings[0].message.endswith("(seen at run time once)")
    for line in (5, 1):  # in another function, in none
        gone = f"    at readFileSync (node:fs:9:1)\n    at readOld ({deployed('server.mjs')}:{line}:10)\n"
        report = audited(project, ("sync.log", f"(node:7) WARNING: Detected use of sync API\n{gone}"))
        assert report.runtime is not None
        assert report.runtime.outside == 1
        assert not any(one.evidence for one in report.findings)


def test_another_call_at_the_same_line_is_no_evidence(project: Path) -> None:
    stack = f"    at statSync (node:fs:9:1)\n    at readLogo ({deployed('server.mjs')}:8:10)\n"
    report = audited(project, ("sync.log", f"(node:7) WARNING: Detected use of sync API\n{stack}"))
    assert not any(one.evidence for one in report.findings)


def vlq(*numbers: int) -> str:
    """Numbers as source maps write them."""
    digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    text = ""
    for number in numbers:
        value = (-number << 1 | 1) if number < 0 else number << 1
        while True:
            text += digits[value & 31 | (32 if value > 31 else 0)]
            value >>= 5
            if not value:
                break
    return text


def test_compiled_output_is_read_by_its_source_map(tmp_path: Path) -> None:
    root = tmp_path / "project"
    (root / "src").mkdir(parents=True)
    (root / "dist").mkdir()
    (root / "package.json").write_text('{"name":"x","type":"module","main":"dist/server.js"}')
    (root / ".gitignore").write_text("dist/\n")
    source = "// types\n" * 40 + SERVER.replace('import { lookUp } from "./table.mjs";\n', "").replace(
        "lookUp(req.url)()", "1"
    )
    (root / "src" / "server.ts").write_text(source)
    (root / "dist" / "server.js").write_text(source.partition("import")[2])
    # each line of output is 40 lines further down in the source
    mappings = ";".join([vlq(0, 0, 40, 0), *[vlq(0, 0, 1, 0)] * 14])
    document = {"version": 3, "sources": ["../src/server.ts"], "names": [], "mappings": mappings}
    (root / "dist" / "server.js.map").write_text(json.dumps(document))
    stack = "    at readFileSync (node:fs:9:1)\n    at a (file:///opt/x/dist/server.js:7:10)\n"
    report = audited(root, ("sync.log", f"(node:7) WARNING: Detected use of sync API\n{stack}"))
    assert [one.sink.function for one in report.findings if one.evidence] == ["readLogo"]
    (root / "dist" / "server.js.map").write_text('{"version":3,"sources":[null],"mappings":"!!;;A%,B"}')
    report = audited(root, ("sync.log", f"(node:7) WARNING: Detected use of sync API\n{stack}"))
    assert not any(one.evidence for one in report.findings)


def compiled(root: Path, bundle: str = "{}", output_name: str = "readLogo") -> None:
    """A project whose source is TypeScript and whose output lies beside it."""
    (root / "src").mkdir(parents=True)
    (root / "dist").mkdir()
    (root / "package.json").write_text('{"name":"x","type":"module","main":"dist/server.js"}')
    (root / ".gitignore").write_text("dist/\n")
    source = SERVER.replace('import { lookUp } from "./table.mjs";\n', "").replace("lookUp(req.url)()", "1")
    (root / "src" / "server.ts").write_text("// types\n" * 40 + source)
    (root / "dist" / "server.js").write_text(bundle.format(source.replace("readLogo", output_name)))


READ_LOGO = "    at readFileSync (node:fs:9:1)\n    at {} (file:///opt/x/dist/server.js:{}:10)\n"


def seen_in(root: Path, stack: str) -> list[str]:
    report = audited(root, ("sync.log", f"(node:7) WARNING: Detected use of sync API\n{stack}"))
    return [one.sink.function for one in report.findings if one.evidence]


def test_the_sections_of_a_source_map_follow_each_other(tmp_path: Path) -> None:
    compiled(tmp_path / "project")
    plain = {"version": 3, "sources": ["../src/server.ts"], "names": []}
    first = {**plain, "sources": ["../src/other.ts"], "mappings": ";".join([vlq(0, 0, 0, 0)] * 5)}
    # line 6 of the output is line 46 of the source
    second = {**plain, "mappings": ";".join([vlq(0, 0, 45, 0), *[vlq(0, 0, 1, 0)] * 9])}
    sections = [{"offset": {"line": line, "column": 0}, "map": one} for line, one in ((0, first), (5, second))]
    written = tmp_path / "project" / "dist" / "server.js.map"
    written.write_text(json.dumps({"version": 3, "sections": sections}))
    assert seen_in(tmp_path / "project", READ_LOGO.format("a", 7)) == ["readLogo"]
    assert seen_in(tmp_path / "project", READ_LOGO.format("a", 4)) == []
    sections[0]["offset"] = {"line": 1 << 60, "column": 0}
    written.write_text(json.dumps({"version": 3, "sections": sections}))
    assert seen_in(tmp_path / "project", READ_LOGO.format("a", 7)) == []


@pytest.mark.parametrize("bundle", ["//#region src/server.ts\n{}\n//#endregion\n", "// src/server.ts\n{}"])
def test_a_bundle_is_read_by_the_marks_in_it(tmp_path: Path, bundle: str) -> None:
    compiled(tmp_path / "project", bundle, "readLogo$1")
    assert seen_in(tmp_path / "project", READ_LOGO.format("readLogo$1", 9)) == ["readLogo"]
    (tmp_path / "project" / "dist" / "server.js").write_text("// nothing\n")
    assert seen_in(tmp_path / "project", READ_LOGO.format("readLogo$1", 9)) == []


@pytest.mark.skipif(sys.platform == "win32", reason="links need a right of their own there")
@pytest.mark.parametrize("linked", ["dist/server.js", "dist"])
def test_no_bundle_is_read_outside_of_the_tree(tmp_path: Path, linked: str) -> None:
    compiled(tmp_path / "project", "//#region src/server.ts\n{}")
    inside, outside = tmp_path / "project" / linked, tmp_path / "outside"
    assert seen_in(tmp_path / "project", READ_LOGO.format("x", 9)) == ["readLogo"]
    inside.rename(outside)
    inside.symlink_to(outside)
    assert seen_in(tmp_path / "project", READ_LOGO.format("x", 9)) == []


def test_an_anonymous_function_of_a_bundle_is_told_by_those_around_it(tmp_path: Path) -> None:
    compiled(tmp_path / "project")
    used = "function used(xs) {\n  return xs.map((x) => readFileSync(x));\n}\n"
    unused = used.replace("used", "unused")  # a bundler leaves it out
    server = "http.createServer((req, res) => res.end(used(req.url)));\n"
    imports = 'import http from "node:http";\nimport { readFileSync } from "node:fs";\n'
    (tmp_path / "project" / "src" / "server.ts").write_text(f"{imports}export {unused}{used}{server}")
    (tmp_path / "project" / "dist" / "server.js").write_text(f"{imports}//#region src/server.ts\n{used}{server}")
    assert seen_in(tmp_path / "project", READ_LOGO.format("<anonymous>", 5)) == ["xs.map callback"]


def test_output_without_its_sources_stands_for_itself(tmp_path: Path) -> None:
    compiled(tmp_path / "project")
    shutil.rmtree(tmp_path / "project" / "src")
    (tmp_path / "project" / ".gitignore").unlink()  # as a package is published
    mappings = ";".join([vlq(0, 0, 40, 0), *[vlq(0, 0, 1, 0)] * 14])
    document = {"version": 3, "sources": ["../src/server.ts"], "names": [], "mappings": mappings}
    (tmp_path / "project" / "dist" / "server.js.map").write_text(json.dumps(document))
    assert seen_in(tmp_path / "project", READ_LOGO.format("readLogo", 7)) == ["readLogo"]


def test_a_report_that_was_kept_does_not_hide_a_log_that_grew(project: Path) -> None:
    log = project.parent / "gateway.log"
    request = request_for(project, evidence=(str(log),), cache=project.parent / "cache")
    verdicts = []
    for text in ("14:00 [ws] x\n", gateway_logs.written(gateway_logs.confirmed())):
        log.write_text(text)
        runtime = audit(request, lambda stage, done, total: None).runtime
        verdicts.append(runtime.verdict if runtime is not None else "")
    assert verdicts == ["absent", "confirmed"]


def test_nothing_changes_without_evidence(project: Path) -> None:
    report = audited(project)
    assert report.runtime is None
    silent = audited(project, ("quiet.log", "14:00 [ws] x\n"))
    assert silent.findings == report.findings
    assert silent.runtime is not None
    assert silent.runtime.verdict == "absent"


def test_a_step_that_took_long_speaks_of_what_its_entry_point_reaches(tmp_path: Path) -> None:
    """The path of the finding begins at the attempt; the coroutine whose step took long is another entry point."""
    (tmp_path / "app.py").write_text(
        "import time\nfrom fastapi import FastAPI\napp = FastAPI()\n"
        "async def dispatch_attempt(run):\n    time.sleep(1)\n\n"
        '@app.get("/")\nasync def handle(run):\n    await dispatch_attempt(run)\n'
        '@app.get("/other")\nasync def other():\n    pass\n'
    )
    seen = []
    for name, line in (("handle", 9), ("other", 12)):
        step = f"<Task pending name='Task-4' coro=<{name}() running at /srv/x/app.py:{line}>>"
        (tmp_path / "run.log").write_text(f"Executing {step} took 1.004 seconds\n")
        report = audit(request_for(tmp_path, evidence=(str(tmp_path / "run.log"),)), lambda *_: None)
        (finding,) = report.findings
        assert [frame.function for frame in finding.trace] == ["dispatch_attempt"]
        seen.append([(one.text, one.milliseconds) for one in finding.evidence])
    assert seen == [[("a step of handle", 1004.0)], []]
