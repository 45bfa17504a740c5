"""package.json: names, entry points, `exports`, `imports`; workspaces and the packages that belong to them."""

import re
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec
import re2

from alef_audit.resolution.files import join
from alef_audit.resolution.manifests import ReadText, read_object, string, strings, table

_ACTIVE = frozenset({"node", "import", "require", "module", "module-sync", "node-addons", "default"})
_LAST = frozenset({"browser", "react-native", "worker", "workerd", "edge-light", "edge", "types", "typings"})
_MAX_DEPTH = 20
_MEMBER_FOLDERS = frozenset(
    {"packages", "apps", "libs", "services", "plugins", "extensions", "modules", "projects", "node_modules"}
)
_ASIDE = frozenset({"test", "tests", "__tests__", "fixtures", "__fixtures__", "examples", "example", "templates"})


class Entry(msgspec.Struct, frozen=True):
    """One key of `exports` or `imports` (with at most one `*`) and where it leads, best condition first."""

    pattern: str
    targets: tuple[str, ...]


class Package(msgspec.Struct, frozen=True):
    """`folder` is relative to the root ("" = the root itself); `main` are the declared entry files, as written."""

    folder: str
    name: str
    main: tuple[str, ...]
    exports: tuple[Entry, ...]
    imports: tuple[Entry, ...]
    workspaces: tuple[str, ...]  # globs of member folders


def read_packages(manifests: Iterable[str], read_text: ReadText) -> dict[str, Package]:
    """Every readable package.json by its folder."""
    found = {}
    for path in manifests:
        folder, _, name = path.rpartition("/")
        if name == "package.json":
            document = read_object(read_text, path, lenient=False)
            if document is not None:
                extra = _pnpm_globs(read_text(join(folder, "pnpm-workspace.yaml")) or "")
                found[folder] = _package(folder, document, extra)
    return found


def installed_package(folder: str, read_text: ReadText) -> Package | None:
    """The package in `folder`, whose `main` are what Node runs, then what bundlers take; None without a manifest."""
    document = read_object(read_text, f"{folder}/package.json", lenient=False)
    if document is None:
        return None
    package = _package(folder, document, ())
    main = tuple(string(document[key]) for key in ("main", "module") if string(document.get(key)))
    return msgspec.structs.replace(package, main=main)


def packages_by_name(packages: dict[str, Package]) -> dict[str, Package]:
    """The packages that a bare specifier may mean: members of workspaces; outside of these, those that lie side by
    side.
    """
    members, homes = _members(packages)
    found: dict[str, Package] = {}
    for folder, package in sorted(packages.items(), key=lambda item: (item[0].count("/"), item[0])):
        installed = "node_modules" in folder.split("/")
        in_workspace = any(not home or f"{folder}/".startswith(f"{home}/") for home in homes)
        if package.name and (installed or (folder in members if in_workspace else _is_beside(packages, folder))):
            found.setdefault(package.name, package)
    return found


def _is_beside(packages: dict[str, Package], folder: str) -> bool:
    """Whether a package is no fixture and not bundled into another one."""
    segments = folder.split("/")
    if not _ASIDE.isdisjoint(segments):
        return False
    outer = ["/".join(segments[:count]) for count in range(len(segments))] if folder else []
    around = [one for one in outer if one in packages and packages[one].name]
    if not around:
        return True
    rest = segments[around[-1].count("/") + 1 :] if around[-1] else segments
    return rest[0] in _MEMBER_FOLDERS


def match_entries(entries: tuple[Entry, ...], key: str) -> Iterator[str]:
    """Where `key` leads, with the star filled in; nothing if no entry matches."""
    best: tuple[int, Entry, str] | None = None
    for entry in entries:
        if entry.pattern == key:
            yield from entry.targets
            return
        before, star, after = entry.pattern.partition("*")
        if not star and entry.pattern.endswith("/"):
            before, star = entry.pattern, "*"  # folder mapping of old Node versions
        fits = key.startswith(before) and key.endswith(after) and len(key) > len(before) + len(after)
        if star and fits and (best is None or len(before) > best[0]):
            best = (len(before), entry, key[len(before) : len(key) - len(after)])
    if best is not None:
        _, entry, middle = best
        yield from (
            target.replace("*", middle) if "*" in target else target + middle if target.endswith("/") else target
            for target in entry.targets
        )


def split_bare(specifier: str) -> tuple[str, str]:
    """Package name and subpath of a bare specifier: ("@a/b", "c/d")."""
    parts = specifier.split("/")
    size = 2 if specifier.startswith("@") else 1
    return "/".join(parts[:size]), "/".join(parts[size:])


def _package(folder: str, document: dict[str, Any], extra: tuple[str, ...]) -> Package:
    keys = ("source", "module", "main", "types", "typings")
    workspaces = document.get("workspaces")
    globs = strings(workspaces) or strings(table(workspaces).get("packages"))
    return Package(
        folder,
        string(document.get("name")),
        tuple(string(document[key]) for key in keys if string(document.get(key))),
        tuple(_entries(document.get("exports"), ".")),
        tuple(_entries(document.get("imports"), "#")),
        (*globs, *extra),
    )


def _entries(value: object, start: str) -> Iterator[Entry]:
    """Entries of `exports` (keys start with ".") or `imports` (with "#"); plain targets belong to "."."""
    if isinstance(value, dict) and any(isinstance(key, str) and key.startswith(start) for key in value):
        for key, target in value.items():
            if isinstance(key, str) and key.startswith(start):
                yield Entry(key, tuple(_leaves(target, 0)))
    elif value is not None and start == ".":
        yield Entry(".", tuple(_leaves(value, 0)))


def _leaves(value: object, depth: int) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif depth > _MAX_DEPTH:
        return
    elif isinstance(value, list):
        for item in value:
            yield from _leaves(item, depth + 1)
    elif isinstance(value, dict):
        ranks = {key: 0 if key in _ACTIVE else 2 if key in _LAST else 1 for key in value}
        for key in sorted(value, key=lambda one: ranks[one]):
            yield from _leaves(value[key], depth + 1)


def _members(packages: dict[str, Package]) -> tuple[frozenset[str], tuple[str, ...]]:
    """Folders of workspace roots and members, and of the roots alone."""
    found: set[str] = set()
    homes: list[str] = []
    for package in packages.values():
        home = package.folder
        wanted = [_glob(join(home, glob)) for glob in package.workspaces if not glob.startswith("!")]
        unwanted = [_glob(join(home, glob[1:])) for glob in package.workspaces if glob.startswith("!")]
        if not wanted:
            continue
        homes.append(home)
        found.add(home)
        for folder in packages:
            if any(glob.fullmatch(folder) for glob in wanted) and not any(glob.fullmatch(folder) for glob in unwanted):
                found.add(folder)
    return frozenset(found), tuple(homes)


def _glob(glob: str) -> Any:
    """A compiled expression for a glob of folders (`*` within a segment, `**` across, `{a,b}`)."""
    pieces = []
    for part in re.split(r"(\*\*/?|\*|\?|\{[^{}]*\})", glob.rstrip("/")):
        if part.startswith("**"):
            pieces.append("(?:[^/]+/)*" if part.endswith("/") else ".*")
        elif part in ("*", "?"):
            pieces.append("[^/]" + ("*" if part == "*" else ""))
        elif part.startswith("{") and part.endswith("}"):
            pieces.append("(?:" + "|".join(re2.escape(one) for one in part[1:-1].split(",")) + ")")
        else:
            pieces.append(re2.escape(part))
    return re2.compile("".join(pieces))


def _pnpm_globs(text: str) -> tuple[str, ...]:
    """The items of the top-level `packages:` list of a pnpm-workspace.yaml."""
    globs: list[str] = []
    inside = False
    for line in text.splitlines():
        bare = re.sub(r"(^|\s)#.*$", "", line).rstrip()
        if not bare:
            continue
        if inside and (item := re.match(r"^\s*-\s+(.*)$", bare)):
            globs.append(item[1].strip().strip("'\""))
        elif not bare.startswith(" "):
            inside = bare == "packages:"
            if inline := re.match(r"^packages:\s*\[(.*)\]$", bare):
                globs.extend(one.strip().strip("'\"") for one in inline[1].split(",") if one.strip())
    return tuple(globs)
