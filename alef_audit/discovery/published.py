"""What packages publish: the files that others import, and folders named `build` that hold such files."""

import posixpath
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final

from alef_audit.discovery.commands import decoded, package_at, sources_of
from alef_audit.discovery.inventory import Inventory

_IMPORTED: Final = ("main", "module", "exports")
_NAMING: Final = (*_IMPORTED, "bin")
_PACKAGE: Final = "__init__.py"
_FOLDER: Final = "build"
_DEPTH: Final = 8


def entry_files(inventory: Inventory, read: Callable[[str], str | None]) -> frozenset[str]:
    """The files that a package is imported by: what its `package.json` names, compiled files mapped back to their
    sources, and the `__init__.py` of packages of Python that lie in no other.

    `read` gives the text of a manifest, None if it cannot be read.
    """
    files = frozenset(file.path for file in inventory.files)
    found = set()
    for folder, targets in _imported(inventory, read):
        for target in targets or ("index",):
            found.update(sources_of(posixpath.normpath(posixpath.join(folder, target)), files))
    for path in files:
        folder, _, name = path.rpartition("/")
        outer = posixpath.dirname(folder)
        if name == _PACKAGE and f"{outer}/{_PACKAGE}".removeprefix("/") not in files:
            found.add(path)
    return frozenset(found)


def closed_files(inventory: Inventory, read: Callable[[str], str | None]) -> frozenset[str]:
    """The files of the packages whose `package.json` names all that others import: no pattern, and files that exist."""
    files = frozenset(file.path for file in inventory.files)
    packages: dict[str, bool] = {}
    for folder, targets in _imported(inventory, read):
        named = [sources_of(posixpath.normpath(posixpath.join(folder, target)), files) for target in targets]
        packages[folder] = any(named) and not any("*" in target for target in targets)
    return frozenset(path for path in files if _package_of(path, packages))


def _imported(inventory: Inventory, read: Callable[[str], str | None]) -> Iterator[tuple[str, Collection[str]]]:
    """The folder of every npm package, with what its `package.json` says that others import."""
    for path in inventory.manifests:
        folder, _, name = path.rpartition("/")
        if name == "package.json":
            yield folder, _entry_points(decoded(read(path) or ""), _IMPORTED)


def _package_of(path: str, packages: Mapping[str, bool]) -> bool:
    """What is said of the innermost package that a file lies in; False of none."""
    folder = path
    while folder:
        folder = folder.rpartition("/")[0]
        if folder in packages:
            return packages[folder]
    return False


def published_folders(root: Path, manifests: Iterable[str], files: Iterable[str]) -> frozenset[str]:
    """The folders `build/` (relative to `root`, with their slash) that entry points of packages lie in."""
    split = (f"/{path}".partition(f"/{_FOLDER}/") for path in files)
    holding = {before.removeprefix("/") for before, inside, _ in split if inside}
    found = set()
    for path in manifests:
        folder, _, name = path.rpartition("/")
        prefix = f"{folder}/" if folder else ""
        if name == "package.json" and folder in holding:
            for target in _entry_points(package_at(root / path), _NAMING):
                first = posixpath.normpath(target).partition("/")[0]
                if first == _FOLDER:
                    found.add(f"{prefix}{_FOLDER}/")
    return frozenset(found)


def _entry_points(manifest: Mapping[str, object], keys: tuple[str, ...]) -> list[str]:
    return [target for key in keys for target in _strings(manifest.get(key), 0)]


def _strings(value: object, depth: int) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict) and depth < _DEPTH:
        for inner in value.values():
            yield from _strings(inner, depth + 1)
    elif isinstance(value, list) and depth < _DEPTH:
        for inner in value:
            yield from _strings(inner, depth + 1)
