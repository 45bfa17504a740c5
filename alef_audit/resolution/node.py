"""Resolves the specifiers of JavaScript and TypeScript: Node's rules, TypeScript's, and what bundlers add to them.

Where compiled output is not part of the inventory, a specifier that leads there is mapped back to the source.
"""

import re

import msgspec

from alef_audit.discovery.inventory import Inventory
from alef_audit.resolution.builtins import NODE_MODULES
from alef_audit.resolution.files import (
    SOURCE_EXTENSIONS,
    FileTable,
    file_table,
    find_compiled,
    find_file,
    join,
    only_types,
)
from alef_audit.resolution.manifests import ReadText
from alef_audit.resolution.packages import Package, match_entries, packages_by_name, read_packages, split_bare
from alef_audit.resolution.target import (
    NO_SUCH_FILE,
    NOT_SOURCE,
    OUTSIDE,
    TYPES_ONLY,
    External,
    Local,
    Target,
    Unresolved,
)
from alef_audit.resolution.tsconfig import TsConfig, match_alias, read_tsconfigs

_SCHEME = re.compile(r"^[A-Za-z][A-Za-z0-9+.-]*:")
_REGISTRY = re.compile(r"^(?:npm|jsr):/?(?P<name>@?[^@]+)(?:@[^/]*)?(?P<rest>/.*)?$")
_ASSET = re.compile(
    r"\.(json5?|jsonc|css|s[ac]ss|less|svg|png|jpe?g|gif|webp|ico|woff2?|ttf|html?|md|mdx|txt|node|wasm"
    r"|graphql|gql|ya?ml|toml|vue|svelte|astro|mp3|wav|glsl|sql|hbs|ejs)$"
)
_MAX_HOPS = 4


class NodeResolver(msgspec.Struct, frozen=True):
    """Everything resolution looks at; `cache` only remembers answers and changes none."""

    table: FileTable
    packages: dict[str, Package]  # by folder
    named: dict[str, Package]
    configs: dict[str, tuple[TsConfig, ...]]  # by folder
    cache: dict[tuple[str, str], Target]
    chains: dict[str, tuple[TsConfig, ...]]  # per folder: configurations from the nearest up


def node_resolver(inventory: Inventory, read_text: ReadText) -> NodeResolver:
    """Read the manifests of `inventory` once; `read_text` gives the text of a root-relative path, None without it."""
    scripts = [one for one in inventory.files if one.language == "ecmascript"]
    sources = frozenset(one.path for one in scripts if one.role != "types")
    types = frozenset(one.path for one in scripts if one.role == "types")
    packages = read_packages(inventory.manifests, read_text)
    configs = read_tsconfigs(inventory.manifests, read_text)
    return NodeResolver(file_table(sources, types), packages, packages_by_name(packages), configs, {}, {})


def resolve_node(resolver: NodeResolver, importer: str, specifier: str) -> Target:
    """What `specifier`, as written in the file `importer` (root-relative), leads to."""
    key = (importer.rpartition("/")[0], specifier)
    known = resolver.cache.get(key)
    if known is None:
        known = resolver.cache[key] = _resolve(resolver, key[0], specifier, 0)
    return known


def module_name(path: str) -> str:
    """The name of the module in a file: its path without the extension."""
    for extension in SOURCE_EXTENSIONS:
        if path.endswith(extension):
            return path[: -len(extension)].removesuffix(".d")
    return path


def _resolve(resolver: NodeResolver, folder: str, specifier: str, hops: int) -> Target:
    if specifier.startswith((".", "/")):
        return _relative(resolver, folder, _without_query(specifier))
    if _SCHEME.match(specifier):
        return _with_scheme(resolver, folder, specifier, hops)
    bare = _without_query(specifier)
    if not bare:
        return Unresolved("empty specifier")
    aliased = _aliased(resolver, folder, bare)
    if aliased is not None:
        return aliased
    if bare.startswith("#"):
        return _internal(resolver, folder, bare, hops)
    name, subpath = split_bare(bare)
    if name in NODE_MODULES:
        return External(bare, subpath)
    own = _package_above(resolver, folder)
    if own is not None and own.name == name and (own.exports or name not in resolver.named):
        found = _in_package(resolver, own, subpath)
        if found is not None:
            return Local(found)
    package = resolver.named.get(name)
    if package is not None:
        return _package_target(resolver, package, bare, subpath)
    return _from_base(resolver, folder, bare) or _by_custom(resolver, folder, bare) or External(bare, subpath)


def _without_query(specifier: str) -> str:
    """Bundlers take `./x.ts?worker` for `./x.ts`; a leading `#` is Node's own."""
    return specifier[:1] + re.split(r"[?#]", specifier[1:], maxsplit=1)[0]


def _with_scheme(resolver: NodeResolver, folder: str, specifier: str, hops: int) -> Target:
    if specifier.startswith(("npm:", "jsr:")) and (match := _REGISTRY.match(specifier)):
        return _again(resolver, folder, match["name"] + (match["rest"] or ""), hops)
    if specifier.startswith(("data:", "file:", "blob:")):
        return Unresolved("a URL")
    return External(specifier)


def _again(resolver: NodeResolver, folder: str, specifier: str, hops: int) -> Target:
    return Unresolved("goes in circles") if hops >= _MAX_HOPS else _resolve(resolver, folder, specifier, hops + 1)


def _relative(resolver: NodeResolver, folder: str, specifier: str) -> Target:
    if specifier.startswith("/"):
        own = _package_above(resolver, folder)
        found = _at(resolver, join(own.folder if own else "", specifier.lstrip("/")))
        return Local(found) if found is not None else Unresolved("absolute path")
    path = join(folder, specifier)
    if path == ".." or path.startswith("../"):
        return OUTSIDE
    if not specifier.endswith("/"):
        found = _at(resolver, path)
        return Local(found) if found is not None else _missing(resolver, path)
    found = _entry_of_folder(resolver, path)
    return Local(found) if found is not None else NO_SUCH_FILE


def _missing(resolver: NodeResolver, path: str) -> Unresolved:
    if only_types(resolver.table, path):
        return TYPES_ONLY
    return NOT_SOURCE if _ASSET.search(path) else NO_SUCH_FILE


def _at(resolver: NodeResolver, path: str) -> str | None:
    """The source for a root-relative path: there, the entry of a package folder, or what was compiled to it."""
    if path in resolver.packages and path not in resolver.table.sources:
        found = _entry_of_folder(resolver, path)
        if found is not None:
            return found
    found = find_file(resolver.table, path)
    if found is not None or _ASSET.search(path):
        return found
    own = _package_above(resolver, path.rpartition("/")[0])
    return find_compiled(resolver.table, own.folder if own else "", path, _layouts(resolver, path))


def _entry_of_folder(resolver: NodeResolver, folder: str) -> str | None:
    package = resolver.packages.get(folder)
    for target in package.main if package is not None else ():
        found = find_file(resolver.table, join(folder, target))
        if found is not None:
            return found
    index = f"{folder}/index" if folder else "index"
    return find_file(resolver.table, index)


def _layouts(resolver: NodeResolver, path: str) -> tuple[tuple[str, str], ...]:
    configs = _configs_above(resolver, path.rpartition("/")[0])
    return tuple(layout for config in configs for layout in config.layouts)


def _configs_above(resolver: NodeResolver, folder: str) -> tuple[TsConfig, ...]:
    known = resolver.chains.get(folder)
    if known is None:
        outer = _configs_above(resolver, folder.rpartition("/")[0]) if folder else ()
        known = resolver.chains[folder] = (*resolver.configs.get(folder, ()), *outer)
    return known


def _package_above(resolver: NodeResolver, folder: str) -> Package | None:
    """The nearest package that says more than how its files are to be read."""
    while True:
        package = resolver.packages.get(folder)
        if package is not None and (package.name or package.imports or not folder):
            return package
        if not folder:
            return None
        folder = folder.rpartition("/")[0]


def _aliased(resolver: NodeResolver, folder: str, specifier: str) -> Target | None:
    for config in _configs_above(resolver, folder):
        for path in match_alias(config, specifier):
            found = _at(resolver, path)
            if found is not None:
                return Local(found)
    return None


def _from_base(resolver: NodeResolver, folder: str, specifier: str) -> Target | None:
    for config in _configs_above(resolver, folder):
        if config.base is not None:
            found = find_file(resolver.table, join(config.base, specifier))
            if found is not None:
                return Local(found)
    return None


def _by_custom(resolver: NodeResolver, folder: str, specifier: str) -> Target | None:
    """`@/x` and `~/x` are no package names: bundlers are told that they mean the source folder."""
    if not specifier.startswith(("@/", "~/")):
        return None
    own = _package_above(resolver, folder)
    home = own.folder if own is not None else ""
    for start in ("src", "app", ""):
        found = find_file(resolver.table, join(join(home, start), specifier[2:]))
        if found is not None:
            return Local(found)
    return NOT_SOURCE if _ASSET.search(specifier) else NO_SUCH_FILE


def _internal(resolver: NodeResolver, folder: str, specifier: str, hops: int) -> Target:
    own = _package_above(resolver, folder)
    if own is None or not own.imports:
        return Unresolved("no such entry in imports")
    for target in match_entries(own.imports, specifier):
        if not target.startswith("."):
            return _again(resolver, own.folder, target, hops)
        found = _at(resolver, join(own.folder, target))
        if found is not None:
            return Local(found)
    return Unresolved("no such entry in imports")


def _package_target(resolver: NodeResolver, package: Package, specifier: str, subpath: str) -> Target:
    found = _in_package(resolver, package, subpath)
    if found is not None:
        return Local(found)
    return NOT_SOURCE if _ASSET.search(specifier) else Unresolved("no such entry in exports")


def _in_package(resolver: NodeResolver, package: Package, subpath: str) -> str | None:
    """The source behind an entry of `package`: what is declared, exactly or as compiled, then what usually is there."""
    declared = list(match_entries(package.exports, f"./{subpath}" if subpath else "."))
    if not subpath and not package.exports:
        declared = list(package.main)
    paths = [join(package.folder, target) for target in declared]
    for path in paths:
        if path in resolver.table.sources:
            return path
    usual = [subpath, f"src/{subpath}"] if subpath else ["src/index", "index", "src/main", "lib/index", "main"]
    for path in (*paths, *(join(package.folder, name) for name in usual)):
        found = _at(resolver, path)
        if found is not None:
            return found
    return None
