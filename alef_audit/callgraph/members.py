"""What `base.name` reads and writes, for every kind of value."""

from typing import Final

from alef_audit.callgraph import bags, classes, tokens
from alef_audit.callgraph.constraints import HEIR, LOAD, RESULT
from alef_audit.callgraph.library import METHODS
from alef_audit.callgraph.record_classes import instance_of
from alef_audit.callgraph.state import State
from alef_audit.callgraph.tokens import MASK, SHIFT, token
from alef_audit.facts.file import FunctionFlag
from alef_audit.facts.flows import ACCESSORS, ASYNC_ITERATOR, CALLED, EACH, ELEMENT, GET, ITERATOR, RETURNED_VALUE

# Modules whose names in annotations are no classes of which a value could be an instance.
_TYPING: Final = ("typing.", "typing_extensions.", "collections.abc.", "types.")
# Methods of maps, sets, lists and dicts: reading one is no look-up of an element under that key.
COLLECTION_METHODS: Final = frozenset(
    [
        *METHODS["python"],
        *METHODS["ecmascript"],
        "clear",
        "length",
        "size",
        "join",
        "then",
        "catch",
        "finally",
        "toString",
        "hasOwnProperty",
        "return",
        "throw",
        CALLED,
        ITERATOR,
        ASYNC_ITERATOR,
        RETURNED_VALUE,
        "__iter__",
        "__enter__",
        "__exit__",
        "__aenter__",
        "__aexit__",
        "__aiter__",
        "__call__",
    ]
)
# `readFileSync.call(fs, path)` calls readFileSync.
_SAME_FUNCTION: Final = frozenset(("call", "apply"))
_OF_CLASSES: Final = frozenset((tokens.INSTANCE, tokens.CLASS, tokens.OPEN, tokens.OPEN_CLASS, tokens.SUPER))
_FUNCTION_METHODS: Final = {"call": tokens.CALL_OF, "apply": tokens.APPLY_OF, "bind": tokens.BIND_OF}


# What a read of an object does, by the name that is read.
_ENTRY: Final = 0  # the field, and what is stored under unknown keys
_MEMBER: Final = 1  # the field alone
_METHOD: Final = 2  # nothing: collections have it, no object of the program does
_SPECIAL: Final = 3


def name_kinds(state: State) -> bytes:
    """Per name of the program: what a read of an object does under it."""
    texts = state.program.names
    kinds = bytearray(_MEMBER if text in COLLECTION_METHODS or text.startswith(ACCESSORS) else _ENTRY for text in texts)
    for name in state.internal:
        kinds[name] = _MEMBER
    for name in state.methods_only:
        kinds[name] = _METHOD
    for name in (ELEMENT, EACH, *state.stock.negative, state.program.name_ids.get("__dict__", EACH)):
        kinds[name] = _SPECIAL
    return bytes(kinds)


def load_all(state: State, value: int, reads: list[int]) -> None:
    """`load` for every pair (destination, name) that is listed in `reads`."""
    reading, is_object = state.reading, value & MASK == tokens.OBJECT
    for at in range(0, len(reads), 2):
        destination, name = reads[at], reads[at + 1]
        if is_object and name >= 0 and reading[name] != _SPECIAL:
            if reading[name] != _METHOD:
                state.read_entry(value, name, destination, otherwise=reading[name] == _ENTRY)
        else:
            load(state, value, name, destination)


def load(state: State, value: int, name: int, destination: int) -> None:
    """Let `destination` take what `value.name` can be; `name` as in the constraint LOAD."""
    kind, index = value & MASK, value >> SHIFT
    if name < 0 and kind != tokens.VALUES_OF:
        name = ~name
        if kind == tokens.OBJECT:
            _load_attribute(state, value, name, destination)
            return
        if kind == tokens.EXTERNAL:
            _load_bag(state, value, name, destination)
            _load_external(state, index, name, destination)
            return
    if kind == tokens.OBJECT:
        _load_object(state, value, name, destination)
        return
    if name == EACH or name in state.stock.negative:
        name = ELEMENT
    if kind in _OF_CLASSES:
        classes.load_member(state, value, name, destination)
    elif kind == tokens.MODULE:
        load_export(state, index, name, destination)
    elif kind == tokens.EXTERNAL:
        _load_bag(state, value, name, destination)
        _load_external(state, index, name, destination)
    elif kind == tokens.FUNCTION:
        _load_function(state, value, name, destination)
    elif kind == tokens.MADE_BY:
        state.read_field(value, name, destination)
        _load_prototype(state, token(tokens.PROTOTYPE, index), name, destination)
    elif kind == tokens.PROTOTYPE:
        _load_prototype(state, value, name, destination)
    elif kind == tokens.VALUES_OF:
        state.gather(index, LOAD, destination, name)


def _load_object(state: State, value: int, name: int, destination: int) -> None:
    if name == ELEMENT:
        state.read_any(value, destination)
    elif name == EACH:
        iterate(state, value, destination)
    elif name in state.stock.negative:
        _load_from_end(state, value, name, destination)
    elif state.program.names[name] == "__dict__":
        state.add(destination, value)
    elif state.reading[name] != _METHOD:
        state.read_entry(value, name, destination, otherwise=state.reading[name] == _ENTRY)


def _load_attribute(state: State, value: int, name: int, destination: int) -> None:
    """An attribute of a collection: of what stands under keys only namespaces made of them give anything."""
    if state.program.names[name] == "__dict__":
        state.add(destination, value)
    elif state.reading[name] in (_ENTRY, _MEMBER):
        state.read_field(value, name, destination)


def iterate(state: State, value: int, destination: int) -> None:
    """Let `destination` take what iterating over an object gives: not the values of a mapping."""
    pairs = state.stock.keyed.get(value)
    if pairs is None:
        state.read_any(value, destination)
    elif pairs:
        known = (value, EACH) in state.stock.holders
        entry = state.holder(value, EACH)
        if not known:
            state.read_any(value, state.field(entry, state.program.name_ids["1"]))
        state.add(destination, entry)


def _load_from_end(state: State, value: int, name: int, destination: int) -> None:
    """`x[-1]`: known for a literal sequence, else any element."""
    position = state.stock.lengths.get(value, 0) - state.stock.negative[name]
    if position < 0:
        state.read_any(value, destination)
        return
    state.read_field(value, state.program.name_ids[str(position)], destination)
    state.read_field(value, ELEMENT, destination)


def _load_prototype(state: State, value: int, name: int, destination: int) -> None:
    state.read_field(value, name, destination)
    if name != ELEMENT and not state.known_field(value, name):
        state.unnamed.append((value, name, destination))


def settle_unnamed(state: State) -> None:
    """Members of prototypes that nothing is stored under by name may be methods written under computed names."""
    unnamed, state.unnamed = state.unnamed, []
    for value, name, destination in unnamed:
        if not state.known_field(value, name):
            state.read_field(value, ELEMENT, destination)


def _load_external(state: State, node: int, name: int, destination: int) -> None:
    text = state.program.names[name]
    if " " in text:
        return
    if node in state.derived and node not in state.api.bags.own:
        # classes of the program fill in what is declared to be of a class from outside
        value = token(tokens.EXTERNAL, node)
        if state.classes.known:
            _load_own(state, value, name, destination)
        else:
            state.owned.append((value, name, destination))
    if text.startswith("__"):
        # protocol methods are called by the language all the time: only those that a model speaks of matter
        child = state.api.existing(node, text)
        child = child if child in state.api.modelled else 0
    else:
        is_itself = text in _SAME_FUNCTION and node in state.api.sinks and state.api.language[node] == "ecmascript"
        child = node if is_itself else state.api.child(node, text)
    if child and state.api.text[child] in state.namespaces:
        state.add(destination, token(tokens.MODULE, state.namespaces[state.api.text[child]]))
    elif child:
        state.add(destination, token(tokens.EXTERNAL, child))


def _load_bag(state: State, value: int, name: int, destination: int) -> None:
    """What the program keeps under a name on an object of a library.

    What stands under keys that are not known, constants most often, is read under such keys only.
    """
    if not bags.bag(state, value):
        return
    bags.pick(state, value, name, destination)
    if value >> SHIFT in state.api.bags.own:
        if state.classes.known:
            _load_own(state, value, name, destination)
        else:
            state.owned.append((value, name, destination))


def _load_own(state: State, value: int, name: int, destination: int) -> None:
    for index in bags.own_classes(state, value >> SHIFT):
        classes.load_member(state, token(tokens.OPEN, index), name, destination)


def settle_owned(state: State) -> None:
    """What was read, before superclasses were known, of objects that libraries hand back to the program."""
    owned, state.owned = state.owned, []
    for value, name, destination in owned:
        _load_own(state, value, name, destination)


def _load_function(state: State, value: int, name: int, destination: int) -> None:
    text = state.program.names[name]
    index = value >> SHIFT
    if text == "prototype":
        state.add(destination, token(tokens.PROTOTYPE, index))
    elif text == CALLED:
        unit = state.program.unit_of(index)
        state.copy(unit.slots + state.program.functions[index].result, destination)
    elif text in _FUNCTION_METHODS:
        state.add(destination, token(_FUNCTION_METHODS[text], index))
    elif text not in ("then", "catch", "finally", "length", "name", "toString"):
        state.read_field(value, name, destination)


def keep_instances(state: State, value: int, destination: int) -> None:
    """What a method declared to return Self gives: its receiver's kind of object."""
    kind, index = value & MASK, value >> SHIFT
    if kind in (tokens.CLASS, tokens.SUPER):
        state.add(destination, token(tokens.OPEN, index))
    elif kind in (tokens.INSTANCE, tokens.OPEN):
        state.add(destination, value)


def define(state: State, index: int, name: int, source: int) -> None:
    """Let the body of class `index` bind a name to what `source` holds: a plain function becomes a method."""
    state.copy(source, state.field(token(tokens.CLASS, index), name))
    state.own(source, token(tokens.OPEN, index))


def store(state: State, value: int, name: int, source: int) -> None:
    """Let `value.name` take what `source` holds."""
    kind, index = value & MASK, value >> SHIFT
    if state.program.names[name] == "__proto__":
        if kind in (tokens.OBJECT, tokens.FUNCTION, tokens.MADE_BY, tokens.PROTOTYPE):
            state.attach(source, (HEIR, value))
        return
    if kind == tokens.CLASS and name in state.classes.methods[index]:
        return  # patched from outside, for tests and trials most often: what the class defines is what it does
    if kind in (tokens.CLASS, tokens.OPEN_CLASS):
        state.copy(source, state.field(token(tokens.CLASS, index), name))
    elif kind in (tokens.INSTANCE, tokens.OPEN):
        state.copy(source, state.field(token(tokens.INSTANCE, index), name))
    elif kind == tokens.MODULE and state.program.names[name] == "module.exports":
        state.copy(source, replaced_exports(state, index))
    elif kind == tokens.FUNCTION and state.program.names[name] == "prototype":
        state.attach(source, (HEIR, token(tokens.PROTOTYPE, index)))
    elif kind == tokens.MODULE and name in state.exports[index] and not state.program.units[index].facts.module_slot:
        state.copy(source, state.exports[index][name])
    elif kind in (tokens.OBJECT, tokens.PROTOTYPE, tokens.FUNCTION, tokens.MODULE, tokens.MADE_BY):
        state.copy(source, state.field(value, name))
    elif kind == tokens.EXTERNAL:
        bags.put(state, value, name, source)


# --- modules


def load_export(state: State, unit: int, name: int, destination: int) -> None:
    """What a module gives under `name`: an export, a re-export by star, a CommonJS field, or a submodule."""
    if name == ELEMENT:
        return
    found = find_export(state, unit, name, set())
    if found:
        state.copy(found, destination)
        return
    facts = state.program.units[unit].facts
    if facts.module_slot:
        _load_commonjs(state, unit, name, destination)
        return
    state.read_field(token(tokens.MODULE, unit), name, destination)
    submodule = state.modules.submodules.get((unit, state.program.names[name]))
    if submodule is not None:
        state.add(destination, token(tokens.MODULE, submodule))
    elif facts.language == "ecmascript":
        _load_from_libraries(state, unit, state.program.names[name], destination)


def _load_from_libraries(state: State, unit: int, name: str, destination: int) -> None:
    """A name that a barrel takes over from outside the program: `export * from "zod"`."""
    seen = {unit}
    pending = [unit]
    while pending:
        current = pending.pop()
        facts = state.program.units[current].facts
        for star in facts.stars:
            target, library = state.modules.targets[current][star], state.modules.externals[current][star]
            if target >= 0 and target not in seen:
                seen.add(target)
                pending.append(target)
            elif target < 0 and library and not facts.imports[star].type_only and name != "default":
                node = state.api.child(state.api.module(facts.language, library), name)
                state.add(destination, token(tokens.EXTERNAL, node))


def find_export(state: State, unit: int, name: int, seen: set[int]) -> int:
    """The slot that `unit` exports as `name`, through `export *` and star imports; 0 if there is none."""
    slot = state.exports[unit].get(name, 0)
    if slot or unit in seen:
        return slot
    seen.add(unit)
    for other in state.stars[unit]:
        slot = find_export(state, other, name, seen) if name not in state.hidden[other] else 0
        if slot:
            return slot
    return 0


def _load_commonjs(state: State, unit: int, name: int, destination: int) -> None:
    """A name of a CommonJS module, through one variable per module and name: modules may export each other
    in circles.
    """
    known = state.module_names.get((unit, name))
    if known is None:
        known = state.module_names[unit, name] = state.variable()
        value = token(tokens.MODULE, unit)
        state.read_field(value, name, known)
        getter = state.program.name_ids.get(GET + state.program.names[name])
        if getter is not None:
            # `Object.defineProperty(exports, "x", { get })`: how compilers write re-exports
            getters = state.passage((RESULT, known))
            state.read_field(value, getter, getters)
        replaced = replaced_exports(state, unit)
        if state.program.names[name] == "default":
            # importing a CommonJS module by default gives module.exports itself
            state.add(known, value)
            state.copy(replaced, known)
        else:
            state.attach(replaced, (LOAD, known, name))
    state.copy(known, destination)


def replaced_exports(state: State, unit: int) -> int:
    """The variable of what `module.exports = …` puts in place of the module object."""
    found = state.module_replaced.get(unit)
    if found is None:
        found = state.module_replaced[unit] = state.variable()
    return found


def make_instance(value: int, state: State) -> int | None:
    """The token for "an instance of `value`", None when it is no class."""
    kind, index = value & MASK, value >> SHIFT
    if kind == tokens.CLASS:
        return instance_of(state, index, tokens.OPEN)
    if kind == tokens.EXTERNAL:
        if state.api.text[index].startswith(_TYPING):
            return None
        node = state.api.instance(index)
        return token(tokens.EXTERNAL, node) if node else None
    if kind == tokens.FUNCTION and not state.program.functions[index].flags & FunctionFlag.ASYNC:
        return token(tokens.MADE_BY, index)
    return None
