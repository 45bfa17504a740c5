"""The stat index: files that have not changed since they were last read are known without reading them."""

import os
import stat
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

from alef_audit.source import content_digest
from alef_audit.store.database import Item, Store, forget, keep, recall

# git calls an entry racily clean if the file was written in the very moment in which it was looked at: a later write of
# the same size could leave the same time (https://git-scm.com/docs/racy-git).  The coarsest clock in use, FAT's, ticks
# every two seconds.
_TICK: Final = 2_000_000_000  # nanoseconds


class Seen(msgspec.Struct, frozen=True, array_like=True):
    """A file as it was read: `modified` and `changed` (status change) in nanoseconds."""

    size: int
    modified: int
    changed: int
    inode: int
    digest: bytes


Index = dict[str, Seen]


class Digests(NamedTuple):
    """By path; None for what is no regular file, cannot be read or is larger than the limit."""

    digests: dict[str, bytes | None]
    seen: Index  # those that can be known by their status the next time
    read: int  # how many files were read


def recall_index(store: Store, scope: Sequence[Path]) -> Index:
    """What was seen the last time of a tree: `scope` is its root, and the parts of it that count if not all do."""
    key = _key(scope)
    data = recall(store, [key]).get(key)
    if data is None:
        return {}
    try:
        return msgspec.msgpack.decode(data, type=Index)
    except msgspec.MsgspecError:
        forget(store, [key])
        return {}


def keep_index(store: Store, scope: Sequence[Path], index: Index) -> None:
    """Keep what was seen of a tree, in place of what was kept before."""
    keep(store, [Item(_key(scope), "tree", msgspec.msgpack.encode(index))])


def _key(scope: Sequence[Path]) -> bytes:
    return content_digest(b"\0".join((b"tree", *map(os.fsencode, scope))))


def digests_of(root: Path, paths: Iterable[str], known: Mapping[str, Seen], limit: int) -> Digests:
    """The digests of the contents of files: `paths` are absolute or relative to `root`, `limit` is in bytes."""
    digests: dict[str, bytes | None] = {}
    trusted: Index = {}
    read = 0
    base = os.path.join(root, "")
    for path in paths:
        full = os.path.join(base, path)
        now = time.time_ns()
        try:
            status = os.stat(full)
            seen = known.get(path)
            if seen is None or not _is_same(seen, status):
                if not stat.S_ISREG(status.st_mode) or status.st_size > limit:
                    digests[path] = None
                    continue
                seen = _read(full, status)
                read += 1
        except (OSError, ValueError):
            digests[path] = None
            continue
        digests[path] = seen.digest
        if max(seen.modified, seen.changed) + _TICK < now:
            trusted[path] = seen
    return Digests(digests, trusted, read)


def _is_same(seen: Seen, status: os.stat_result) -> bool:
    return (
        seen.modified == status.st_mtime_ns
        and seen.size == status.st_size
        and seen.changed == status.st_ctime_ns
        and seen.inode == status.st_ino
    )


def _read(full: str, status: os.stat_result) -> Seen:
    with open(full, "rb", buffering=0) as file:
        data = file.readall()
    return Seen(status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino, content_digest(data))
