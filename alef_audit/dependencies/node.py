"""Finds installed JavaScript packages as Node does: folders called node_modules, from the importer upwards."""

import os
from collections.abc import Iterator

from alef_audit.dependencies.found import NOTHING, Found, Modelled, Module
from alef_audit.dependencies.places import Places, is_below
from alef_audit.discovery.inventory import GRAMMARS, extension_of
from alef_audit.discovery.roles import role_of
from alef_audit.resolution.builtins import NODE_MODULES
from alef_audit.resolution.manifests import ReadText
from alef_audit.resolution.packages import Package, installed_package, match_entries, split_bare

_EXTENSIONS = (".js", ".cjs", ".mjs", ".jsx", ".ts", ".mts", ".cts", ".tsx")
_WRITTEN_AS = {".js": (".ts", ".tsx", ".jsx"), ".jsx": (".tsx",), ".mjs": (".mts",), ".cjs": (".cts",)}
_NATIVE = (".node", ".wasm")
_MAX_HOPS = 4


class NodeFinder:
    """Looks for packages on disk; remembers answers and changes none. Only single paths are ever tested or read."""

    def __init__(self, places: Places, modelled: Modelled, read_text: ReadText) -> None:
        self._places = places
        self._modelled = modelled
        self._read_text = read_text
        self._answers: dict[tuple[str, str], Found] = {}
        self._packages: dict[str, Package | None] = {}
        self._files: dict[str, bool] = {}

    def find(self, folder: str, specifier: str, *, is_own: bool) -> Found:
        """What `specifier` leads to from a file in `folder`; `is_own`: one of the program, whose paths are known."""
        key = (folder, specifier)
        if key not in self._answers:
            self._answers[key] = self._find(folder, specifier, is_own, 0)
        return self._answers[key]

    def _find(self, folder: str, specifier: str, is_own: bool, hops: int) -> Found:
        bare = specifier if specifier.startswith("#") else specifier.split("?", 1)[0].split("#", 1)[0]
        if not bare or bare.startswith("/") or ":" in bare or hops > _MAX_HOPS:
            return NOTHING
        if bare.startswith("."):
            return NOTHING if is_own else self._relative(folder, bare)
        if bare.startswith("#"):
            return NOTHING if is_own else self._internal(folder, bare, hops)
        name, subpath = split_bare(bare)
        if (name in NODE_MODULES and bare != f"{name}/") or name in self._modelled.npm:
            return NOTHING
        package = self._package_called(folder, name)
        if package is None:
            return Found(missing=name)
        if package.name in self._modelled.npm:
            return NOTHING  # installed under another name
        return self._module(package, self._entry(package, subpath.rstrip("/")), name)

    def _module(self, package: Package, path: str | None, missing: str = "") -> Found:
        if path is None:
            return Found(missing=missing)
        if path.endswith(_NATIVE):
            return Found(unread="compiled")
        module = Module(path, package.name or os.path.basename(package.folder), "", package.folder)
        return Found(module, (module,))

    def _relative(self, folder: str, specifier: str) -> Found:
        package = self._package_above(folder)
        if package is None:
            return NOTHING
        return self._module(package, self._at(os.path.normpath(os.path.join(folder, specifier))))

    def _internal(self, folder: str, specifier: str, hops: int) -> Found:
        package = self._package_above(folder)
        for target in match_entries(package.imports, specifier) if package is not None else ():
            if not target.startswith("."):
                return self._find(folder, target, False, hops + 1)
            path = self._at(os.path.normpath(os.path.join(package.folder, target))) if package is not None else None
            if path is not None and package is not None:
                return self._module(package, path)
        return NOTHING

    def _package_called(self, folder: str, name: str) -> Package | None:
        """The installed package `name` as a file in `folder` sees it; itself, if it imports itself by name."""
        own = self._package_above(folder)
        if own is not None and own.name == name and own.exports and "node_modules" in own.folder.split(os.sep):
            return own
        for candidate in self._candidates(folder, name):
            if self._is_folder(candidate):
                real = os.path.realpath(candidate)
                if is_below(real, self._places.allowed):
                    return self._package_in(real) or Package(real, name, (), (), (), ())
        return None

    def _candidates(self, folder: str, name: str) -> Iterator[str]:
        around = folder
        while is_below(around, self._places.allowed):
            if os.path.basename(around) != "node_modules":
                yield os.path.join(around, "node_modules", name)
            around = os.path.dirname(around)
        for home in self._places.node:
            yield os.path.join(home, name)

    def _entry(self, package: Package, subpath: str) -> str | None:
        """The file behind an entry of `package`; files that it does not export are found, too."""
        targets = [*match_entries(package.exports, f"./{subpath}" if subpath else ".")]
        targets += [f"./{subpath}"] if subpath else [*package.main, "./index"]
        for target in targets:
            path = self._at(os.path.normpath(os.path.join(package.folder, target)))
            if path is not None and is_below(path, (package.folder,)):
                return path
        return None

    def _at(self, path: str) -> str | None:
        """The source file that `path` means: itself, with an extension, what it was written as, a folder's entry."""
        candidates = [path, *(path + extension for extension in _EXTENSIONS)]
        stem, extension = os.path.splitext(path)
        candidates += [stem + written for written in _WRITTEN_AS.get(extension, ())]
        for candidate in candidates:
            if self._is_source(candidate):
                return self._real(candidate)
        if not self._is_folder(path):
            return None
        inner = self._package_in(path)
        for target in (*(inner.main if inner is not None else ()), "index"):
            entry = os.path.normpath(os.path.join(path, target))
            for candidate in (entry, *(entry + extension for extension in _EXTENSIONS)):
                if self._is_source(candidate):
                    return self._real(candidate)
            if self._is_folder(entry) and entry != path:
                for extension in _EXTENSIONS:
                    if self._is_source(os.path.join(entry, "index" + extension)):
                        return self._real(os.path.join(entry, "index" + extension))
        return None

    def _real(self, path: str) -> str | None:
        real = os.path.realpath(path)
        return real if is_below(real, self._places.allowed) else None

    def _is_source(self, path: str) -> bool:
        if extension_of(path) not in GRAMMARS and not path.endswith(_NATIVE):
            return False
        if role_of(os.path.basename(path)) == "types" or path.endswith(".py"):
            return False
        if path not in self._files:
            self._files[path] = os.path.isfile(path)
        return self._files[path]

    def _is_folder(self, path: str) -> bool:
        key = path + os.sep
        if key not in self._files:
            self._files[key] = os.path.isdir(path)
        return self._files[key]

    def _package_above(self, folder: str) -> Package | None:
        """The nearest package around `folder` that has a name or declares `imports`."""
        around = folder
        while is_below(around, self._places.allowed):
            package = self._package_in(around)
            if package is not None and (package.name or package.imports):
                return package
            name = self._installed_name(around)
            if name:
                return package or Package(around, name, (), (), (), ())
            around = os.path.dirname(around)
        return None

    def _installed_name(self, folder: str) -> str:
        """The name of the package whose folder this is, by where it lies; "" if it is none."""
        outer, name = os.path.split(folder)
        if os.path.basename(outer).startswith("@"):
            outer, scope = os.path.split(outer)
            name = f"{scope}/{name}"
        is_scope = name.startswith("@") and "/" not in name
        is_home = os.path.basename(outer) == "node_modules" or outer in self._places.node
        return name if is_home and not is_scope else ""

    def _package_in(self, folder: str) -> Package | None:
        if folder not in self._packages:
            self._packages[folder] = installed_package(folder, self._read_text)
        return self._packages[folder]
