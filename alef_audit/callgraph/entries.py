"""Files that are started as workers or processes: `new Worker(new URL("./auth.worker.js", import.meta.url))`.

The path is a literal, or is put together at the call: `fork(path.join(__dirname, "jobs", "sync.js"))`.  What a helper
computes is not followed; a file that talks to a parent thread says itself that it is one (`told_worker`).
"""

import posixpath
import re
from collections.abc import Iterator
from typing import Final

from alef_audit.callgraph.calls import CallTable
from alef_audit.callgraph.program import Program, Unit
from alef_audit.facts.file import Condition

# What a path in a started script may be called in the source tree.
_SOURCES: Final = {
    ".js": (".js", ".ts", ".tsx", ".jsx"),
    ".mjs": (".mjs", ".mts"),
    ".cjs": (".cjs", ".cts"),
    "": (".ts", ".js"),
}
_OUTPUTS: Final = re.compile(r"^(\.{1,2}/|dist/|build/|lib/|out/|src/)+")
_BUILDERS: Final = (
    "URL",
    "join",
    "resolve",
)  # calls that put a path together: `new URL`, `path.join`, `require.resolve`
_MAIN_THREAD: Final = re.compile(r"\(?(?P<no>!?)\s*(?:\w+\.)?isMainThread\)?")
_THREADS: Final = frozenset(("worker_threads", "node:worker_threads"))
_ONLY_IN_WORKERS: Final = frozenset(("parentPort", "workerData"))


def told_worker(unit: Unit) -> bool:
    """Whether a file says that it runs in a worker thread: it uses the parent's port and asks of no main thread."""
    names = {item.name for item in unit.facts.imports if item.specifier in _THREADS and not item.type_only}
    return not names.isdisjoint(_ONLY_IN_WORKERS) and "isMainThread" not in names and "Worker" not in names


def only_in_workers(conditions: tuple[Condition, ...], index: int) -> bool:
    """Whether code under condition `index` runs in worker threads only: `if (isMainThread) … else …`."""
    while index >= 0:
        match = _MAIN_THREAD.fullmatch(conditions[index].text.strip())
        if match is not None and (match["no"] == "!") == conditions[index].holds:
            return True
        index = conditions[index].parent
    return False


class WorkerEntries:
    """Finds the module body that a starting call names."""

    __slots__ = ("_bodies", "_built", "_program", "_table")

    def __init__(self, program: Program, table: CallTable) -> None:
        self._program = program
        self._table = table
        self._bodies = {unit.path: unit.functions for unit in program.units}
        self._built: dict[int, list[int]] = {}  # function -> its calls that put paths together
        for call in table.named(*_BUILDERS):
            self._built.setdefault(table.function(call), []).append(call)

    def body_of(self, call: int) -> int | None:
        """The module body that `call` starts, None if it names no file of the program."""
        folder = posixpath.dirname(self._program.unit_of(self._table.function(call)).path)
        for path in self._paths(call):
            found = self._in_tree(posixpath.normpath(posixpath.join(folder, path)))
            found = self._in_sources(path) if found is None else found
            if found is not None:
                return found
        return None

    def _paths(self, call: int) -> Iterator[str]:
        """Paths that the call may mean: its own literals, and those that calls inside it join."""
        table = self._table
        first, last = table.line(call), table.end_line(call)
        inside = [one for one in self._built.get(table.function(call), ()) if first <= table.line(one) <= last]
        for texts in (self._literals(call)[:1], *map(self._literals, inside)):
            path = "/".join(texts)
            if path and "://" not in path and " " not in path:
                yield path

    def _literals(self, call: int) -> list[str]:
        texts = [self._program.names[literal] for _, _, literal in self._table.arguments(call)]
        return [text[1:] for text in texts if text.startswith('"')]

    def _in_tree(self, path: str) -> int | None:
        stem, extension = posixpath.splitext(path)
        for candidate in _SOURCES.get(extension, (extension,)):
            body = self._bodies.get(stem + candidate)
            if body is not None:
                return body
        return None

    def _in_sources(self, path: str) -> int | None:
        """The one file that a path below another folder names: that of the output, or of the running process."""
        stem, extension = posixpath.splitext(_OUTPUTS.sub("", path))
        if extension not in _SOURCES or not extension:
            return None
        ends = tuple(f"/{stem}{candidate}" for candidate in _SOURCES[extension])
        fitting = [body for known, body in self._bodies.items() if f"/{known}".endswith(ends)]
        return fitting[0] if len(fitting) == 1 else None
