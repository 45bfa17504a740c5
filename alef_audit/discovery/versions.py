"""Which versions of libraries the audited code runs with, as far as its manifests and lock files tell."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from alef_audit.confined import read_confined, top_of
from alef_audit.discovery.inventory import Inventory
from alef_audit.discovery.lockfiles import LOCK_READERS, Pin, read_manifest

_LIMIT = 60_000_000  # bytes; lock files of large monorepos reach tens of megabytes
_Read = Callable[[Path], str]  # the text of a file; "" if it may not be read
_LONGEST = 1_000  # characters of a version
_PRERELEASE = re.compile(r"^[v=]*(\d+(?:\.\d+)*)(?:-([0-9A-Za-z.-]+))?(?:\+.*)?$")


def library_versions(root: Path, inventory: Inventory) -> dict[str, str]:
    """Versions by "npm:<name>" and "pypi:<normalised name>".

    In the order of trust: the target's own manifests, packages unpacked beside the code, lock files, exact pins.

    Of a declared range the newest version that it admits is taken, if it has an upper bound.  A library that is locked
    in
    several versions at the same level gives nothing.  Lock files of parent folders count up to the top of the
    repository.
    """
    versions: dict[str, str] = {}
    manifests = [root / path for path in inventory.manifests]
    folders = sorted({path.parent for path in manifests} | {root})
    top = top_of(root)
    above = [folder for folder in root.parents if folder.is_relative_to(top)]
    read = partial(_text, top)
    sources = (
        _own(manifests, read),
        _installed_node(folders, read),
        _locked([*folders, *above], read),
        _declared(manifests, above, "pin", read),
        _declared(manifests, above, "range", read),
    )
    for source in sources:
        for name, version in _agreed(source).items():
            versions.setdefault(name, version)
    return dict(sorted(versions.items()))


def satisfies(version: str | None, range: str) -> bool | None:
    """Whether `version` lies in `range` (PEP 440 or the npm comparators `<2`, `>=1.4,<2`, `>=1 <2`, `^1.2`, `~1.2`,
    `1.x`, joined by `||`); None if either is unknown or unreadable. An empty range holds always."""
    if not range.strip():
        return True
    parsed = parse_version(version) if version else None
    if parsed is None:
        return None
    verdicts = [_in_range(parsed, part) for part in range.split("||")]
    if True in verdicts:
        return True
    return None if None in verdicts else False


def parse_version(text: str) -> Version | None:
    """A PEP 440 or semver version, None if it is neither."""
    if len(text) > _LONGEST:
        return None
    try:
        return Version(text)
    except InvalidVersion:
        match = _PRERELEASE.match(text.strip())
    if match is None:
        return None
    # semver allows any word as pre-release; all that matters is that it comes before the release
    return Version(f"{match[1]}.dev0") if match[2] else Version(match[1])


def _in_range(version: Version, text: str) -> bool | None:
    parts = re.sub(r"(\|\||[<>=!~^]+)\s+", r"\1", text.replace(",", " ")).split()
    try:
        wanted = SpecifierSet(",".join(_comparator(part) for part in parts if part not in ("*", "x", "latest")))
    except (InvalidSpecifier, InvalidVersion):
        return None
    # a pre-release behaves like the release it leads to: otherwise 2.0b1 would lie neither in <2 nor in >=2
    return wanted.contains(version, prereleases=True) or wanted.contains(version.base_version, prereleases=True)


def _comparator(part: str) -> str:
    """One npm comparator in the words of PEP 440."""
    if part.startswith("^"):
        numbers = _numbers(part[1:])
        keep = next((index for index, number in enumerate(numbers) if number), len(numbers) - 1)
        upper = [*numbers[:keep], numbers[keep] + 1]
        return f">={part[1:]},<{'.'.join(map(str, upper))}.dev0"
    if part.startswith("~") and not part.startswith(("~=", "~>")):
        numbers = _numbers(part[1:])[:2]
        return f">={part[1:]},<{'.'.join(map(str, [*numbers[:-1], numbers[-1] + 1]))}.dev0"
    if part[0].isdigit():
        exact = re.sub(r"\.[xX*](\.[xX*])*$", ".*", part)
        return f"=={exact}"
    if part.startswith("=") and not part.startswith("=="):
        return f"={part}"
    return part


def _numbers(text: str) -> list[int]:
    found = re.match(r"\d+(\.\d+)*", text)
    if found is None:
        raise InvalidVersion(text)
    return [int(number) for number in found[0].split(".")]


def _agreed(pins: Iterable[Pin]) -> dict[str, str]:
    """The version of each library whose nearest mentions agree."""
    found: dict[str, tuple[int, set[str]]] = {}
    for pin in pins:
        name = f"npm:{pin.name}" if pin.ecosystem == "npm" else f"pypi:{canonicalize_name(pin.name)}"
        depth, versions = found.get(name, (pin.depth, set()))
        if pin.depth < depth:
            depth, versions = pin.depth, set()
        if pin.depth == depth:
            versions.add(pin.version)
        found[name] = (depth, versions)
    return {name: next(iter(versions)) for name, (_, versions) in found.items() if len(versions) == 1}


def _own(manifests: Iterable[Path], read: _Read) -> Iterator[Pin]:
    for path in manifests:
        if path.name in ("package.json", "METADATA", "PKG-INFO", "pyproject.toml"):
            yield from (pin for pin in read_manifest(path, read(path)) if pin.kind == "own")


def _declared(manifests: Iterable[Path], above: Iterable[Path], kind: str, read: _Read) -> Iterator[Pin]:
    outer = (folder / name for folder in above for name in ("package.json", "pyproject.toml"))
    for path in (*manifests, *outer):
        if path.name in ("package.json", "pyproject.toml", "METADATA", "PKG-INFO") or path.suffix == ".txt":
            yield from (pin for pin in read_manifest(path, read(path)) if pin.kind == kind)


def _locked(folders: Iterable[Path], read: _Read) -> Iterator[Pin]:
    """From every lock file in `folders`: ignored by git or not, it tells what is installed."""
    for folder in folders:
        for name, reader in LOCK_READERS.items():
            path = folder / name
            if path.is_file():
                yield from reader(read(path))


def _installed_node(folders: Iterable[Path], read: _Read) -> Iterator[Pin]:
    """Packages in the `node_modules` beside a manifest."""
    for folder in folders:
        modules = folder / "node_modules"
        if not modules.is_dir():
            continue
        for pattern in ("*/package.json", "@*/*/package.json"):
            for path in sorted(modules.glob(pattern)):
                yield from (pin for pin in read_manifest(path, read(path)) if pin.kind == "own")


def _text(top: Path, path: Path) -> str:
    data = read_confined(path, top, _LIMIT) or b""
    return data.decode("utf-8", "replace").replace("\r\n", "\n").replace("\r", "\n")


def version_of(versions: Mapping[str, str], ecosystem: str, name: str) -> str | None:
    """The version of a library, by the ecosystem ("npm", "pypi") and the name in its registry."""
    key = f"npm:{name}" if ecosystem == "npm" else f"pypi:{canonicalize_name(name)}"
    return versions.get(key)
