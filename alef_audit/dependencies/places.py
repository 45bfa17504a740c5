"""Where installed packages lie, and which part of the disk may be read for them."""

import os
from collections.abc import Container, Iterable
from pathlib import Path

import msgspec

from alef_audit.resolution.manifests import ReadText

_ENVIRONMENTS = (".venv", "venv", "env")
_NODE = "node_modules"
_LARGEST_MANIFEST = 5_000_000  # bytes
_PYTHON = frozenset({"site-packages", "dist-packages"})


class Places(msgspec.Struct, frozen=True):
    """Absolute folders with all links resolved, each in the order in which it is searched.

    Nothing outside `allowed` is ever read.  A package's name is the first segment below one of `node` and `python`.
    """

    root: str
    allowed: tuple[str, ...]  # the audited root and the folders that were named
    node: tuple[str, ...]  # named folders of JavaScript packages; node_modules folders are found from the importer up
    python: tuple[str, ...]  # site-packages of the root's environments, and named folders


def places_of(root: Path, named: Iterable[Path]) -> Places:
    """The folders of packages of `root`: those of its virtual environments, and those that `named` hold."""
    top = os.path.realpath(root)
    folders = [os.path.realpath(folder) for folder in named]
    environments = [site for name in _ENVIRONMENTS for site in _sites(os.path.join(top, name))]
    inside = [site for site in environments if is_below(site, (top,))]
    expanded = [package_folder for folder in folders for package_folder in _expanded(folder)]
    return Places(
        top,
        _unique((top, *folders, *expanded)),
        _unique(folder for folder in expanded if os.path.basename(folder) not in _PYTHON),
        _unique((*inside, *(folder for folder in expanded if os.path.basename(folder) != _NODE))),
    )


def is_below(path: str, folders: Iterable[str]) -> bool:
    """Whether `path` is one of `folders` or lies below one; all are absolute and without links."""
    return any(path == folder or path.startswith(os.path.join(folder, "")) for folder in folders)


def confined_reader(places: Places) -> ReadText:
    """Reads text by absolute path, None outside the allowed folders (by way of a link, say) or where there is none."""

    def read_text(path: str) -> str | None:
        try:
            real = os.path.realpath(path)
            if not is_below(real, places.allowed) or os.path.getsize(real) > _LARGEST_MANIFEST:
                return None
            return Path(real).read_text(encoding="utf-8-sig")
        except (OSError, ValueError):
            return None

    return read_text


def shown_path(places: Places, real: str, taken: Container[str]) -> str:
    """How reports spell the file `real`: from the root, else from the folder of packages that it lies in.

    Never a path of the machine, and never one of `taken`.
    """
    if is_below(real, (places.root,)):
        return _relative(real, places.root)
    homes = [one for one in (*places.node, *places.python, *places.allowed) if is_below(real, (one,))]
    home = max(homes, key=len)
    path = _relative(real, home)
    if path not in taken:
        return path
    shown = f"{os.path.basename(home)}/{path}"
    number = 2
    while shown in taken:
        shown = f"{os.path.basename(home)}~{number}/{path}"
        number += 1
    return shown


def _expanded(folder: str) -> list[str]:
    """The folders of packages that a named folder means: itself, or those of the project or environment that it is."""
    if os.path.basename(folder) == _NODE or os.path.basename(folder) in _PYTHON:
        return [folder]
    below = [*_sites(folder), *(site for name in _ENVIRONMENTS for site in _sites(os.path.join(folder, name)))]
    modules = os.path.join(folder, _NODE)
    below += [os.path.realpath(modules)] if os.path.isdir(modules) else []
    return below or [folder]


def _sites(environment: str) -> list[str]:
    """The folders of packages in a virtual environment, newest Python last by name."""
    found = []
    for library in ("lib", "lib64"):
        try:
            versions = sorted(name for name in os.listdir(os.path.join(environment, library)) if name[:6] == "python")
        except OSError:
            continue
        found += [os.path.join(environment, library, version, "site-packages") for version in versions]
    found.append(os.path.join(environment, "Lib", "site-packages"))
    return list(_unique(os.path.realpath(site) for site in found if os.path.isdir(site)))


def _relative(path: str, folder: str) -> str:
    return os.path.relpath(path, folder).replace(os.sep, "/")


def _unique(paths: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(paths))
