"""Whatever state the cache is in, the report is the one of an audit without it."""

import os
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from typer.testing import CliRunner

from alef_audit.cli.main import app
from alef_audit.frontends import extract
from alef_audit.pipeline import reading
from alef_audit.store import database
from alef_audit.store.database import FILE
from alef_audit.store.place import VARIABLE
from tests.rows import fault
from tests.test_determinism import masked

SAMPLES = Path(__file__).resolve().parent.parent / "sample_repos"
NAME = "python-agent-service"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    copy = tmp_path / NAME
    shutil.copytree(SAMPLES / NAME, copy, ignore=shutil.ignore_patterns("__pycache__"))
    return copy


@pytest.fixture(autouse=True)
def _later(monkeypatch: pytest.MonkeyPatch) -> None:
    """The clock is a minute ahead of the files: what tests write is old enough to be trusted."""
    now = time.time_ns
    monkeypatch.setattr(time, "time_ns", lambda: now() + 60_000_000_000)


@pytest.fixture
def cache() -> Path:
    return Path(os.environ[VARIABLE])


@pytest.fixture
def extracted(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the files that a front end has read since the list was last cleared."""
    names: list[str] = []
    whole = extract.extract_file

    def noted(path: Path, grammar: str, limit: int) -> extract.Extracted:
        names.append(path.name)
        return whole(path, grammar, limit)

    monkeypatch.setattr(extract, "extract_file", noted)
    return names


def report(root: Path, *options: str) -> bytes:
    result = CliRunner().invoke(app, ["scan", str(root), "--format", "json", "--jobs", "1", *options])
    assert result.exit_code == 1, result.stderr
    return masked(result.stdout_bytes)


def some_source(tree: Path) -> Path:
    return next(path for path in sorted(tree.rglob("*")) if path.suffix in (".py", ".ts") and path.stat().st_size > 200)


def test_unchanged_files_are_not_extracted_again(tree: Path, extracted: list[str]) -> None:
    plain = report(tree, "--no-cache")
    files = sorted(extracted)
    extracted.clear()
    assert report(tree) == plain
    assert sorted(extracted) == files
    extracted.clear()
    assert report(tree) == plain
    assert extracted == []


def test_a_changed_file_is_extracted_again(tree: Path, extracted: list[str]) -> None:
    report(tree)
    extracted.clear()
    path = some_source(tree)
    path.write_bytes(path.read_bytes() + b"\n\n")
    changed = report(tree)
    assert extracted == [path.name]
    assert changed == report(tree, "--no-cache")


def test_without_the_cache_nothing_is_kept(tree: Path, cache: Path) -> None:
    report(tree, "--no-cache")
    assert not cache.exists()


def test_the_same_content_elsewhere_is_known(tree: Path, tmp_path: Path, extracted: list[str]) -> None:
    plain = report(tree)
    extracted.clear()
    shutil.copytree(tree, tmp_path / "elsewhere" / tree.name)
    assert report(tmp_path / "elsewhere" / tree.name) == plain
    assert extracted == []


def test_facts_of_other_front_ends_are_not_used(
    tree: Path, extracted: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    report(tree)
    files = len(extracted)
    report(tree, "--include-discharged")  # another report, of the same facts
    assert len(extracted) == files
    monkeypatch.setattr(reading, "facts_version", lambda: b"of another front end")
    report(tree, "--explain-unresolved")
    assert len(extracted) == 2 * files


def test_the_same_bytes_in_another_language_are_another_file(tmp_path: Path) -> None:
    (tmp_path / "package.json").write_text("{}", encoding="utf-8")
    (tmp_path / "a.py").write_text("x = 1\n", encoding="utf-8")
    (tmp_path / "a.ts").write_text("x = 1\n", encoding="utf-8")
    for _ in range(2):
        result = CliRunner().invoke(app, ["graph", str(tmp_path)])
        assert '"a"' in result.stdout
        assert result.stdout.count('"path": "a.') == 2


def cut_short(cache: Path) -> None:
    data = (cache / FILE).read_bytes()
    (cache / FILE).write_bytes(data[: len(data) // 2])


def no_database(cache: Path) -> None:
    (cache / FILE).write_bytes(b"no database at all\n" * 10_000)


def empty(cache: Path) -> None:
    (cache / FILE).write_bytes(b"")


def scribbled(cache: Path) -> None:
    with (cache / FILE).open("r+b") as file:
        for at in range(5_000, (cache / FILE).stat().st_size, 3_000):
            file.seek(at)
            file.write(b"\xff" * 50)


def of_an_older_version(cache: Path) -> None:
    execute(cache, "DROP TABLE entry")
    execute(cache, "PRAGMA user_version = 0")
    execute(cache, "CREATE TABLE entry (key BLOB, data BLOB)")


def other_bytes(cache: Path) -> None:
    """Entries that are whole, and that are nothing that belongs under their keys."""
    with closing(sqlite3.connect(cache / FILE, isolation_level=None)) as db:
        rows = db.execute("SELECT key, what FROM entry").fetchall()
    store = database.Store(cache)
    database.keep(store, [database.Item(key, what, b"\x93\x01\x02\x03") for key, what in rows])


def removed(cache: Path) -> None:
    shutil.rmtree(cache)


def a_file_in_its_place(cache: Path) -> None:
    shutil.rmtree(cache)
    cache.write_text("x", encoding="utf-8")


def a_folder_in_its_place(cache: Path) -> None:
    (cache / FILE).unlink()
    (cache / FILE).mkdir()


def a_stray_journal(cache: Path) -> None:
    (cache / f"{FILE}-journal").write_bytes(b"\xd9\xd5\x05\xf9\x20\xa1\x63\xd7" + b"\xff" * 4_000)


def execute(cache: Path, statement: str) -> None:
    with closing(sqlite3.connect(cache / FILE, isolation_level=None)) as db:
        db.execute(statement)


FAULTS = [
    cut_short,
    no_database,
    empty,
    scribbled,
    of_an_older_version,
    other_bytes,
    removed,
    a_file_in_its_place,
    a_folder_in_its_place,
    a_stray_journal,
]


@fault(
    "the cache is corrupt, cut short, empty, of an older version, no database, a folder, removed; a stray journal",
    "the same report; the file is made anew",
)
@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("change", [False, True])
def test_faults_of_the_cache(tree: Path, cache: Path, fault: Callable[[Path], None], change: bool) -> None:
    report(tree)
    fault(cache)
    if change:
        path = some_source(tree)
        path.write_bytes(path.read_bytes() + b"\n\n")
    plain = report(tree, "--no-cache")
    assert report(tree) == plain
    assert report(tree) == plain


@fault("the cache is removed during the audit", "the same report; nothing is kept")
@pytest.mark.skipif(os.name == "nt", reason="an open file cannot be removed there")
def test_a_cache_that_goes_away_while_it_is_used(tree: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = report(tree, "--no-cache")
    report(tree)
    path = some_source(tree)
    path.write_bytes(path.read_bytes() + b"\n\n")
    whole = extract.extract_file

    def without_cache(path: Path, grammar: str, limit: int) -> extract.Extracted:
        shutil.rmtree(cache, ignore_errors=True)
        return whole(path, grammar, limit)

    monkeypatch.setattr(extract, "extract_file", without_cache)
    assert report(tree) == report(tree, "--no-cache")
    assert plain


@fault("the cache is locked by another process", "the same report, half a second later at most")
@pytest.mark.parametrize("how", ["EXCLUSIVE", "IMMEDIATE"])
@pytest.mark.parametrize("filled", [False, True])
def test_a_cache_that_is_locked(
    tree: Path, cache: Path, how: str, filled: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "_PATIENCE", 0.0)
    plain = report(tree, "--no-cache")
    if filled:
        report(tree)
    else:
        database.keep(database.Store(cache), [])
    with closing(sqlite3.connect(cache / FILE, isolation_level=None)) as other:
        other.execute(f"BEGIN {how}")
        assert report(tree) == plain
    assert report(tree) == plain


_ON_A_FULL_DISK = """
import resource, sys
from alef_audit.cli.main import main
resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
main(["scan", sys.argv[1], "--format", "json"])
"""


@fault("the disk is full where the cache lies", "the same report; nothing is kept")
@pytest.mark.skipif(os.name == "nt", reason="needs a limit on the size of files")
def test_a_disk_that_is_full(tree: Path) -> None:
    done = subprocess.run([sys.executable, "-P", "-c", _ON_A_FULL_DISK, str(tree)], capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (1, b"")
    assert masked(done.stdout) == report(tree, "--no-cache")


@pytest.fixture
def command() -> tuple[str, ...]:
    return sys.executable, "-P", "-m", "alef_audit", "scan"


@fault("the disk is full where the report goes", "exit code 2 and the reason")
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a file that is always full")
@pytest.mark.parametrize("options", [("--format", "json"), ("--format", "text"), ("--output", "/dev/full")])
@pytest.mark.parametrize("warm", [False, True])
def test_no_room_for_the_report(tree: Path, command: tuple[str, ...], options: tuple[str, ...], warm: bool) -> None:
    if warm:
        report(tree)
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            [*command, str(tree), *options], stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert done.returncode == 2
    assert "No space left on device" in done.stderr
    assert "internal error" not in done.stderr
    assert report(tree) == report(tree, "--no-cache")


@fault("broken pipe: the reader of the report goes away", "ends quietly with exit code 141")
@pytest.mark.parametrize("warm", [False, True])
def test_a_reader_that_goes_away(tree: Path, command: tuple[str, ...], warm: bool) -> None:
    if warm:
        report(tree)
    with subprocess.Popen(
        [*command, str(tree), "--format", "json"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as running:
        assert running.stdout is not None
        running.stdout.close()
        assert running.stderr is not None
        assert (running.stderr.read(), running.wait()) == (b"", 141)
    assert report(tree) == report(tree, "--no-cache")


@fault("standard output is closed", "ends as usual")
@pytest.mark.skipif(os.name == "nt", reason="POSIX only")
def test_standard_output_that_is_closed(tree: Path, command: tuple[str, ...]) -> None:
    done = subprocess.run(["sh", "-c", '"$@" >&-', "sh", *command, str(tree)], capture_output=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (1, b"", b"")


@fault("several audits use one cache at once", "each has the same report")
def test_several_audits_at_once(tree: Path, command: tuple[str, ...]) -> None:
    whole = (*command, str(tree), "--format", "json")
    running = [subprocess.Popen(whole, stdout=subprocess.PIPE, stderr=subprocess.PIPE) for _ in range(3)]
    ended = [(*one.communicate(), one.returncode) for one in running]
    assert {(masked(out), err, code) for out, err, code in ended} == {(report(tree, "--no-cache"), b"", 1)}


@fault("a file changes during the audit", "its content of one moment counts, and is not kept for the other")
def test_a_file_that_changes_while_it_is_read(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = some_source(tree)
    before = path.read_bytes()
    whole = extract.extract_file

    def changing(file: Path, grammar: str, limit: int) -> extract.Extracted:
        if file.name == path.name:
            path.write_bytes(b"\n" + before)
        return whole(file, grammar, limit)

    with monkeypatch.context() as patch:
        patch.setattr(extract, "extract_file", changing)
        report(tree)
    path.write_bytes(before)
    assert report(tree) == report(tree, "--no-cache")
    path.write_bytes(b"\n" + before)
    assert report(tree) == report(tree, "--no-cache")


@fault("a file vanishes during the audit", "a remark; the next audit is whole again")
def test_a_file_that_vanishes_while_it_is_read(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = some_source(tree)
    before = path.read_bytes()
    whole = extract.extract_file

    def vanishing(file: Path, grammar: str, limit: int) -> extract.Extracted:
        path.unlink(missing_ok=True)
        return whole(file, grammar, limit)

    with monkeypatch.context() as patch:
        patch.setattr(extract, "extract_file", vanishing)
        CliRunner().invoke(app, ["scan", str(tree), "--format", "json"])
    path.write_bytes(before)
    assert report(tree) == report(tree, "--no-cache")


@fault("a front end fails, or memory runs out", "a remark on the file; the next audit reads it again")
def test_a_front_end_that_failed_is_asked_again(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(data: bytes, *_: str) -> None:
        raise MemoryError

    with monkeypatch.context() as patch:
        patch.setattr(extract, "extract_ecmascript", fail)
        patch.setattr(extract, "extract_python", fail)
        CliRunner().invoke(app, ["scan", str(tree), "--format", "json"])
    assert report(tree) == report(tree, "--no-cache")


def test_info_and_clear(tree: Path, cache: Path) -> None:
    nothing = CliRunner().invoke(app, ["cache", "info"])
    assert (nothing.exit_code, nothing.stdout.splitlines()[1]) == (0, "empty")
    report(tree)
    info = CliRunner().invoke(app, ["cache", "info"])
    assert (info.exit_code, str(cache / FILE) in info.stdout, "1 tree" in info.stdout) == (0, True, True)
    cleared = CliRunner().invoke(app, ["cache", "clear"])
    assert (cleared.exit_code, "removed" in cleared.stdout) == (0, True)
    assert CliRunner().invoke(app, ["cache", "info"]).stdout == nothing.stdout
    assert not (cache / FILE).exists()


@pytest.mark.parametrize("command", ["info", "clear"])
def test_without_a_home_there_is_no_cache(command: str, tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE)
    monkeypatch.setattr("platformdirs.user_cache_path", _homeless)
    ran = CliRunner().invoke(app, ["cache", command])
    assert ran.exit_code == 2
    assert VARIABLE in ran.stderr
    assert report(tree)


def _homeless(*names: str, appauthor: bool) -> Path:
    raise RuntimeError("no home")
