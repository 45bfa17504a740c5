"""Finds the source file that a JavaScript or TypeScript path means."""

import posixpath
from collections.abc import Iterator

import msgspec

SOURCE_EXTENSIONS = (".ts", ".tsx", ".mts", ".cts", ".js", ".jsx", ".mjs", ".cjs")
_WRITTEN_AS = {
    ".js": (".ts", ".tsx", ".jsx"),
    ".jsx": (".tsx", ".ts"),
    ".mjs": (".mts", ".ts"),
    ".cjs": (".cts", ".ts"),
}
_DECLARATIONS = ((".d.ts", (".ts", ".tsx", ".js")), (".d.mts", (".mts", ".mjs")), (".d.cts", (".cts", ".cjs")))
_OUTPUTS = ("dist", "build", "out", "lib", "esm", "cjs", "es", "_build", ".build")
_LAYERS = ("", "esm/", "cjs/", "src/", "es/", "lib/", "node/", "mjs/", "commonjs/", "module/", "types/")


class FileTable(msgspec.Struct, frozen=True):
    """Paths of the inventory: `sources` hold code, `types` are declarations only, `folders` contain a source."""

    sources: frozenset[str]
    types: frozenset[str]
    folders: frozenset[str]


def file_table(sources: frozenset[str], types: frozenset[str]) -> FileTable:
    """A table of these paths (relative, forward slashes)."""
    folders = set()
    for path in sources:
        folder = path.rpartition("/")[0]
        while folder and folder not in folders:
            folders.add(folder)
            folder = folder.rpartition("/")[0]
    return FileTable(sources, types, frozenset(folders))


def join(folder: str, path: str) -> str:
    """`path` as seen from `folder`, normalised; "" is the root, a leading ".." means outside of it."""
    joined = posixpath.normpath(posixpath.join(folder, path))
    return "" if joined == "." else joined


def find_file(table: FileTable, path: str) -> str | None:
    """The source that `path` (normalised, with or without extension) means, None without one.

    The exact file first, then what TypeScript writes it as, then an extension added, then the index of a folder.
    """
    sources = table.sources
    if path in sources:
        return path
    for candidate in _written_as(path):
        if candidate in sources:
            return candidate
    for extension in SOURCE_EXTENSIONS:
        if path + extension in sources:
            return path + extension
    if path in table.folders or not path:
        prefix = f"{path}/index" if path else "index"
        for extension in SOURCE_EXTENSIONS:
            if prefix + extension in sources:
                return prefix + extension
    return None


def find_compiled(table: FileTable, folder: str, path: str, layouts: tuple[tuple[str, str], ...] = ()) -> str | None:
    """The source that `path`, a compiled file of the package in `folder` which is not there, was made from.

    `layouts` are known (output folder, source folder) pairs, tried before the usual ones.
    """
    for output, source in layouts:
        if path.startswith(f"{output}/"):
            found = find_file(table, join(source, path[len(output) + 1 :]))
            if found is not None:
                return found
    inside = path[len(folder) + 1 :] if folder else path
    for candidate in _sources_of(inside):
        found = find_file(table, f"{folder}/{candidate}" if folder else candidate)
        if found is not None:
            return found
    return None


def only_types(table: FileTable, path: str) -> bool:
    """Whether a declaration file stands for `path`."""
    stem = path
    for extension in (".js", ".mjs", ".cjs", ".jsx", ".ts"):
        stem = stem.removesuffix(extension)
    names = (path, f"{stem}.d.ts", f"{stem}.d.mts", f"{stem}.d.cts", f"{path}.d.ts", f"{path}/index.d.ts")
    return any(name in table.types for name in names)


def _written_as(path: str) -> Iterator[str]:
    for declaration, extensions in _DECLARATIONS:
        if path.endswith(declaration):
            yield from (path[: -len(declaration)] + extension for extension in extensions)
            return
    dot = path.rfind(".")
    for extension in _WRITTEN_AS.get(path[dot:], ()) if dot > 0 else ():
        yield path[:dot] + extension


def _sources_of(inside: str) -> Iterator[str]:
    output, _, rest = inside.partition("/")
    if output not in _OUTPUTS or not rest:
        return
    rests = [rest[len(layer) :] for layer in _LAYERS if rest.startswith(layer)]
    for one in rests:
        yield f"src/{one}"
    yield from rests
