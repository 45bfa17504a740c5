"""Imports inside functions: the first one runs the body of the module, and before it those of its packages."""

from collections.abc import Iterator

from alef_audit.callgraph.program import Program
from alef_audit.resolution.graph import ModuleGraph


def import_edges(program: Program, modules: ModuleGraph) -> Iterator[tuple[int, int, int]]:
    """(importing function, module body, line) for every import that stands in a function."""
    above = {child: package for (package, _), child in modules.submodules.items() if child != package}
    for number, unit in enumerate(program.units):
        loaded = {number, *_packages(above, number)}
        for item, target in zip(unit.facts.imports, modules.targets[number], strict=True):
            if not item.function or item.type_only or target < 0:
                continue
            inner = modules.submodules.get((target, item.name))
            if inner is not None and any(export.name == item.name for export in program.units[target].facts.exports):
                inner = None if inner != target and not _imports_itself(program, modules, target, item.name) else inner
            for body in (*reversed(_packages(above, target)), target, *(() if inner is None else (inner,))):
                if body not in loaded:
                    yield unit.functions + item.function, program.units[body].functions, item.line


def dynamic_imports(program: Program, modules: ModuleGraph) -> frozenset[tuple[int, int]]:
    """(function, line) of imports by name that lead to modules of the program."""
    return frozenset(
        (unit.functions + item.function, item.line)
        for number, unit in enumerate(program.units)
        for item, target in zip(unit.facts.imports, modules.targets[number], strict=True)
        if item.dynamic and target >= 0
    )


def _imports_itself(program: Program, modules: ModuleGraph, package: int, name: str) -> bool:
    """Whether the name that a package exports is its own submodule: `from . import name`."""
    facts = program.units[package].facts
    return any(
        item.name == name and target == package
        for item, target in zip(facts.imports, modules.targets[package], strict=True)
    )


def _packages(above: dict[int, int], unit: int) -> list[int]:
    """The packages around a module, innermost first."""
    found: list[int] = []
    while unit in above and above[unit] not in found:
        unit = above[unit]
        found.append(unit)
    return found
