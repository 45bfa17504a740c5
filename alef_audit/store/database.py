"""Bytes by key in one SQLite file: read in bulk, written in one transaction, bounded in size.

A rollback journal and not a write-ahead log: the log needs memory that processes share, which network file systems
lack, and a folder that can be written even to read; and one transaction with everything is faster without it (65 MB in
0.11 s against 0.29 s).  Not compressed: that would cost an audit that fills the store seven times as long as to write
it.  Nothing is mapped into memory: a mapped file that is cut short ends the process.
"""

import contextlib
import sqlite3
import time
import zlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple, TypeVar

import msgspec

FILE: Final = "cache.sqlite3"
# Of the tables.  A file of another version is replaced.
_VERSION: Final = 1
_TABLES: Final = """
CREATE TABLE entry (
    id INTEGER PRIMARY KEY,
    key BLOB NOT NULL UNIQUE,
    what TEXT NOT NULL,
    day INTEGER NOT NULL,
    size INTEGER NOT NULL,
    sum INTEGER NOT NULL,
    data BLOB NOT NULL
);
CREATE INDEX entry_by_day ON entry (day, id, size);
"""
_PATIENCE: Final = 0.5  # seconds to wait for another audit's transaction; those take a tenth of that
_AT_ONCE: Final = 500  # keys per query; SQLite allows 999 variables
_DAYS: Final = 30  # what nobody asked for in so many days goes
_SPARED: Final = 0.8  # share of the limit that is left after it was passed
_DAMAGED: Final = frozenset((sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB))
# https://bford.info/cachedir/
_TAG: Final = "Signature: 8a477f597d28d172789f06886806bc55\n# Written by alef-audit; audit cache clear removes it.\n"

T = TypeVar("T")


class Store(msgspec.Struct, frozen=True):
    """`folder` need not exist.  `limit` is in bytes."""

    folder: Path
    limit: int = 1 << 30

    @property
    def file(self) -> Path:
        return self.folder / FILE


class Item(NamedTuple):
    key: bytes
    what: str  # a word for `contents`
    data: bytes


class Contents(NamedTuple):
    size: int  # bytes on disk
    entries: dict[str, int]  # by what they are


class _OtherVersion(Exception):
    """The file has other tables than these."""


def recall(store: Store, keys: Sequence[bytes]) -> dict[bytes, bytes]:
    """What is kept under those of `keys` that are known; entries whose sum is wrong are removed."""
    return _attempt(store, lambda db: _recall(db, keys), {}, writing=False)


def keep(store: Store, items: Sequence[Item]) -> None:
    """Keep all of `items`, or none if the store cannot be written; older ones go where space is short."""
    _attempt(store, lambda db: _keep(db, items, store.limit), None, writing=True)


def forget(store: Store, keys: Sequence[bytes]) -> None:
    """Remove what is kept under `keys`."""
    _attempt(store, lambda db: _forget(db, keys), None, writing=False)


def contents(store: Store) -> Contents:
    """How much there is."""
    query = "SELECT what, count(*) FROM entry GROUP BY what ORDER BY what"
    nothing: dict[str, int] = {}
    counted = _attempt(store, lambda db: dict(db.execute(query).fetchall()), nothing, writing=False)
    return Contents(sum(_size(path) for path in _files(store)), counted)


def clear(store: Store) -> bool:
    """Remove everything; False if something could not be removed."""
    for path in _files(store):
        try:
            path.unlink(missing_ok=True)
        except OSError:
            return False
    return True


def _files(store: Store) -> tuple[Path, ...]:
    # the journal first: one that outlives its file would be rolled back into the next one
    return store.folder / f"{FILE}-journal", store.file


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _attempt(store: Store, work: Callable[[sqlite3.Connection], T], otherwise: T, *, writing: bool) -> T:
    """What `work` gives, or `otherwise`. A damaged file, and to write one of another version, too, is removed."""
    for _ in range(2 if writing else 1):
        try:
            with _connected(store, writing) as db:
                return work(db)
        except _OtherVersion:
            if not writing or not clear(store):
                return otherwise
        except sqlite3.Error as error:
            if getattr(error, "sqlite_errorcode", 0) & 0xFF not in _DAMAGED or not clear(store):
                return otherwise
        except OSError:
            return otherwise
    return otherwise


@contextlib.contextmanager
def _connected(store: Store, writing: bool) -> Iterator[sqlite3.Connection]:
    if writing:
        _make_folder(store.folder)
    mode = "rwc" if writing else "rw"  # also to read: what a killed audit left half-done has to be rolled back
    with contextlib.closing(
        sqlite3.connect(f"{store.file.as_uri()}?mode={mode}", uri=True, timeout=_PATIENCE, isolation_level=None)
    ) as db:
        (version,) = db.execute("PRAGMA user_version").fetchone()
        if version != _VERSION:
            if not writing or db.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]:
                raise _OtherVersion
            _make_tables(db)
        # a power cut may cost the last audit's entries, and no more than that: sums tell
        db.execute("PRAGMA synchronous = NORMAL")
        yield db


def _make_folder(folder: Path) -> None:
    if folder.is_dir():
        return
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    (folder / "CACHEDIR.TAG").write_text(_TAG, encoding="ascii")
    (folder / ".gitignore").write_text("*\n", encoding="ascii")


def _make_tables(db: sqlite3.Connection) -> None:
    with _transaction(db):
        # another audit may have been faster
        if db.execute("PRAGMA user_version").fetchone()[0] == _VERSION:
            return
        for statement in _TABLES.split(";"):
            db.execute(statement)
        db.execute(f"PRAGMA user_version = {_VERSION}")


@contextlib.contextmanager
def _transaction(db: sqlite3.Connection) -> Iterator[None]:
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise


def _recall(db: sqlite3.Connection, keys: Sequence[bytes]) -> dict[bytes, bytes]:
    today = _today()
    found: dict[bytes, bytes] = {}
    stale: list[bytes] = []
    wrong: list[bytes] = []
    for some in _portions(keys):
        query = f"SELECT key, day, sum, data FROM entry WHERE key IN ({_marks(some)})"
        for key, day, total, data in db.execute(query, some):
            if total != _sum(key, data):
                wrong.append(key)
                continue
            found[key] = data
            if day < today:
                stale.append(key)
    # the read counts even if nothing can be written
    with contextlib.suppress(sqlite3.OperationalError):
        if wrong:
            _forget(db, wrong)
        if stale:
            _touch(db, stale, today)
    return found


def _keep(db: sqlite3.Connection, items: Sequence[Item], limit: int) -> None:
    today = _today()
    with _transaction(db):
        db.execute("DELETE FROM entry WHERE day < ?", (today - _DAYS,))
        db.executemany(
            "INSERT OR REPLACE INTO entry (key, what, day, size, sum, data) VALUES (?, ?, ?, ?, ?, ?)",
            ((key, what, today, len(data), _sum(key, data), data) for key, what, data in items),
        )
        _evict(db, limit)


def _evict(db: sqlite3.Connection, limit: int) -> None:
    """Remove what was not asked for longest, by days, until a part of the limit is free."""
    pages, free, page = (
        db.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "freelist_count", "page_size")
    )
    excess = (pages - free) * page - limit
    if excess <= 0:
        return
    excess += round(limit * (1 - _SPARED))
    gone: list[tuple[int]] = []
    for number, size in db.execute("SELECT id, size FROM entry ORDER BY day, id"):
        if excess <= 0:
            break
        gone.append((number,))
        excess -= size
    db.executemany("DELETE FROM entry WHERE id = ?", gone)


def _forget(db: sqlite3.Connection, keys: Sequence[bytes]) -> None:
    with _transaction(db):
        for some in _portions(keys):
            db.execute(f"DELETE FROM entry WHERE key IN ({_marks(some)})", some)


def _touch(db: sqlite3.Connection, keys: Sequence[bytes], today: int) -> None:
    with _transaction(db):
        for some in _portions(keys):
            db.execute(f"UPDATE entry SET day = {today} WHERE key IN ({_marks(some)})", some)


def _portions(keys: Sequence[bytes]) -> Iterator[Sequence[bytes]]:
    for start in range(0, len(keys), _AT_ONCE):
        yield keys[start : start + _AT_ONCE]


def _marks(keys: Sequence[bytes]) -> str:
    return ",".join("?" * len(keys))


def _sum(key: bytes, data: bytes) -> int:
    """Tells what a disk has changed; it protects against nobody who means it."""
    return zlib.crc32(data, zlib.crc32(key))


def _today() -> int:
    """Days since 1970: what is used many times a day is written about once."""
    return int(time.time() // 86_400)
