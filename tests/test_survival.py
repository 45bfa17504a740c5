"""What real checkouts hold: the tool says what it could not read, and the rest of the run is as good as ever."""

import json
import multiprocessing
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path, PureWindowsPath
from typing import Any, NamedTuple

import pytest
from typer.testing import CliRunner

from alef_audit.cli.arguments import with_default_command
from alef_audit.cli.main import app, command_names
from alef_audit.discovery.inventory import extension_of, is_manifest, relative_posix
from alef_audit.discovery.roles import role_of
from alef_audit.facts.file import FileFacts
from alef_audit.frontends import extract, processes
from alef_audit.pipeline.auditing import audit
from tests.requests import request_for

HOT = """\
import time
from fastapi import FastAPI
app = FastAPI()
@app.get("/")
async def handler():
    time.sleep(1)
"""
LIBRARY = '[library]\nname = "x"\necosystem = "pypi"\nmodules = ["x"]\nreference = "https://example.org"\n'
SLEEP = ("hot.py", 6, 5, "time.sleep", "error")


class Ran(NamedTuple):
    code: int
    out: str
    err: str

    @property
    def everything(self) -> str:
        return self.out + self.err

    @property
    def report(self) -> dict[str, Any]:
        report: dict[str, Any] = json.loads(self.out)
        return report

    @property
    def found(self) -> list[tuple[str, int, int, str, str]]:
        return [
            (sink["path"], sink["line"], sink["column"], sink["call"], finding["level"])
            for finding in self.report["findings"]
            for sink in [finding["sink"]]
        ]

    @property
    def remarks(self) -> list[tuple[str, int, str]]:
        return [(one["path"], one["line"], one["kind"]) for one in self.report["diagnostics"]]

    @property
    def coverage(self) -> dict[str, Any]:
        coverage: dict[str, Any] = self.report["summary"]["coverage"]
        return coverage


def run(*arguments: str | Path) -> Ran:
    given = with_default_command([str(argument) for argument in arguments], command_names())
    result = CliRunner().invoke(app, given, prog_name="audit")
    assert "Traceback" not in result.output
    return Ran(result.exit_code, result.stdout, result.stderr)


def scan(root: Path, *arguments: str | Path) -> Ran:
    return run(root, "--format", "json", *arguments)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A folder, without git, whose one source file blocks in a request handler."""
    # Without a manifest, scripts in a Python tree count as what it serves to browsers, and are not read.
    (tmp_path / "package.json").write_text('{"name": "project"}', encoding="utf-8")
    (tmp_path / "hot.py").write_text(HOT, encoding="utf-8", newline="\n")
    return tmp_path


def test_a_folder_without_git(project: Path) -> None:
    ran = scan(project)
    assert (ran.code, ran.found, ran.remarks) == (1, [SLEEP], [])


def test_a_single_file(project: Path) -> None:
    (project / "other.py").write_text(HOT, encoding="utf-8")
    ran = scan(project / "hot.py")
    assert ran.code == 1
    assert [(Path(path).name, *rest) for path, *rest in ran.found] == [SLEEP]
    assert ran.coverage["files"] == 1


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("broken.py", "def f(:\n    x = (\nclass\n"),
        ("broken.ts", "export const x = {{{ ;; function ( class }\n"),
        ("quote.js", "const x = `${ `${ `"),
        ("merge.py", "<<<<<<< HEAD\nx = 1\n=======\nx = 2\n>>>>>>> theirs\n"),
    ],
)
def test_broken_syntax(project: Path, name: str, text: str) -> None:
    (project / name).write_text(text, encoding="utf-8")
    ran = scan(project)
    assert (ran.code, ran.found) == (1, [SLEEP])
    assert {(path, kind) for path, _, kind in ran.remarks} == {(name, "parse-error")}
    assert ran.coverage["parse_errors"] == 1
    strict = scan(project, "--strict")
    assert strict.code == 4
    assert "1 file with syntax errors" in strict.err
    assert strict.found == [SLEEP]


def test_broken_syntax_costs_only_what_is_broken(project: Path) -> None:
    (project / "hot.py").write_text(HOT + "\n\ndef broken(:\n    x = (\n", encoding="utf-8")
    ran = scan(project)
    assert ran.found == [SLEEP]
    assert [kind for _, _, kind in ran.remarks] == ["parse-error"]


def test_a_file_that_is_not_utf8(project: Path) -> None:
    (project / "hot.py").write_bytes(HOT.replace("sleep(1)", "sleep(1)  # gr\xfc\xdfe").encode("latin-1"))
    ran = scan(project)
    assert (ran.code, ran.found, ran.remarks) == (1, [SLEEP], [("hot.py", 6, "not-utf8")])


@pytest.mark.parametrize("mark", ["utf-8-sig", "utf-16"])
def test_a_byte_order_mark(project: Path, mark: str) -> None:
    (project / "hot.py").write_bytes(HOT.encode(mark))
    ran = scan(project)
    assert (ran.code, ran.found) == (1, [SLEEP])


def test_line_ends_of_windows(project: Path) -> None:
    (project / "hot.py").write_bytes(HOT.replace("\n", "\r\n").encode())
    ran = scan(project)
    assert (ran.code, ran.found, ran.remarks) == (1, [SLEEP], [])


def bundle(size: int) -> str:
    """A minified bundle of one line, `size` characters or a little more."""
    unit = "function a%d(b,c){var d=b.x||c;return d?a%d(d,function(e){return e.map(function(f){return f+1})}):{k:b}};"
    parts: list[str] = []
    while size > 0:
        part = unit % (len(parts), max(0, len(parts) - 1))
        parts.append(part)
        size -= len(part)
    return "".join(parts)


def test_a_bundle_of_one_long_line(project: Path) -> None:
    (project / "bundle.js").write_text(bundle(1_000_000), encoding="utf-8")
    ran = scan(project)
    assert (ran.code, ran.found, ran.remarks) == (1, [SLEEP], [])
    assert ran.coverage["files"] == 2


@pytest.mark.parametrize("size", [8_000_001, 50_000_000])
def test_a_bundle_beyond_the_limit_is_counted(project: Path, size: int) -> None:
    (project / "bundle.js").write_bytes(bundle(100_000).encode() * (size // 100_000 + 1))
    ran = scan(project)
    assert (ran.code, ran.found, ran.remarks) == (1, [SLEEP], [("bundle.js", 0, "too-large")])
    assert ran.coverage["not_read"] == {"too large": 1}
    assert scan(project, "--strict").code == 4


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("deep.py", "x = " + "(" * 20_000 + ")" * 20_000 + "\n"),
        ("sum.py", "x = " + " + ".join(["f()"] * 20_000) + "\n"),
        ("deep.ts", "const x = " + "[" * 20_000 + "]" * 20_000 + ";\n"),
        ("chain.js", "x" + ".then(() => 1)" * 10_000 + ";\n"),
        ("blocks.js", "if (x) {" * 10_000 + "}" * 10_000),
    ],
)
def test_nesting_without_end(project: Path, name: str, text: str) -> None:
    (project / name).write_text(text, encoding="utf-8")
    ran = scan(project)
    assert (ran.code, ran.found) == (1, [SLEEP])
    assert {kind for _, _, kind in ran.remarks} <= {"too-deep", "parse-error"}


@pytest.mark.parametrize("field", ["extends", "main"])
def test_a_manifest_that_names_what_no_file_can_be_called(project: Path, field: str) -> None:
    name = '"./' + "a" * 5_000 + "\\u0000" + '"'
    for manifest in ("package.json", "tsconfig.json"):
        (project / manifest).write_text(f'{{"name": "x", "{field}": {name}}}', encoding="utf-8")
    assert scan(project).found == [SLEEP]


def test_a_front_end_that_fails_costs_one_file(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(data: bytes, grammar: str) -> FileFacts:
        raise RecursionError("deep")

    monkeypatch.setattr(extract, "extract_ecmascript", fail)
    (project / "a.ts").write_text("f();\n", encoding="utf-8")
    ran = scan(project)
    assert (ran.code, ran.found, ran.remarks) == (1, [SLEEP], [("a.ts", 1, "internal")])


def test_nothing_to_audit(tmp_path: Path) -> None:
    empty = run(tmp_path)
    assert (empty.code, empty.out) == (3, "")
    assert str(tmp_path) in empty.err
    (tmp_path / "notes.txt").write_text("x", encoding="utf-8")
    assert run(tmp_path).code == 3
    assert run(tmp_path / "notes.txt").code == 3


def test_empty_files(project: Path) -> None:
    for name in ("a.py", "b.ts", "c.js", "d.py"):
        (project / name).write_bytes(b"" if name < "c" else b"\n\n")
    ran = scan(project)
    assert (ran.found, ran.remarks) == ([SLEEP], [])


@pytest.mark.skipif(os.name == "nt", reason="links need a privilege there")
def test_links_that_go_round_in_circles(project: Path) -> None:
    (project / "sub").mkdir()
    (project / "sub" / "up").symlink_to(project, target_is_directory=True)
    (project / "a.py").symlink_to(project / "b.py")
    (project / "b.py").symlink_to(project / "a.py")
    (project / "same.py").symlink_to(project / "hot.py")
    ran = scan(project)
    assert (ran.code, ran.found) == (1, [SLEEP])
    assert ran.remarks == [("a.py", 0, "unreadable"), ("b.py", 0, "unreadable")]
    assert ran.coverage["files"] == 1


@pytest.mark.skipif(os.name == "nt", reason="POSIX only")
def test_what_looks_like_source_and_cannot_be_read(project: Path) -> None:
    os.mkfifo(project / "pipe.py")
    (project / "folder.py").mkdir()
    (project / "folder.py" / "inner.ts").write_text("f();\n", encoding="utf-8")
    (project / "locked.py").write_text(HOT, encoding="utf-8")
    (project / "locked.py").chmod(0)
    ran = scan(project)
    assert ran.code == 1
    assert SLEEP in ran.found
    assert ran.coverage["not_read"]["not a regular file"] == 1
    if not os.access(project / "locked.py", os.R_OK):
        assert ran.remarks == [("locked.py", 0, "unreadable")]
        assert ran.found == [SLEEP]


def test_an_unknown_pattern(project: Path) -> None:
    ran = run(project, "--pattern", "053")
    assert (ran.code, ran.out) == (2, "")
    assert "no pattern '053'" in ran.err
    assert "035 (sync-auth-in-embedded-hot-path)" in ran.err


@pytest.mark.parametrize(
    ("text", "key", "remedy"),
    [
        ('levle = "note"\n', "levle: unknown key", "Did you mean level?"),
        ('[[levels]]\nlevel = "error"\nsink = "blocking.file"\n', "levels[0].sink", "blocking.filesystem"),
        ('[[roots]]\nkind = "request"\n', "roots[0].function: is missing", "function"),
        ("level = \n", "not TOML", ""),
    ],
)
def test_a_configuration_with_a_mistake(project: Path, text: str, key: str, remedy: str) -> None:
    (project / "alef-audit.toml").write_text(text, encoding="utf-8")
    ran = run(project)
    assert (ran.code, ran.out) == (2, "")
    assert "alef-audit.toml" in ran.err
    assert key.replace("[0]", "") in ran.err.replace("[0]", "")
    assert remedy in ran.err
    assert scan(project, "--no-project-config").found == [SLEEP]


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ('[library]\nname = "x"\n', "ecosystem"),
        ("[library\n", "not TOML"),
        (LIBRARY + '[[sink]]\nkind = "blocking.coffee"\ncost = "seconds"\nmembers = ["f"]\n', "sink[0].kind"),
    ],
)
def test_a_broken_rules_folder(project: Path, text: str, key: str) -> None:
    model = project / "mine" / "models" / "x.toml"
    model.parent.mkdir(parents=True)
    model.write_text(text, encoding="utf-8")
    ran = run(project, "--rules", project / "mine")
    assert (ran.code, ran.out) == (2, "")
    assert "x.toml" in ran.err
    assert key in ran.err


def test_several_jobs_where_processes_cannot_be_forked(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Windows and macOS: the children import everything anew and get only what can be pickled."""
    started: list[str] = []
    context = multiprocessing.get_context

    def noted(method: str | None = None) -> Any:
        started.append(method or "")
        return context("spawn")

    monkeypatch.setattr(extract, "_PARALLEL_FROM", 0)
    monkeypatch.setattr(multiprocessing, "get_all_start_methods", lambda: ["spawn"])
    monkeypatch.setattr(multiprocessing, "get_context", noted)
    (project / "broken.py").write_text("def f(:\n", encoding="utf-8")
    ran = scan(project, "--jobs", "2")
    assert started == ["spawn"]
    assert (ran.found, {kind for _, _, kind in ran.remarks}) == ([SLEEP], {"parse-error"})


@pytest.mark.skipif("fork" not in multiprocessing.get_all_start_methods(), reason="the children must inherit the patch")
@pytest.mark.parametrize(
    ("accident", "remark"),
    [
        (lambda: os.kill(os.getpid(), signal.SIGKILL), "the process that read it ended with -9"),
        (lambda: time.sleep(600), "reading it took more than 1 seconds"),
    ],
)
@pytest.mark.parametrize("jobs", ["1", "2", "8"])
def test_a_process_that_dies_or_does_not_end_costs_one_file(
    project: Path, monkeypatch: pytest.MonkeyPatch, accident: Callable[[], None], remark: str, jobs: str
) -> None:
    for number in range(70):
        (project / f"m{number}.py").write_text(f"x = {number}\n", encoding="utf-8")
    (project / "fatal.py").write_text("y = 1\n", encoding="utf-8")
    extract_file = extract.extract_file

    def fatally(path: Path, grammar: str, limit: int) -> extract.Extracted:
        if path.name == "fatal.py":
            accident()
        return extract_file(path, grammar, limit)

    monkeypatch.setattr(processes, "extract_file", fatally)
    monkeypatch.setattr(processes, "_PATIENCE", 1)
    monkeypatch.setattr(extract, "_PARALLEL_FROM", 0)
    for _ in range(2):  # and nothing of it is kept for the next time
        ran = scan(project, "--jobs", jobs)
        assert (ran.found, ran.remarks) == ([SLEEP], [("fatal.py", 0, "unfinished")])
        assert ran.report["diagnostics"][0]["message"] == remark
    monkeypatch.setattr(processes, "extract_file", extract_file)
    assert scan(project, "--jobs", jobs).remarks == []
    assert multiprocessing.active_children() == []


def test_progress_that_fails_is_not_swallowed(project: Path) -> None:
    """A user's interrupt arrives in the progress display as often as anywhere."""

    def interrupt(stage: str, done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        audit(request_for(project), interrupt)


@pytest.mark.parametrize(
    ("path", "root", "expected"),
    [
        (r"C:\repo\src\a.py", r"C:\repo", "src/a.py"),
        (r"c:\Repo\src\a.py", r"C:\repo", "src/a.py"),
        ("C:/repo/src/a.py", r"C:\repo", "src/a.py"),
        (r"\\host\share\repo\src\a.py", r"\\host\share\repo", "src/a.py"),
        (r"\\?\C:\repo\a.py", r"\\?\C:\repo", "a.py"),
        (r"C:\repo", r"C:\repo", ""),
    ],
)
def test_windows_paths_are_reported_with_forward_slashes(path: str, root: str, expected: str) -> None:
    assert relative_posix(PureWindowsPath(path), PureWindowsPath(root)) == expected


def test_windows_paths_outside_the_root_are_refused() -> None:
    with pytest.raises(ValueError, match="is not"):
        relative_posix(PureWindowsPath(r"D:\repo\a.py"), PureWindowsPath(r"C:\repo"))


@pytest.mark.parametrize(
    ("spelled", "look"),
    [
        ("SRC/Main.PY", lambda path: extension_of(path) == ".py"),
        ("Lib.D.TS", lambda path: extension_of(path) == ".ts"),
        ("sub/package.json", is_manifest),
        ("tests/test_a.py", lambda path: role_of(path) == "test"),
    ],
)
def test_files_as_windows_spells_them(spelled: str, look: Callable[[str], bool]) -> None:
    assert look(relative_posix(PureWindowsPath("C:/repo") / spelled.replace("/", "\\"), PureWindowsPath("C:/repo")))
