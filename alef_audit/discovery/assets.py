"""Scripts that a Python program serves to browsers are no part of its event loop."""

from alef_audit.discovery.inventory import Inventory, SourceFile

_NODE_MANIFESTS = ("package.json", "tsconfig.json", "jsconfig.json", "deno.json")


def without_browser_assets(inventory: Inventory) -> tuple[SourceFile, ...]:
    """The files to audit: in a Python tree, scripts below no Node manifest are static assets and left out."""
    if not any(file.language == "python" for file in inventory.files):
        return inventory.files
    homes = {path.rpartition("/")[0] for path in inventory.manifests if path.rpartition("/")[2] in _NODE_MANIFESTS}
    return tuple(file for file in inventory.files if file.language == "python" or _is_below(file.path, homes))


def _is_below(path: str, folders: set[str]) -> bool:
    folder = path.rpartition("/")[0]
    while folder:
        if folder in folders:
            return True
        folder = folder.rpartition("/")[0]
    return "" in folders
