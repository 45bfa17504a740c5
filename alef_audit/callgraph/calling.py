"""What a call does once a callee is known: arguments reach parameters, results come back."""

from typing import Final

from alef_audit.callgraph import tokens
from alef_audit.callgraph.api import CALL as API_CALL
from alef_audit.callgraph.api import ApiGraph
from alef_audit.callgraph.calls import CallTable
from alef_audit.callgraph.members import member
from alef_audit.callgraph.operations import operate_builtin
from alef_audit.callgraph.program import CALLED, POSITIONS
from alef_audit.callgraph.promises import make_promise, resolving, settle_promise
from alef_audit.callgraph.state import APPLY, CONSTRUCT, LOAD, PARAMETER, SAME, TYPE, State
from alef_audit.callgraph.tokens import MASK, SHIFT, token
from alef_audit.facts import flows
from alef_audit.facts.file import ClassKind, Function, ParameterKind
from alef_audit.facts.flows import ELEMENT
from alef_audit.rulepack.paths import Selector

# Constructors of the languages' own collections: a fresh allocation site each.
_COLLECTIONS: Final = frozenset(
    [
        "Map",
        "Set",
        "WeakMap",
        "WeakSet",
        "Array",
        "dict",
        "list",
        "set",
        "defaultdict",
        "OrderedDict",
        "deque",
        "collections.defaultdict",
        "collections.OrderedDict",
        "collections.deque",
        "WeakValueDictionary",
    ]
)
_KEYWORD_LIKE: Final = ParameterKind.REST | ParameterKind.KEYWORDS


def apply_call(state: State, table: CallTable, call: int, value: int) -> None:
    """A value arrived in the callee of `call`."""
    kind, index = value & MASK, value >> SHIFT
    if kind == tokens.FUNCTION:
        link(state, table, call, index)
        if table.flags(call) & flows.NEW:
            made = token(tokens.MADE_BY, index)
            _give(state, table.result(call), made)
            receiver = state.program.functions[index].receiver
            if receiver:
                state.add(table.slot_of(index, receiver), made)
    elif kind == tokens.CLASS:
        construct(state, table, call, index)
    elif kind == tokens.EXTERNAL:
        apply_external(state, table, call, index)
    elif kind == tokens.OBJECT:
        if value in state.type_objects and table.result(call):
            state.read_field(value, CALLED, table.result(call))
    elif kind == tokens.OPEN and state.program.classes[index].kind == ClassKind.INTERFACE and _is_typed(state, index):
        state.copy(member(state, index, CALLED), table.result(call))
    elif kind in (tokens.INSTANCE, tokens.OPEN):
        called = member(state, index, table.names["__call__"])
        state.attach(called, (CONSTRUCT, call))
    elif kind == tokens.CALL_OF:
        link(state, table, call, index, shift=1)
    elif kind == tokens.APPLY_OF:
        link(state, table, call, index, shift=99)
    elif kind == tokens.RESOLVE_OF:
        settle_promise(state, table, call, index)
        use_external(state, table, call, resolving(state))
    elif kind == tokens.BIND_OF:
        _give(state, table.result(call), token(tokens.FUNCTION, index))


def apply_reflected(state: State, table: CallTable, call: int, value: int) -> None:
    """`value` arrived in the first argument of the `Reflect.apply(f, self, arguments)` that is `call`."""
    kind, index = value & MASK, value >> SHIFT
    if kind == tokens.FUNCTION:
        link(state, table, call, index, shift=99)
    elif kind == tokens.EXTERNAL:
        apply_external(state, table, call, index)


def _is_typed(state: State, index: int) -> bool:
    return CALLED in state.own_members[index]


def link_token(state: State, table: CallTable, call: int, value: int) -> None:
    if value & MASK == tokens.FUNCTION:
        link(state, table, call, value >> SHIFT)


def _give(state: State, result: int, value: int) -> None:
    if result:
        state.add(result, value)


def construct(state: State, table: CallTable, call: int, index: int) -> None:
    """`C(...)` or `new C(...)`: an instance comes back, the constructor runs."""
    _give(state, table.result(call), token(tokens.INSTANCE, index))
    names = table.names
    python = state.program.units[state.program.class_unit[index]].facts.language == "python"
    for name in ("__init__", "__post_init__", "__new__") if python else ("constructor",):
        variable = member(state, index, names[name])
        state.attach(variable, (CONSTRUCT, call))
    if python:
        # dataclass and pydantic fields: keyword arguments become attributes
        own = state.own_members[index]
        for label, slot, _ in table.arguments(call):
            if label > 0 and slot and label in own:
                state.copy(slot, member(state, index, label))


def link(state: State, table: CallTable, call: int, function: int, shift: int = 0) -> None:
    """`call` may run `function`: wire arguments (from position `shift` on), result and receiver."""
    if (call, function) in state.links:
        return
    state.links[call, function] = shift
    facts = state.program.functions[function]
    offset = table.slot_offset(function)
    arguments = table.arguments(call)
    if arguments and facts.parameters:
        _pass_arguments(state, table, arguments, function, shift)
    result = table.result(call)
    if result:
        state.copy(table.resolve(offset + facts.result), result)
        for position, how in sorted(state.returned.get(function, ())):
            if position == flows.RECEIVER_PARAMETER:
                if table.receiver(call):
                    state.attach(table.receiver(call), (SAME, result))
                continue
            for slot in _handed_over(table, arguments, facts, function, position, shift):
                _hand_back(state, slot, how, result)
    if facts.receiver and facts.owner < 0:
        receiver = table.receiver(call)
        if shift:
            receiver = arguments[0][1] if arguments else 0
        if receiver:
            state.copy(receiver, table.slot_of(function, facts.receiver))
    node = table.local_api.get(function)
    if node:
        use_external(state, table, call, node)


def _handed_over(
    table: CallTable, arguments: list[tuple[int, int, int]], facts: Function, function: int, position: int, shift: int
) -> list[int]:
    """The slots of the arguments that a call passes for the positional parameter at `position`."""
    positional = [p for p in facts.parameters if not p.kind]
    if position >= len(positional):
        return []
    name = table.name_of(function, positional[position].name)
    found = []
    seen = -shift
    for label, slot, _ in arguments:
        if label == flows.NO_NAME:
            if seen == position and slot:
                found.append(slot)
            seen += 1
        elif label > 0 and label == name and slot:
            found.append(slot)
    return found


def _hand_back(state: State, slot: int, how: int, result: int) -> None:
    """A function that returns a parameter gives back the argument of this very call, or what is made of it."""
    if how == flows.HANDED_AS_IS:
        state.copy(slot, result)
    elif how == flows.HANDED_ELEMENT:
        state.attach(slot, (LOAD, result, ELEMENT))
    else:
        state.attach(slot, (TYPE, result))


def _pass_arguments(
    state: State, table: CallTable, arguments: list[tuple[int, int, int]], function: int, shift: int
) -> None:
    facts = state.program.functions[function]
    offset = table.slot_offset(function)
    positional = [p for p in facts.parameters if not p.kind]
    position = -shift
    for label, slot, _ in arguments:
        if label == flows.NO_NAME:
            if position >= 0 and slot:
                if position < len(positional):
                    state.copy(slot, table.resolve(offset + positional[position].slot))
                else:
                    index = _position(state, position - len(positional))
                    _pass_rest(state, table, function, ParameterKind.REST, index, slot)
            position += 1
        elif label == flows.SPREAD_POSITIONAL:
            if slot:
                first = max(0, position)
                for index, parameter in enumerate(positional[first:], first - position):
                    _load_into(state, slot, _position(state, index), table.resolve(offset + parameter.slot))
                _pass_rest(state, table, function, ParameterKind.REST, ELEMENT, slot, spread=True)
        elif label == flows.SPREAD_KEYWORD:
            if slot:
                for parameter in facts.parameters:
                    if not parameter.kind & _KEYWORD_LIKE:
                        name = table.name_of(function, parameter.name)
                        _load_into(state, slot, name, table.resolve(offset + parameter.slot))
        elif slot:
            _pass_keyword(state, table, function, label, slot)


def _pass_keyword(state: State, table: CallTable, function: int, label: int, slot: int) -> None:
    for parameter in state.program.functions[function].parameters:
        if not parameter.kind & _KEYWORD_LIKE and table.name_of(function, parameter.name) == label:
            state.copy(slot, table.slot_of(function, parameter.slot))
            return
    _pass_rest(state, table, function, ParameterKind.KEYWORDS, label, slot)


def _position(state: State, index: int) -> int:
    """The name of an element by its position; ELEMENT for those that are not told apart."""
    return state.program.name_ids.get(str(index), ELEMENT) if index < POSITIONS else ELEMENT


def _pass_rest(
    state: State, table: CallTable, function: int, kind: int, name: int, slot: int, *, spread: bool = False
) -> None:
    """Collect surplus arguments in the object of the rest parameter, made once per parameter."""
    for parameter in state.program.functions[function].parameters:
        if parameter.kind == kind:
            variable = table.slot_of(function, parameter.slot)
            holder = state.rest_objects.get(variable)
            if holder is None:
                holder = state.rest_objects[variable] = state.new_object()
                state.add(variable, holder)
            if spread:
                _load_into(state, slot, ELEMENT, state.field(holder, name))
            else:
                state.copy(slot, state.field(holder, name))


def _load_into(state: State, base: int, name: int, destination: int) -> None:
    state.attach(base, (LOAD, destination, name))


# --- calls that leave the program


def apply_external(state: State, table: CallTable, call: int, node: int) -> None:
    """A value from outside the program is called: note it, and say what comes back."""
    if not use_external(state, table, call, node):
        return
    if state.api.text[node] == "Reflect.apply" and table.arguments(call):
        state.attach(table.arguments(call)[0][1], (APPLY, call))
    result = table.result(call)
    api = state.api
    if api.text[node].startswith("Promise"):
        make_promise(state, table, call, node)
    if result:
        if api.text[node].endswith(".bind") and _is_function(api, api.parent[node]):
            state.add(result, token(tokens.EXTERNAL, api.parent[node]))
        elif api.text[node] in _COLLECTIONS:
            state.add(result, state.new_object())
        elif table.flags(call) & flows.DECORATOR and node not in api.values:
            # decorators from outside are taken to hand back what they decorate
            for _, slot, _ in table.arguments(call):
                state.copy(slot, result)
        else:
            child = api.child(node, API_CALL)
            if child:
                state.add(result, token(tokens.EXTERNAL, child))


def _is_function(api: ApiGraph, node: int) -> bool:
    """Whether a node of the JavaScript API is a function that models speak of."""
    return api.language[node] == "ecmascript" and node in api.sinks


def use_external(state: State, table: CallTable, call: int, node: int) -> bool:
    """Record that `call` is a use of the API node and apply what its model says of values. False if known already."""
    if (call, node) in state.externals:
        return False
    state.externals[call, node] = None
    operate_builtin(state, table, call, node)
    result = table.result(call)
    for selector in state.api.values.get(node, ()):
        for slot in selected(state, table, call, selector):
            if result:
                state.copy(slot, result)
    for selector, position, type_node in state.api.callback_types.get(node, ()):
        for slot in selected(state, table, call, selector):
            state.attach(slot, (PARAMETER, position, type_node))
    return True


def type_parameter(state: State, table: CallTable, value: int, position: int, node: int) -> None:
    """A function `value` that a library calls back: its parameter at `position` is an instance of `node`."""
    if value & MASK != tokens.FUNCTION:
        return
    function = value >> SHIFT
    parameters = [p for p in state.program.functions[function].parameters if not p.kind]
    if position < len(parameters):
        state.add(table.slot_of(function, parameters[position].slot), token(tokens.EXTERNAL, node))


def selected(state: State, table: CallTable, call: int, selector: Selector) -> list[int]:
    """The variables of the arguments that a selector names; fields of object arguments through their allocation."""
    arguments = table.arguments(call)
    positional = [slot for label, slot, _ in arguments if label in (flows.NO_NAME, flows.SPREAD_POSITIONAL)]
    chosen: list[int] = []
    for position in selector.positions:
        if -len(positional) <= position < len(positional):
            chosen.append(positional[position])
    if selector.tail_from is not None:
        chosen.extend(positional[selector.tail_from :])
    if selector.every:
        chosen.extend(slot for _, slot, _ in arguments)
    for label, slot, _ in arguments:
        if label > 0 and state.program.names[label] in selector.keywords:
            chosen.append(slot)
    for names in selector.fields:
        chosen = [found for slot in chosen if slot for name in names for found in _field_variables(state, slot, name)]
    return [slot for slot in chosen if slot]


def _field_variables(state: State, slot: int, name: str) -> list[int]:
    found: list[int] = []
    name_id = state.program.name_ids.get(name)
    for held in state.held(slot):
        if held & MASK == tokens.OBJECT:
            if name == "*":
                found.append(state.all_fields(held))
            elif name_id is not None:
                found.append(state.field(held, name_id))
    return found
