"""The stat index: unchanged files are not read, and no change is missed."""

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from alef_audit.source import content_digest
from alef_audit.store import index
from alef_audit.store.database import Item, Store, keep
from alef_audit.store.index import Digests, Index, digests_of, keep_index, recall_index

PAST = 1_600_000_000


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "tree"
    folder.mkdir()
    write(folder / "a.py", b"x = 1\n")
    write(folder / "b.py", b"y = 1\n")
    # as if everything so far had been written long ago
    now = time.time_ns
    monkeypatch.setattr(time, "time_ns", lambda: now() + 60_000_000_000)
    return folder


def write(path: Path, data: bytes) -> None:
    path.write_bytes(data)
    os.utime(path, (PAST, PAST))


def look(tree: Path, known: Index, *paths: str) -> Digests:
    return digests_of(tree, paths or ("a.py", "b.py"), known, 1_000)


def test_unchanged_files_are_not_read(tree: Path) -> None:
    first = look(tree, {})
    assert first.digests == {"a.py": content_digest(b"x = 1\n"), "b.py": content_digest(b"y = 1\n")}
    assert first.read == 2
    again = look(tree, first.seen)
    assert (again.digests, again.read) == (first.digests, 0)


def rewritten(path: Path) -> None:
    path.write_bytes(b"x = 2\n")


def grown(path: Path) -> None:
    write(path, b"x = 11\n")


def rewritten_with_the_old_time(path: Path) -> None:
    write(path, b"x = 2\n")


def replaced_with_the_old_time(path: Path) -> None:
    write(path.with_name("new"), b"x = 2\n")
    path.with_name("new").replace(path)


@pytest.mark.parametrize("change", [rewritten, grown, rewritten_with_the_old_time, replaced_with_the_old_time])
def test_changes_are_noticed(tree: Path, change: Callable[[Path], None]) -> None:
    first = look(tree, {})
    change(tree / "a.py")
    again = look(tree, first.seen)
    assert again.read == 1
    assert again.digests["a.py"] == content_digest((tree / "a.py").read_bytes()) != first.digests["a.py"]


def test_a_file_that_is_only_touched_keeps_its_digest(tree: Path) -> None:
    first = look(tree, {})
    os.utime(tree / "a.py", (PAST + 5, PAST + 5))
    again = look(tree, first.seen)
    assert (again.digests, again.read) == (first.digests, 1)
    assert look(tree, again.seen).read == 0


def test_what_was_written_just_now_is_not_trusted(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written = (tree / "a.py").stat().st_ctime_ns
    monkeypatch.setattr(time, "time_ns", lambda: written + 1_000_000_000)
    assert look(tree, {}, "a.py").seen == {}
    monkeypatch.setattr(time, "time_ns", lambda: written + 3_000_000_000)
    assert set(look(tree, {}, "a.py").seen) == {"a.py"}


def test_what_is_no_readable_file_has_no_digest(tree: Path) -> None:
    (tree / "folder.py").mkdir()
    write(tree / "large.py", b"x" * 1_001)
    found = look(tree, {}, "missing.py", "folder.py", "large.py", "nul\0.py", "a.py")
    assert [path for path, digest in found.digests.items() if digest is None] == [
        "missing.py",
        "folder.py",
        "large.py",
        "nul\0.py",
    ]
    assert set(found.seen) == {"a.py"}


def test_each_tree_has_its_own(tree: Path, tmp_path: Path) -> None:
    store = Store(tmp_path / "cache")
    first = look(tree, {})
    keep_index(store, (tree,), first.seen)
    assert recall_index(store, (tree,)) == first.seen
    assert recall_index(store, (tree / "sub",)) == {}
    assert recall_index(store, (tree, Path("sub"))) == {}


def test_an_entry_that_is_no_index_is_none(tree: Path, tmp_path: Path) -> None:
    store = Store(tmp_path / "cache")
    keep(store, [Item(index._key((tree,)), "tree", b"\xc1 not msgpack")])
    assert recall_index(store, (tree,)) == {}
