"""Follows the imports of a program into installed packages, round by round: find, read, look at what those import."""

import os
from collections import Counter
from collections.abc import Callable, Mapping, Sequence

import msgspec

from alef_audit.dependencies.found import NOTHING, Found, Modelled, Module
from alef_audit.dependencies.node import NodeFinder
from alef_audit.dependencies.places import Places, is_below, shown_path
from alef_audit.dependencies.python import PythonFinder
from alef_audit.dependencies.weight import too_heavy
from alef_audit.diagnostics import Diagnostic
from alef_audit.discovery.inventory import GRAMMARS, SourceFile, extension_of, language_of
from alef_audit.facts.file import FileFacts, Import
from alef_audit.resolution.links import NO_LINKS, Link, Links
from alef_audit.resolution.manifests import ReadText
from alef_audit.resolution.modules import TargetOf
from alef_audit.resolution.target import External

# Gives the facts of files, whose paths are absolute here.
Extract = Callable[[Sequence[SourceFile]], list[FileFacts]]


class OwnFile(msgspec.Struct, frozen=True):
    """A file of the program; imports of files that are never hot are not followed (`is_start`)."""

    path: str
    is_start: bool
    facts: FileFacts


class Followed(msgspec.Struct, frozen=True):
    """What was read of installed packages. `files` have the role `dependency`, their paths are those of reports."""

    files: tuple[SourceFile, ...] = ()  # sorted by path
    facts: tuple[FileFacts, ...] = ()
    links: Links = NO_LINKS
    packages: Mapping[str, str] = {}  # path -> package
    missing: tuple[str, ...] = ()  # packages that the program imports and that are neither modelled nor installed
    not_read: Mapping[str, int] = {}
    diagnostics: tuple[Diagnostic, ...] = ()


NOTHING_FOLLOWED = Followed()


class _Read(msgspec.Struct, frozen=True):
    """A followed file: its module, and how reports spell its path."""

    module: Module
    file: SourceFile
    facts: FileFacts


class _Rounds:
    """What is known so far; grows from round to round."""

    def __init__(self, places: Places, own: Sequence[OwnFile], limit: int) -> None:
        self.places = places
        self.limit = limit
        self.own = frozenset(file.path for file in own)
        self.known: dict[str, str] = {}  # real path -> path of reports
        self.taken = set(self.own)  # paths of reports
        self.read: list[_Read] = []
        self.targets: dict[tuple[str, str, str], Link] = {}
        self.missing: set[str] = set()
        self.unread: dict[tuple[str, str], str] = {}  # importing file and specifier -> reason
        self.refused: dict[str, Diagnostic] = {}


def follow(
    places: Places,
    modelled: Modelled,
    own: Sequence[OwnFile],
    target_of: TargetOf,
    read_text: ReadText,
    extract: Extract,
    limit: int,
) -> Followed:
    """Read the packages that `own` files import, as far as those import each other.

    `target_of` resolves imports of the program's own files, `read_text` reads manifests by absolute path; files larger
    than `limit` bytes are left out.  Each file is read once, whatever links lead to it.
    """
    rounds = _Rounds(places, own, limit)
    nodes, pythons = NodeFinder(places, modelled, read_text), PythonFinder(places, modelled)
    frontier: dict[str, Module] = {}
    for file in own:
        if not file.is_start:
            continue
        folder = os.path.dirname(os.path.join(places.root, file.path))
        for item in _wanted(file.facts):
            target, _ = target_of(file.path, item, file.facts.language)
            if not isinstance(target, External):
                continue
            if file.facts.language == "python":
                found = pythons.find(None, item.specifier, item.name)
            else:
                found = nodes.find(folder, target.module, is_own=True)
            rounds.missing |= {found.missing} if found.missing else set()
            _note(rounds, file.path, item, found, frontier)
    while frontier:
        reached = _read_round(rounds, frontier, extract)
        frontier = {}
        for one in reached:
            for item in _wanted(one.facts):
                _note(rounds, one.file.path, item, _found(nodes, pythons, one.module, item), frontier)
    return _followed(rounds)


def _wanted(facts: FileFacts) -> list[Import]:
    return [item for item in facts.imports if not item.type_only]


def _found(nodes: NodeFinder, pythons: PythonFinder, module: Module, item: Import) -> Found:
    if module.name:
        return pythons.find(module, item.specifier, item.name)
    return nodes.find(os.path.dirname(module.file), item.specifier, is_own=False) if item.specifier else NOTHING


def _note(rounds: _Rounds, path: str, item: Import, found: Found, frontier: dict[str, Module]) -> None:
    """Remember where an import leads, and queue what was not seen before."""
    if found.unread:
        rounds.unread[path, item.specifier] = found.unread
    for module in found.loaded:
        if module.file not in rounds.known and module.file not in rounds.refused:
            own = _own_path(rounds, module.file)
            if own is None:
                frontier.setdefault(module.file, module)
            else:
                rounds.known[module.file] = own
    if found.target is not None:
        # the path of reports is known only once the file is read: until then the real one stands for it
        rounds.targets[path, item.specifier, item.name] = Link(found.target.file, found.is_module)


def _own_path(rounds: _Rounds, real: str) -> str | None:
    """The path of a file that the program has anyway (a package linked from elsewhere in the tree); else None."""
    if not is_below(real, (rounds.places.root,)):
        return None
    path = os.path.relpath(real, rounds.places.root).replace(os.sep, "/")
    return path if path in rounds.own else None


def _read_round(rounds: _Rounds, frontier: Mapping[str, Module], extract: Extract) -> list[_Read]:
    """Extract the files of one round. Their paths are given in the order of their real ones."""
    chosen: list[tuple[Module, SourceFile]] = []
    for real, module in sorted(frontier.items()):
        shown = shown_path(rounds.places, real, rounds.taken)
        size, refusal = too_heavy(real, rounds.limit)
        if refusal is not None:
            kind, message = refusal
            rounds.refused[real] = Diagnostic(shown, 0, kind, message)
            continue
        rounds.known[real] = shown
        rounds.taken.add(shown)
        grammar = GRAMMARS[extension_of(real)]
        chosen.append((module, SourceFile(shown, language_of(grammar), grammar, "dependency", size)))
    located = [msgspec.structs.replace(file, path=module.file) for module, file in chosen]
    facts = extract(located) if located else []
    reached = [_Read(module, file, one) for (module, file), one in zip(chosen, facts, strict=True)]
    rounds.read.extend(reached)
    return reached


def _followed(rounds: _Rounds) -> Followed:
    read = sorted(rounds.read, key=lambda one: one.file.path)
    targets = {
        key: Link(rounds.known[link.path], link.is_module)
        for key, link in rounds.targets.items()
        if link.path in rounds.known
    }
    names = {one.file.path: one.module.name or _stem(one.file.path) for one in read}
    return Followed(
        files=tuple(one.file for one in read),
        facts=tuple(one.facts for one in read),
        links=Links(targets, names, _submodules(read)),
        packages={one.file.path: one.module.package for one in read},
        missing=tuple(sorted(rounds.missing)),
        not_read=dict(
            sorted(Counter([*rounds.unread.values(), *(one.kind for one in rounds.refused.values())]).items())
        ),
        diagnostics=tuple(sorted(rounds.refused.values())),
    )


def _submodules(read: Sequence[_Read]) -> dict[tuple[str, str], str]:
    """Of every followed Python package the modules in it that were followed, too."""
    packages = {
        (one.module.home, one.module.name): one.file.path
        for one in read
        if os.path.basename(one.module.file) == "__init__.py"
    }
    found = {}
    for one in read:
        outer, _, name = one.module.name.rpartition(".")
        package = packages.get((one.module.home, outer)) if outer else None
        if package is not None:
            found[package, name] = one.file.path
    return found


def _stem(path: str) -> str:
    return path[: len(path) - len(extension_of(path))]
