"""All calls of a program in one flat table, with program-wide slots and names."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Collection
from itertools import compress
from typing import Final

from alef_audit.callgraph.plain import plain_slots
from alef_audit.callgraph.program import Program, Unit
from alef_audit.facts import flows
from alef_audit.facts.file import FunctionFlag
from alef_audit.resolution.graph import ModuleGraph

Argument = tuple[
    int, int, int
]  # label (program-wide name, 0, or a SPREAD_ constant), slot, literal (program-wide name)


_LOADS: Final = flows.choice(flows.LOAD, flows.ATTRIBUTE)
# Rows that write to their first slot.
_WRITES: Final = flows.choice(*(op for op in flows.SLOT_COLUMNS if op not in (flows.STORE, flows.SPREAD)))


class CallTable:
    """The calls of a program, column by column; a call is an index.

    Solving adds calls that operations on instances turn out to be.  `aliases` maps every program-wide slot to the one
    that stands for it.  `local_api` maps functions of the program that a library model describes to their API node, so
    that rows hold for a library's own source too.
    """

    __slots__ = (
        "aliases",
        "argument_ends",
        "argument_values",
        "callees",
        "columns",
        "conditions",
        "end_lines",
        "flag_sets",
        "function_slots",
        "functions",
        "lines",
        "local_api",
        "local_types",
        "loops",
        "members",
        "names",
        "operations",
        "program",
        "receivers",
        "results",
        "shared",
        "texts",
    )

    def __init__(self, program: Program) -> None:
        self.program = program
        self.names = _NameIds(program.name_ids)
        self.functions = array("i")
        self.lines = array("i")
        self.columns = array("i")
        self.callees = array("i")
        self.receivers = array("i")
        self.members = array("i")  # program-wide names, as are `texts`
        self.texts = array("i")
        self.results = array("i")
        self.flag_sets = array("i")
        self.loops = array("i")
        self.conditions = array("i")
        self.end_lines = array("i")
        self.argument_ends = array("i", [0])  # of call n: at n + 1; those of call n start where those of n - 1 end
        self.argument_values = array("i")
        self.operations = array("i")
        self.aliases: list[int] = []
        self.function_slots = array("i")
        self.local_api: dict[int, int] = {}
        self.shared: set[int] = set()  # slots of loads that another load of the same name from the same slot stands for
        self.local_types: dict[int, int] = {}  # class of the program -> named type of a library model

    def __len__(self) -> int:
        return len(self.functions)

    def function(self, call: int) -> int:
        return self.functions[call]

    def line(self, call: int) -> int:
        return self.lines[call]

    def column(self, call: int) -> int:
        return self.columns[call]

    def callee(self, call: int) -> int:
        return self.callees[call]

    def receiver(self, call: int) -> int:
        return self.receivers[call]

    def member(self, call: int) -> str:
        return self.program.names[self.members[call]]

    def text(self, call: int) -> str:
        return self.program.names[self.texts[call]]

    def result(self, call: int) -> int:
        return self.results[call]

    def flags(self, call: int) -> int:
        return self.flag_sets[call]

    def loop(self, call: int) -> int:
        """Index into the unit's loops, -1 for none."""
        return self.loops[call]

    def condition(self, call: int) -> int:
        return self.conditions[call]

    def end_line(self, call: int) -> int:
        return self.end_lines[call]

    def arguments(self, call: int) -> list[Argument]:
        start, end = self.argument_ends[call], self.argument_ends[call + 1]
        if start == end:
            return []
        values = iter(self.argument_values[start:end])
        return list(zip(values, values, values, strict=True))

    def argument_slots(self, call: int) -> array[int]:
        """The slots of the arguments; 0 for those that cannot bear a callable."""
        return self.argument_values[
            self.argument_ends[call] + flows.ARG_SLOT : self.argument_ends[call + 1] : flows.CALL_ARG
        ]

    def named(self, *members: str) -> list[int]:
        """The calls of members (or functions) with one of these names, in order."""
        ids = self.program.name_ids
        wanted = {ids[member] for member in members if member in ids}
        return list(compress(range(len(self)), map(wanted.__contains__, self.members))) if wanted else []

    def append(self, head: tuple[int, ...], arguments: tuple[Argument, ...]) -> int:
        """Add a call that the facts do not spell out, its head as in `flows.py`; gives its index."""
        for column, offset in self._columns():
            column.append(head[offset])
        for argument in arguments:
            self.argument_values.extend(argument)
        self.argument_ends.append(len(self.argument_values))
        return len(self.functions) - 1

    def slot_offset(self, function: int) -> int:
        return self.function_slots[function]

    def resolve(self, slot: int) -> int:
        return self.aliases[slot]

    def slot_of(self, function: int, local: int) -> int:
        """The program-wide slot of a slot that the facts of `function` mention."""
        return self.aliases[self.function_slots[function] + local]

    def slots_of(self, unit: Unit) -> list[int]:
        """The program-wide slots of all slots of a file."""
        return self.aliases[unit.slots : unit.slots + unit.facts.slots]

    def name_of(self, function: int, local: int) -> int:
        """The program-wide name of a name that the facts of `function` mention."""
        return self.program.name_maps[self.program.function_unit[function]][local]

    def extend(self, heads: array[int], arguments: array[int], ends: list[int]) -> None:
        """Add calls in program-wide numbers: heads and arguments back to back, `ends` where those of each call end."""
        for column, offset in self._columns():
            column.extend(heads[offset :: flows.CALL_HEAD])
        before = len(self.argument_values)
        self.argument_values.extend(arguments)
        self.argument_ends.extend([before + end for end in ends])

    def _columns(self) -> tuple[tuple[array[int], int], ...]:
        """The columns, each with the offset of its values in the head of a call."""
        return (
            (self.functions, flows.IN_FUNCTION),
            (self.lines, flows.LINE),
            (self.columns, flows.COLUMN),
            (self.callees, flows.CALLEE),
            (self.receivers, flows.RECEIVER),
            (self.members, flows.MEMBER),
            (self.texts, flows.TEXT),
            (self.results, flows.RESULT),
            (self.flag_sets, flows.FLAGS),
            (self.loops, flows.LOOP),
            (self.conditions, flows.CONDITION),
            (self.end_lines, flows.END_LINE),
        )


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
    for unit, names in zip(program.units, program.name_maps, strict=True):
        if not has_descriptors or unit.facts.language != "python":
            _share_loads(table, unit, getters)
        slots = table.slots_of(unit)
        _relocate(table, unit, slots, names)
        _relocate_operations(table, unit, slots, names)
    return table


def _share_loads(table: CallTable, unit: Unit, getters: frozenset[str]) -> None:
    """Let all loads of one name from one slot share their variable: without an order of events they hold the same.

    Reads that may run a getter stay apart, each is an edge of its own.
    """
    base, names, aliases = unit.slots, unit.facts.names, table.aliases
    written = flows.column(unit.facts.flows, flows.FIRST, _WRITES)
    apart: set[int] = set()  # slots that something else is written to
    if len(set(written)) < len(written):
        apart.update(slot for slot, count in Counter(written).items() if count > 1)
    running: set[int] = set()  # names of getters
    if not getters.isdisjoint(names):
        running.update(name for name, text in enumerate(names) if text in getters)
    known: dict[tuple[int, int, int], int] = {}
    shared: list[int] = []
    for op, a, b, name, _ in flows.chosen(unit.facts.flows, _LOADS):
        slot = aliases[base + a]
        if slot != base + a or a in apart or name in running:
            continue
        first = known.setdefault((aliases[aliases[base + b]], name, op), slot)
        if first != slot:
            aliases[slot] = first
            shared.append(slot)
    if shared:
        table.shared.update(shared)
        end = base + unit.facts.slots
        aliases[base:end] = [aliases[slot] for slot in aliases[base:end]]


def _relocate(table: CallTable, unit: Unit, slots: list[int], names: list[int]) -> None:
    heads, arguments, ends = _split(unit.facts.calls)
    first_function, head, width = unit.functions, flows.CALL_HEAD, flows.CALL_ARG
    heads[flows.IN_FUNCTION :: head] = array("i", [first_function + n for n in heads[flows.IN_FUNCTION :: head]])
    for column in (flows.CALLEE, flows.RECEIVER, flows.RESULT):
        heads[column::head] = array("i", [slots[slot] for slot in heads[column::head]])
    for column in (flows.MEMBER, flows.TEXT):
        heads[column::head] = array("i", [names[name] for name in heads[column::head]])
    labels = arguments[flows.ARG_LABEL :: width]
    arguments[flows.ARG_LABEL :: width] = array("i", [names[name] if name > 0 else name for name in labels])
    arguments[flows.ARG_SLOT :: width] = array("i", [slots[slot] for slot in arguments[flows.ARG_SLOT :: width]])
    literals = arguments[flows.ARG_LITERAL :: width]
    arguments[flows.ARG_LITERAL :: width] = array("i", [names[name] for name in literals])
    table.extend(heads, arguments, ends)


def _split(calls: bytes) -> tuple[array[int], array[int], list[int]]:
    """The heads of a file's calls, their arguments, and where the arguments of each call end."""
    records = array("i")
    records.frombytes(calls)
    heads, arguments = array("i"), array("i")
    ends: list[int] = []
    at, size, head, width = 0, len(records), flows.CALL_HEAD, flows.CALL_ARG
    while at < size:
        end = at + head + records[at] * width
        heads.extend(records[at : at + head])
        arguments.extend(records[at + head : end])
        ends.append(len(arguments))
        at = end
    return heads, arguments, ends


def _relocate_operations(table: CallTable, unit: Unit, slots: list[int], names: list[int]) -> None:
    rows, width = array("i"), flows.OPERATION
    rows.frombytes(unit.facts.operations)
    first_function = unit.functions
    for column, numbers in (
        (flows.OPERATION_BASE, slots),
        (flows.OPERATION_MEMBER, names),
        (flows.OPERATION_RESULT, slots),
        (flows.OPERATION_FIRST, slots),
        (flows.OPERATION_SECOND, slots),
    ):
        rows[column::width] = array("i", [numbers[number] for number in rows[column::width]])
    functions = rows[flows.OPERATION_FUNCTION :: width]
    rows[flows.OPERATION_FUNCTION :: width] = array("i", [first_function + number for number in functions])
    table.operations.extend(rows)
