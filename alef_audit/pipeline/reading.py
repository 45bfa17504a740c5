"""Stage 2 with what earlier audits left: facts of contents that were read before are not extracted again."""

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import msgspec

from alef_audit.discovery.inventory import SourceFile
from alef_audit.facts.file import FileFacts
from alef_audit.frontends.extract import Share, extract_all
from alef_audit.pipeline.progress import Progress
from alef_audit.request import AuditRequest
from alef_audit.source import content_digest
from alef_audit.store.database import Item, Store, forget, keep, recall
from alef_audit.store.versions import facts_version

# Facts are kept in portions of so many bytes: an interrupt costs one, and memory holds one.
_PORTION: Final = 16_000_000
_DECODER: Final = msgspec.msgpack.Decoder(FileFacts)


def facts_of(
    request: AuditRequest,
    root: Path,
    files: Sequence[SourceFile],
    digests: Mapping[str, bytes | None],
    progress: Progress,
) -> list[FileFacts]:
    """Facts of `files`, in their order; `digests` says by path which contents are looked up."""
    limit = request.config.max_file_size
    share = _sharing_names()
    if request.cache is None:
        return extract_all(root, files, request.jobs, limit, progress, share=share)
    store = Store(request.cache)
    version = facts_version()
    keys = [_key(version, file.grammar, digest) if (digest := digests.get(file.path)) else b"" for file in files]
    found = _recalled(store, keys, share)
    missing = [number for number, facts in enumerate(found) if facts is None]
    portion = _Portion(store)

    def keep_facts(position: int, digest: bytes, encoded: bytes) -> None:
        portion.add(Item(_key(version, files[missing[position]].grammar, digest), "facts", encoded))

    wanted = [files[number] for number in missing]
    extracted = extract_all(root, wanted, request.jobs, limit, progress, keep_facts, share)
    portion.write()
    for number, facts in zip(missing, extracted, strict=True):
        found[number] = facts
    return [facts for facts in found if facts is not None]


def _sharing_names() -> Share:
    """Gives facts with one object for each name, however many files spell it: two of three names are repetitions.

    Each file's as soon as it is read, so that the next one's take the memory of what it repeated.
    """
    known: dict[str, str] = {}

    def share(facts: FileFacts) -> FileFacts:
        return msgspec.structs.replace(facts, names=tuple([known.setdefault(name, name) for name in facts.names]))

    return share


def _recalled(store: Store, keys: Sequence[bytes], share: Share) -> list[FileFacts | None]:
    """By position, what is known under the keys."""
    left = Counter(keys)
    kept = recall(store, list({key for key in keys if key}))
    found: list[FileFacts | None] = []
    wrong: list[bytes] = []
    for key in keys:
        left[key] -= 1
        data = kept.get(key) if left[key] else kept.pop(key, None)  # what has been read needs no room any more
        try:
            found.append(share(_DECODER.decode(data)) if data is not None else None)
        except msgspec.MsgspecError:
            found.append(None)
            wrong.append(key)
    if wrong:
        forget(store, wrong)
    return found


def _key(version: bytes, grammar: str, digest: bytes) -> bytes:
    return content_digest(b"\0".join((b"facts", grammar.encode("ascii"), version, digest)))


class _Portion:
    """Facts on their way into the store."""

    __slots__ = ("_items", "_size", "_store")

    def __init__(self, store: Store) -> None:
        self._store = store
        self._items: list[Item] = []
        self._size = 0

    def add(self, item: Item) -> None:
        self._items.append(item)
        self._size += len(item.data)
        if self._size >= _PORTION:
            self.write()

    def write(self) -> None:
        if self._items:
            keep(self._store, self._items)
        self._items, self._size = [], 0
