"""What holds of the facts of any file, whatever stands in it: every index is in range, every line is one of its lines.

Each function raises AssertionError where it does not.
"""

from array import array

from alef_audit.facts import flows, kept
from alef_audit.facts.file import FileFacts

_TEXT = 80  # characters of a callee as written
_CONDITION = 400


def check_facts(facts: FileFacts, data: bytes) -> None:
    """`data` is what the front end was given."""
    assert facts.lines == data.count(b"\n") + 1
    _check_flows(facts)
    _check_calls(facts)
    _check_operations(facts)
    _check_functions(facts)
    _check_classes(facts)
    _check_lines(facts)
    _check_kept(facts)


def _check_flows(facts: FileFacts) -> None:
    slots, names = facts.slots, len(facts.names)
    aliases, rows = _integers(facts.aliases), _integers(facts.flows)
    assert len(aliases) == slots
    assert all(0 <= alias < slots for alias in aliases)
    nameless = 0 if facts.language == "python" else 1  # where the parser made up a name to go on
    tables = {flows.FUNCTION: facts.functions, flows.CLASS: facts.classes, flows.OBJECT: facts.objects}
    tables |= {flows.IMPORT: facts.imports, flows.SELF: facts.classes, flows.SUPER: facts.classes}
    for at in range(0, len(rows), flows.ROW):
        op, *columns, line = rows[at : at + flows.ROW]
        assert 0 <= line <= facts.lines
        for column in flows.SLOT_COLUMNS.get(op, ()):
            # what is assigned to a property may bear no callable and run a setter all the same
            lowest = 0 if op == flows.STORE and column == 2 else 1
            assert lowest <= columns[column - 1] < slots
        if op in tables:
            assert 0 <= columns[1] < len(tables[op])
        if op in (flows.LOAD, flows.STORE, flows.GLOBAL, flows.ATTRIBUTE):
            assert nameless <= columns[2] < names
        if op == flows.ENTER:
            assert 0 <= columns[0] < len(facts.functions)


def _check_calls(facts: FileFacts) -> None:
    calls, names = _integers(facts.calls), len(facts.names)
    at = 0
    while at < len(calls):
        head = calls[at : at + flows.CALL_HEAD]
        at += flows.CALL_HEAD
        assert 0 <= head[flows.IN_FUNCTION] < len(facts.functions)
        assert all(0 <= head[field] < facts.slots for field in (flows.CALLEE, flows.RECEIVER, flows.RESULT))
        assert all(0 <= head[field] < names for field in (flows.MEMBER, flows.TEXT))
        assert len(facts.names[head[flows.TEXT]]) <= _TEXT
        assert -1 <= head[flows.LOOP] < len(facts.loops)
        assert -1 <= head[flows.CONDITION] < len(facts.conditions)
        assert 1 <= head[flows.LINE] <= head[flows.END_LINE] <= facts.lines
        assert head[flows.COLUMN] >= 1
        for _ in range(head[flows.ARG_COUNT]):
            label, slot, literal = calls[at : at + flows.CALL_ARG]
            at += flows.CALL_ARG
            named = facts.language == "python" and 0 <= label < names
            assert named or label in (flows.NO_NAME, flows.SPREAD_POSITIONAL, flows.SPREAD_KEYWORD)
            assert 0 <= slot < facts.slots
            assert 0 <= literal < names
    assert at == len(calls)


def _check_operations(facts: FileFacts) -> None:
    rows = _integers(facts.operations)
    assert len(rows) % flows.OPERATION == 0
    for at in range(0, len(rows), flows.OPERATION):
        row = rows[at : at + flows.OPERATION]
        assert 0 <= row[flows.OPERATION_FUNCTION] < len(facts.functions)
        assert 1 <= row[flows.OPERATION_LINE] <= facts.lines
        assert row[flows.OPERATION_COLUMN] >= 1
        assert 0 < row[flows.OPERATION_BASE] < facts.slots
        assert 0 < row[flows.OPERATION_MEMBER] < len(facts.names)
        slots = (flows.OPERATION_RESULT, flows.OPERATION_FIRST, flows.OPERATION_SECOND)
        assert all(0 <= row[field] < facts.slots for field in slots)
        assert -1 <= row[flows.OPERATION_LOOP] < len(facts.loops)
        assert -1 <= row[flows.OPERATION_CONDITION] < len(facts.conditions)


def _check_functions(facts: FileFacts) -> None:
    slots, names = facts.slots, len(facts.names)
    assert facts.functions[0].label == "<module>"
    for index, function in enumerate(facts.functions):
        assert -1 <= function.parent < max(index, 1)
        assert -1 <= function.owner < len(facts.classes)
        assert all(0 <= p.slot < slots and 0 <= p.name < names and 0 <= p.literal < names for p in function.parameters)
        assert 0 <= function.result < slots
        assert all(0 < each < slots for each in (*function.types, *(t for p in function.parameters for t in p.types)))
        assert 0 <= function.receiver < slots
        assert 1 <= function.line <= function.end_line <= facts.lines
        assert function.column >= 1


def _check_classes(facts: FileFacts) -> None:
    slots, names = facts.slots, len(facts.names)
    assert all(0 < slot < slots for names_of_type in facts.data_types for slot in names_of_type)
    for each in facts.classes:
        assert 0 < each.slot < slots
        assert all(0 < base < slots for base in each.bases)
        assert all(0 <= member < names for member in each.members)
        assert 1 <= each.line <= each.end_line <= facts.lines
        assert 0 <= each.function < len(facts.functions)
    assert all(0 <= export.slot < slots for export in facts.exports)
    assert all(0 <= star < len(facts.imports) for star in facts.stars)
    functions = [one.function for one in facts.imports], [one.function for one in facts.loops]
    assert all(0 <= function < len(facts.functions) for table in functions for function in table)
    assert all(0 <= one.function < len(facts.functions) for one in facts.objects)


def _check_lines(facts: FileFacts) -> None:
    tables = (facts.objects, facts.imports, facts.loops, facts.conditions, facts.directives)
    assert all(1 <= one.line <= facts.lines for table in tables for one in table)
    assert all(-1 <= loop.parent < index for index, loop in enumerate(facts.loops))
    assert all(-1 <= condition.parent < index for index, condition in enumerate(facts.conditions))
    assert all(len(condition.text) <= _CONDITION and "\n" not in condition.text for condition in facts.conditions)
    assert all(1 <= line <= facts.lines for one in facts.directives for line in one.spans)
    assert all(-1 <= one.function < len(facts.functions) for one in facts.directives)
    assert all(0 <= problem.line <= facts.lines for problem in facts.problems)
    assert not [problem for problem in facts.problems if problem.kind == "internal"]
    assert len(facts.problems) <= 21


def _check_kept(facts: FileFacts) -> None:
    names = len(facts.names)
    for row in kept.rows(facts.kept):
        assert 0 <= row.function < len(facts.functions)
        assert -1 <= row.condition < len(facts.conditions)
        assert 0 <= row.line <= facts.lines
        assert all(0 <= text < names for text in (row.subject, row.key, row.value))
        assert kept.RECEIVER <= row.owner < len(facts.functions)
        assert 0 <= row.slot < facts.slots


def _integers(data: bytes) -> "array[int]":
    found = array("i")
    found.frombytes(data)
    return found
