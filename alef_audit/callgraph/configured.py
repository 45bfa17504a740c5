"""What a project's configuration says of its functions: roots, functions that are none, boundaries, executors.

Functions are named by globs on their qualified names, as `audit graph` prints them.  An entry that fits nothing is a
remark, with the nearest name: it is a typing mistake or has outlived what it was written for.
"""

import difflib
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

import re2
from pathspec import GitIgnoreSpec

from alef_audit.callgraph.boundaries import Marks, offload_of
from alef_audit.callgraph.graph import CallGraph, RootSite
from alef_audit.callgraph.guards import BIT
from alef_audit.callgraph.program import Program, qualified_name
from alef_audit.config import BoundaryRow, Config, NotRootRow, RootRow
from alef_audit.diagnostics import Diagnostic

KIND: Final = "configuration"


class Selected(NamedTuple):
    """The functions that each entry of a table names, in the order of the entries."""

    roots: tuple[tuple[int, ...], ...]
    not_roots: tuple[tuple[int, ...], ...]
    boundaries: tuple[tuple[int, ...], ...]
    executors: tuple[tuple[int, ...], ...]


def selected(program: Program, config: Config) -> Selected:
    """Find what the configuration names."""
    wanted = (*config.roots, *config.not_roots, *config.boundaries, *config.executors)
    names = [qualified_name(program, index) for index in range(len(program.functions))] if wanted else []

    def functions(pattern: str, path: str = "**") -> tuple[int, ...]:
        glob = GitIgnoreSpec.from_lines([path])
        files = [glob.match_file(unit.path) for unit in program.units]
        fits = expression(pattern)
        return tuple(
            index
            for index, name in enumerate(names)
            if files[program.function_unit[index]] and fits.fullmatch(name) is not None
        )

    return Selected(
        tuple(functions(row.function, row.path) for row in config.roots),
        tuple(functions(row.function, row.path) for row in config.not_roots),
        tuple(functions(row.function, row.path) for row in config.boundaries),
        tuple(functions(name) for name in config.executors),
    )


def expression(glob: str) -> "re2._Regexp":
    """A glob on names as an expression: `*` is any text, `?` one character, everything else itself."""
    parts = {"*": ".*", "?": "."}
    return re2.compile("(?s)" + "".join(parts.get(sign) or re2.escape(sign) for sign in glob))


def configured_roots(config: Config, found: Selected, roots: Iterable[RootSite]) -> list[RootSite]:
    """`roots` with those that the configuration adds, without those that it excludes."""
    excluded = {function for functions in found.not_roots for function in functions}
    kept = {(root.function, root.kind): root for root in roots if root.function not in excluded}
    for row, functions in zip(config.roots, found.roots, strict=True):
        why = row.why or "named as a root by the configuration"
        for function in functions:
            kept[function, row.kind] = RootSite(function, row.kind, why, "event-loop")
    return sorted(kept.values(), key=lambda root: (root.function, root.kind))


def configured_marks(program: Program, config: Config, found: Selected) -> Marks:
    """The marks that boundaries and executors make."""
    guards: dict[int, int] = {}
    why: dict[int, str] = {}
    startup: set[int] = set()
    for number, (row, functions) in enumerate(zip(config.boundaries, found.boundaries, strict=True)):
        for function in functions:
            why.setdefault(function, f"boundaries[{number}] of the configuration")
            if row.kind == "startup-only":
                startup.add(function)
            else:
                bit = offload_of(program, function) if row.kind == "offloaded" else BIT[row.kind]
                guards[function] = guards.get(function, 0) | bit
    executors = frozenset(function for functions in found.executors for function in functions)
    return Marks(guards, why, frozenset(startup), executors=executors, executor_names=frozenset(config.executors))


def unmatched(graph: CallGraph, config: Config, found: Selected, file: str) -> Iterator[Diagnostic]:
    """Remarks on entries that name no function, no call and no file of the program. `file` is the configuration's."""
    program = graph.program
    globs = GitIgnoreSpec.from_lines
    tables: tuple[tuple[str, tuple[RootRow | NotRootRow | BoundaryRow, ...], tuple[tuple[int, ...], ...]], ...] = (
        ("roots", config.roots, found.roots),
        ("not-roots", config.not_roots, found.not_roots),
        ("boundaries", config.boundaries, found.boundaries),
    )
    for table, rows, functions in tables:
        for number, (row, named) in enumerate(zip(rows, functions, strict=True)):
            if not named:
                yield _remark(
                    file, f"{table}[{number}]", row.function, row.path, _nearest_function(program, row.function)
                )
    texts = {graph.table.text(call) for call in range(len(graph.table))} if config.executors else set()
    for number, (name, named) in enumerate(zip(config.executors, found.executors, strict=True)):
        if not named and not any(text == name or text.endswith("." + name) for text in texts):
            near = difflib.get_close_matches(name, sorted(texts), n=1)
            yield _remark(file, f"executors[{number}]", name, "**", near[0] if near else "")
    for number, level in enumerate(config.levels):
        if not any(globs([level.path]).match_file(unit.path) for unit in program.units):
            yield Diagnostic(file, 0, KIND, f"levels[{number}].path = {level.path!r} matches no audited file")


def _remark(file: str, key: str, name: str, path: str, near: str) -> Diagnostic:
    where = f" below {path!r}" if path != "**" else ""
    what = f"{key} = {name!r}" if key.startswith("executors") else f"{key}.function = {name!r}"
    hint = f"; the nearest is {near!r}" if near else "; audit graph prints the names"
    return Diagnostic(file, 0, KIND, f"{what} matches nothing{where}{hint}")


def _nearest_function(program: Program, wanted: str) -> str:
    """The qualified name that is spelled most alike: by its last part first, for modules are often left out."""
    plain = wanted.replace("*", "").replace("?", "").strip(".")
    last = plain.rpartition(".")[2] or plain
    names = {facts.name: index for index, facts in reversed(list(enumerate(program.functions))) if facts.name}
    near = difflib.get_close_matches(last, sorted(names), n=1)
    return qualified_name(program, names[near[0]]) if near else ""
