"""The languages' own collections: what goes in by `push` and `set` comes out by `get` and is handed to `map`.

What each library function does is data (`library.py`); here its flows become constraints.  Methods are told by name;
their flows are written only when a collection arrives in the receiver: an object that a literal or a library function
made, or an instance of a class that does not define the method itself.
"""

from typing import Final

from alef_audit.callgraph import recipes, tokens
from alef_audit.callgraph.calls import Argument, CallTable
from alef_audit.callgraph.constraints import (
    ENTRIES,
    FINISHED,
    GIVE,
    LOAD,
    METHOD,
    PICK,
    PUT,
    RETURNED,
    SETTLED,
    SPREAD,
    TAKE_ENTRIES,
)
from alef_audit.callgraph.library import FUNCTIONS, METHODS, NAMES, STORING
from alef_audit.callgraph.recipes import Flow, Place, Recipe
from alef_audit.callgraph.state import State
from alef_audit.callgraph.tokens import MASK
from alef_audit.facts import flows
from alef_audit.facts.file import ObjectKind
from alef_audit.facts.flows import EACH, ELEMENT

_CLASS_LIKE: Final = (tokens.INSTANCE, tokens.OPEN)
_PROMISE_SAME: Final = frozenset(("then", "catch", "finally"))
_BY_RESULT: Final = frozenset(("map", "flatMap", "reduce", "reduceRight"))
_WITHOUT_ARGUMENTS: Final = 99  # a shift of positions beyond every parameter
_NO_RECIPE: Final = Recipe((), "")


def note_sites(state: State) -> None:
    """Mark the allocation sites that are mappings or generators, and the literals whose length is known."""
    for unit in state.program.units:
        for offset, site in enumerate(unit.facts.objects):
            value = tokens.token(tokens.OBJECT, unit.objects + offset)
            if site.kind == ObjectKind.MAPPING:
                state.stock.keyed[value] = unit.facts.language == "ecmascript"
            elif site.kind == ObjectKind.GENERATOR:
                state.stock.generators.add(value)
            if site.length > 0:
                state.stock.lengths[value] = site.length


class Literals:
    """What the rows of one file say of its literals, by the slot that holds them."""

    def __init__(self) -> None:
        self.made: list[tuple[int, int]] = []  # slot, object
        self.overriding: dict[int, set[int]] = {}  # slot -> names stored after the last spread
        self.pairs: list[tuple[int, int]] = []  # slot of a pair, name that is its first element
        self.methods: list[tuple[int, int]] = []  # slot, name of a collection's method that is stored there


def note_literals(state: State, literals: Literals) -> None:
    """Keep what entries override what is spread before them, what pairs are keys of, and which objects have methods of
    their own under the names of collections' methods.
    """
    for slot, value in literals.made if literals.overriding else ():
        if literals.overriding.get(slot):
            state.stock.overrides[value] = literals.overriding[slot] - {ELEMENT}
    for slot, name in literals.pairs:
        state.stock.pairs.update((value, name) for value in state.points_to[slot] or ())
    for slot, name in literals.methods:
        for value in state.points_to[slot] or ():
            if value & MASK == tokens.OBJECT:
                state.field(value, name)


def attach(state: State, table: CallTable, call: int) -> None:
    """Let `call` wait for what its member name says something about."""
    receiver = table.receiver(call)
    if not receiver:
        return
    member = table.member(call)
    if member in METHODS[language_of(state, table, call)]:
        state.attach(receiver, (METHOD, call))
    elif member == "result" and table.result(call) and not table.arguments(call):
        state.attach(receiver, (FINISHED, table.result(call)))
    elif member in _PROMISE_SAME:
        _attach_promise(state, table, call, receiver, member)


def stores_only(state: State, table: CallTable, call: int) -> bool:
    """Whether `call` reads like one that puts its arguments into a collection: `listeners.append(f)`."""
    fewest = STORING[language_of(state, table, call)].get(table.member(call))
    return fewest is not None and bool(table.receiver(call)) and len(table.arguments(call)) >= fewest


def language_of(state: State, table: CallTable, call: int) -> str:
    return state.program.unit_of(table.function(call)).facts.language


def function_recipe(state: State, table: CallTable, call: int, text: str) -> Recipe | None:
    """What the library function at the path `text` does with collections, in the form that `call` uses."""
    if text not in NAMES:
        return None
    known = FUNCTIONS[language_of(state, table, call)]
    return known.get(f"{text}/{_positional(table, call)}") or known.get(text)


def method_recipe(state: State, table: CallTable, call: int) -> Recipe:
    """What the collections' method of the name that `call` spells does, in the form that it uses."""
    known, member = METHODS[language_of(state, table, call)], table.member(call)
    return known.get(f"{member}/{_positional(table, call)}") or known.get(member, _NO_RECIPE)


def _positional(table: CallTable, call: int) -> int:
    return sum(1 for label, _, _ in table.arguments(call) if label == flows.NO_NAME)


# --- from flows to constraints


def install(state: State, table: CallTable, call: int, recipe: Recipe) -> None:
    """Write the constraints of a library function for one call of it."""
    called = [slot for place in recipe.calls for slot in _slots(state, table, call, place)]
    state.stock.installed[call] = (*state.stock.installed.get(call, ()), *called)
    result = table.result(call)
    if result and recipe.makes:
        state.add(result, state.holder(0, call, keyed=is_keyed(recipe)))
    for flow in recipe.flows:
        if flow.target.root == "result" and not result:
            continue
        if flow.source.root == "keywords":
            _keywords(state, table, call, flow)
            continue
        for slot in _slots(state, table, call, flow.source):
            source = slot
            for step in flow.source.steps:
                source = _step(state, table, call, source, step)
            _deliver(state, table, call, source, flow)


def unknown_receivers(state: State, table: CallTable) -> None:
    """Write the flows of `map` and its like where nothing is known of the receiver, or where it holds plain values.

    Their results are what their callbacks give, whatever they are called with.
    """
    for call in range(len(table)):
        receiver = table.receiver(call)
        if state.points_to[receiver] or call in state.stock.installed or not table.result(call):
            continue
        if not receiver and "." not in table.text(call):
            continue  # a function of that name
        if table.member(call) not in _BY_RESULT:
            continue
        recipe = METHODS[language_of(state, table, call)].get(table.member(call))
        if recipe is not None:
            install(state, table, call, recipe)


def _slots(state: State, table: CallTable, call: int, place: Place) -> list[int]:
    """The variables that a place starts from."""
    if place.root == "self":
        return [table.receiver(call)] if table.receiver(call) else []
    if place.root == "result":
        return [table.result(call)]
    arguments = table.arguments(call)
    if place.root == "keyword":
        wanted = state.program.name_ids.get(place.name, -1)
        return [slot for label, slot, _ in arguments if label == wanted and slot]
    positional = [slot for label, slot, _ in arguments if label == flows.NO_NAME]
    chosen = positional[place.position :] if place.root == "args" else positional[place.position : place.position + 1]
    chosen = [slot for slot in chosen if slot]
    return chosen + _spread(state, arguments) if place.root == "args" else chosen


def _spread(state: State, arguments: list[Argument]) -> list[int]:
    """Variables for the elements of what is spread among arguments: `queue.push(...calls)`."""
    found = []
    for label, slot, _ in arguments:
        if label == flows.SPREAD_POSITIONAL and slot:
            found.append(state.variable())
            state.attach(slot, (LOAD, found[-1], EACH))
    return found


def _step(state: State, table: CallTable, call: int, source: int, step: str) -> int:
    """A variable for what one step leads to."""
    found = state.variable()
    if step == "()":
        state.attach(source, (RETURNED, found, call))
    elif step == "[]":
        state.attach(source, (LOAD, found, EACH))
    elif step == "[key]" and (key := literal_key(state, table, call)):
        for name in (key, ELEMENT) if key > 0 else (ELEMENT,):
            state.attach(source, (PICK, found, name))
    else:
        name = ELEMENT if step[0] == "[" else state.program.name_ids.get(step[1:], ELEMENT)
        state.attach(source, (LOAD, found, name))
    return found


def literal_key(state: State, table: CallTable, call: int) -> int:
    """The name of the string literal that is the first argument: `settings.get("view")`; 0 if it is none, -1 if nothing
    in the program has that name.
    """
    arguments = table.arguments(call)
    text = state.program.names[arguments[0][2]] if arguments and arguments[0][2] else ""
    return state.program.name_ids.get(text[1:], -1) if text.startswith('"') else 0


def _deliver(state: State, table: CallTable, call: int, source: int, flow: Flow) -> None:
    """Hand what `source` holds to the target of a flow."""
    target = flow.target
    if target.root == "result":
        if target.steps:
            owner, name = _inside(state, table, call, target.steps)
            state.copy(source, state.field(owner, name))
        elif flow.how == recipes.VALUES:
            state.copy(source, table.result(call))
        elif flow.how == recipes.FIELDS:
            state.attach(source, (SPREAD, _holding(state, call)))
        else:
            state.attach(source, (ENTRIES, state.holder(0, call)))
        return
    for slot in _slots(state, table, call, target):
        if flow.how == recipes.FIELDS:
            state.attach(source, (SPREAD, slot))
        elif flow.how == recipes.ENTRIES:
            state.attach(slot, (TAKE_ENTRIES, source))
        elif target.steps[0][0] == "(":
            state.attach(slot, (GIVE, source, int(target.steps[0][1:-1]), call))
        else:
            state.attach(slot, (PUT, source, _stored_under(state, table, call, target.steps[0])))


def _stored_under(state: State, table: CallTable, call: int, step: str) -> int:
    if step == "[key]":
        return max(literal_key(state, table, call), 0) or ELEMENT
    return ELEMENT if step == "[]" else state.program.name_ids.get(step[1:], ELEMENT)


def _inside(state: State, table: CallTable, call: int, steps: tuple[str, ...]) -> tuple[int, int]:
    """The object made for the call's value, or one inside it, and the field that the last step names."""
    owner = state.holder(0, call)
    state.add(table.result(call), owner)
    path: list[int] = []
    for step in steps[:-1]:
        path.append(_stored_under(state, table, call, step))
        below = state.holder(0, call, *path)
        state.add(state.field(owner, path[-1]), below)
        owner = below
    return owner, _stored_under(state, table, call, steps[-1])


def _keywords(state: State, table: CallTable, call: int, flow: Flow) -> None:
    """Keyword arguments become entries under their own names: `dict(status=f)`, `table.update(status=f)`."""
    for label, slot, _ in table.arguments(call):
        if label > 0 and slot:
            if flow.target.root == "result":
                state.copy(slot, state.field(state.holder(0, call), label))
            else:
                state.attach(table.receiver(call), (PUT, slot, label))
        elif label == flows.SPREAD_KEYWORD and slot:
            _deliver(state, table, call, slot, flow._replace(how=recipes.FIELDS))


def is_keyed(recipe: Recipe) -> bool | None:
    """How what a recipe makes is a mapping, as in `Stock.keyed`; None if it is none."""
    return None if recipe.makes == "list" else recipe.makes == "map"


def _holding(state: State, call: int) -> int:
    """A variable that holds the collection which a call makes, and nothing else."""
    made = state.holder(0, call)
    variable = state.stock.getter_results.setdefault((made, call), 0) or state.variable()
    state.stock.getter_results[made, call] = variable
    state.add(variable, made)
    return variable


def _attach_promise(state: State, table: CallTable, call: int, receiver: int, member: str) -> None:
    if table.result(call):
        state.copy(receiver, table.result(call))
    arguments = table.arguments(call)
    if member == "then" and arguments and arguments[0][1]:
        state.attach(arguments[0][1], (SETTLED, call))
