"""Lists the files below a folder as git sees them, or, outside git, as `.gitignore` files say."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

import msgspec
from pathspec import GitIgnoreSpec

from alef_audit.diagnostics import Diagnostic
from alef_audit.git.run import GitFailed, run_git

SKIPPED_FOLDERS = frozenset(
    {"node_modules", "bower_components", "jspm_packages", ".git", ".hg", ".svn", ".jj", ".yarn", ".pnpm-store"}
    | {"__pycache__", "__pypackages__", "site-packages", ".venv", ".tox", ".nox", ".eggs", ".direnv", ".pixi"}
    | {".mypy_cache", ".ruff_cache", ".pytest_cache", ".hypothesis", ".ipynb_checkpoints", ".cache", ".parcel-cache"}
    | {".next", ".nuxt", ".output", ".svelte-kit", ".turbo", ".nx", ".vercel", ".angular", ".docusaurus", ".gradle"}
)
VENV_MARK = "pyvenv.cfg"


class Listing(msgspec.Struct, frozen=True):
    """`paths` are relative to the listed folder, with forward slashes, unordered, symbolic links included."""

    paths: tuple[str, ...]
    diagnostics: tuple[Diagnostic, ...] = ()


def list_files(folder: Path) -> Listing:
    """Every file below `folder` that is neither ignored nor in a folder of dependencies, caches or tool state.

    Links to folders are listed, never entered.  A folder that git ignores as a whole is walked: naming it means it.
    """
    tracked = _git_files(folder)
    if not tracked:
        return _walk(folder)
    environments = {path.rpartition("/")[0] + "/" for path in tracked if path.rpartition("/")[2] == VENV_MARK}
    environments.discard("/")
    paths: list[str] = []
    diagnostics: list[Diagnostic] = []
    for path in tracked:
        if _is_skipped(path, environments):
            continue
        if path.endswith("/") or _is_nested(folder, path):
            prefix = path.rstrip("/") + "/"
            nested = list_files(folder / prefix)
            paths.extend(prefix + inner for inner in nested.paths)
            diagnostics.extend(msgspec.structs.replace(one, path=prefix + one.path) for one in nested.diagnostics)
        else:
            paths.append(path)
    return Listing(tuple(paths), tuple(diagnostics))


def _git_files(folder: Path) -> list[str]:
    """What `git ls-files` says (deleted files included), each once; [] outside git or when git fails."""
    try:
        raw = run_git(folder, ("ls-files", "-c", "-o", "--exclude-standard", "-z"))
    except GitFailed:
        return []
    listed = list(dict.fromkeys(os.fsdecode(name) for name in raw.split(b"\0") if name))
    return [] if any(path.startswith("../") for path in listed) else listed


def _is_skipped(path: str, environments: set[str]) -> bool:
    folders = path.split("/")[:-1]
    if not SKIPPED_FOLDERS.isdisjoint(folders):
        return True
    return bool(environments) and any(path.startswith(environment) for environment in environments)


def _is_nested(folder: Path, path: str) -> bool:
    """A submodule is listed like a file."""
    full = os.path.join(folder, path)
    return os.path.isdir(full) and not os.path.islink(full)


class _Ignore(msgspec.Struct, frozen=True):
    prefix: str  # of the folder that holds the .gitignore, with its slash
    spec: GitIgnoreSpec


def _walk(top: Path) -> Listing:
    paths: list[str] = []
    diagnostics: list[Diagnostic] = []
    stack: list[tuple[str, tuple[_Ignore, ...]]] = [("", ())]
    while stack:
        prefix, ignores = stack.pop()
        try:
            with os.scandir(top / prefix) as entries:
                found = sorted(entries, key=lambda entry: entry.name)
        except OSError as error:
            diagnostics.append(Diagnostic(prefix.rstrip("/"), 0, "unreadable", error.strerror or "cannot be listed"))
            continue
        names = {entry.name for entry in found}
        if prefix and VENV_MARK in names:
            continue
        if ".gitignore" in names:
            ignores = (*ignores, *_ignore_file(top, prefix))
        for path, is_folder in _kept(found, prefix, ignores):
            if is_folder:
                stack.append((path + "/", ignores))
            else:
                paths.append(path)
    return Listing(tuple(paths), tuple(diagnostics))


def _kept(found: list[os.DirEntry[str]], prefix: str, ignores: tuple[_Ignore, ...]) -> Iterator[tuple[str, bool]]:
    for entry in found:
        path = prefix + entry.name
        try:
            is_folder = entry.is_dir(follow_symlinks=False)
        except OSError:
            is_folder = False
        if is_folder and entry.name in SKIPPED_FOLDERS:
            continue
        if not _ignored(path + "/" if is_folder else path, ignores):
            yield path, is_folder


def _ignore_file(top: Path, prefix: str) -> tuple[_Ignore, ...]:
    path = top / prefix / ".gitignore"
    try:
        # git follows no link there either
        if path.is_symlink() or not path.is_file() or path.stat().st_size > 1_000_000:
            return ()
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ()
    usable = []
    for line in lines:
        try:
            GitIgnoreSpec.from_lines((line,))
        except (ValueError, re.error):  # the latter for ranges such as [b-a]
            continue
        usable.append(line)
    return (_Ignore(prefix, GitIgnoreSpec.from_lines(usable)),) if usable else ()


def _ignored(path: str, ignores: tuple[_Ignore, ...]) -> bool:
    """The innermost file that says anything about `path` decides."""
    for ignore in reversed(ignores):
        verdict = ignore.spec.check_file(path[len(ignore.prefix) :]).include
        if verdict is not None:
            return verdict
    return False
