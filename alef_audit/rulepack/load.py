"""Reads a rules folder, or several laid over each other, into one immutable `Rulepack`.

A mistake anywhere is a `RulepackError` that names the file and the key; nothing is skipped silently.
"""

import tomllib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, TypeVar, get_args

import msgspec

from alef_audit.rulepack import kinds as kinds_module
from alef_audit.rulepack.kinds import Kinds
from alef_audit.rulepack.lexicon import Lexicon
from alef_audit.rulepack.model import GuardRow, LibraryModel, ReturnsRow, RootRow, Row, TypeRow
from alef_audit.rulepack.paths import PathError, parse_path, parse_selector
from alef_audit.rulepack.pattern import Pattern

T = TypeVar("T")


class RulepackError(Exception):
    """A rules file that cannot be used: `path`, `key` (TOML path of the entry) and what is wrong with it."""

    def __init__(self, path: str, key: str, message: str) -> None:
        super().__init__(f"{path}: {key}: {message}" if key else f"{path}: {message}")
        self.path = path
        self.key = key
        self.message = message


class Rulepack(msgspec.Struct, frozen=True):
    kinds: Kinds
    lexicon: Lexicon
    models: tuple[LibraryModel, ...]
    patterns: tuple[Pattern, ...]


def bundled_rules() -> Path:
    """The rules that ship with the tool: beside the package in a wheel, at the top level of a checkout."""
    package = Path(__file__).resolve().parent.parent
    inside = package / "rules"
    return inside if inside.is_dir() else package.parent / "rules"


def load_rulepack(folders: Sequence[Path]) -> Rulepack:
    """Load `folders` in order; a later folder may add files and, by the same name, replace them. Raises RulepackError."""
    files: dict[str, Path] = {}
    for folder in folders:
        if not folder.is_dir():
            raise RulepackError(str(folder), "", "no such rules folder")
        for path in sorted(folder.rglob("*.toml")):
            files[path.relative_to(folder).as_posix()] = path
    models = [
        read_model(path) for name, path in sorted(files.items()) if name.startswith("models/") or "/" not in name
        if name not in ("kinds.toml", "lexicon.toml")
    ]
    patterns = [_decode(path, Pattern) for name, path in sorted(files.items()) if name.startswith("patterns/")]
    for required in ("kinds.toml", "lexicon.toml"):
        if required not in files:
            raise RulepackError(required, "", "missing from the rules folder")
    loaded_kinds = _decode(files["kinds.toml"], Kinds)
    _check_kinds(files["kinds.toml"], loaded_kinds)
    _check_types(models, [path for name, path in sorted(files.items()) if name.startswith("models/")])
    return Rulepack(loaded_kinds, _decode(files["lexicon.toml"], Lexicon), tuple(models), tuple(patterns))


def read_model(path: Path) -> LibraryModel:
    """Read and check one model file. Raises RulepackError."""
    model = _decode(path, LibraryModel)
    tables: dict[str, tuple[Row, ...]] = {
        "type": model.type,
        "returns": model.returns,
        "sink": model.sink,
        "root": model.root,
        "guard": model.guard,
        "neutral": model.neutral,
    }
    for table, rows in tables.items():
        for index, row in enumerate(rows):
            try:
                _check_row(row)
            except (PathError, ValueError) as error:
                raise RulepackError(str(path), f"{table}[{index}]", str(error)) from None
    return model


def _check_row(row: Row) -> None:
    if isinstance(row, RootRow) and row.form in ("override", "export"):
        if not row.members or row.path:
            raise ValueError(f"form {row.form!r} needs members and no path")
        if row.form == "override" and not row.of:
            raise ValueError("form 'override' needs of = the base type")
        if row.form == "export" and not row.files:
            raise ValueError("form 'export' needs files = [globs]")
    elif bool(row.members) == bool(row.path):
        raise ValueError("exactly one of members and path")
    if row.path:
        parse_path(row.path)
    if isinstance(row, RootRow) and row.form == "argument":
        parse_selector(row.runs)
    if isinstance(row, GuardRow) and row.form != "decorator":
        parse_selector(row.runs)
    if isinstance(row, ReturnsRow):
        if bool(row.type) == bool(row.value):
            raise ValueError("exactly one of type and value")
        if row.value:
            parse_selector(row.value)


def _check_types(models: Sequence[LibraryModel], paths: Sequence[Path]) -> None:
    """Every type that a row mentions is made by some `[[type]]` or `[[returns]]` row of its library."""
    declared = {f"{model.library.name}:{row.name}" for model in models for row in model.type}
    declared |= {f"{model.library.name}:{row.type}" for model in models for row in model.returns if ":" not in row.type}
    for model, path in zip(models, paths, strict=False):
        for key, name in _type_mentions(model):
            full = name if ":" in name else f"{model.library.name}:{name}"
            if full not in declared:
                raise RulepackError(str(path), key, f"unknown type {name!r}: no [[type]] or [[returns]] row makes it")


def _type_mentions(model: LibraryModel) -> Iterable[tuple[str, str]]:
    tables: tuple[tuple[str, tuple[Row, ...]], ...] = (
        ("type", model.type),
        ("returns", model.returns),
        ("sink", model.sink),
        ("root", model.root),
        ("guard", model.guard),
        ("neutral", model.neutral),
    )
    for table, rows in tables:
        for index, row in enumerate(rows):
            if row.of:
                yield f"{table}[{index}].of", row.of
            if isinstance(row, ReturnsRow) and row.type:
                yield f"{table}[{index}].type", row.type
            if isinstance(row, TypeRow):
                for base in row.extends:
                    yield f"{table}[{index}].extends", base


def _check_kinds(path: Path, loaded: Kinds) -> None:
    vocabulary: tuple[tuple[str, Iterable[str], Any], ...] = (
        ("sink", loaded.sink, kinds_module.SinkKind),
        ("root", loaded.root, kinds_module.RootKind),
        ("guard", loaded.guard, kinds_module.GuardKind),
        ("cost", loaded.cost, kinds_module.Cost),
    )
    for key, found, literal in vocabulary:
        missing = set(get_args(literal)) - set(found)
        if missing:
            raise RulepackError(str(path), key, f"no meaning given for {', '.join(sorted(missing))}")


def _decode(path: Path, type_: type[T]) -> T:
    try:
        return msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), type_)
    except tomllib.TOMLDecodeError as error:
        raise RulepackError(str(path), "", f"not TOML: {error}") from None
    except UnicodeDecodeError as error:
        raise RulepackError(str(path), "", f"not UTF-8: {error}") from None
    except msgspec.ValidationError as error:
        message, _, where = str(error).partition(" - at `$")
        raise RulepackError(str(path), where.strip("`.") or "", message) from None
