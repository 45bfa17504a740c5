"""Configuration: `alef-audit.toml`, or `[tool.alef-audit]` in `pyproject.toml`, into one immutable `Config`.

The file is searched for in the audited root and its parents, up to the top of the git repository (only in the root
itself outside a repository).  A project's own configuration is untrusted: it may not load rules from elsewhere.
"""

import difflib
import os
import re
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

import msgspec
from pathspec import GitIgnoreSpec

from alef_audit import toml
from alef_audit.confined import may_be_read, read_confined, top_of
from alef_audit.diagnostics import ConfigError
from alef_audit.rulepack.kinds import Confidence, GuardKind, Level, RootKind, SinkKind

Platform = Literal["linux", "darwin", "win32", "any"]
# what runs off the loop; what runs only before the loop serves anybody; or behind a guard of that kind
Boundary = Literal["offloaded", "startup-only"] | GuardKind
FailOn = Literal["error", "warning", "note", "never"]

DEDICATED_FILE = "alef-audit.toml"
SHARED_FILE = "pyproject.toml"
TABLE = "alef-audit"

_LARGEST = 1_000_000  # bytes of a configuration file
_ANYWHERE = "**"
_ANY = "*"
_REFERENCE = re.compile(r"^(?P<message>.*?)(?: - at `(?:key in )?\$(?P<where>[^`]*)`)?$", re.DOTALL)


class RootRow(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="kebab"):
    """Functions to treat as hot.

    `function` is a glob on qualified names as `audit graph` prints them (`*` any text, `?` one character), `path` one
    on files, from the audited root.
    """

    function: str
    kind: RootKind
    path: str = _ANYWHERE
    why: str = ""


class NotRootRow(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="kebab"):
    """Functions never to treat as hot. At least one of the two fields is given."""

    function: str = _ANY
    path: str = _ANYWHERE


class BoundaryRow(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="kebab"):
    """Functions that run elsewhere or at another time, or stand behind a guard that the analysis does not recognise."""

    function: str
    kind: Boundary
    path: str = _ANYWHERE


class LevelRow(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="kebab"):
    """Sets the level of findings; a selector left out matches everything, the first matching row wins.

    It decides for each pair of root and sink; "off" suppresses.
    """

    level: Level | Literal["off"]
    sink: SinkKind | None = None
    root: RootKind | None = None
    path: str = _ANYWHERE


class Config(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="kebab"):
    """Everything a configuration file can say; keys are the field names in kebab-case.

    `None` means "not set": the command line or the report format decides.  Globs are gitignore patterns relative to the
    audited root.  `max_file_size` is in bytes.  `rules` and the folders of `follow_dependencies` are absolute once
    loaded.
    """

    patterns: tuple[str, ...] = ()  # empty: all
    level: Level | None = None  # lowest level that is shown
    fail_on: FailOn | None = None
    min_confidence: Confidence | None = None
    exclude: tuple[str, ...] = ()
    include: tuple[str, ...] = ()  # when given, only matching files are read
    rules: tuple[str, ...] = ()
    platform: Platform = "any"
    roots: tuple[RootRow, ...] = ()
    not_roots: tuple[NotRootRow, ...] = ()
    boundaries: tuple[BoundaryRow, ...] = ()
    # what runs its callable arguments off the loop: callees as written ("pool.run"), or globs on qualified names
    executors: tuple[str, ...] = ()
    levels: tuple[LevelRow, ...] = ()
    jobs: Annotated[int, msgspec.Meta(ge=1)] | None = None
    max_file_size: Annotated[int, msgspec.Meta(ge=1)] = 8_000_000
    include_tests: bool = False
    follow_dependencies: bool | tuple[str, ...] = False  # folders: search these as well
    baseline: str = ""  # the file; absolute once loaded


def load_config(root: Path, explicit: Path | None = None, project: bool = True) -> Config:
    """The configuration for auditing `root`: from `explicit` (--config), else from the project, else the defaults.

    `project=False` is --no-project-config. Raises ConfigError.
    """
    if explicit is not None:
        return read_config(explicit, trusted=True)
    found = find_config(root) if project else None
    return Config() if found is None else read_config(found, trusted=False)


def find_config(root: Path) -> Path | None:
    """The project's configuration file for `root` (a folder, or a file in it), nearest first; None without one.

    Raises ConfigError for one that lies elsewhere.
    """
    start = root.resolve()
    start = start if start.is_dir() else start.parent
    top = top_of(start)
    for folder in (start, *start.parents):
        file = folder / DEDICATED_FILE
        if file.is_file():
            if not may_be_read(file, top, _LARGEST):
                raise ConfigError(
                    str(file),
                    "",
                    f"is larger than {_LARGEST} bytes, or a link that leads out of the project",
                    "Name it on the command line: --config, or do without: --no-project-config",
                )
            return file
        if _mentions_us(folder / SHARED_FILE, top):
            return folder / SHARED_FILE
        if folder == top:
            break
    return None


def is_config_file(path: str) -> bool:
    """Whether a file of that name may configure the audit of its folder, or hold a baseline."""
    name = path.rpartition("/")[2]
    return name in (DEDICATED_FILE, SHARED_FILE) or ("baseline" in name and name.endswith(".jsonl"))


def read_config(path: Path, trusted: bool) -> Config:
    """Read and check one file, relative folders resolved against it. Raises ConfigError.

    Any file name is fine; one called pyproject.toml is read below `[tool.alef-audit]`.  An untrusted file may name
    folders only inside its own.
    """
    table = _table(path)
    try:
        config = msgspec.convert(table, Config)
    except msgspec.ValidationError as error:
        raise _explain(path, table, str(error)) from None
    _check_rows(path, config)
    followed = config.follow_dependencies
    return msgspec.structs.replace(
        config,
        baseline=_inside(path, "baseline", config.baseline, trusted) if config.baseline else "",
        rules=_folders(path, "rules", config.rules, trusted),
        follow_dependencies=(
            followed if isinstance(followed, bool) else _folders(path, "follow-dependencies", followed, trusted)
        ),
    )


def config_schema() -> dict[str, object]:
    """JSON Schema (2020-12) of `alef-audit.toml` and of the `[tool.alef-audit]` table."""
    head = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "alef-audit configuration",
        "description": "alef-audit.toml, or the table [tool.alef-audit] of pyproject.toml",
    }
    return head | msgspec.json.schema(Config)


def _mentions_us(path: Path, top: Path) -> bool:
    data = read_confined(path, top, _LARGEST)
    if data is None or TABLE.encode() not in data:
        return False
    try:
        tool = toml.decode(data.decode("utf-8", "replace")).get("tool")
    except toml.NotToml:
        return True  # it was meant for us: let the reader say what is wrong with it
    return isinstance(tool, dict) and TABLE in tool


def _table(path: Path) -> dict[str, Any]:
    try:
        document = toml.decode(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise ConfigError(str(path), "", "no such file") from None
    except OSError as error:
        raise ConfigError(str(path), "", f"cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ConfigError(str(path), "", "not UTF-8", "Save it as UTF-8") from None
    except toml.NotToml as error:
        raise ConfigError(str(path), "", f"not TOML: {error}") from None
    if path.name != SHARED_FILE:
        return document
    tool = document.get("tool", {})
    table = tool.get(TABLE) if isinstance(tool, dict) else None
    if table is None:
        raise ConfigError(str(path), "", f"no table [tool.{TABLE}]", f"Add one, or use {DEDICATED_FILE}")
    if not isinstance(table, dict):
        raise ConfigError(str(path), f"tool.{TABLE}", "must be a table")
    return table


def _explain(path: Path, table: dict[str, Any], error: str) -> ConfigError:
    """Turn a decoder's message into key, what is allowed and the nearest valid spelling."""
    match = _REFERENCE.match(error)
    message, where = (match["message"], (match["where"] or "").lstrip(".")) if match else (error, "")
    where = where.replace("[...]", "")
    unknown = re.search(r"unknown field `(.*)`", message)
    if unknown:
        valid = _keys_at(where)
        key = f"{where}.{unknown[1]}" if where else unknown[1]
        return ConfigError(str(path), key, "unknown key", _suggest(unknown[1], valid))
    if message.startswith("Invalid enum value"):
        wrong = message.partition("'")[2].rpartition("'")[0]
        allowed = _values_at(where)
        return ConfigError(str(path), where, f"{wrong!r} is not allowed", _suggest(wrong, allowed))
    missing = re.search(r"missing required field `(.*)`", message)
    if missing:
        key = f"{where}.{missing[1]}" if where else missing[1]
        return ConfigError(str(path), key, "is missing", f"Every entry needs {missing[1]} = …")
    return ConfigError(str(path), where, message[:1].lower() + message[1:])


def _suggest(wrong: str, valid: tuple[str, ...]) -> str:
    near = difflib.get_close_matches(wrong.replace("_", "-").lower(), valid, n=1, cutoff=0.5)
    return (f"Did you mean {near[0]}? " if near else "") + "Allowed: " + ", ".join(valid)


_TABLES: tuple[tuple[str, type[msgspec.Struct]], ...] = (
    ("roots", RootRow),
    ("not-roots", NotRootRow),
    ("boundaries", BoundaryRow),
    ("levels", LevelRow),
)


def _struct_at(where: str) -> type[msgspec.Struct]:
    head = re.split(r"[.\[]", where)[0]
    return next((struct for name, struct in _TABLES if name == head), Config)


def _keys_at(where: str) -> tuple[str, ...]:
    return tuple(field.encode_name for field in msgspec.structs.fields(_struct_at(where)))


def _values_at(where: str) -> tuple[str, ...]:
    name = where.rpartition(".")[2].partition("[")[0]
    for field in msgspec.structs.fields(_struct_at(where)):
        if field.encode_name == name:
            parts = (field.type, *get_args(field.type))
            literals = [get_args(part) for part in parts if getattr(part, "__origin__", None) is Literal]
            return tuple(str(value) for values in literals for value in values)
    return ()


def _check_rows(path: Path, config: Config) -> None:
    rows: tuple[tuple[str, tuple[RootRow | NotRootRow | BoundaryRow, ...]], ...] = (
        ("roots", config.roots),
        ("not-roots", config.not_roots),
        ("boundaries", config.boundaries),
    )
    for table, entries in rows:
        for index, row in enumerate(entries):
            _check_globs(path, f"{table}[{index}].path", (row.path,))
            if isinstance(row, NotRootRow) and row.function == _ANY and row.path == _ANYWHERE:
                raise ConfigError(str(path), f"{table}[{index}]", "matches everything", "Give function or path")
    for index, level in enumerate(config.levels):
        _check_globs(path, f"levels[{index}].path", (level.path,))
    _check_globs(path, "exclude", config.exclude)
    _check_globs(path, "include", config.include)


def _check_globs(path: Path, key: str, globs: tuple[str, ...]) -> None:
    try:
        GitIgnoreSpec.from_lines(globs)
    except (ValueError, re.error) as error:  # the latter for ranges such as [b-a]
        raise ConfigError(str(path), key, f"not a glob: {error}") from None


_PURPOSES = {
    "rules": "load rules from",
    "follow-dependencies": "follow packages in folders",
    "baseline": "name a baseline",
}


def _folders(path: Path, key: str, folders: tuple[str, ...], trusted: bool) -> tuple[str, ...]:
    """The folders that `key` lists, relative ones resolved against the file's own folder. Raises ConfigError."""
    resolved = []
    for index, folder in enumerate(folders):
        target = _inside(path, f"{key}[{index}]", folder, trusted)
        if not os.path.isdir(target):
            raise ConfigError(str(path), f"{key}[{index}]", f"no such folder: {folder}")
        if key == "rules" and not trusted:
            _check_rules(path, f"{key}[{index}]", Path(target))
        resolved.append(target)
    return tuple(resolved)


def _check_rules(path: Path, key: str, folder: Path) -> None:
    """Raises ConfigError for a file in the `folder` of rules that lies elsewhere, or is none."""
    for file in sorted(folder.glob("**/*.toml")):
        if not may_be_read(file, path.resolve().parent, _LARGEST):
            said = f"{file.name} is no file, larger than {_LARGEST} bytes, or a link that leads out of the project"
            raise ConfigError(str(path), key, said, f"Pass --rules {folder.name} on the command line")


def _inside(path: Path, key: str, named: str, trusted: bool) -> str:
    """What `key` of the file `path` names, absolute. Raises ConfigError where an untrusted file leaves its folder."""
    home = path.resolve().parent
    try:
        target = (home / named).resolve()
    except (OSError, ValueError) as error:  # too long, or with a NUL
        raise ConfigError(str(path), key, f"not a path: {error}") from None
    if not trusted and not target.is_relative_to(home):
        name = key.partition("[")[0]
        raise ConfigError(
            str(path),
            key,
            f"a project's own configuration may only {_PURPOSES[name]} inside the project",
            f"Pass --{name}{'=' if name == 'follow-dependencies' else ' '}{named} on the command line",
        )
    if not trusted and key == "baseline" and target.exists() and not target.is_file():
        raise ConfigError(str(path), key, f"no file: {named}")
    return str(target)
