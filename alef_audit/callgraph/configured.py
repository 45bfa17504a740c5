"""What a project's configuration says of its functions: roots, functions that are none, boundaries."""

from collections.abc import Callable, Iterable

import re2
from pathspec import GitIgnoreSpec

from alef_audit.callgraph.graph import RootSite
from alef_audit.callgraph.guards import BIT
from alef_audit.callgraph.program import Program
from alef_audit.config import Config

Matches = Callable[[int], bool]


def _matcher(program: Program, function: str, path: str) -> Matches:
    """Whether a function's label contains `function` (RE2; "" = any) and its file matches the glob `path`."""
    pattern = re2.compile(function) if function else None
    glob = GitIgnoreSpec.from_lines([path])
    files = [glob.match_file(unit.path) for unit in program.units]

    def matches(index: int) -> bool:
        if not files[program.function_unit[index]]:
            return False
        return pattern is None or pattern.search(program.functions[index].label) is not None

    return matches


def configured_roots(program: Program, config: Config, roots: Iterable[RootSite]) -> list[RootSite]:
    """`roots` with those that the configuration adds, without those that it excludes."""
    excluded = [_matcher(program, row.function, row.path) for row in config.not_roots]
    kept = {
        (root.function, root.kind): root for root in roots if not any(matches(root.function) for matches in excluded)
    }
    for row in config.roots:
        matches = _matcher(program, row.function, row.path)
        why = row.why or "named as a root by the configuration"
        for index in range(len(program.functions)):
            if matches(index):
                kept[index, row.kind] = RootSite(index, row.kind, why, "event-loop")
    return sorted(kept.values(), key=lambda root: (root.function, root.kind))


def configured_guards(program: Program, config: Config) -> dict[int, int]:
    """Guards that the configuration puts around functions, by function."""
    found: dict[int, int] = {}
    for row in config.boundaries:
        matches = _matcher(program, row.function, row.path)
        for index in range(len(program.functions)):
            if matches(index):
                found[index] = found.get(index, 0) | BIT[row.guard]
    return found
