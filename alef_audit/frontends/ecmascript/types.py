"""Declared types: which class a variable, parameter or field holds an instance of."""

from typing import Final

from tree_sitter import Node

from alef_audit.facts import flows
from alef_audit.facts.file import Class, ClassKind, ObjectKind
from alef_audit.frontends.ecmascript.data_types import data_type, is_plain
from alef_audit.frontends.ecmascript.literals import property_name, string_value
from alef_audit.frontends.ecmascript.mask import import_specifier
from alef_audit.frontends.ecmascript.modules import import_slot
from alef_audit.frontends.ecmascript.nodes import starts_with
from alef_audit.frontends.ecmascript.walk import Walk

_DEPTH_LIMIT: Final = 40
# Generic types that stand for their argument: the value is awaited or copied on the way.
_TRANSPARENT: Final = frozenset(
    (
        *(
            "Promise",
            "PromiseLike",
            "Awaited",
            "Awaitable",
            "MaybePromise",
            "MaybeAsync",
            "Readonly",
            "Partial",
            "Required",
        ),
        *("NonNullable", "Pick", "Omit", "Extract", "Exclude", "NoInfer"),
    )
)
# Generic types that stand for a collection, by the position of the argument that says what is in it.
_MAPS: Final = frozenset(("Map", "ReadonlyMap"))
_COLLECTIONS: Final = {
    "Array": 0,
    "ReadonlyArray": 0,
    "Set": 0,
    "ReadonlySet": 0,
    "WeakSet": 0,
    "Iterable": 0,
    "Iterator": 0,
    "IterableIterator": 0,
    "AsyncIterable": 0,
    "AsyncIterator": 0,
    "AsyncIterableIterator": 0,
    "Generator": 0,
    "AsyncGenerator": 0,
    "Map": 1,
    "ReadonlyMap": 1,
    "WeakMap": 1,
    "Record": 1,
}
_NO_CLASS: Final = frozenset(
    ("ReturnType", "Parameters", "ConstructorParameters", "Function", "Date", "RegExp", "Error", "const")
)
_ASKING: Final = frozenset(("ReturnType", "InstanceType"))
_NAMES: Final = frozenset(("type_identifier", "identifier", "nested_type_identifier", "member_expression"))
_PARAMETERS: Final = frozenset(("required_parameter", "optional_parameter"))
_FUNCTION_TYPES: Final = frozenset(("function_type", "constructor_type"))
_STRUCTURED: Final = _FUNCTION_TYPES | {
    *("array_type", "tuple_type", "object_type", "type_query", "this_type", "lookup_type"),
}
_JOINED: Final = frozenset(("union_type", "intersection_type"))
_PLAIN: Final = frozenset(("predefined_type", "literal_type"))
_WRAPPED: Final = frozenset(("type_annotation", "readonly_type", "parenthesized_type", "optional_type", "rest_type"))


def instance_of(walk: Walk, node: Node | None, dst: int, depth: int = 0) -> None:
    """Write that `dst` holds an instance of the type `node` (an annotation or a type expression)."""
    pending = [node] if node is not None and dst else []
    while pending:
        current = pending.pop()
        kind = current.type
        if kind in _WRAPPED:
            if kind != "type_annotation" or not is_plain(walk, current):
                pending.extend(current.named_children[:1])
        elif kind in _PLAIN:
            continue
        elif kind in _NAMES:
            _type_row(walk, dst, current)
        elif kind == "generic_type":
            pending.extend(_generic(walk, current, dst, depth))
        elif kind in _JOINED:
            pending.extend(reversed(current.named_children))
        elif kind == "conditional_type":
            pending.extend(current.named_children[-2:])
        elif kind in _STRUCTURED:
            if depth > _DEPTH_LIMIT:
                walk.note_too_deep(current)
                return
            _structured(walk, current, dst, depth + 1)


def _structured(walk: Walk, node: Node, dst: int, depth: int) -> None:
    kind, build = node.type, walk.build
    if kind == "array_type" or kind == "tuple_type":
        for child in node.named_children:
            _collection(walk, child, dst, depth)
    elif kind == "object_type":
        members: list[tuple[str, int]] = []
        for child in node.named_children:
            _field(walk, child, members, depth)
        held = [(name, slot) for name, slot in members if slot]
        if held or any(_is_function(child) for child in node.named_children):
            build.declared(dst, walk.frame.index, node.start_point.row + 1, held)
    elif kind in _FUNCTION_TYPES:
        function_type(walk, node, dst, depth)
    elif kind == "type_query":
        build.copy(dst, _queried(walk, node))
    elif kind == "this_type":
        build.copy(dst, walk.interface or walk.this())
    elif kind == "lookup_type":
        _lookup(walk, node, dst, depth)


def function_type(walk: Walk, node: Node, dst: int, depth: int = 0) -> None:
    """Write to `dst` what calling a function with this declared signature gives and takes, if that is anything."""
    fields = _signature(walk, node, depth)
    if fields:
        walk.build.declared(dst, walk.frame.index, node.start_point.row + 1, fields)


def _signature(walk: Walk, node: Node, depth: int) -> list[tuple[str, int]]:
    """(name, slot) of what a declared signature returns or constructs, and of its parameters; what matters of them."""
    generics = walk.frame.generics
    walk.frame.generics = generics | type_parameters(walk, node)
    returned = node.child_by_field_id(walk.fields.return_type) or node.child_by_field_id(walk.fields.type)
    found = [(flows.CALLED, typed_slot(walk, returned, depth + 1))]
    listed = node.child_by_field_id(walk.fields.parameters)
    if listed is not None and node.type != "function_signature" and depth < _DEPTH_LIMIT:
        for position, child in enumerate(child for child in listed.named_children if child.type in _PARAMETERS):
            typed = child.child_by_field_id(walk.fields.type)
            if not starts_with(child, "rest_pattern"):
                found.append((flows.parameter_name(position), typed_slot(walk, typed, depth + 1)))
    walk.frame.generics = generics
    return [(name, slot) for name, slot in found if slot]


def _is_function(member: Node) -> bool:
    """Whether a member of an interface or object type is declared to be a function."""
    if member.type == "method_signature":
        return True
    typed = member.child_by_field_name("type") if member.type == "property_signature" else None
    while typed is not None and typed.type in _WRAPPED:
        typed = typed.named_children[0] if typed.named_children else None
    return typed is not None and typed.type in _FUNCTION_TYPES


def _collection(walk: Walk, node: Node, dst: int, depth: int, kind: int = 0) -> None:
    element = typed_slot(walk, node, depth)
    if element:
        walk.build.declared(dst, walk.frame.index, node.start_point.row + 1, [("*", element)], kind)


def cast(walk: Walk, node: Node, slot: int, dst: int) -> int:
    """`x as T`, `x satisfies T`, `<T>x`: the value, and an instance of T."""
    kind, parts = node.type, node.named_children
    if kind not in ("as_expression", "satisfies_expression", "type_assertion") or len(parts) < 2:
        return slot
    typed = parts[-1]
    if kind == "type_assertion":
        typed = parts[0].named_children[0] if parts[0].named_children else parts[-1]
    if typed.type == "predefined_type":
        return slot
    if dst:
        before = len(walk.build.flows)
        instance_of(walk, typed, dst)
        return dst if len(walk.build.flows) > before else slot
    held = typed_slot(walk, typed)
    if held:
        walk.build.copy(held, slot)
    return held or slot


def typed_slot(walk: Walk, node: Node | None, depth: int = 0) -> int:
    """A fresh slot that holds an instance of the type; 0 when the type names no class."""
    if node is None or node.type == "predefined_type":
        return 0
    build = walk.build
    dst, before = build.slot(), len(build.flows)
    instance_of(walk, node, dst, depth)
    return dst if len(build.flows) > before else 0


def _lookup(walk: Walk, node: Node, dst: int, depth: int) -> None:
    parts = node.named_children
    base = typed_slot(walk, parts[0], depth) if parts else 0
    if base and len(parts) > 1:
        below = parts[1].named_children
        name = string_value(walk, below[0]) if parts[1].type == "literal_type" and below else None
        walk.build.copy(dst, walk.build.load(base, name or "*", node.start_point.row + 1))


def _queried(walk: Walk, node: Node) -> int:
    """The value that `typeof x.y` asks the type of."""
    parts = node.named_children
    if not parts or parts[0].type not in ("identifier", "member_expression", "subscript_expression", "this"):
        return 0
    innermost = parts[0]
    while innermost.type == "member_expression" and innermost.named_children:
        innermost = innermost.named_children[0]
    if innermost.type == "identifier":
        return class_reference(walk, parts[0])
    return walk.value(parts[0])


def _generic(walk: Walk, node: Node, dst: int, depth: int) -> list[Node]:
    """Write what a generic type says about `dst`; gives the types that it merely wraps."""
    parts = node.named_children
    if not parts:
        return []
    name = walk.text(parts[0])
    arguments = parts[-1].named_children if parts[-1].type == "type_arguments" else []
    if name in _TRANSPARENT:
        return arguments[:1]
    position = _COLLECTIONS.get(name)
    if position is not None:
        if len(arguments) > position:
            if depth > _DEPTH_LIMIT:
                walk.note_too_deep(node)
            else:
                _collection(walk, arguments[position], dst, depth + 1, ObjectKind.MAPPING if name in _MAPS else 0)
    elif name in _ASKING:
        asked = typed_slot(walk, arguments[0], depth + 1) if arguments and depth <= _DEPTH_LIMIT else 0
        if asked and name == "ReturnType":
            walk.build.copy(dst, walk.build.load(asked, flows.CALLED, node.start_point.row + 1))
        elif asked:
            walk.build.row(flows.TYPE, dst, asked, 0, node.start_point.row + 1)
    elif name not in _NO_CLASS:
        _type_row(walk, dst, parts[0])
    return []


def _type_row(walk: Walk, dst: int, node: Node) -> None:
    src = class_reference(walk, node)
    if src:
        walk.build.row(flows.TYPE, dst, src, 0, node.start_point.row + 1)


def class_reference(walk: Walk, node: Node) -> int:
    """The slot of the class or interface that a (qualified) type name refers to; 0 for generic parameters."""
    names: list[str] = []
    while node.type in ("nested_type_identifier", "nested_identifier", "member_expression"):
        parts = node.named_children
        if len(parts) < 2:
            return 0
        names.append(walk.text(parts[-1]))
        node = parts[0]
    name = walk.text(node)
    if name[:7] == "import(":
        specifier = import_specifier(walk.source, node.start_byte)
        slot = import_slot(walk, specifier, node.start_point.row + 1, type_only=True) if specifier else 0
    elif name in walk.frame.generics or name in _NO_CLASS or node.type == "call_expression":
        return 0
    else:
        slot = walk.build.reference(walk.frame.scope, name)
    for each in reversed(names):
        slot = walk.build.load(slot, each or "*", node.start_point.row + 1)
    return slot


# --- declarations of types


def interface(walk: Walk, node: Node) -> int:
    """An interface: a class of kind INTERFACE whose declared fields are stored on its instances."""
    name_node, body = node.child_by_field_id(walk.fields.name), node.child_by_field_id(walk.fields.body)
    if name_node is None:
        return 0
    generics = walk.frame.generics
    walk.frame.generics = generics | type_parameters(walk, node)
    name = walk.text(name_node)
    slot = walk.build.declare(walk.frame.scope, name)
    bases = [
        class_reference(walk, base.named_children[0] if base.type == "generic_type" and base.named_children else base)
        for clause in node.named_children
        if clause.type in ("extends_type_clause", "extends_clause")
        for base in clause.named_children
        if base.type != "type_arguments"
    ]
    bodies = [body] if body is not None else []
    _interface(walk, node, name, slot, tuple(base for base in bases if base), bodies)
    if all(bases):
        data_type(walk, slot, tuple(bases), bodies, type_parameters(walk, node))
    walk.frame.generics = generics
    return slot


def type_alias(walk: Walk, node: Node) -> int:
    """`type A = …`: A evaluates to the classes named on the right, and to an interface for the structural parts."""
    name_node, value = node.child_by_field_id(walk.fields.name), node.child_by_field_id(walk.fields.value)
    if name_node is None:
        return 0
    generics = walk.frame.generics
    walk.frame.generics = generics | type_parameters(walk, node)
    name = walk.text(name_node)
    slot = walk.build.declare(walk.frame.scope, name)
    pending = [value] if value is not None else []
    parts: list[Node] = []
    while pending:
        current = pending.pop()
        kind, below = current.type, current.named_children
        if kind in _WRAPPED:
            pending.extend(below[:1])
        elif kind in _JOINED:
            pending.extend(reversed(below))
        elif kind == "conditional_type":
            pending.extend(below[-2:])
        elif kind == "generic_type" and below and walk.text(below[0]) in _TRANSPARENT:
            pending.extend(below[-1].named_children[:1])
        elif kind == "generic_type" and below and walk.text(below[0]) not in _COLLECTIONS.keys() | _ASKING:
            walk.build.copy(slot, class_reference(walk, below[0]))
        elif kind in _NAMES:
            walk.build.copy(slot, class_reference(walk, current))
        elif kind in _STRUCTURED or kind == "generic_type":
            parts.append(current)
    if parts:
        _interface(walk, node, name, slot, (), parts)
    if value is not None:
        data_type(walk, slot, (), [value], type_parameters(walk, node))
    walk.frame.generics = generics
    return slot


def _interface(walk: Walk, node: Node, name: str, slot: int, bases: tuple[int, ...], parts: list[Node]) -> None:
    """A class of kind INTERFACE for the bodies and other structural types in `parts`."""
    build, line = walk.build, node.start_point.row + 1
    index = build.reserve_class()
    build.row(flows.CLASS, slot, index, 0, line)
    outer, instance = walk.interface, build.slot()
    walk.interface = instance
    members: list[tuple[str, int]] = []
    for part in parts:
        if part.type in ("interface_body", "object_type"):
            for child in part.named_children:
                _field(walk, child, members, 1)
        elif part.type in _FUNCTION_TYPES:
            members.append((flows.CALLED, 0))
            members.extend(_signature(walk, part, 1))
        else:
            members.append((flows.WHOLE, typed_slot(walk, part, 1)))
    walk.interface = outer
    build.row(flows.SELF, instance, index, 0, line)
    for field, held in members:
        build.store(instance, field, held, line)
    qualname = f"{walk.frame.qualname}.{name}" if walk.frame.qualname else name
    build.classes[index] = Class(
        name=name,
        qualname=qualname,
        line=line,
        end_line=node.end_point.row + 1,
        kind=int(ClassKind.INTERFACE),
        function=walk.frame.index,
        slot=slot,
        bases=bases,
        members=tuple(dict.fromkeys(build.name(field) for field, _ in members)),
    )


def _field(walk: Walk, node: Node, members: list[tuple[str, int]], depth: int) -> None:
    """Add the (name, slot of its type) of what an interface or object type declares; slot 0 for types without a class.

    A method stands for an object that gives its declared result when it is called.
    """
    kind, fields = node.type, walk.fields
    typed = node.child_by_field_id(fields.type)
    if kind == "property_signature":
        members.append((property_name(walk, node.child_by_field_id(fields.name)), typed_slot(walk, typed, depth)))
    elif kind == "index_signature":
        members.append(("*", typed_slot(walk, typed, depth)))
    elif kind == "method_signature":
        name = property_name(walk, node.child_by_field_id(walk.fields.name))
        if starts_with(node, "get"):
            members.append((name, typed_slot(walk, node.child_by_field_id(walk.fields.return_type), depth)))
            return
        signed, slot = _signature(walk, node, depth), 0
        if signed:
            slot = walk.build.slot()
            walk.build.declared(slot, walk.frame.index, node.start_point.row + 1, signed)
        members.append((name, slot))
    elif kind == "call_signature" or kind == "construct_signature":
        members.append((flows.CALLED, 0))
        members.extend(_signature(walk, node, depth))


def type_parameters(walk: Walk, node: Node) -> frozenset[str]:
    """Names of the generic parameters that a declaration introduces."""
    listed = node.child_by_field_id(walk.fields.type_parameters)
    if listed is None:
        return frozenset()
    parameters = (child for child in listed.named_children if child.type == "type_parameter")
    names = (parameter.child_by_field_id(walk.fields.name) for parameter in parameters)
    return frozenset(walk.text(name) for name in names if name is not None)
