"""Reads a rules folder, or several laid over each other, into one immutable `Rulepack`.

A mistake anywhere is a `RulepackError` that names the file and the key; nothing is skipped silently.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final, TypeVar, get_args

import msgspec
import re2

from alef_audit import toml
from alef_audit.rulepack import kinds as kinds_module
from alef_audit.rulepack.conditions import parse_condition
from alef_audit.rulepack.guards import HandGuards
from alef_audit.rulepack.kinds import Kinds
from alef_audit.rulepack.lexicon import Lexicon
from alef_audit.rulepack.model import EntryRow, GuardRow, LibraryModel, ReturnsRow, RootRow, Row, SinkRow, TypeRow
from alef_audit.rulepack.paths import PathError, parse_path, parse_selector
from alef_audit.rulepack.pattern import Pattern

T = TypeVar("T")

_PLACE: Final = re.compile(r"(?P<message>.*?)(?: - at `(?:key` in `)?\$(?P<key>[^`]*)`)?", re.DOTALL)
_RANGE_PART: Final = re.compile(r"(?:[<>]=?|[=!~]?=|[~^])?v?\d+(?:\.(?:\d+|[xX*]))*(?:[-+.]?[0-9A-Za-z.-]+)?|\*")
# Every set of rules has these; all other files at the top level are models.
_REQUIRED: Final = ("kinds.toml", "lexicon.toml", "guards.toml")


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
    guards: HandGuards


def bundled_rules() -> Path:
    """The rules that ship with the tool: beside the package in a wheel, at the top level of a checkout."""
    package = Path(__file__).resolve().parent.parent
    inside = package / "rules"
    return inside if inside.is_dir() else package.parent / "rules"


def load_rulepack(folders: Sequence[Path]) -> Rulepack:
    """Load `folders` in order; a later one may add files and, by the same name, replace them. Raises RulepackError."""
    files = _files(folders, "**/*.toml")
    model_files = [path for name, path in sorted(files.items()) if _holds_model(name)]
    models = [read_model(path) for path in model_files]
    for required in _REQUIRED:
        if required not in files:
            raise RulepackError(required, "", "missing from the rules folder")
    loaded_kinds = _decode(files["kinds.toml"], Kinds)
    _check_kinds(files["kinds.toml"], loaded_kinds)
    _check_types(models, model_files)
    lexicon, guards = _read_lexicon(files["lexicon.toml"]), _decode(files["guards.toml"], HandGuards)
    return Rulepack(loaded_kinds, lexicon, tuple(models), load_patterns(folders), guards)


def load_patterns(folders: Sequence[Path]) -> tuple[Pattern, ...]:
    """The patterns alone, a hundredth of all rules. Raises RulepackError."""
    return tuple(_read_pattern(path) for _, path in sorted(_files(folders, "patterns/**/*.toml").items()))


def _files(folders: Sequence[Path], glob: str) -> dict[str, Path]:
    """By name, the files that count."""
    files: dict[str, Path] = {}
    for folder in folders:
        if not folder.is_dir():
            raise RulepackError(str(folder), "", "no such rules folder")
        for path in sorted(folder.glob(glob)):
            files[path.relative_to(folder).as_posix()] = path
    return files


def _holds_model(name: str) -> bool:
    """A rules folder of one's own may do without the `models/` in between."""
    return name.startswith("models/") or ("/" not in name and name not in _REQUIRED)


def read_model(path: Path) -> LibraryModel:
    """Read and check one model file. Raises RulepackError."""
    model = _decode(path, LibraryModel)
    for table, rows in _tables(model):
        for index, row in enumerate(rows):
            for field, mistake in _mistakes(row):
                key = f"{table}[{index}].{field}" if field else f"{table}[{index}]"
                raise RulepackError(str(path), key, mistake)
    return model


def _tables(model: LibraryModel) -> tuple[tuple[str, tuple[Row, ...]], ...]:
    return (
        ("type", model.type),
        ("returns", model.returns),
        ("sink", model.sink),
        ("root", model.root),
        ("guard", model.guard),
        ("neutral", model.neutral),
        ("send", model.send),
        ("serve", model.serve),
        ("entry", model.entry),
    )


def _mistakes(row: Row) -> Iterator[tuple[str, str]]:
    """What a well-typed row says wrongly: field ("" if it is about several) and what is the matter with it."""
    by_class = isinstance(row, RootRow) and row.form in ("override", "export")
    if isinstance(row, RootRow) and by_class:
        yield from _mistakes_of_class_root(row)
    elif bool(row.members) == bool(row.path):
        yield "", "exactly one of members and path"
    if any(not member for member in row.members):
        yield "members", "an empty name"
    if row.path:
        yield from _mistake_in("path", parse_path, row.path)
    if row.versions:
        yield from _mistake_in("versions", _check_range, row.versions)
    if isinstance(row, SinkRow):
        for field, conditions in (("when", row.when), ("unless", row.unless)):
            for condition in conditions:
                yield from _mistake_in(field, parse_condition, condition)
        for member in row.drawn:
            if member not in row.members:
                yield "drawn", f"{member!r} is none of the row's members"
    if isinstance(row, RootRow) and row.events and row.form != "argument":
        yield "events", "only form 'argument' has events"
    if isinstance(row, RootRow) and row.form == "argument":
        yield from _mistake_in("runs", parse_selector, row.runs)
    if isinstance(row, GuardRow):
        if row.form not in ("decorator", "file"):
            yield from _mistake_in("runs", parse_selector, row.runs)
        if row.ttl_argument:
            yield from _mistake_in("ttl_argument", parse_selector, row.ttl_argument)
    if isinstance(row, RootRow) and row.gets and row.form == "export":
        yield "gets", "form 'export' has no gets"
    if isinstance(row, EntryRow) and row.value:
        if row.keywords:
            yield "", "value or keywords, not both"
        yield from _mistake_in("value", parse_selector, row.value)
    if isinstance(row, ReturnsRow):
        if bool(row.type) + bool(row.value) + row.plain != 1 and (
            row.type or row.plain or not (row.keeps or row.result_of or row.instance_of)
        ):
            yield "", "exactly one of type and value"
        if row.instance_of:
            yield from _mistake_in("instance_of", parse_selector, row.instance_of)
        if row.result_of:
            yield from _mistake_in("result_of", parse_selector, row.result_of)
        if row.keeps:
            yield from _mistake_in("keeps", parse_selector, row.keeps)
        if row.value:
            yield from _mistake_in("value", parse_selector, row.value)


def _mistakes_of_class_root(row: RootRow) -> Iterator[tuple[str, str]]:
    if not row.members or row.path:
        yield "", f"form {row.form!r} needs members and no path"
    if row.form == "override" and not row.of:
        yield "of", "form 'override' needs of = the base type"
    if row.form == "export" and not row.files:
        yield "files", "form 'export' needs files = [globs]"


def _mistake_in(field: str, parse: Callable[[str], object], text: str) -> Iterator[tuple[str, str]]:
    try:
        parse(text)
    except PathError as error:
        yield field, str(error)


def _check_range(text: str) -> None:
    """Whether `text` reads like a range of versions; what it means is not this module's business."""
    for alternative in text.split("||"):
        parts = re.sub(r"([<>=!~^]+)\s+", r"\1", alternative.replace(",", " ")).split()
        if not parts or not all(_RANGE_PART.fullmatch(part) for part in parts):
            raise PathError(f"not a range of versions: {text!r}")


def _check_types(models: Sequence[LibraryModel], paths: Sequence[Path]) -> None:
    """Every type that a row mentions is made by some `[[type]]` or `[[returns]]` row of its library."""
    declared = {f"{model.library.name}:{row.name}" for model in models for row in model.type}
    declared |= {f"{model.library.name}:{row.type}" for model in models for row in model.returns if ":" not in row.type}
    for model, path in zip(models, paths, strict=True):
        for key, name in _type_mentions(model):
            full = name if ":" in name else f"{model.library.name}:{name}"
            if full not in declared:
                raise RulepackError(str(path), key, f"unknown type {name!r}: no [[type]] or [[returns]] row makes it")


def _type_mentions(model: LibraryModel) -> Iterable[tuple[str, str]]:
    for table, rows in _tables(model):
        for index, row in enumerate(rows):
            if row.of:
                yield f"{table}[{index}].of", row.of
            if isinstance(row, RootRow):
                for name in filter(None, row.gets):
                    yield f"{table}[{index}].gets", name
            if isinstance(row, EntryRow):
                yield f"{table}[{index}].bag", row.bag
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
        ("rate", loaded.rate, kinds_module.Rate),
        ("score.band", loaded.score.band, kinds_module.Level),
        ("score.cost", loaded.score.cost, kinds_module.Cost),
        ("score.confidence", loaded.score.confidence, kinds_module.Confidence),
        ("score.verdict", loaded.score.verdict, kinds_module.Verdict),
    )
    for key, found, literal in vocabulary:
        missing = set(get_args(literal)) - set(found)
        if missing:
            raise RulepackError(str(path), key, f"no meaning given for {', '.join(sorted(missing))}")


def _read_lexicon(path: Path) -> Lexicon:
    lexicon = _decode(path, Lexicon)
    for index, hot in enumerate(lexicon.hot):
        _check_expression(path, f"hot[{index}].pattern", hot.pattern)
    for index, table in enumerate(lexicon.table):
        _check_expression(path, f"table[{index}].key", table.key)
    for index, registration in enumerate(lexicon.registration):
        _check_expression(path, f"registration[{index}].pattern", registration.pattern)
        for name in registration.takes:
            _check_expression(path, f"registration[{index}].takes", name)
        _check_expression(path, f"registration[{index}].path", registration.path)
    for index, marked in enumerate(lexicon.marked):
        _check_expression(path, f"marked[{index}].method", marked.method)
        _check_expression(path, f"marked[{index}].type", marked.type)
    return lexicon


def _read_pattern(path: Path) -> Pattern:
    pattern = _decode(path, Pattern)
    _check_expression(path, "signature.log_regex", pattern.signature.log_regex)
    for index, expression in enumerate(pattern.signature.alt_regex):
        _check_expression(path, f"signature.alt_regex[{index}]", expression)
    return pattern


def _check_expression(path: Path, key: str, expression: str) -> None:
    options = re2.Options()
    options.log_errors = False
    try:
        re2.compile(expression, options)
    except re2.error as error:
        reason = error.args[0] if error.args else ""
        text = reason.decode("utf-8", "replace") if isinstance(reason, bytes) else str(reason)
        raise RulepackError(str(path), key, f"not a regular expression (RE2 syntax): {text}") from None


def _decode(path: Path, type_: type[T]) -> T:
    try:
        document = toml.decode(path.read_text(encoding="utf-8-sig"))
    except UnicodeDecodeError as error:
        raise RulepackError(str(path), "", f"not UTF-8: {error}") from None
    except toml.NotToml as error:
        raise RulepackError(str(path), "", f"not TOML: {error}") from None
    except OSError as error:
        raise RulepackError(str(path), "", f"cannot be read: {error.strerror}") from None
    try:
        return msgspec.convert(document, type_)
    except msgspec.ValidationError as error:
        message, key = _place(error)
        raise RulepackError(str(path), key, message) from None


def _place(error: msgspec.ValidationError) -> tuple[str, str]:
    """A decoder's message without the place, and the place; the field that is missing or unknown belongs to it."""
    match = _PLACE.fullmatch(str(error))
    message, key = (match["message"], (match["key"] or "").lstrip(".")) if match else (str(error), "")
    field = re.search(r"(?:unknown|missing required) field `(.*)`", message)
    return message, ".".join(part for part in (key, field[1] if field else "") if part)
