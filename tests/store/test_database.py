"""The store: what goes in comes out, whatever happens to the file in between, and nothing ever raises."""

import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import msgspec
import pytest

from alef_audit.store import database
from alef_audit.store.database import Item, Store, clear, contents, forget, keep, recall


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "cache")


def items(*names: str, size: int = 1_000) -> list[Item]:
    return [Item(key(name), "facts", name.encode() * size) for name in names]


def key(name: str) -> bytes:
    return name.encode().rjust(32, b"\0")


def known(store: Store, *names: str) -> set[str]:
    found = recall(store, [key(name) for name in names])
    assert all(data.startswith(one.lstrip(b"\0")) for one, data in found.items())
    return {one.lstrip(b"\0").decode() for one in found}


def execute(store: Store, statement: str) -> None:
    with closing(sqlite3.connect(store.file, isolation_level=None)) as db:
        db.execute(statement)


def test_what_was_kept_is_recalled(store: Store) -> None:
    assert known(store, "a") == set()
    keep(store, items("a", "b"))
    assert recall(store, [key("a"), key("c")]) == {key("a"): b"a" * 1_000}
    keep(store, [Item(key("a"), "report", b"another")])
    assert recall(store, [key("a")]) == {key("a"): b"another"}
    assert contents(store).entries == {"facts": 1, "report": 1}
    assert contents(store).size == store.file.stat().st_size


def test_more_keys_than_fit_into_one_query(store: Store) -> None:
    names = [f"n{number}" for number in range(2_500)]
    keep(store, items(*names, size=1))
    assert known(store, *names) == set(names)


def test_what_was_forgotten_is_gone(store: Store) -> None:
    keep(store, items("a", "b"))
    forget(store, [key("a")])
    assert known(store, "a", "b") == {"b"}


def test_the_folder_says_what_it_is(store: Store) -> None:
    keep(store, items("a"))
    assert (store.folder / "CACHEDIR.TAG").read_text(encoding="ascii").startswith("Signature: 8a477f597d28d172789f06")
    assert (store.folder / ".gitignore").read_text(encoding="ascii") == "*\n"
    if os.name != "nt":
        assert store.folder.stat().st_mode & 0o077 == 0


def test_clearing_removes_everything(store: Store) -> None:
    keep(store, items("a"))
    (store.folder / f"{store.file.name}-journal").write_bytes(b"left by a killed process")
    assert clear(store)
    assert contents(store).size == 0
    assert known(store, "a") == set()
    assert clear(store)


def test_what_was_not_asked_for_longest_goes_first(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    small = msgspec.structs.replace(store, limit=1_000_000)
    today = 20_000
    monkeypatch.setattr(database, "_today", lambda: today)
    keep(small, items("a", "b", "c", size=250_000))
    today += 1
    assert known(small, "a") == {"a"}
    today += 1
    keep(small, items("d", size=250_000))
    assert known(small, "a", "b", "c", "d") == {"a", "c", "d"}
    for number in range(20):
        keep(small, items(f"e{number}", size=100_000))
    assert known(small, "e19") == {"e19"}
    assert small.file.stat().st_size < 1_500_000


def test_what_nobody_asks_for_goes_after_a_month(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    today = 20_000
    monkeypatch.setattr(database, "_today", lambda: today)
    keep(store, items("a", "b"))
    today += 29
    assert known(store, "a") == {"a"}
    today += 2
    keep(store, items("c"))
    assert known(store, "a", "b", "c") == {"a", "c"}


def test_an_entry_is_written_about_once_a_day(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    keep(store, items("a"))
    before = store.file.read_bytes()
    known(store, "a")
    assert store.file.read_bytes() == before
    tomorrow = database._today() + 1
    monkeypatch.setattr(database, "_today", lambda: tomorrow)
    known(store, "a")
    assert store.file.read_bytes() != before


def test_an_entry_that_was_changed_on_disk_is_removed(store: Store) -> None:
    keep(store, items("a", "b"))
    execute(store, "UPDATE entry SET data = CAST(replace(data, 'aa', 'ab') AS BLOB)")
    assert known(store, "a", "b") == {"b"}
    assert contents(store).entries == {"facts": 1}


def cut_short(store: Store) -> None:
    data = store.file.read_bytes()
    store.file.write_bytes(data[: len(data) // 2])


def no_database(store: Store) -> None:
    store.file.write_bytes(b"no database at all\n" * 1_000)


def emptied(store: Store) -> None:
    store.file.write_bytes(b"")


def scribbled(store: Store) -> None:
    data = bytearray(store.file.read_bytes())
    data[100:] = b"\xff" * (len(data) - 100)
    store.file.write_bytes(bytes(data))


def older(store: Store) -> None:
    execute(store, "DROP TABLE entry")
    execute(store, "CREATE TABLE entry (name TEXT)")
    execute(store, "PRAGMA user_version = 0")


def newer(store: Store) -> None:
    execute(store, "PRAGMA user_version = 99")


def removed(store: Store) -> None:
    shutil.rmtree(store.folder)


@pytest.mark.parametrize("damage", [cut_short, no_database, emptied, scribbled, older, newer, removed])
def test_a_damaged_file_is_replaced(store: Store, damage: Callable[[Store], None]) -> None:
    names = [f"n{number}" for number in range(200)]
    keep(store, items(*names))
    damage(store)
    assert known(store, *names) < set(names)
    keep(store, items("new"))
    keep(store, items("newer"))
    assert known(store, "new", "newer") == {"new", "newer"}


def test_a_file_that_another_process_has_locked_is_left_alone(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "_PATIENCE", 0.0)
    keep(store, items("a"))
    with closing(sqlite3.connect(store.file, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        assert known(store, "a") == set()
        keep(store, items("b"))
        forget(store, [key("a")])
    assert known(store, "a", "b") == {"a"}


def test_what_can_only_be_read_is_read(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    keep(store, items("a"))
    tomorrow = database._today() + 1
    monkeypatch.setattr(database, "_today", lambda: tomorrow)
    with closing(sqlite3.connect(store.file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")  # nobody else may write
        monkeypatch.setattr(database, "_PATIENCE", 0.0)
        assert known(store, "a") == {"a"}


def test_folders_with_strange_names(tmp_path: Path) -> None:
    store = Store(tmp_path / "a b%20?mode=ro#é")
    keep(store, items("a"))
    assert known(store, "a") == {"a"}
    assert store.file.is_file()


@pytest.mark.parametrize("place", ["file", "file/cache"])
def test_a_place_where_no_file_can_be(tmp_path: Path, place: str) -> None:
    (tmp_path / "file").write_text("x", encoding="utf-8")
    store = Store(tmp_path / place)
    keep(store, items("a"))
    assert known(store, "a") == set()
    assert contents(store) == (0, {})


_FULL = """
import resource, sys
from pathlib import Path
from alef_audit.store.database import Item, Store, keep, recall
store = Store(Path(sys.argv[1]))
resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
keep(store, [Item(bytes([number]) * 32, "facts", bytes(10_000)) for number in range(100)])
keep(store, [Item(b"k" * 32, "facts", b"small")])
print(len(recall(store, [b"k" * 32, b"\\0" * 32])))
"""


@pytest.mark.skipif(os.name == "nt", reason="needs a limit on the size of files")
def test_a_disk_that_is_full_keeps_what_fits(store: Store) -> None:
    done = subprocess.run(
        [sys.executable, "-P", "-c", _FULL, str(store.folder)], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "1\n", "")
    assert known(store, "a") == set()


_KILLED = """
import os, sys
from pathlib import Path
from alef_audit.store.database import Item, Store, keep
def items():
    for number in range(2_000):
        yield Item(number.to_bytes(32, "big"), "facts", bytes(10_000))
    os._exit(9)
keep(Store(Path(sys.argv[1])), items())
"""


def test_a_process_that_dies_while_it_writes_leaves_the_file_as_it_was(store: Store) -> None:
    keep(store, items("a"))
    done = subprocess.run([sys.executable, "-P", "-c", _KILLED, str(store.folder)], check=False)
    assert done.returncode == 9
    assert known(store, "a") == {"a"}
    assert contents(store).entries == {"facts": 1}


_MANY = """
import sys
from pathlib import Path
from alef_audit.store.database import Item, Store, keep, recall
store, own = Store(Path(sys.argv[1])), sys.argv[2]
for number in range(30):
    name = f"{own}{number}".encode().rjust(32, b"\\0")
    keep(store, [Item(name, "facts", name * 100), Item(b"shared".rjust(32), "facts", b"x" * 50_000)])
    found = recall(store, [name, b"shared".rjust(32)])
    assert all(data in (name * 100, b"x" * 50_000) for data in found.values())
"""


def test_several_processes_at_once(store: Store) -> None:
    command = (sys.executable, "-P", "-c", _MANY, str(store.folder))
    running = [subprocess.Popen([*command, own], stderr=subprocess.PIPE, text=True) for own in "abcd"]
    assert [(one.communicate()[1], one.returncode) for one in running] == [("", 0)] * 4
    with closing(sqlite3.connect(store.file)) as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
