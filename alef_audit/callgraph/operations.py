"""Operators, conditions, subscripts, iteration and the builtins that look at an object: methods that no call names.

An operation becomes a call only when an instance of a class of the program arrives that defines the method (Python
reference, "Data model", 3.3: implicit look-ups go to the type).  Operations whose method no class of the program
defines are not looked at.
"""

from typing import Final

from alef_audit.callgraph import tokens
from alef_audit.callgraph.calls import CallTable
from alef_audit.callgraph.constraints import OPERATE
from alef_audit.callgraph.members import load
from alef_audit.callgraph.state import State
from alef_audit.callgraph.tokens import MASK, SHIFT
from alef_audit.facts import flows

# What Python falls back to: of these lists of methods the first that the class has a method of.
_INSTEAD: Final[dict[str, tuple[tuple[str, ...], ...]]] = {
    "__iter__": (("__iter__",), ("__getitem__",)),
    "__contains__": (("__contains__",), ("__iter__",), ("__getitem__",)),
    "__getitem__": (("__getitem__",), ("__missing__",)),
    "__bool__": (("__bool__",), ("__len__",)),
    "__str__": (("__str__",), ("__repr__",)),
    "__format__": (("__format__",), ("__str__",), ("__repr__",)),
    "__reversed__": (("__reversed__",), ("__getitem__", "__len__")),
    "__ne__": (("__ne__",), ("__eq__",)),
    # functools.total_ordering
    "__le__": (("__le__",), ("__lt__",), ("__gt__",)),
    "__ge__": (("__ge__",), ("__lt__",), ("__gt__",)),
    "__gt__": (("__gt__",), ("__lt__",)),
    "__lt__": (("__lt__",), ("__gt__",)),
}
_IN_PLACE: Final = [
    "add",
    "sub",
    "mul",
    "matmul",
    "truediv",
    "floordiv",
    "mod",
    "pow",
    "and",
    "or",
    "xor",
    "lshift",
    "rshift",
]
_ARITHMETIC: Final = {f"__i{name}__": ((f"__i{name}__",), (f"__{name}__",)) for name in _IN_PLACE}

# Builtins that call a method of an argument: the method, and the first argument that it is called on.
_BUILTINS: Final = {
    "len": "__len__",
    "str": "__str__",
    "repr": "__repr__",
    "bool": "__bool__",
    "hash": "__hash__",
    "abs": "__abs__",
    "format": "__format__",
    "print": "__str__",
    "int": "__int__",
    "float": "__float__",
    "bytes": "__bytes__",
    "round": "__round__",
    "reversed": "__reversed__",
    "iter": "__iter__",
    "aiter": "__aiter__",
    "next": "__next__",
    "anext": "__anext__",
    "dir": "__dir__",
    "os.fspath": "__fspath__",
}
# Builtins that go through their arguments, from this position on.
ITERATING: Final = {
    "list": 0,
    "tuple": 0,
    "set": 0,
    "frozenset": 0,
    "sorted": 0,
    "dict": 0,
    "sum": 0,
    "min": 0,
    "max": 0,
    "any": 0,
    "all": 0,
    "enumerate": 0,
    "zip": 0,
    "map": 1,
    "filter": 1,
}
_GIVING: Final = frozenset(("__next__", "__anext__", "__iter__", "__aiter__", "__abs__", "__reversed__"))


def attach_operations(state: State, table: CallTable) -> None:
    """Wait for instances at the operands.  Superclasses must be known by then: they decide which method is meant."""
    state.operating = True
    names = state.program.names
    defined = {
        names[name]
        for members in state.classes.own
        for name in members
        if names[name].startswith("__") or names[name] == "then"
    }
    state.protocol.update(name for name in _all_operations() if any(m in defined for ms in _methods(name) for m in ms))
    rows, wanted = table.operations, state.protocol | defined
    for at in range(0, len(rows), flows.OPERATION):
        if names[rows[at + flows.OPERATION_MEMBER]] in wanted:
            state.attach(rows[at + flows.OPERATION_BASE], (OPERATE, at))
    for call, node in tuple(state.externals):
        operate_builtin(state, table, call, node)


def _all_operations() -> set[str]:
    return {*_INSTEAD, *_ARITHMETIC, *_BUILTINS.values()}


def _methods(member: str) -> tuple[tuple[str, ...], ...]:
    return _INSTEAD.get(member) or _ARITHMETIC.get(member) or ((member,),)


def operate(state: State, table: CallTable, at: int, value: int) -> None:
    """A value arrived at the operand of the operation at row `at`."""
    kind, index = value & MASK, value >> SHIFT
    if kind not in (tokens.INSTANCE, tokens.OPEN):
        return
    name_ids = state.program.name_ids
    member = state.program.names[table.operations[at + flows.OPERATION_MEMBER]]
    for group in _methods(member):
        known = [name_ids[name] for name in group if name in name_ids]
        found = [name for name in known if state.classes.declares(index, name) or _overridden(state, kind, index, name)]
        if found:
            for name in found:
                load(state, value, name, _callee(state, table, at, name))
            return


def _overridden(state: State, kind: int, index: int, name: int) -> bool:
    """Whether a subclass defines the method, where the value may be an instance of one."""
    if kind != tokens.OPEN:
        return False
    seen = {index}
    pending = [index]
    while pending:
        for sub in state.classes.subs.get(pending.pop(), ()):
            if sub not in seen:
                if name in state.classes.own[sub]:
                    return True
                seen.add(sub)
                pending.append(sub)
    return False


def _callee(state: State, table: CallTable, at: int, name: int) -> int:
    """The callee of the call that an operation runs as method `name`, made on first use."""
    found = state.operated.get((at, name))
    if found is not None:
        return found
    callee = state.operated[at, name] = state.variable()
    row = table.operations[at : at + flows.OPERATION]
    slots = row[flows.OPERATION_FIRST : flows.OPERATION_SECOND + 1][: row[flows.OPERATION_ARGUMENTS]]
    head = (
        len(slots),
        row[flows.OPERATION_FUNCTION],
        row[flows.OPERATION_LINE],
        row[flows.OPERATION_COLUMN],
        callee,
        row[flows.OPERATION_BASE],
        name,
        name,
        row[flows.OPERATION_RESULT],
        flows.IMPLICIT,
        row[flows.OPERATION_LOOP],
        row[flows.OPERATION_CONDITION],
        row[flows.OPERATION_LINE],
    )
    call = table.append(head, tuple((flows.NO_NAME, slot, flows.NO_NAME) for slot in slots))
    state.call(callee, call)
    return callee


def operate_builtin(state: State, table: CallTable, call: int, node: int) -> None:
    """`len(x)`, `list(x)`, `next(x)`: operations on the arguments of a call of the builtin `node`."""
    if not state.operating:
        return
    text = state.api.text[node]
    member = _BUILTINS.get(text)
    if member is not None:
        arguments = table.arguments(call)
        if member in state.protocol and arguments and arguments[0][1]:
            if text not in ("iter", "aiter") or len(arguments) == 1:
                _operation(state, table, call, arguments[0][1], member, table.result(call) if member in _GIVING else 0)
        return
    first = ITERATING.get(text)
    if first is None or not ("__iter__" in state.protocol or "__next__" in state.protocol):
        return
    for label, slot, _ in table.arguments(call)[first:]:
        if slot and label == flows.NO_NAME:
            iterator = state.variable()
            _operation(state, table, call, slot, "__iter__", iterator)
            _operation(state, table, call, iterator, "__next__", 0)


def _operation(state: State, table: CallTable, call: int, base: int, member: str, result: int) -> None:
    """Add an operation that `call` performs, and attach it."""
    name = state.program.name_ids[member]
    at = len(table.operations)
    table.operations.extend(
        (
            table.function(call),
            table.line(call),
            table.column(call),
            base,
            name,
            result,
            0,
            0,
            0,
            table.loop(call),
            table.condition(call),
        )
    )
    state.attach(base, (OPERATE, at))
