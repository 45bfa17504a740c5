"""What a call does once a callee is known: arguments reach parameters, results come back."""

from typing import Final

from alef_audit.callgraph import collected, containers, getters, tokens
from alef_audit.callgraph.api import CALL as API_CALL
from alef_audit.callgraph.api import ApiGraph
from alef_audit.callgraph.bags import use_entries
from alef_audit.callgraph.calls import CallTable
from alef_audit.callgraph.classes import class_of, load_member
from alef_audit.callgraph.constraints import APPLY, AROUND, CONSTRUCT, LOAD, PARAMETER, RECEIVER, SAME, STORE, TYPE
from alef_audit.callgraph.construction import INITIALISERS, call_new, construct, construct_open, initialise_outside
from alef_audit.callgraph.handing import results_of_handed
from alef_audit.callgraph.handlers import type_handlers
from alef_audit.callgraph.inheritance import member
from alef_audit.callgraph.injection import provide
from alef_audit.callgraph.keyed import read_keyed
from alef_audit.callgraph.operations import operate_builtin
from alef_audit.callgraph.program import CALLED
from alef_audit.callgraph.promises import make_promise, resolving, settle_promise
from alef_audit.callgraph.prototypes import CHAINING, chain
from alef_audit.callgraph.selecting import selected
from alef_audit.callgraph.spelled import give_named
from alef_audit.callgraph.state import State
from alef_audit.callgraph.tokens import MASK, SHIFT, token
from alef_audit.callgraph.wrappers import enters_around, register, wrap
from alef_audit.facts import flows
from alef_audit.facts.file import ClassKind, Function, FunctionFlag, ParameterKind
from alef_audit.facts.flows import ELEMENT

_REPLACING: Final = frozenset(("dataclasses.replace", "attrs.evolve", "attr.evolve", "copy.replace"))
# What loads the package that its first argument names.
_LOADING: Final = {"require": "ecmascript", "module.createRequire()": "ecmascript", "importlib.import_module": "python"}
_KEYWORD_LIKE: Final = ParameterKind.REST | ParameterKind.KEYWORDS


def apply_call(state: State, table: CallTable, call: int, value: int) -> None:
    """A value arrived in the callee of `call`."""
    kind, index = value & MASK, value >> SHIFT
    if kind == tokens.FUNCTION:
        link(state, table, call, index, shift=_explicit_receiver(state, table, call, index))
        if table.flags(call) & flows.NEW:
            made = state.holder(0, call) if index in state.stock.blank else token(tokens.MADE_BY, index)
            _give(state, table.result(call), made)
            receiver = state.program.functions[index].receiver
            if receiver:
                state.add(table.slot_of(index, receiver), made)
    elif kind == tokens.CLASS:
        construct(state, table, call, index, table.result(call))
    elif kind == tokens.PLAIN_CLASS:
        construct(state, table, call, index, table.result(call), plain=True)
    elif kind == tokens.EXTERNAL:
        apply_external(state, table, call, index)
    elif kind == tokens.OPEN_CLASS:
        construct_open(state, table, call, index)
    elif kind == tokens.REGISTER_OF:
        register(state, table, call, index)
    elif kind == tokens.OBJECT:
        arguments = table.arguments(call)
        if value in state.type_objects and table.result(call):
            state.read_field(value, CALLED, table.result(call))
        elif value in state.stock.getters and arguments:
            state.copy(getters.run(state, table, call, value, arguments[0][1]), table.result(call))
    elif kind == tokens.OPEN and state.program.classes[index].kind == ClassKind.INTERFACE and _is_typed(state, index):
        state.copy(member(state, token(tokens.INSTANCE, index), CALLED), table.result(call))
    elif kind in (tokens.INSTANCE, tokens.OPEN):
        _call_instance(state, table, call, value)
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
    return CALLED in state.classes.own[index]


def link_token(
    state: State, table: CallTable, call: int, value: int, result: int = -1, *, outside: bool = False
) -> None:
    """`call` may run `value`, if that is a function."""
    if value & MASK == tokens.FUNCTION:
        link(state, table, call, value >> SHIFT, result=result)
    elif outside and value & MASK == tokens.EXTERNAL:
        apply_external(state, table, call, value >> SHIFT)


def _give(state: State, result: int, value: int) -> None:
    if result:
        state.add(result, value)


def _call_instance(state: State, table: CallTable, call: int, value: int) -> None:
    """An instance is called: its `__call__` runs, or what its superclass outside the program has for one."""
    if "__call__" in state.program.name_ids:
        load_member(state, value, table.names["__call__"], callable_of(state, call))
    if table.flags(call) & flows.DECORATOR and enters_around(state, value >> SHIFT):
        for _, slot, _ in table.arguments(call):
            state.copy(slot, table.result(call))
            state.attach(slot, (AROUND, value))


def _explicit_receiver(state: State, table: CallTable, call: int, function: int) -> int:
    """How many arguments stand for the receiver: one in `C.method(self, x)` and `super().__new__(cls)`, else none."""
    facts = state.program.functions[function]
    if facts.owner < 0 or not table.receiver(call) or facts.flags & FunctionFlag.STATIC:
        return 0
    if facts.flags & FunctionFlag.CLASSMETHOD:
        return int(facts.name == "__new__")
    if state.program.unit_of(function).facts.language != "python":
        return 0
    held = state.points_to[table.receiver(call)]
    return int(bool(held) and all(value & MASK == tokens.CLASS for value in held or ()))


def callable_of(state: State, call: int) -> int:
    """The variable of the `__call__` methods of the instances that `call` calls."""
    found = state.called.get(call)
    if found is None:
        found = state.called[call] = state.variable()
        state.attach(found, (CONSTRUCT, call, 1))
    return found


def link(
    state: State, table: CallTable, call: int, function: int, shift: int = 0, result: int = -1, *, bare: bool = False
) -> None:
    """`call` may run `function`: wire arguments (from position `shift` on), result and receiver.

    The value goes to `result`, by default to that of the call; a `bare` run gets no arguments.
    """
    if (call, function) in state.links:
        return
    if function in state.dispatched:
        state.attach(state.dispatched[function], (CONSTRUCT, call))
    state.links[call, function] = shift
    facts = state.program.functions[function]
    offset = table.slot_offset(function)
    arguments = table.arguments(call)
    if arguments and facts.parameters and not bare:
        _pass_arguments(state, table, arguments, function, shift)
    if function in state.keyed and not bare:
        read_keyed(state, table, call, function, shift)
    result = table.result(call) if result < 0 else result
    if result:
        state.copy(table.resolve(offset + facts.result), result)
        for position, how in sorted(state.returned.get(function, ())):
            if position == flows.RECEIVER_PARAMETER:
                if table.receiver(call):
                    state.attach(table.receiver(call), (SAME, result))
                continue
            for slot in _handed_over(table, arguments, facts, function, position, shift):
                _hand_back(state, slot, how, result)
    if facts.flags & FunctionFlag.CLASSMETHOD and facts.receiver:
        receiver = arguments[0][1] if shift and arguments else table.receiver(call)
        if receiver:
            state.attach(receiver, (RECEIVER, call, function))
    elif facts.receiver and facts.owner < 0:
        receiver = table.receiver(call)
        if shift:
            receiver = arguments[0][1] if arguments else 0
        if receiver:
            state.copy(receiver, table.slot_of(function, facts.receiver))
    node = table.local_api.get(function)
    if node:
        use_external(state, table, call, node)


def bind(state: State, table: CallTable, call: int, value: int) -> None:
    """`value` is the function that the call of `partial` binds arguments of."""
    if value & MASK == tokens.FUNCTION:
        known = state.partials.setdefault(value >> SHIFT, [])
        if call not in known:
            known.append(call)
            _pass_arguments(state, table, table.arguments(call), value >> SHIFT, 1)


def receive_class(state: State, table: CallTable, call: int, function: int, value: int) -> None:
    """A class method is called on `value`: on a class, an instance, or `super()` of another class method."""
    slot = table.slot_of(function, state.program.functions[function].receiver)
    if value & MASK == tokens.SUPER:
        caller = state.program.functions[table.function(call)]
        if caller.flags & FunctionFlag.CLASSMETHOD and caller.receiver:
            state.copy(table.slot_of(table.function(call), caller.receiver), slot)
        else:
            state.add(slot, token(tokens.OPEN_CLASS, value >> SHIFT))
    elif value & MASK in (tokens.CLASS, tokens.INSTANCE, tokens.OPEN, tokens.OPEN_CLASS):
        state.add(slot, class_of(value))


def make_field(state: State, table: CallTable, constraint: tuple[int, ...], value: int) -> None:
    """`value` makes the default of a field whenever an instance is made at a call."""
    _, call, field = constraint
    kind, index = value & MASK, value >> SHIFT
    if kind == tokens.FUNCTION:
        link(state, table, call, index, result=field, bare=True)
    elif kind == tokens.CLASS:
        construct(state, table, call, index, field, bare=True)
    elif kind == tokens.EXTERNAL:
        collected.returned_from_outside(state, value, field)


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
    return state.program.name_ids.get(str(index), ELEMENT) if index < flows.POSITIONS else ELEMENT


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
    node = state.api.called(node)
    if not use_external(state, table, call, node):
        return
    if state.api.text[node].endswith(INITIALISERS):
        initialise_outside(state, table, call)
    if state.api.text[node] == "Reflect.apply" and table.arguments(call):
        state.attach(table.arguments(call)[0][1], (APPLY, call))
    result = table.result(call)
    api = state.api
    loaded = loaded_module(state, table, call, node)
    if loaded:
        _give(state, result, token(tokens.EXTERNAL, api.module(api.language[node], loaded)))
        return
    if api.text[node].startswith("Promise"):
        make_promise(state, table, call, node)
    if api.text[node] in _REPLACING:
        # a copy of the instance, with the fields that are named replaced
        for label, slot, _ in table.arguments(call):
            if label > 0 and slot and table.arguments(call)[0][1]:
                state.attach(table.arguments(call)[0][1], (STORE, slot, label))
    recipe = containers.function_recipe(state, table, call, api.text[node])
    if getters.make(state, table, call, api.text[node]):
        return
    if recipe is not None:
        containers.install(state, table, call, recipe)
        made_of_it = api.made_type.get(node) or api.existing(node, API_CALL)
        if made_of_it:
            _give(state, result, token(tokens.EXTERNAL, made_of_it))
    elif result and not _is_twin(state, table, call, node):
        if api.text[node].endswith(".__new__"):
            call_new(state, table, call)
        elif api.text[node].endswith(".bind") and _is_function(api, api.parent[node]):
            state.add(result, token(tokens.EXTERNAL, api.parent[node]))
        elif (table.flags(call) & flows.DECORATOR or api.registers_decorated(node)) and node not in api.values:
            # decorators from outside are taken to hand back what they decorate
            for _, slot, _ in table.arguments(call):
                state.copy(slot, result)
            made = api.existing(node, API_CALL)
            if made in api.named_types:
                # an object that has more to register with: `@group.command()` below what `@bot.group()` decorates
                state.add(result, token(tokens.EXTERNAL, made))
        else:
            # of what hands back its argument, or what that gives, nothing else is known but what models say
            handed = node in api.values or node in api.given
            child = api.existing(node, API_CALL) if handed else api.child(node, API_CALL)
            if child:
                state.add(result, token(tokens.EXTERNAL, child))


def loaded_module(state: State, table: CallTable, call: int, node: int) -> str:
    """The package that a call of `require` loads, or of what `createRequire` made, wherever that came from; "" for
    others and for files, which are found where the front end sees what is called.
    """
    if _LOADING.get(state.api.text[node]) != state.api.language[node] or not table.arguments(call):
        return ""
    literal = state.program.names[table.arguments(call)[0][2]]
    name = literal[1:] if literal.startswith('"') and literal[1:2] not in ("", ".", "/") else ""
    own = {unit.module.partition(".")[0] for unit in state.program.units} if name else ()
    return "" if name.partition(".")[0] in own else name


def _is_twin(state: State, table: CallTable, call: int, node: int) -> bool:
    """Whether an awaited call means the asynchronous twin of the blocking function that a model speaks of: what that
    one gives back is nothing that this one gives.
    """
    if not table.flags(call) & flows.AWAITED or state.api.language[node] != "python":
        return False
    found = state.api.sinks.get(node, ())
    return bool(found) and not any(each.row.unless_awaited for each in found)


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
    results_of_handed(state, table, call, node)
    provide(state, table, call, node)
    for selector in state.api.named.get(node, ()) if result else ():
        give_named(state, table, call, selector, result)
    use_entries(state, table, call, node)
    type_handlers(state, table, call, node)
    text = state.api.text[node]
    if text.startswith("functools."):
        wrap(state, table, call, node)
    elif text in CHAINING:
        chain(state, table, call, node)
    for selector, methods in state.api.protocols.get(node, ()):
        for slot in selected(state, table, call, selector):
            for method in methods:
                if method in state.program.name_ids:
                    _load_into(state, slot, table.names[method], callable_of(state, call))
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
