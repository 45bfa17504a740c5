"""Stage 3: every import of every file to the module it means."""

from collections import Counter
from collections.abc import Callable, Sequence

from alef_audit.discovery.inventory import Inventory
from alef_audit.facts.file import FileFacts, Import
from alef_audit.resolution import node, python
from alef_audit.resolution.graph import ModuleGraph
from alef_audit.resolution.target import External, Local, Target, Unresolved

ReadText = Callable[[str], str | None]
Resolve = Callable[[str, Import], tuple[Target, bool]]


def resolve(
    inventory: Inventory, units: Sequence[tuple[str, FileFacts]], read_text: ReadText
) -> tuple[ModuleGraph, tuple[str, ...]]:
    """Resolve the imports of `units` (path, facts). Gives the module graph and the name of every unit's module.

    Indices in the graph are positions in `units`.
    """
    index = {path: number for number, (path, _) in enumerate(units)}
    nodes = node.node_resolver(inventory, read_text)
    pythons = python.python_resolver(inventory)

    def target_of(path: str, item: Import, language: str) -> tuple[Target, bool]:
        if language != "python":
            return node.resolve_node(nodes, path, item.specifier), False
        found = python.resolve_python(pythons, path, item.specifier)
        if isinstance(found, Unresolved) and item.name:
            # a folder without __init__.py has no names of its own: what is imported from it is a module
            inside = python.resolve_python(pythons, path, item.specifier, item.name)
            return inside, isinstance(inside, Local)
        return found, False

    targets: list[tuple[int, ...]] = []
    externals: list[tuple[str, ...]] = []
    modules: set[tuple[int, int]] = set()
    unresolved: Counter[str] = Counter()
    for number, (path, facts) in enumerate(units):
        local, outside = [], []
        for position, item in enumerate(facts.imports):
            target, is_module = target_of(path, item, facts.language)
            local.append(index.get(target.path, -1) if isinstance(target, Local) else -1)
            outside.append(target.module if isinstance(target, External) else "")
            if is_module:
                modules.add((number, position))
            if isinstance(target, Unresolved):
                unresolved[target.reason] += 1
        targets.append(tuple(local))
        externals.append(tuple(outside))
    graph = ModuleGraph(
        tuple(targets), tuple(externals), _submodules(pythons, units, index), frozenset(modules), dict(unresolved)
    )
    names = tuple(
        python.module_name(pythons, path) if facts.language == "python" else node.module_name(path)
        for path, facts in units
    )
    return graph, names


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
