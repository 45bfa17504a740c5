"""Builds the request from what was typed and what is configured."""

import difflib
import os
import shlex
from collections.abc import Sequence
from pathlib import Path

from alef_audit.cli.choose import find_pattern, patterns_of
from alef_audit.config import Config, Platform, find_config, load_config
from alef_audit.diagnostics import ConfigError, UsageError
from alef_audit.discovery.inventory import GRAMMARS, extension_of
from alef_audit.discovery.listing import list_files
from alef_audit.discovery.unread import nearest_path
from alef_audit.git.run import GitFailed, run_git
from alef_audit.request import AuditRequest
from alef_audit.store.place import cache_folder


def scope(paths: Sequence[Path], commands: Sequence[str] = ()) -> tuple[Path, tuple[Path, ...]]:
    """Root and, relative to it, what to audit there (empty: all). Raises UsageError for a path that does not exist.

    One folder is its own root.  Anything else is audited inside the working directory, or, where it lies elsewhere,
    inside the folder that all paths have in common.  `commands` are named where a path looks like a mistyped one.
    """
    for path in paths:
        if not path.exists():
            near = difflib.get_close_matches(str(path), commands, n=1)
            hint = f"Did you mean the command {near[0]}?" if near else "audit --help lists the commands"
            raise UsageError(f"no such file or folder: {path}", hint)
    resolved = [path.resolve() for path in paths] or [Path.cwd()]
    if len(resolved) == 1 and resolved[0].is_dir():
        return resolved[0], ()
    here = Path.cwd().resolve()
    if all(path.is_relative_to(here) for path in resolved):
        root = here
    else:
        root = Path(os.path.commonpath([path if path.is_dir() else path.parent for path in resolved]))
    return root, () if root in resolved else tuple(sorted({path.relative_to(root) for path in resolved}))


def typed_folder(root: Path) -> str:
    """How a user types the audited folder in a shell; "" for the working directory."""
    folder = os.path.relpath(root)
    return "" if folder == "." else shlex.quote(folder)


def line_of(where: str, folder: Path) -> tuple[Path, str, int]:
    """Root, file (relative to it, forward slashes) and line that `FILE:LINE` means in the audited `folder`.

    FILE is looked for in `folder`, then in the working directory.  Raises UsageError for what does not exist.
    """
    name, _, number = where.rpartition(":")
    if not name or not number.isdecimal() or not int(number):
        raise UsageError(f"not a file and a line: {where}", "Type it as in: audit why src/server.ts:120")
    if not folder.is_dir():
        raise UsageError(f"no such folder: {folder}", "Name the folder that is audited")
    root = folder.resolve()
    found = next((p for p in (root / name, Path(name).absolute()) if p.is_file()), None)
    if found is None:
        known = (path for path in list_files(root).paths if extension_of(path) in GRAMMARS)
        near = nearest_path(name, known)
        hint = f"Did you mean {near}:{number}?" if near else "Name the audited folder: audit why FILE:LINE FOLDER"
        raise UsageError(f"no such file in {folder}: {name}", hint)
    plain = Path(os.path.normpath(found))
    if not plain.is_relative_to(root):
        plain = plain.parent.resolve() / plain.name
    if not plain.is_relative_to(root):
        raise UsageError(f"{name} lies outside of {root}", "Name the audited folder: audit why FILE:LINE FOLDER")
    with plain.open("rb") as file:
        lines = sum(chunk.count(b"\n") for chunk in iter(lambda: file.read(1 << 20), b"")) + 1
    if int(number) > lines:
        raise UsageError(f"{name} has {lines} lines, not {number}", f"Name a line from 1 to {lines}")
    return root, plain.relative_to(root).as_posix(), int(number)


def configuration_file(root: Path, file: Path | None, no_project_config: bool) -> str:
    """The configuration file that applies, relative to the root; "" without one, or where it cannot be used."""
    try:
        found = file if file is not None else None if no_project_config else find_config(root)
    except ConfigError:  # the configuration of another revision applies
        return ""
    if found is None:
        return ""
    return Path(os.path.relpath(found, root)).as_posix()


def configuration(root: Path, file: Path | None, no_project_config: bool) -> Config:
    """The configuration that applies. Raises UsageError and ConfigError."""
    if file is not None and no_project_config:
        raise UsageError("--config and --no-project-config exclude each other", "Leave one of them out")
    return load_config(root, file, not no_project_config)


def build_request(
    scope_of: tuple[Path, tuple[Path, ...]],
    config: Config,
    *,
    patterns: Sequence[str] = (),
    rules: Sequence[Path] = (),
    jobs: int | None = None,
    platform: Platform | None = None,
    follow: Sequence[str] | None = None,
    include_discharged: bool = False,
    explain_unresolved: bool = False,
    config_file: str = "",
    no_cache: bool = False,
) -> AuditRequest:
    """Options win over the configuration, which wins over the defaults. Raises UsageError and RulepackError."""
    folders = (*(Path(folder) for folder in config.rules), *rules)
    wanted = patterns or config.patterns
    catalogue = patterns_of(folders) if wanted else ()
    return AuditRequest(
        root=scope_of[0],
        only=scope_of[1],
        patterns=tuple(dict.fromkeys(find_pattern(catalogue, name).number for name in wanted)),
        rules=folders,
        config=config,
        jobs=jobs or min(config.jobs or _cores(), _cores()),
        include_discharged=include_discharged,
        explain_unresolved=explain_unresolved,
        platform=platform or config.platform,
        config_file=config_file,
        follow=_followed(follow, config.follow_dependencies),
        cache=None if no_cache else _cache_beside(scope_of[0]),
    )


def _cache_beside(root: Path) -> Path | None:
    """Where the cache lies; None if the audited repository has brought one along to that place."""
    folder = cache_folder(os.environ)
    if folder is None or not folder.is_relative_to(root):
        return folder
    for place in (folder, folder.resolve()):
        try:
            if run_git(place.parent, ("ls-files", "-z", "--", f":(literal){place.name}")):
                return None
        except GitFailed:
            continue  # nothing there yet, or no repository
    return folder


def _followed(typed: Sequence[str] | None, configured: bool | tuple[str, ...]) -> tuple[Path, ...] | None:
    """The folders of packages that were named, None if packages are not to be followed. Raises UsageError."""
    if not typed and configured is False:
        return None
    named = [one for one in typed or () if one]
    for folder in named:
        if not Path(folder).is_dir():
            raise UsageError(f"--follow-dependencies={folder}: no such folder", "Name a folder of packages")
    if not named and not isinstance(configured, bool):
        named = list(configured)
    return tuple(Path(one).absolute() for one in named)


def _cores() -> int:
    """Cores this process may use, which in a container is often less than the machine has."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
