"""tsconfig.json and jsconfig.json: `paths`, `baseUrl`, `extends`, `references`, output folders."""

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from alef_audit.resolution.files import join
from alef_audit.resolution.manifests import ReadText, read_object, string, strings, table

_MAX_EXTENDS = 20


class Alias(msgspec.Struct, frozen=True):
    """`pattern` with at most one `*`; `targets` are root-relative paths with the `*` still in."""

    pattern: str
    targets: tuple[str, ...]


class TsConfig(msgspec.Struct, frozen=True):
    """Paths are relative to the root. `base` is None without `baseUrl`; aliases are ordered, most specific first."""

    aliases: tuple[Alias, ...] = ()
    base: str | None = None
    layouts: tuple[tuple[str, str], ...] = ()  # (output folder, source folder)


class _Options(msgspec.Struct, frozen=True):
    aliases: tuple[Alias, ...] | None = None
    base: str | None = None
    output: str = ""
    source: str | None = None


def read_tsconfigs(manifests: Iterable[str], read_text: ReadText) -> dict[str, tuple[TsConfig, ...]]:
    """Per folder the configurations that hold in it: its own, then those it refers to."""
    found: dict[str, tuple[TsConfig, ...]] = {}
    for name in ("jsconfig.json", "tsconfig.json"):
        for path in manifests:
            folder, _, file = path.rpartition("/")
            if file == name:
                configs = tuple(one for one in _read_with_references(path, read_text) if one != TsConfig())
                if configs:
                    found[folder] = configs
    return found


def match_alias(config: TsConfig, specifier: str) -> Iterator[str]:
    """Root-relative paths that `specifier` may mean by the first alias that matches it."""
    for alias in config.aliases:
        before, star, after = alias.pattern.partition("*")
        if not star:
            if specifier == before:
                yield from alias.targets
                return
        elif len(specifier) >= len(before) + len(after) and specifier.startswith(before) and specifier.endswith(after):
            middle = specifier[len(before) : len(specifier) - len(after)]
            yield from (join("", target.replace("*", middle, 1)) for target in alias.targets)
            return


def _read_with_references(path: str, read_text: ReadText) -> Iterator[TsConfig]:
    document = read_object(read_text, path, lenient=True)
    if document is None:
        return
    yield _config(_options(document, path, read_text, ()), path)
    folder = path.rpartition("/")[0]
    references = document.get("references")
    for entry in references if isinstance(references, list) else ():
        target = join(folder, string(table(entry).get("path")) or ".")
        # a reference to another folder is found from the files in it
        if target.endswith(".json") and target.rpartition("/")[0] == folder and target != path:
            referred = read_object(read_text, target, lenient=True)
            if referred is not None:
                yield _config(_options(referred, target, read_text, ()), target)


def _config(options: _Options, path: str) -> TsConfig:
    layouts: tuple[tuple[str, str], ...] = ()
    if options.output:
        folder = path.rpartition("/")[0]
        sources = (options.source,) if options.source is not None else (join(folder, "src"), folder)
        layouts = tuple((options.output, source) for source in sources)
    return TsConfig(options.aliases or (), options.base, layouts)


def _options(document: dict[str, Any], path: str, read_text: ReadText, seen: tuple[str, ...]) -> _Options:
    """The options of one file laid over those of the files that it extends."""
    options = _Options()
    folder = path.rpartition("/")[0]
    if len(seen) < _MAX_EXTENDS and path not in seen:
        for base in strings(document.get("extends")):
            for candidate in _extended(folder, base):
                extended = read_object(read_text, candidate, lenient=True)
                if extended is not None:
                    options = _overlaid(options, _options(extended, candidate, read_text, (*seen, path)))
                    break
    return _overlaid(options, _own_options(table(document.get("compilerOptions")), folder, options.base))


def _extended(folder: str, base: str) -> tuple[str, ...]:
    if not base.startswith((".", "/")):
        return ()
    path = join(folder, base)
    return (path,) if path.endswith(".json") else (f"{path}.json", f"{path}/tsconfig.json")


def _own_options(compiler: dict[str, Any], folder: str, inherited_base: str | None) -> _Options:
    def here(value: object) -> str:
        return join(folder, string(value).replace("${configDir}", "."))

    base = here(compiler["baseUrl"]) if string(compiler.get("baseUrl")) else None
    return _Options(
        _aliases(table(compiler["paths"]), folder, base if base is not None else inherited_base)
        if isinstance(compiler.get("paths"), dict)
        else None,
        base,
        here(compiler["outDir"]) if string(compiler.get("outDir")) else "",
        here(compiler["rootDir"]) if string(compiler.get("rootDir")) else None,
    )


def _aliases(paths: dict[str, Any], folder: str, base: str | None) -> tuple[Alias, ...]:
    start = folder if base is None else base
    aliases = [
        Alias(pattern, tuple(join(start, target.replace("${configDir}", ".")) for target in strings(targets)))
        for pattern, targets in paths.items()
        if isinstance(pattern, str)
    ]
    # TypeScript prefers a pattern without a star, then the longest part before it
    return tuple(sorted(aliases, key=lambda one: ("*" in one.pattern, -one.pattern.find("*"), one.pattern)))


def _overlaid(below: _Options, above: _Options) -> _Options:
    return _Options(
        above.aliases if above.aliases is not None else below.aliases,
        above.base if above.base is not None else below.base,
        above.output or below.output,
        above.source if above.source is not None else below.source,
    )
