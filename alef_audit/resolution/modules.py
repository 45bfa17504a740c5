"""Stage 3: every import of every file to the module it means."""

from collections import Counter
from collections.abc import Callable, Sequence

from alef_audit.discovery.inventory import Inventory
from alef_audit.facts.file import FileFacts, Import
from alef_audit.resolution import node, python
from alef_audit.resolution.graph import ModuleGraph
from alef_audit.resolution.links import NO_LINKS, Links
from alef_audit.resolution.target import NO_SUCH_FILE, External, Local, Target, Unresolved

ReadText = Callable[[str], str | None]
TargetOf = Callable[[str, Import, str], tuple[Target, bool]]  # of a path, an import in it, and its language


def resolve(
    inventory: Inventory, units: Sequence[tuple[str, FileFacts]], read_text: ReadText, links: Links = NO_LINKS
) -> tuple[ModuleGraph, tuple[str, ...]]:
    """Resolve the imports of `units` (path, facts). Gives the module graph and the name of every unit's module.

    Indices in the graph are positions in `units`; `links` say where imports of followed packages lead.
    """
    index = {path: number for number, (path, _) in enumerate(units)}
    nodes = node.node_resolver(inventory, read_text)
    pythons = python.python_resolver(inventory)
    own = own_targets(nodes, pythons)

    def target_of(path: str, item: Import, language: str) -> tuple[Target, bool]:
        link = links.targets.get((path, item.specifier, item.name))
        if link is not None:
            return Local(link.path), link.is_module
        if path in links.names:
            return (NO_SUCH_FILE if item.specifier.startswith(".") else External(item.specifier)), False
        return own(path, item, language)

    targets: list[tuple[int, ...]] = []
    externals: list[tuple[str, ...]] = []
    modules: set[tuple[int, int]] = set()
    unresolved: Counter[str] = Counter()
    for number, (path, facts) in enumerate(units):
        local, outside = [], []
        for position, item in enumerate(facts.imports):
            target, is_module = target_of(path, item, facts.language)
            local.append(index.get(target.path, -1) if isinstance(target, Local) else -1)
            outside.append(target.module if isinstance(target, External) else _name_outside(links, target, item))
            if is_module:
                modules.add((number, position))
            if isinstance(target, Unresolved):
                unresolved[target.reason] += 1
        targets.append(tuple(local))
        externals.append(tuple(outside))
    submodules = _submodules(pythons, units, index)
    submodules |= {(index[path], name): index[inner] for (path, name), inner in links.submodules.items()}
    graph = ModuleGraph(tuple(targets), tuple(externals), submodules, frozenset(modules), dict(unresolved))
    names = tuple(links.names.get(path) or _module_name(pythons, path, facts) for path, facts in units)
    return graph, names


def own_targets(nodes: node.NodeResolver, pythons: python.PythonResolver) -> TargetOf:
    """What imports of the audited tree's own files lead to, and whether the imported name is a module itself."""

    def target_of(path: str, item: Import, language: str) -> tuple[Target, bool]:
        if language != "python":
            return node.resolve_node(nodes, path, item.specifier), False
        found = python.resolve_python(pythons, path, item.specifier)
        if (
            item.name
            and not isinstance(found, Local)
            and (isinstance(found, Unresolved) or python.is_folder(pythons, path, item.specifier))
        ):
            # a folder without __init__.py has no names of its own: what is imported from it is a module
            inside = python.resolve_python(pythons, path, item.specifier, item.name)
            if isinstance(inside, Local) or isinstance(found, Unresolved):
                return inside, isinstance(inside, Local)
        return found, False

    return target_of


def _name_outside(links: Links, target: Target, item: Import) -> str:
    """The name by which models and guesses know a followed package: its files may not tell all that it offers."""
    is_followed = isinstance(target, Local) and target.path in links.names
    return item.specifier if is_followed and not item.specifier.startswith((".", "#")) else ""


def _module_name(pythons: python.PythonResolver, path: str, facts: FileFacts) -> str:
    return python.module_name(pythons, path) if facts.language == "python" else node.module_name(path)


def _submodules(
    resolver: python.PythonResolver, units: Sequence[tuple[str, FileFacts]], index: dict[str, int]
) -> dict[tuple[int, str], int]:
    found: dict[tuple[int, str], int] = {}
    for number, (path, facts) in enumerate(units):
        if facts.language != "python":
            continue
        for name in python.submodule_names(resolver, path):
            child = python.submodule(resolver, path, name)
            if child is not None and child in index:
                found[number, name] = index[child]
    return found
