"""Finds installed Python packages: folders and single modules in folders called site-packages."""

import os
import sys

from alef_audit.dependencies.found import NOTHING, Found, Modelled, Module, dotted_prefixes
from alef_audit.dependencies.places import Places, is_below

_STANDARD = sys.stdlib_module_names - {"test"}
_INIT = "__init__.py"
_COMPILED = (".so", ".pyd")


class PythonFinder:
    """Looks for packages on disk; remembers answers and changes none."""

    def __init__(self, places: Places, modelled: Modelled) -> None:
        self._places = places
        self._modelled = modelled
        self._answers: dict[tuple[str, str, str], Found] = {}
        self._compiled: dict[str, frozenset[str]] = {}

    def find(self, importer: Module | None, specifier: str, name: str) -> Found:
        """What `from specifier import name` (`import specifier` if empty) leads to; `importer` None: the program."""
        key = (importer.file if importer is not None else "", specifier, name)
        if key not in self._answers:
            self._answers[key] = self._find(importer, specifier, "" if name == "*" else name)
        return self._answers[key]

    def _find(self, importer: Module | None, specifier: str, name: str) -> Found:
        dotted = specifier
        homes = self._places.python
        if specifier.startswith("."):
            if importer is None:
                return NOTHING
            dotted = _absolute(importer, specifier)
            homes = (importer.home,)
        elif importer is not None:
            homes = (importer.home, *(home for home in homes if home != importer.home))
        head = dotted.partition(".")[0]
        if not head or (head in _STANDARD and not specifier.startswith(".")):
            return NOTHING
        for home in homes:
            found = self._in(home, dotted, name)
            if found is not None:
                return found
        is_there = any(os.path.isdir(os.path.join(home, head)) for home in homes)
        return NOTHING if is_there or self._modelled.has_python(head) else Found(missing=head)

    def _in(self, home: str, dotted: str, name: str) -> Found | None:
        """The module `dotted` below the folder `home`, with the packages around it; None if nothing is there."""
        loaded: list[Module] = []
        package = ""
        wanted = dotted_prefixes(dotted)
        for module in (*wanted, f"{dotted}.{name}" if name else ""):
            if not module:
                break
            path = self._file(home, module)
            if path is None and module not in wanted:
                break  # a name of the package's own
            if path is None:
                if self._is_compiled(home, module):
                    return NOTHING if self._modelled.has_python(package or module) else Found(unread="compiled")
                if not os.path.isdir(_joined(home, module)):
                    return None if not package else Found(None, tuple(loaded))
                continue
            package = package or module
            loaded.append(Module(path, package, module, home))
        if package and self._modelled.has_python(package):
            return NOTHING
        by_name = {module.name: module for module in loaded}
        if dotted in by_name:
            return Found(by_name[dotted], tuple(loaded))
        inner = by_name.get(f"{dotted}.{name}")
        if inner is not None:
            return Found(inner, tuple(loaded), is_module=True)
        return Found(None, tuple(loaded)) if loaded or not name else None

    def _file(self, home: str, module: str) -> str | None:
        """The file of a module, links resolved: a package goes before a module of the same name."""
        path = _joined(home, module)
        for candidate in (os.path.join(path, _INIT), f"{path}.py"):
            if os.path.isfile(candidate):
                real = os.path.realpath(candidate)
                return real if is_below(real, self._places.allowed) else None
        return None

    def _is_compiled(self, home: str, module: str) -> bool:
        folder, _, stem = _joined(home, module).rpartition(os.sep)
        if folder not in self._compiled:
            try:
                names = os.listdir(folder)
            except OSError:
                names = []
            self._compiled[folder] = frozenset(one.split(".", 1)[0] for one in names if one.endswith(_COMPILED))
        return stem in self._compiled[folder]


def _joined(home: str, module: str) -> str:
    return os.path.join(home, *module.split("."))


def _absolute(importer: Module, specifier: str) -> str:
    """The dotted name that a relative specifier means in `importer`; "" if it leads out of the package."""
    tail = specifier.lstrip(".")
    parts = importer.name.split(".")
    up = len(specifier) - len(tail) - (1 if os.path.basename(importer.file) == _INIT else 0)
    if up >= len(parts):
        return ""
    return ".".join((*parts[: len(parts) - up], *([tail] if tail else [])))
