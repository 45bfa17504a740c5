"""The files of an audited tree: what discovery hands to every later stage."""

from pathlib import Path, PurePath
from typing import Literal

import msgspec

from alef_audit.diagnostics import Diagnostic
from alef_audit.discovery.roles import Role

Language = Literal["ecmascript", "python"]
Grammar = Literal["typescript", "tsx", "javascript", "python"]

GRAMMARS: dict[str, Grammar] = {
    ".ts": "typescript",
    ".mts": "typescript",
    ".cts": "typescript",
    ".tsx": "tsx",
    ".js": "javascript",
    ".mjs": "javascript",
    ".cjs": "javascript",
    ".jsx": "javascript",
    ".py": "python",
    ".pyi": "python",
}
NOT_READ = frozenset({".vue", ".svelte", ".astro", ".ipynb", ".marko", ".coffee", ".pyx", ".pyw"})

_LOCKS = frozenset(
    {"package-lock.json", "npm-shrinkwrap.json", "yarn.lock", "pnpm-lock.yaml", "bun.lock"}
    | {"poetry.lock", "uv.lock", "pdm.lock", "Pipfile.lock", "pylock.toml"}
)
_MANIFESTS = _LOCKS | {
    "package.json",
    "jsconfig.json",
    "pnpm-workspace.yaml",
    "lerna.json",
    "pyproject.toml",
    "setup.cfg",
    "METADATA",
    "PKG-INFO",
}


class SourceFile(msgspec.Struct, frozen=True):
    """`path` is relative to the root with forward slashes, `size` in bytes, `digest` of the content once read."""

    path: str
    language: Language
    grammar: Grammar
    role: Role
    size: int
    digest: bytes | None = None


class Inventory(msgspec.Struct, frozen=True):
    """`files` and `manifests` are sorted by path; `not_read` counts files by extension or by reason."""

    root: Path
    files: tuple[SourceFile, ...]
    manifests: tuple[str, ...]
    not_read: dict[str, int]
    diagnostics: tuple[Diagnostic, ...]


def extension_of(path: str) -> str:
    """The last extension of a file name in lower case, with its dot; "" without one."""
    dot = path.rfind(".")
    if dot <= 0 or path[dot - 1] == "/" or path.find("/", dot) >= 0:
        return ""
    return path[dot:].lower()


def is_manifest(path: str) -> bool:
    """Whether the file tells about packages, their versions or how modules are found."""
    name = path.rpartition("/")[2]
    if name in _MANIFESTS:
        return name != "METADATA" or path.rpartition("/")[0].endswith((".dist-info", ".egg-info"))
    if name.startswith(("tsconfig", "jsconfig")):
        return name.endswith(".json")
    if name == "requires.txt":
        return path.rpartition("/")[0].endswith(".egg-info")
    return name.startswith("requirements") and name.endswith(".txt")


def relative_posix(path: PurePath, root: PurePath) -> str:
    """`path` relative to `root` with forward slashes, however the platform spells it. ValueError if outside."""
    relative = path.relative_to(root).as_posix()
    return "" if relative == "." else relative


def language_of(grammar: Grammar) -> Language:
    """The language that a grammar belongs to."""
    return "python" if grammar == "python" else "ecmascript"
