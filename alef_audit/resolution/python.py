"""Resolves Python imports: absolute ones against every root of the tree, relative ones by their dots.

A *root* is a folder that `sys.path` would name.  Declared roots (the audited folder, folders with a project file or a
`*.dist-info`, their `src/`) serve every file; folders that merely hold packages serve what lies below them first, and
others only if nothing nearer fits.  What is installed or laid out below `src/` is on the path by that folder alone: the
folders of a namespace package there (`airflow/providers` around `google/__init__.py`) are no roots.
"""

import sys

import msgspec

from alef_audit.discovery.inventory import Inventory
from alef_audit.resolution.target import OUTSIDE, External, Local, Target, Unresolved

_INIT = "__init__.py"
_NO_MODULE = Unresolved("no such module")
_FOLDER_ONLY = Unresolved("a folder without code of its own")
_WHEEL = ".dist-info/"
_PROJECT_FILES = frozenset({"pyproject.toml", "setup.py", "setup.cfg"})
# imported before any program starts: no file of the same name ever stands in for them
_PRELOADED = frozenset(
    {*sys.builtin_module_names, "abc", "codecs", "encodings", "genericpath", "io", "ntpath", "os", "posixpath"}
    | {"site", "stat", "__future__"}
)
_STANDARD = sys.stdlib_module_names - {"test"}


class PythonResolver(msgspec.Struct, frozen=True):
    """Everything resolution looks at; `cache` only remembers answers and changes none.

    `outer` is the dotted name of the audited folder itself when it is a package, with the folders around it.
    """

    sources: frozenset[str]
    folders: frozenset[str]  # that contain a source, at any depth
    declared: frozenset[str]
    installed: frozenset[str]  # those of them that are on the path for sure, and nothing below them
    tops: dict[str, tuple[str, ...]]  # top-level name -> roots that have it
    names: dict[str, str]  # path -> dotted name
    children: dict[str, tuple[str, ...]]  # folder -> names of the modules and packages directly in it
    outer: str
    cache: dict[tuple[str, str, str], Target]


def python_resolver(inventory: Inventory) -> PythonResolver:
    """Index the Python files of `inventory`; stubs do not count."""
    sources = frozenset(one.path for one in inventory.files if one.language == "python" and one.role != "types")
    product = frozenset(one.path for one in inventory.files if one.path in sources and one.role == "product")
    folders = _folders(sources)
    declared = _declared_roots(inventory.manifests, sources, folders)
    outer = outer_name(inventory)
    names = {path: _module_name(path, sources, declared, outer) for path in sources}
    installed = _installed_roots(inventory.manifests, declared)
    tops = _tops(sources, product, folders, declared, installed)
    return PythonResolver(sources, folders, declared, installed, tops, names, _children(sources), outer, {})


def resolve_python(resolver: PythonResolver, importer: str, specifier: str, name: str = "") -> Target:
    """What `specifier` (with its leading dots), as written in the file `importer`, leads to.

    `name` is the imported name in `from specifier import name`: it decides only where the specifier is a folder without
    `__init__.py`, of which submodules can be imported but no file read.
    """
    key = (importer.rpartition("/")[0], specifier, name)
    known = resolver.cache.get(key)
    if known is None:
        relative = specifier.startswith(".")
        known = _relative(resolver, *key) if relative else _absolute(resolver, *key)
        resolver.cache[key] = known
    return known


def is_folder(resolver: PythonResolver, importer: str, specifier: str) -> bool:
    """Whether an absolute name stands for a folder without code of its own, below any root that `importer` sees."""
    head = specifier.partition(".")[0]
    if specifier.startswith(".") or (head not in resolver.tops and head not in resolver.folders):
        return False
    path = specifier.replace(".", "/")
    roots = _roots_for(resolver, importer.rpartition("/")[0], head)
    return any((f"{root}/{path}" if root else path) in resolver.folders for root in roots)


def submodule(resolver: PythonResolver, package_path: str, name: str) -> str | None:
    """The file of the submodule `name` (dotted for deeper ones) of the package whose `__init__.py` is given."""
    folder, slash, file = package_path.rpartition("/")
    if file != _INIT or not name:
        return None
    return _file(resolver.sources, folder + slash + name.replace(".", "/"))


def submodule_names(resolver: PythonResolver, package_path: str) -> tuple[str, ...]:
    """The names of the direct submodules of a package, sorted."""
    folder, _, file = package_path.rpartition("/")
    return resolver.children.get(folder, ()) if file == _INIT else ()


def module_name(resolver: PythonResolver, path: str) -> str:
    """The dotted name of the module in a file: `pkg.mod`, and `pkg` for `pkg/__init__.py`."""
    return resolver.names.get(path) or _module_name(path, resolver.sources, resolver.declared, resolver.outer)


def _relative(resolver: PythonResolver, folder: str, specifier: str, name: str) -> Target:
    tail = specifier.lstrip(".")
    segments = folder.split("/") if folder else []
    up = len(specifier) - len(tail) - 1
    if up > len(segments):
        return OUTSIDE
    start = "/".join(segments[: len(segments) - up])
    path = "/".join(part for part in (start, tail.replace(".", "/")) if part)
    found = _file(resolver.sources, path) if tail else _init(resolver.sources, path)
    if found is not None:
        return Local(found)
    inside = _file(resolver.sources, f"{path}/{name}" if path else name) if name else None
    if inside is not None:
        return Local(inside)
    return _FOLDER_ONLY if path in resolver.folders else _NO_MODULE


def _absolute(resolver: PythonResolver, folder: str, specifier: str, name: str) -> Target:
    head, _, tail = specifier.partition(".")
    external = External(specifier, tail)
    if head in _STANDARD and not _shadows(resolver, folder, head):
        return external
    path = specifier.replace(".", "/")
    regular = folders = False
    for root in _roots_for(resolver, folder, head):
        prefix = f"{root}/" if root else ""
        found = _file(resolver.sources, prefix + path)
        if found is None and name and prefix + path in resolver.folders:
            found = _file(resolver.sources, f"{prefix}{path}/{name}")
        if found is not None:
            return Local(found)
        # a root that is only guessed has no say over what it lacks: that folder may be the inside of a namespace
        regular = regular or (root in resolver.declared and _file(resolver.sources, prefix + head) is not None)
        folders = folders or prefix + path in resolver.folders
    inside = _from_outer(resolver, specifier, name)
    if inside is not None:
        return inside
    if regular:
        return _FOLDER_ONLY if folders else _NO_MODULE
    return external


def _shadows(resolver: PythonResolver, folder: str, head: str) -> bool:
    """Whether a script in `folder` gets the file beside it instead of the standard library's module."""
    if head in _PRELOADED or _top_folder(folder, resolver.sources) != folder:
        return False
    return (f"{folder}/{head}.py" if folder else f"{head}.py") in resolver.sources


def _roots_for(resolver: PythonResolver, folder: str, head: str) -> list[str]:
    """Roots that have the top-level name `head`, in the order in which a file in `folder` finds it.

    Besides the known ones any folder around the importer's outermost package may be one: the folder of a script, or the
    one that a server is started in.
    """
    roots = list(resolver.tops.get(head, ()))
    around = _top_folder(folder, resolver.sources)
    while True:
        path = f"{around}/{head}" if around else head
        within = _is_within_namespace(around, folder, resolver)
        if (
            around not in roots
            and not within
            and (path in resolver.folders or _file(resolver.sources, path) is not None)
        ):
            roots.append(around)
        if not around:
            break
        around = around.rpartition("/")[0]
    if len(roots) < 2:
        return roots
    here = folder.split("/") if folder else []

    def distance(root: str) -> tuple[bool, int, bool, str]:
        parts = root.split("/") if root else []
        shared = next((i for i, (one, other) in enumerate(zip(parts, here, strict=False)) if one != other), len(parts))
        return (here[: len(parts)] != parts, -shared, root not in resolver.declared, root)

    return sorted(roots, key=distance)


def _is_within_namespace(root: str, folder: str, resolver: PythonResolver) -> bool:
    """Whether a folder around a package in `folder` is a part of its name, for what is above is on the path."""
    return _is_package(folder, resolver.sources) and _is_inside(root, resolver.declared, resolver.installed)


def _is_package(folder: str, sources: frozenset[str]) -> bool:
    return _top_folder(folder, sources) != folder


def _is_inside(folder: str, declared: frozenset[str], installed: frozenset[str]) -> bool:
    """Whether the nearest root around a folder, which is none itself, is one that holds whole packages only."""
    if folder in declared:
        return False
    while folder:
        folder, _, name = folder.rpartition("/")
        if not name.isidentifier():
            return False
        if folder in declared:
            return folder in installed
    return False


def _from_outer(resolver: PythonResolver, specifier: str, name: str) -> Target | None:
    """An import that starts with the name of the audited folder, when that is a package itself."""
    if not resolver.outer or not (specifier + ".").startswith(resolver.outer + "."):
        return None
    rest = specifier[len(resolver.outer) + 1 :].replace(".", "/")
    found = _file(resolver.sources, rest) if rest else _INIT
    if found is None and name:
        found = _file(resolver.sources, f"{rest}/{name}")
    return Local(found) if found is not None else _NO_MODULE


def _file(sources: frozenset[str], path: str) -> str | None:
    """The file of a module: a package goes before a module of the same name."""
    package = f"{path}/{_INIT}"
    if package in sources:
        return package
    module = f"{path}.py"
    return module if module in sources else None


def _init(sources: frozenset[str], folder: str) -> str | None:
    path = f"{folder}/{_INIT}" if folder else _INIT
    return path if path in sources else None


def _folders(sources: frozenset[str]) -> frozenset[str]:
    found: set[str] = set()
    for path in sources:
        folder = path.rpartition("/")[0]
        while folder and folder not in found:
            found.add(folder)
            folder = folder.rpartition("/")[0]
    return frozenset(found)


def _declared_roots(manifests: tuple[str, ...], sources: frozenset[str], folders: frozenset[str]) -> frozenset[str]:
    projects = {""}
    for path in (*manifests, *(one for one in sources if one.endswith("setup.py"))):
        folder, _, file = path.rpartition("/")
        if folder.endswith((".dist-info", ".egg-info")):
            projects.add(folder.rpartition("/")[0])
        elif file in _PROJECT_FILES:
            projects.add(folder)
    projects = {one for one in projects if _init(sources, one) is None or not one}
    layouts = {f"{one}/{name}" if one else name for one in projects for name in ("src", "lib", "python")}
    return frozenset(projects | {one for one in layouts if one in folders and _init(sources, one) is None})


def _installed_roots(manifests: tuple[str, ...], declared: frozenset[str]) -> frozenset[str]:
    """Folders that packages are installed in, and `src/` folders of projects."""
    installed = {path.rpartition("/")[0].rpartition("/")[0] for path in manifests if _WHEEL in path}
    return frozenset(installed | {one for one in declared if one.rpartition("/")[2] == "src"})


def outer_name(inventory: Inventory) -> str:
    """The dotted name of the package that the root itself is, with those around it; "" if it is none."""
    if not any(file.path == _INIT for file in inventory.files):
        return ""
    parts: list[str] = []
    folder = inventory.root
    while (folder / _INIT).is_file() and folder.name.isidentifier():
        parts.insert(0, folder.name)
        folder = folder.parent
    return ".".join(parts)


def _top_folder(folder: str, sources: frozenset[str]) -> str:
    """The folder that holds the outermost regular package around `folder`; `folder` itself outside of any."""
    top = inner = folder
    while inner:
        outer = inner.rpartition("/")[0]
        if _init(sources, inner) is not None:
            top = outer
        inner = outer
    return top


def _children(sources: frozenset[str]) -> dict[str, tuple[str, ...]]:
    found: dict[str, set[str]] = {}
    for path in sources:
        folder, _, file = path.rpartition("/")
        if file != _INIT:
            found.setdefault(folder, set()).add(file.removesuffix(".py"))
        elif folder:
            above, _, name = folder.rpartition("/")
            found.setdefault(above, set()).add(name)
    return {folder: tuple(sorted(names)) for folder, names in found.items()}


def _module_name(path: str, sources: frozenset[str], declared: frozenset[str], outer: str) -> str:
    root = _top_folder(path.rpartition("/")[0], sources)
    while root not in declared:
        last = root.rpartition("/")[2]
        if not last.isidentifier():
            break  # no import can name what lies above
        root = root.rpartition("/")[0]
    inside = path[len(root) + 1 :] if root else path
    dotted = inside.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
    if not outer or root:
        return dotted
    return outer if dotted == "__init__" else f"{outer}.{dotted}"


def _tops(
    sources: frozenset[str],
    product: frozenset[str],
    folders: frozenset[str],
    declared: frozenset[str],
    installed: frozenset[str],
) -> dict[str, tuple[str, ...]]:
    """For every top-level name the roots that have it.

    Undeclared roots count with the packages of product code only: a `tests/yaml/` must not become `yaml`.  What lies
    loosely in a folder serves that folder alone, which `_roots_for` looks at.
    """
    found: dict[str, set[str]] = {}
    for path in (*folders, *sources):
        root, _, name = path.rpartition("/")
        while True:
            if root in declared:
                found.setdefault(name.removesuffix(".py"), set()).add(root)
            if not root:
                break
            root, _, name = root.rpartition("/")
    for path in product:
        folder = path.rpartition("/")[0]
        above = _top_folder(folder, sources)
        if above != folder and not _is_inside(above, declared, installed):
            inside = folder[len(above) + 1 :] if above else folder
            found.setdefault(inside.partition("/")[0], set()).add(above)
    return {name: tuple(sorted(roots)) for name, roots in found.items()}
