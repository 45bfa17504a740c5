"""What looking for an imported package gives."""

from collections.abc import Iterable

import msgspec

from alef_audit.resolution.packages import split_bare
from alef_audit.rulepack.model import LibraryModel


class Module(msgspec.Struct, frozen=True):
    """A source file of a package. `home` is the folder that its imports start from: of packages, or the package's."""

    file: str  # absolute, links resolved
    package: str
    name: str  # dotted name of a Python module, "" for JavaScript
    home: str


class Found(msgspec.Struct, frozen=True):
    """`target` is what the import leads to, `loaded` everything that runs with it; `is_module`: it is the name itself.

    Without a target, `missing` names a package that was looked for in vain, and `unread` why its file cannot be read.
    """

    target: Module | None = None
    loaded: tuple[Module, ...] = ()
    is_module: bool = False
    missing: str = ""
    unread: str = ""


NOTHING = Found()


class Modelled(msgspec.Struct, frozen=True):
    """What library models describe by hand: packages of npm, and dotted modules of Python with all their prefixes."""

    npm: frozenset[str]
    modules: frozenset[str]
    prefixes: frozenset[str]

    def has_python(self, module: str) -> bool:
        """Whether a model speaks of the package `module`, of something in it, or of what it lies in."""
        return module in self.prefixes or any(prefix in self.modules for prefix in dotted_prefixes(module))


def modelled_by(models: Iterable[LibraryModel]) -> Modelled:
    """The packages that `models` describe; those of the runtimes are known otherwise."""
    npm: set[str] = set()
    modules: set[str] = set()
    for model in models:
        if model.library.ecosystem == "npm":
            npm.update(split_bare(name)[0] for name in model.library.modules)
        elif model.library.ecosystem == "pypi":
            modules.update(model.library.modules)
    prefixes = frozenset(prefix for module in modules for prefix in dotted_prefixes(module))
    return Modelled(frozenset(npm), frozenset(modules), prefixes)


def dotted_prefixes(module: str) -> list[str]:
    """`a`, `a.b`, `a.b.c` for `a.b.c`."""
    parts = module.split(".")
    return [".".join(parts[: count + 1]) for count in range(len(parts))]
