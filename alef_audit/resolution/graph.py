"""The module graph: for every import of every file, the module it means."""

import msgspec


class ModuleGraph(msgspec.Struct, frozen=True):
    """`targets[unit][import]` is a unit's index (>= 0), or -1; `externals` holds the names of modules outside.

    `submodules` maps (unit of a Python package, name) to the unit of that submodule.  `unresolved` counts reasons.
    """

    targets: tuple[tuple[int, ...], ...]
    externals: tuple[tuple[str, ...], ...]  # same shape: "" when local or unresolved; of followed packages both are set
    submodules: dict[tuple[int, str], int]
    modules: frozenset[tuple[int, int]]  # (unit, import) whose imported name is the target module itself
    unresolved: dict[str, int]
