"""What a tree looks like before any of its sources is understood: everything else that an audit reads of it."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from alef_audit.config import Config
from alef_audit.confined import read_confined, top_of
from alef_audit.diagnostics import NothingToAudit
from alef_audit.discovery.assets import browser_assets
from alef_audit.discovery.discover import discover
from alef_audit.discovery.inventory import Inventory, SourceFile
from alef_audit.discovery.versions import library_versions
from alef_audit.request import AuditRequest
from alef_audit.store.database import Store
from alef_audit.store.index import Digests, Index, digests_of, keep_index, recall_index

# Lock files of large repositories reach tens of megabytes.
_LARGEST: Final = 100_000_000  # bytes


class Survey(NamedTuple):
    """`read` gives the text of a manifest by its path from the root, None if it cannot be read; always the same."""

    inventory: Inventory
    versions: Mapping[str, str]  # of libraries, see `library_versions`
    read: Callable[[str], str | None]
    texts: Mapping[str, str | None]  # what `read` has given so far
    digests: Mapping[str, bytes | None]  # of the contents of sources and manifests; empty without a store
    seen: Index  # those of them that can be known by their status


def survey(request: AuditRequest) -> Survey:
    """The tree at `request.root`. Raises NothingToAudit."""
    inventory = discover(request.root, request.config, request.only)
    files = files_to_read(inventory, request.config)
    if not files:
        raise NothingToAudit(f"no TypeScript, JavaScript or Python files below {request.root}")
    paths = [*(file.path for file in files), *inventory.manifests]
    texts: dict[str, str | None] = {}
    top = top_of(inventory.root)

    def read(path: str) -> str | None:
        if path not in texts:
            texts[path] = _text(inventory.root / path, top)
        return texts[path]

    found = _digests(request, inventory.root, paths)
    versions = library_versions(inventory.root, inventory)
    return Survey(inventory, versions, read, texts, found.digests, found.seen)


def files_to_read(inventory: Inventory, config: Config) -> list[SourceFile]:
    """The files that facts are extracted from."""
    unread = ("types",) if config.include_tests else ("types", "test")
    served = browser_assets(inventory)
    return [file for file in inventory.files if file.role not in unread and file.path not in served]


def digests_below(request: AuditRequest, files: Sequence[SourceFile]) -> Mapping[str, bytes | None]:
    """The digests of files that the tree's index does not know: each is read."""
    return {} if request.cache is None else _read_anew(request.root, [file.path for file in files]).digests


def digests_again(surveyed: Survey) -> Mapping[str, bytes | None]:
    """The digests of now; none for a file that was written since, even if it is the same again by now."""
    again = digests_of(surveyed.inventory.root, surveyed.digests, surveyed.seen, _LARGEST)
    rewritten = again.read > len(surveyed.digests) - len(surveyed.seen)
    return {} if rewritten else again.digests


def _digests(request: AuditRequest, root: Path, paths: Sequence[str]) -> Digests:
    if request.cache is None:
        return Digests({}, {}, 0)
    if not request.lasts:
        return _read_anew(root, paths)
    store = Store(request.cache)
    scope = (root, *request.only)
    found = digests_of(root, paths, recall_index(store, scope), _LARGEST)
    if found.read:
        keep_index(store, scope, found.seen)
    return found


def _read_anew(root: Path, paths: Sequence[str]) -> Digests:
    return digests_of(root, paths, {}, _LARGEST)


def _text(path: Path, top: Path) -> str | None:
    data = read_confined(path, top, _LARGEST)
    try:
        return None if data is None else data.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
    except UnicodeDecodeError:
        return None
