"""Stage 1: from a folder and a configuration to an `Inventory`."""

import os
from collections.abc import Iterable
from pathlib import Path

import msgspec
from pathspec import GitIgnoreSpec

from alef_audit.config import Config
from alef_audit.confined import may_be_read, top_of
from alef_audit.diagnostics import Diagnostic
from alef_audit.discovery.check import Checked, check_files
from alef_audit.discovery.commands import command_files
from alef_audit.discovery.inventory import (
    GRAMMARS,
    NOT_READ,
    Inventory,
    SourceFile,
    extension_of,
    is_manifest,
    language_of,
    relative_posix,
)
from alef_audit.discovery.listing import list_files
from alef_audit.discovery.outputs import output_folders
from alef_audit.discovery.published import published_folders
from alef_audit.discovery.roles import Role, role_of

_PROJECT_FILES = frozenset({"package.json", "pyproject.toml", "setup.py", "setup.cfg"})
_LARGEST_MANIFEST = 100_000_000  # bytes; lock files of large repositories reach tens of megabytes


class _Listed(msgspec.Struct, frozen=True):
    paths: tuple[str, ...]  # sorted
    targets: frozenset[str]  # what was named explicitly; "" = the whole root
    diagnostics: tuple[Diagnostic, ...]


def discover(root: Path, config: Config, only: tuple[Path, ...] = ()) -> Inventory:
    """The source files and manifests of `root`, a folder or a single file (then its folder is the root).

    `only` (absolute or relative to the root) narrows the inventory to these files and folders; manifests in the folders
    above them are kept.  What is named explicitly is read even if ignore rules cover it.  Problems with single files
    become diagnostics.
    """
    root = Path(os.path.abspath(root))
    if root.is_file():
        root, only = root.parent, (root,)
    listed = _list(root, only)
    outputs = _outputs(root, listed)
    kept = [path for path in _globbed(listed.paths, config) if path in listed.targets or not _below_any(path, outputs)]
    interesting = [path for path in kept if extension_of(path) in GRAMMARS or "." not in path.rpartition("/")[2]]
    checked = check_files(root, interesting, config.max_file_size)
    not_read = dict(checked.not_read)
    for path in kept:
        if (extension := extension_of(path)) in NOT_READ:
            not_read[extension] = not_read.get(extension, 0) + 1
    top = top_of(root)
    manifests = tuple(
        path
        for path in listed.paths
        if is_manifest(path) and path.isprintable() and may_be_read(root / path, top, _LARGEST_MANIFEST)
    )
    files = _source_files(root, checked, manifests, frozenset(_project_folders(listed.paths)))
    remarks = tuple(sorted({*listed.diagnostics, *checked.diagnostics}))
    return Inventory(root, files, manifests, dict(sorted(not_read.items())), remarks)


def _list(root: Path, only: tuple[Path, ...]) -> _Listed:
    targets = frozenset(target for path in only if (target := _inside(root, path)) is not None) if only else {""}
    paths: set[str] = set()
    diagnostics: list[Diagnostic] = []
    for target in sorted(targets):
        paths.update(_manifests_above(root, target))
        if target and not (root / target).is_dir():
            if os.path.lexists(root / target):
                paths.add(target)
            continue
        listing = list_files(root / target)
        prefix = f"{target}/" if target else ""
        paths.update(prefix + path for path in listing.paths)
        diagnostics.extend(
            msgspec.structs.replace(one, path=(prefix + one.path).rstrip("/")) for one in listing.diagnostics
        )
    return _Listed(tuple(sorted(paths)), frozenset(targets), tuple(diagnostics))


def _inside(root: Path, path: Path) -> str | None:
    """`path` relative to the root, None if it lies outside; links in the folders on the way do not matter."""
    full = Path(os.path.abspath(root / path))
    if full.is_relative_to(root):
        return relative_posix(full, root)
    real = full.parent.resolve() / full.name
    return relative_posix(real, root.resolve()) if real.is_relative_to(root.resolve()) else None


def _manifests_above(root: Path, target: str) -> Iterable[str]:
    """Manifests of the folders from the root down to the one that holds `target`."""
    folders = target.split("/")[:-1]
    for count in range(len(folders) + 1) if target else ():
        prefix = "".join(f"{folder}/" for folder in folders[:count])
        try:
            names = os.listdir(root / prefix)
        except OSError:
            continue
        yield from (prefix + name for name in names if is_manifest(prefix + name))


def _globbed(paths: tuple[str, ...], config: Config) -> Iterable[str]:
    include = GitIgnoreSpec.from_lines(config.include) if config.include else None
    exclude = GitIgnoreSpec.from_lines(config.exclude) if config.exclude else None
    for path in paths:
        if (include is None or include.match_file(path)) and (exclude is None or not exclude.match_file(path)):
            yield path


def _outputs(root: Path, listed: _Listed) -> frozenset[str]:
    """Output folders to leave out: none inside installed packages, none that was named explicitly."""
    if "node_modules" in root.parts:
        return frozenset()
    found = output_folders(listed.paths, (root / ".git").exists())
    return frozenset(one for one in found if not any(f"{target}/".startswith(one) for target in listed.targets))


def _below_any(path: str, folders: frozenset[str]) -> bool:
    return any(path.startswith(folder) for folder in folders)


def _project_folders(paths: Iterable[str]) -> Iterable[str]:
    for path in paths:
        folder, _, name = path.rpartition("/")
        if name in _PROJECT_FILES:
            yield folder
        elif folder.endswith((".dist-info", ".egg-info")):
            yield folder.rpartition("/")[0]


def _source_files(
    root: Path, checked: Checked, manifests: tuple[str, ...], projects: frozenset[str]
) -> tuple[SourceFile, ...]:
    paths = frozenset(one.path for one in checked.files)
    commands = command_files(root, manifests, paths)
    published = published_folders(root, manifests, paths)
    return tuple(
        SourceFile(one.path, language_of(grammar), grammar, _role(one.path, projects, commands, published), one.size)
        for one in checked.files
        if (grammar := GRAMMARS.get(extension_of(one.path))) is not None
    )


def _role(path: str, projects: frozenset[str], commands: frozenset[str], published: frozenset[str]) -> Role:
    folder = path.rpartition("/")[0]
    while folder and folder not in projects:
        folder = folder.rpartition("/")[0]
    output = next((one for one in published if path.startswith(one)), "")
    # what lies in `build/` there would lie in `dist/` elsewhere
    role = role_of(output.removesuffix("build/") + "dist/" + path.removeprefix(output) if output else path, folder)
    return "cli" if path in commands and role in ("product", "script") else role
