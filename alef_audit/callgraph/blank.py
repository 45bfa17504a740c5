"""Constructor functions that make nothing but maps: `function Blank() {}`, `Blank.prototype = Object.create(null)`.

What they make has no members but the entries that are put into it, so that each `new Blank()` is a map of its own.
"""

from typing import Final

from alef_audit.callgraph.calls import CallTable
from alef_audit.callgraph.program import Program, Unit
from alef_audit.facts import flows

_ROWS: Final = flows.choice(flows.FUNCTION, flows.STORE)
_CREATE: Final = "Object.create"


def blank_makers(program: Program, table: CallTable) -> frozenset[int]:
    """The functions without a body and with a prototype made by `Object.create`, under which nothing is stored."""
    prototype = program.name_ids.get("prototype", 0)
    created = {table.result(call) for call in table.named("create") if table.text(call) == _CREATE} - {0}
    if not prototype or not created:
        return frozenset()
    return frozenset(
        function
        for index, unit in enumerate(program.units)
        if prototype in program.name_maps[index]
        for function in _in_file(program, table, index, unit, prototype, created)
    )


def _in_file(program: Program, table: CallTable, index: int, unit: Unit, prototype: int, created: set[int]) -> set[int]:
    names, aliases = program.name_maps[index], table.aliases
    held: dict[int, int] = {}
    replaced: set[int] = set()
    for op, a, b, c, _ in flows.chosen(unit.facts.flows, _ROWS):
        slot = aliases[unit.slots + a]
        if op == flows.FUNCTION:
            held[slot] = unit.functions + b
        elif names[c] == prototype and b and aliases[unit.slots + b] in created:
            replaced.add(slot)
    return {held[slot] for slot in replaced if slot in held and _is_empty(program, held[slot])}


def _is_empty(program: Program, function: int) -> bool:
    facts = program.functions[function]
    return not facts.receiver and not facts.parameters and facts.end_line - facts.line <= 1
