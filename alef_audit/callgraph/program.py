"""All files of a program side by side: program-wide indices for functions, classes, objects, slots and names."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from alef_audit.facts import flows
from alef_audit.facts.file import Class, FileFacts, Function, FunctionFlag

# The program-wide names of `flows.CALLED` and `flows.WHOLE`.
CALLED: Final = len(flows.RESERVED) + flows.POSITIONS
WHOLE: Final = CALLED + 1
# Methods that operations and builtins run without a program having to spell them.
OPERATIONS: Final = (
    "__iter__",
    "__next__",
    "__aiter__",
    "__anext__",
    "__getitem__",
    "__contains__",
    "__bool__",
    "__len__",
    "__str__",
    "__repr__",
    "__format__",
    "__reversed__",
    "__hash__",
    "__abs__",
    "__int__",
    "__float__",
    "__bytes__",
    "__round__",
    "__dir__",
    "__fspath__",
    "__index__",
)


@dataclass(frozen=True, slots=True)
class Unit:
    """One file of the program: its facts, and where its tables start in the program-wide numbering."""

    path: str
    module: str  # dotted Python name, or the path without its extension
    role: str
    facts: FileFacts
    functions: int
    classes: int
    objects: int
    slots: int


@dataclass(frozen=True, slots=True)
class Program:
    units: tuple[Unit, ...]
    functions: tuple[Function, ...]
    function_unit: array[int]  # function -> unit
    classes: tuple[Class, ...]
    class_unit: array[int]
    parents: array[int]  # function -> the one that it is nested in, -1 for that of a module
    methods: dict[tuple[int, str], list[int]]  # class and name -> the functions that it defines under it
    object_count: int
    slot_count: int
    names: tuple[str, ...]
    name_ids: dict[str, int]
    name_maps: tuple[list[int], ...]  # per unit: local name -> program-wide name

    def unit_of(self, function: int) -> Unit:
        return self.units[self.function_unit[function]]

    def place(self, function: int) -> tuple[str, Function]:
        """Path and facts of a function."""
        return self.units[self.function_unit[function]].path, self.functions[function]


def is_body(program: Program, function: int) -> bool:
    """Whether a function is the body of a module, or of one that a bundler put into a function: it runs once."""
    facts = program.functions[function]
    return facts.parent < 0 or bool(facts.flags & FunctionFlag.ONCE)


def qualified_name(program: Program, function: int) -> str:
    """The name of a function in the whole program, as `audit graph` prints it; a module's body has the module's."""
    unit, facts = program.unit_of(function), program.functions[function]
    return f"{unit.module}.{facts.qualname}" if facts.qualname else unit.module


def build_program(files: list[tuple[str, str, str, FileFacts]]) -> Program:
    """Number everything. `files` are (path, module, role, facts), sorted by path."""
    units: list[Unit] = []
    functions: list[Function] = []
    classes: list[Class] = []
    function_unit, class_unit = array("i"), array("i")
    objects, slots = 0, 1
    # the reserved names come first, as in every file; then those that library functions put values under
    first = (*flows.RESERVED, *map(str, range(flows.POSITIONS)), flows.CALLED, flows.WHOLE, "value", flows.SENT_FIELD)
    name_ids: dict[str, int] = {name: index for index, name in enumerate(first)}
    for operation in OPERATIONS:
        name_ids.setdefault(operation, len(name_ids))
    name_maps = []
    for path, module, role, facts in files:
        units.append(Unit(path, module, role, facts, len(functions), len(classes), objects, slots))
        functions.extend(facts.functions)
        classes.extend(facts.classes)
        function_unit.extend([len(units) - 1] * len(facts.functions))
        class_unit.extend([len(units) - 1] * len(facts.classes))
        objects += len(facts.objects)
        slots += facts.slots
        name_maps.append([name_ids.setdefault(name, len(name_ids)) for name in facts.names])
        spelled = [
            *(i.name for i in facts.imports),
            *(e.name for e in facts.exports),
            *(f.name for f in facts.functions),
        ]
        for name in spelled:
            name_ids.setdefault(name, len(name_ids))
    return Program(
        units=tuple(units),
        functions=tuple(functions),
        function_unit=function_unit,
        classes=tuple(classes),
        class_unit=class_unit,
        parents=array("i", _parents(units)),
        methods=_methods(units),
        object_count=objects,
        slot_count=slots,
        names=tuple(name_ids),
        name_ids=name_ids,
        name_maps=tuple(name_maps),
    )


def _parents(units: list[Unit]) -> Iterator[int]:
    for unit in units:
        for facts in unit.facts.functions:
            yield facts.parent + unit.functions if facts.parent >= 0 else -1


def _methods(units: list[Unit]) -> dict[tuple[int, str], list[int]]:
    found: dict[tuple[int, str], list[int]] = {}
    for unit in units:
        for function, facts in enumerate(unit.facts.functions, unit.functions):
            if facts.owner >= 0:
                found.setdefault((unit.classes + facts.owner, facts.name), []).append(function)
    return found


def methods_of(program: Program, index: int, name: str) -> Sequence[int]:
    """The functions that a class defines under a name."""
    return program.methods.get((index, name), ())
