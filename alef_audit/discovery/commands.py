"""Which files a `package.json` installs as commands."""

import posixpath
from codecs import BOM_UTF8
from collections.abc import Iterable, Set
from pathlib import Path

from alef_audit import json_text

# a bundle with such a name is the program, whatever else starts it
_PROGRAMS = frozenset({"index", "main", "server", "app", "start"})
_SOURCES = (".ts", ".mts", ".cts", ".tsx", ".js", ".mjs", ".cjs")


def command_files(root: Path, manifests: Iterable[str], files: frozenset[str]) -> frozenset[str]:
    """The files among `files` that are the `bin` of a package, compiled ones mapped back to their source."""
    found = set()
    for path in manifests:
        if path.rpartition("/")[2] == "package.json":
            folder = path.rpartition("/")[0]
            for target in _commands(root / path):
                found.update(sources_of(posixpath.normpath(posixpath.join(folder, target)), files))
    return frozenset(found)


def decoded(manifest: bytes | str) -> dict[str, object]:
    """What a `package.json` says; nothing if it cannot be read."""
    try:
        found = json_text.decode(manifest, object)
    except json_text.NotJson:
        return {}
    return found if isinstance(found, dict) else {}


def package_at(path: Path) -> dict[str, object]:
    """What the `package.json` at `path` says; nothing if it cannot be read."""
    try:
        return decoded(path.read_bytes().removeprefix(BOM_UTF8))
    except OSError:
        return {}


def _commands(path: Path) -> list[str]:
    manifest = package_at(path)
    declared = manifest.get("bin")
    targets = list(declared.values()) if isinstance(declared, dict) else [declared]
    main = manifest.get("main")
    return [target for target in targets if isinstance(target, str) and target != main and not _is_program(target)]


def _is_program(target: str) -> bool:
    return target.rpartition("/")[2].partition(".")[0] in _PROGRAMS


def sources_of(target: str, files: Set[str]) -> list[str]:
    """The files among `files` that the path of a manifest means: itself, or what it was compiled from."""
    stem = target.rpartition(".")[0] if target.endswith(_SOURCES) else target
    stems = [stem]
    for output in ("dist/", "build/", "out/", "lib/"):
        before, found, after = stem.rpartition(output)
        if found:
            stems.append(f"{before}src/{after}")
    return [one + extension for one in stems for extension in ("", *_SOURCES) if one + extension in files]
