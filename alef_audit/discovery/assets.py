"""Scripts that a program serves to browsers are no part of its event loop."""

from alef_audit.discovery.inventory import Inventory, SourceFile
from alef_audit.facts import flows
from alef_audit.facts.file import FileFacts

_BROWSER_GLOBALS = frozenset(("document", "window", "localStorage", "customElements", "HTMLElement"))
_SERVER_MODULES = frozenset(
    [
        "fs",
        "path",
        "http",
        "https",
        "net",
        "tls",
        "child_process",
        "crypto",
        "os",
        "stream",
        "worker_threads",
        "fs/promises",
    ]
)
# No page loads files of these kinds.
_NEVER_SERVED = (".ts", ".mts", ".cts", ".cjs")
_NODE_MANIFESTS = ("package.json", "tsconfig.json", "jsconfig.json", "deno.json")


def browser_assets(inventory: Inventory) -> frozenset[str]:
    """The paths that are no part of the program: in a Python tree, scripts below no Node manifest are static assets.

    So are those whose manifest lies inside a package of Python: it is data of that package, as its scripts are.
    """
    if not any(file.language == "python" for file in inventory.files):
        return frozenset()
    packages = {file.path.rpartition("/")[0] for file in inventory.files if file.path.endswith("/__init__.py")}
    homes = {path.rpartition("/")[0] for path in inventory.manifests if path.rpartition("/")[2] in _NODE_MANIFESTS}
    homes = {home for home in homes if not _is_below(home, packages)}
    return frozenset(file.path for file in inventory.files if _may_be_served(file) and not _is_below(file.path, homes))


def _may_be_served(file: SourceFile) -> bool:
    return file.language == "ecmascript" and not file.path.endswith(_NEVER_SERVED)


def _is_below(path: str, folders: set[str]) -> bool:
    folder = path.rpartition("/")[0]
    while folder:
        if folder in folders:
            return True
        folder = folder.rpartition("/")[0]
    return "" in folders


def runs_in_browser(facts: FileFacts) -> bool:
    """Whether a script uses the page's own globals and nothing that only a server has."""
    if facts.language != "ecmascript" or not _BROWSER_GLOBALS.intersection(facts.names):
        return False
    if any(item.specifier.startswith("node:") or item.specifier in _SERVER_MODULES for item in facts.imports):
        return False
    globals_used = {facts.names[name] for op, _, _, name, _ in flows.rows(facts.flows) if op == flows.GLOBAL}
    return len(globals_used & _BROWSER_GLOBALS) > 0 and not globals_used & {"process", "require", "__dirname", "Buffer"}
