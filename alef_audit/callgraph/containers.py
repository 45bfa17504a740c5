"""The languages' own collections: what goes in by `push` and `set` comes out by `get` and is handed to `map`.

A static rule by member name: cheap, and wrong only for classes of the program that give these names another meaning,
where the real method is resolved as well.
"""

from typing import Final

from alef_audit.callgraph import tokens
from alef_audit.callgraph.bases import declares, external_bases
from alef_audit.callgraph.calls import CallTable
from alef_audit.callgraph.members import load, load_export
from alef_audit.callgraph.state import ELEMENT_OF, FINISHED, LOAD, PICK, PUT, State
from alef_audit.callgraph.tokens import MASK, SHIFT
from alef_audit.facts import flows
from alef_audit.facts.flows import ELEMENT

_TAKES_OUT: Final = frozenset(
    ["get", "pop", "shift", "at", "find", "findLast", "popleft", "setdefault", "peek", "__next__", "__anext__"]
)
_KEYED: Final = frozenset(("get", "set", "setdefault"))
_PUTS_IN: Final = frozenset(["set", "push", "add", "append", "unshift", "insert", "appendleft", "setdefault"])
_SAME: Final = frozenset(
    [
        "filter",
        "slice",
        "concat",
        "sort",
        "reverse",
        "copy",
        "toSorted",
        "toReversed",
        "values",
        "keys",
        "entries",
        "items",
        "then",
        "catch",
        "finally",
    ]
)
_CALLS_BACK: Final = frozenset(
    [
        "map",
        "forEach",
        "filter",
        "some",
        "every",
        "find",
        "findIndex",
        "findLast",
        "flatMap",
        "reduce",
        "reduceRight",
        "sort",
        "then",
    ]
)
_STATIC_SAME: Final = frozenset(
    [
        "Object.values",
        "Object.entries",
        "Object.freeze",
        "Object.assign",
        "Object.create",
        "Array.from",
        "Array.of",
        "structuredClone",
        "Promise.all",
        "Promise.resolve",
    ]
)
_ONE_OF: Final = frozenset(["Promise.race", "Promise.any"])


def attach(state: State, table: CallTable, call: int) -> None:
    """Write the constraints that the member name of `call` stands for."""
    member = table.member(call)
    result = table.result(call)
    receiver = table.receiver(call)
    if result and table.text(call) in _STATIC_SAME:
        for _, slot, _ in table.arguments(call):
            if slot:
                state.copy(slot, result)
        return
    if result and table.text(call) in _ONE_OF:
        for _, slot, _ in table.arguments(call):
            if slot:
                state.attach(slot, (LOAD, result, ELEMENT))
    elif result and table.text(call) == "Promise.allSettled":
        _settled(state, table, call, result)
    if not receiver:
        return
    key = _literal_key(state, table, call) if member in _KEYED else 0
    if result and key:
        for name in (key, ELEMENT):
            state.attach(receiver, (PICK, result, name))
    elif result and member in _TAKES_OUT:
        state.attach(receiver, (LOAD, result, ELEMENT))
    if result and member == "next":
        holder = state.new_object()
        state.add(result, holder)
        state.attach(receiver, (LOAD, state.field(holder, table.names["value"]), ELEMENT))
    if result and member in _SAME:
        state.copy(receiver, result)
    if member in _PUTS_IN:
        arguments = table.arguments(call)
        if arguments and arguments[-1][1]:
            state.attach(receiver, (PUT, arguments[-1][1], key or ELEMENT))
    if result and member == "result" and not table.arguments(call):
        state.attach(receiver, (FINISHED, result))
    if member in ("send", "asend") and flows.SENT_FIELD in state.program.name_ids:
        for _, slot, _ in table.arguments(call)[:1]:
            if slot:
                state.attach(receiver, (PUT, slot, state.program.name_ids[flows.SENT_FIELD]))
    if member in _CALLS_BACK:
        arguments = table.arguments(call)
        if arguments and arguments[0][1]:
            state.attach(arguments[0][1], (ELEMENT_OF, call))


def _settled(state: State, table: CallTable, call: int, result: int) -> None:
    """`Promise.allSettled` gives an array of objects that have what was awaited as their `value`."""
    name = state.program.name_ids.get("value")
    for _, slot, _ in table.arguments(call):
        if slot and name is not None:
            outcomes, outcome = state.new_object(), state.new_object()
            state.add(result, outcomes)
            state.add(state.field(outcomes, ELEMENT), outcome)
            state.attach(slot, (LOAD, state.field(outcome, name), ELEMENT))


def _literal_key(state: State, table: CallTable, call: int) -> int:
    """The name of the string literal that is the first argument: `settings.get("view")`; 0 if it is none."""
    arguments = table.arguments(call)
    literal = arguments[0][2] if arguments else 0
    text = state.program.names[literal]
    return state.program.name_ids.get(text[1:], literal) if len(text) > 1 and text[0] == '"' else 0


def finish(state: State, value: int, destination: int) -> None:
    """`task.result()`: a task stands for what its coroutine gives; objects with a method of that name are none."""
    kind, index = value & MASK, value >> SHIFT
    if kind in (tokens.INSTANCE, tokens.OPEN) and declares(state, index, state.program.name_ids["result"]):
        return
    if kind not in (tokens.MODULE, tokens.EXTERNAL, tokens.OBJECT):
        state.add(destination, value)


def put(state: State, value: int, source: int, name: int) -> None:
    """`value` is a collection that takes what `source` holds, under the key `name`."""
    if value & MASK == tokens.OBJECT and not _has_own_methods(state, value):
        state.copy(source, state.field(value, name))


def _has_own_methods(state: State, value: int) -> bool:
    """Whether an object literal gives these names a meaning of its own: then it is no collection."""
    names = state.program.names
    return any(names[name] in _PUTS_IN for name in state.object_fields.get(value, ()))


def pick(state: State, value: int, name: int, destination: int) -> None:
    """Let `destination` take what the collection `value` holds under one key, and nothing else of it."""
    kind, index = value & MASK, value >> SHIFT
    if kind == tokens.OBJECT:
        state.read_field(value, name, destination)
    elif kind == tokens.MODULE:
        load_export(state, index, name, destination)  # `globals().get("run")`
    elif kind in (tokens.INSTANCE, tokens.OPEN) and name != ELEMENT:
        if any(state.api.text[base].endswith(".TypedDict") for base in external_bases(state, index)):
            load(state, value, name, destination)


def call_back(state: State, table: CallTable, call: int, value: int) -> None:
    """The function `value` was handed to `map` and its like: it gets the elements, its results come back."""
    if value & MASK == tokens.RESOLVE_OF and table.member(call) == "then":
        state.copy(table.receiver(call), value >> SHIFT)
    if value & MASK != tokens.FUNCTION:
        return
    function = value >> SHIFT
    facts = state.program.functions[function]
    receiver = table.receiver(call)
    member = table.member(call)
    position = 1 if member.startswith("reduce") else 0
    if position < len(facts.parameters):
        parameter = table.slot_of(function, facts.parameters[position].slot)
        if member == "then":
            state.copy(receiver, parameter)
        else:
            state.attach(receiver, (LOAD, parameter, ELEMENT))
    result = table.result(call)
    if not result:
        return
    returned = table.slot_of(function, facts.result)
    if member in ("map", "flatMap"):
        holder = state.rest_objects.get(-call - 1)
        if holder is None:
            holder = state.rest_objects[-call - 1] = state.new_object()
            state.add(result, holder)
        state.copy(returned, state.field(holder, ELEMENT))
    elif member in ("then", "reduce", "reduceRight"):
        state.copy(returned, result)
