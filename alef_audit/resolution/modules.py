"""Stage 3: every import of every file to the module it means."""

from collections import Counter
from collections.abc import Callable, Sequence

from alef_audit.discovery.inventory import Inventory
from alef_audit.facts.file import FileFacts
from alef_audit.resolution.graph import ModuleGraph
from alef_audit.resolution.node import node_resolver, resolve_node
from alef_audit.resolution.python import python_resolver, resolve_python, submodule
from alef_audit.resolution.target import External, Local, Target

ReadText = Callable[[str], str | None]


def resolve(
    inventory: Inventory, units: Sequence[tuple[str, FileFacts]], read_text: ReadText
) -> ModuleGraph:
    """Resolve the imports of `units` (path, facts); indices in the result are positions in `units`."""
    index = {path: number for number, (path, _) in enumerate(units)}
    node = node_resolver(inventory, read_text)
    python = python_resolver(inventory)
    targets: list[tuple[int, ...]] = []
    externals: list[tuple[str, ...]] = []
    unresolved: Counter[str] = Counter()
    known: dict[tuple[str, str], Target] = {}
    for path, facts in units:
        folder = path.rpartition("/")[0]
        local, outside = [], []
        for item in facts.imports:
            key = (folder, item.specifier)
            target = known.get(key)
            if target is None:
                if facts.language == "python":
                    target = resolve_python(python, path, item.specifier, "")
                else:
                    target = resolve_node(node, path, item.specifier)
                known[key] = target
            local.append(index.get(target.path, -1) if isinstance(target, Local) else -1)
            outside.append(target.module if isinstance(target, External) else "")
            if not isinstance(target, Local | External):
                unresolved[target.reason] += 1
        targets.append(tuple(local))
        externals.append(tuple(outside))
    submodules: dict[tuple[int, str], int] = {}
    for number, (path, facts) in enumerate(units):
        if facts.language != "python" or not path.endswith("__init__.py"):
            continue
        for child in _names_below(path, index):
            found = submodule(python, path, child)
            if found is not None and found in index:
                submodules[number, child] = index[found]
    return ModuleGraph(tuple(targets), tuple(externals), submodules, dict(sorted(unresolved.items())))


def _names_below(path: str, index: dict[str, int]) -> Sequence[str]:
    raise NotImplementedError
