"""All calls of a program in one flat table, with program-wide slots and names."""

from __future__ import annotations

from array import array
from collections.abc import Collection
from typing import Final

from alef_audit.callgraph.plain import plain_slots
from alef_audit.callgraph.program import Program, Unit
from alef_audit.facts import flows
from alef_audit.facts.file import FunctionFlag
from alef_audit.resolution.graph import ModuleGraph

Argument = tuple[
    int, int, int
]  # label (program-wide name, 0, or a SPREAD_ constant), slot, literal (program-wide name)


# Rows that write to their first slot, loads aside.
_WRITES: Final = frozenset(flows.SLOT_COLUMNS) - {flows.LOAD, flows.STORE, flows.SPREAD}


class CallTable:
    """The calls of a program; a call is an index.  Solving adds those that operations on instances turn out to be.

    `aliases` maps every program-wide slot to the one that stands for it.  `local_api` maps functions of the program
    that a library model describes to their API node, so that rows hold for a library's own source too.
    """

    __slots__ = (
        "aliases",
        "function_slots",
        "heads",
        "local_api",
        "local_types",
        "names",
        "operations",
        "program",
        "shared",
        "starts",
    )

    def __init__(self, program: Program) -> None:
        self.program = program
        self.names = _NameIds(program.name_ids)
        self.starts = array("i")
        self.heads = array("i")
        self.operations = array("i")
        self.aliases: list[int] = []
        self.function_slots = array("i")
        self.local_api: dict[int, int] = {}
        self.shared: set[int] = set()  # slots of loads that another load of the same name from the same slot stands for
        self.local_types: dict[int, int] = {}  # class of the program -> named type of a library model

    def __len__(self) -> int:
        return len(self.starts)

    def all(self, offset: int) -> list[int]:
        """One integer of the head of every call, in order; `offset` is one of those in `flows.py`."""
        heads = self.heads
        return [heads[start + offset] for start in self.starts]

    def function(self, call: int) -> int:
        return self.heads[self.starts[call] + flows.IN_FUNCTION]

    def line(self, call: int) -> int:
        return self.heads[self.starts[call] + flows.LINE]

    def column(self, call: int) -> int:
        return self.heads[self.starts[call] + flows.COLUMN]

    def callee(self, call: int) -> int:
        return self.heads[self.starts[call] + flows.CALLEE]

    def receiver(self, call: int) -> int:
        return self.heads[self.starts[call] + flows.RECEIVER]

    def member(self, call: int) -> str:
        return self.program.names[self.heads[self.starts[call] + flows.MEMBER]]

    def text(self, call: int) -> str:
        return self.program.names[self.heads[self.starts[call] + flows.TEXT]]

    def result(self, call: int) -> int:
        return self.heads[self.starts[call] + flows.RESULT]

    def flags(self, call: int) -> int:
        return self.heads[self.starts[call] + flows.FLAGS]

    def loop(self, call: int) -> int:
        """Index into the unit's loops, -1 for none."""
        return self.heads[self.starts[call] + flows.LOOP]

    def condition(self, call: int) -> int:
        return self.heads[self.starts[call] + flows.CONDITION]

    def end_line(self, call: int) -> int:
        return self.heads[self.starts[call] + flows.END_LINE]

    def arguments(self, call: int) -> list[Argument]:
        start = self.starts[call]
        heads = self.heads
        at = start + flows.CALL_HEAD
        return [
            (heads[i], heads[i + 1], heads[i + 2])
            for i in range(at, at + heads[start] * flows.CALL_ARG, flows.CALL_ARG)
        ]

    def append(self, head: tuple[int, ...], arguments: tuple[Argument, ...]) -> int:
        """Add a call that the facts do not spell out; gives its index."""
        self.starts.append(len(self.heads))
        self.heads.extend(head)
        for argument in arguments:
            self.heads.extend(argument)
        return len(self.starts) - 1

    def slot_offset(self, function: int) -> int:
        return self.function_slots[function]

    def resolve(self, slot: int) -> int:
        return self.aliases[slot]

    def slot_of(self, function: int, local: int) -> int:
        """The program-wide slot of a slot that the facts of `function` mention."""
        return self.aliases[self.function_slots[function] + local]

    def name_of(self, function: int, local: int) -> int:
        """The program-wide name of a name that the facts of `function` mention."""
        return self.program.name_maps[self.program.function_unit[function]][local]


class _NameIds:
    """Name look-up that gives -1 for names which occur nowhere in the program."""

    __slots__ = ("_ids",)

    def __init__(self, ids: dict[str, int]) -> None:
        self._ids = ids

    def __getitem__(self, name: str) -> int:
        return self._ids.get(name, -1)


def build_calls(program: Program, modules: ModuleGraph, modelled: Collection[str]) -> CallTable:
    """Collect the calls of all files, relocated to program-wide numbers.

    `modelled` are the modules outside the program that library models describe.
    """
    table = CallTable(program)
    aliases = [0]
    for unit in program.units:
        local = array("i")
        local.frombytes(unit.facts.aliases)
        aliases.extend([unit.slots + slot if slot else 0 for slot in local])
        table.function_slots.extend([unit.slots] * len(unit.facts.functions))
    # constraints mention a slot many times: one int object for each saves memory, and time with it
    numbers = list(range(program.slot_count))
    for slot in plain_slots(program, modules, aliases, modelled):
        numbers[slot] = 0
    table.aliases = [numbers[slot] for slot in aliases]
    getters = frozenset(facts.name for facts in program.functions if facts.flags & FunctionFlag.GETTER)
    getters |= {name.removeprefix(flows.GET) for name in program.name_ids if name.startswith(flows.GET)}
    has_descriptors = any(facts.name == "__get__" for facts in program.functions)
    for unit in program.units:
        if not has_descriptors or unit.facts.language != "python":
            _share_loads(table, unit, getters)
    for index, unit in enumerate(program.units):
        records = array("i")
        records.frombytes(unit.facts.calls)
        _relocate(table, records, unit.slots, unit.functions, program.name_maps[index])
        _relocate_operations(table, unit, program.name_maps[index])
    return table


def _share_loads(table: CallTable, unit: Unit, getters: frozenset[str]) -> None:
    """Let all loads of one name from one slot share their variable: without an order of events they hold the same.

    Reads that may run a getter stay apart, each is an edge of its own.
    """
    base, names, aliases = unit.slots, unit.facts.names, table.aliases
    written: set[int] = set()
    twice: set[int] = set()
    loads: list[tuple[int, int, int]] = []
    for op, a, b, c, _ in flows.rows(unit.facts.flows):
        if op == flows.LOAD:
            loads.append((a, b, c))
        elif op not in _WRITES:
            continue
        if a in written:
            twice.add(a)
        written.add(a)
    known: dict[tuple[int, int], int] = {}
    for a, b, c in loads:
        if a in twice or names[c] in getters or aliases[base + a] != base + a:
            continue
        first = known.setdefault((aliases[aliases[base + b]], c), aliases[base + a])
        if first != base + a:
            aliases[base + a] = first
            table.shared.add(base + a)
    end = base + unit.facts.slots
    aliases[base:end] = [aliases[slot] for slot in aliases[base:end]]


def _relocate_operations(table: CallTable, unit: Unit, names: list[int]) -> None:
    records = array("i")
    records.frombytes(unit.facts.operations)
    aliases, base, out = table.aliases, unit.slots, table.operations
    for at in range(0, len(records), flows.OPERATION):
        function, line, column, operand, member, result, count, first, second, loop, condition = records[
            at : at + flows.OPERATION
        ]
        out.extend(
            (
                function + unit.functions,
                line,
                column,
                aliases[base + operand],
                names[member],
                aliases[base + result] if result else 0,
                count,
                aliases[base + first] if first else 0,
                aliases[base + second] if second else 0,
                loop,
                condition,
            )
        )


def _relocate(table: CallTable, records: array[int], base: int, functions: int, names: list[int]) -> None:
    aliases, starts, heads = table.aliases, table.starts, table.heads
    head, width = flows.CALL_HEAD, flows.CALL_ARG
    at, size = 0, len(records)
    while at < size:
        starts.append(len(heads))
        (count, function, line, column, callee, receiver, member, text, result, flags, loop, condition, end) = records[
            at : at + head
        ]
        heads.extend(
            (
                count,
                function + functions,
                line,
                column,
                aliases[base + callee] if callee else 0,
                aliases[base + receiver] if receiver else 0,
                names[member],
                names[text],
                aliases[base + result] if result else 0,
                flags,
                loop,
                condition,
                end,
            )
        )
        at += head
        for _ in range(count):
            label, slot, literal = records[at : at + width]
            heads.extend(
                (
                    names[label] if label > 0 else label,
                    aliases[base + slot] if slot else 0,
                    names[literal] if literal else 0,
                )
            )
            at += width
