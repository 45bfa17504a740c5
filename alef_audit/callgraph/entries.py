"""Files that are started as workers or processes: `new Worker(new URL("./auth.worker.js", import.meta.url))`."""

import posixpath
from typing import Final

from alef_audit.callgraph.calls import CallTable
from alef_audit.callgraph.program import Program

# What a path in a started script may be called in the source tree.
_SOURCES: Final = {
    ".js": (".js", ".ts", ".tsx", ".jsx"),
    ".mjs": (".mjs", ".mts"),
    ".cjs": (".cjs", ".cts"),
    "": (".ts", ".js"),
}


class WorkerEntries:
    """Finds the module body that a starting call names by a literal path."""

    __slots__ = ("_bodies", "_program", "_table", "_urls")

    def __init__(self, program: Program, table: CallTable) -> None:
        self._program = program
        self._table = table
        self._bodies = {unit.path: unit.functions for unit in program.units}
        self._urls: dict[tuple[int, int], str] = {}
        for call in table.named("URL"):
            if path := self._literal(call):
                self._urls[table.function(call), table.line(call)] = path

    def _literal(self, call: int) -> str:
        for _, _, literal in self._table.arguments(call):
            text = self._program.names[literal]
            if text.startswith('"'):
                return text[1:]
        return ""

    def body_of(self, call: int) -> int | None:
        """The module body that `call` starts, None if it names no file of the program."""
        table = self._table
        function = table.function(call)
        start = table.line(call)
        near = (self._urls.get((function, line), "") for line in (start, start + 1))
        path = self._literal(call) or next((url for url in near if url), "")
        if not path or "://" in path:
            return None
        folder = posixpath.dirname(self._program.unit_of(function).path)
        stem, extension = posixpath.splitext(posixpath.normpath(posixpath.join(folder, path)))
        for candidate in _SOURCES.get(extension, (extension,)):
            body = self._bodies.get(stem + candidate)
            if body is not None:
                return body
        return None
