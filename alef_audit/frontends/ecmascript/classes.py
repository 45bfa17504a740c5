"""Classes: members, fields, constructors, decorators."""

from typing import Final

from tree_sitter import Node

from alef_audit.facts import flows
from alef_audit.facts.file import Class, ClassKind, FunctionFlag
from alef_audit.frontends.ecmascript import calls, modules
from alef_audit.frontends.ecmascript.frames import UNNAMED, ClassPlace, Frame, Naming
from alef_audit.frontends.ecmascript.functions import FUNCTIONS, method, qualify
from alef_audit.frontends.ecmascript.literals import join, property_name
from alef_audit.frontends.ecmascript.nodes import bare, starts_with
from alef_audit.frontends.ecmascript.types import class_reference, instance_of, type_parameters
from alef_audit.frontends.ecmascript.walk import Task, Walk

_FIELDS: Final = frozenset(("public_field_definition", "field_definition"))
# Values of instance fields that do nothing when they are evaluated, so they need not stand in the constructor.
_INERT: Final = FUNCTIONS | {"identifier", "number", "string", "true", "false", "null", "undefined", "regex", "class"}


def declaration(walk: Walk, node: Node) -> int:
    """A class declaration; gives the slot of its name."""
    return class_as(walk, node, UNNAMED, 0)


def class_as(walk: Walk, node: Node, naming: Naming, dst: int) -> int:
    """A class; gives the slot that holds it."""
    build = walk.build
    name_node = node.child_by_field_id(walk.fields.name)
    own = walk.text(name_node) if name_node is not None else ""
    name = own or naming.name
    label = own or naming.label or "anonymous class"
    slot = build.slot() if not own else build.declare(walk.frame.scope, own)
    index = build.reserve_class()
    line = node.start_point.row + 1
    build.row(flows.CLASS, slot, index, 0, line)
    instance = build.slot()
    build.row(flows.SELF, instance, index, 0, line)
    outer, loop, guard = walk.frame, walk.loop, walk.guard
    generics = outer.generics
    outer.generics = generics | type_parameters(walk, node)
    superclass, bases = _heritage(walk, node)
    place = ClassPlace(index, label, slot, instance, superclass)
    if walk.decorates:
        methods: dict[str, tuple[Frame, int]] = {}
        for each in (slot, dst or slot):
            walk.places[each], walk.members[each] = place, methods
    members = _members(walk, node, place)
    walk.frame, walk.loop, walk.guard = outer, loop, guard
    build.classes[index] = Class(
        name=name,
        qualname=qualify(outer.qualname, label),
        line=line,
        end_line=node.end_point.row + 1,
        kind=int(ClassKind.CLASS),
        function=outer.index,
        slot=slot,
        bases=bases,
        members=tuple(dict.fromkeys(build.name(member) for member in members)),
    )
    for child in node.named_children:
        if child.type == "decorator":
            calls.decorator(walk, child, slot, slot)
    outer.generics = generics
    build.copy(dst, slot)
    return dst or slot


def class_value(walk: Walk, node: Node) -> int:
    return class_as(walk, node, UNNAMED, 0)


def export_statement(walk: Walk, node: Node) -> None:
    """An export; a class that it declares may carry its decorators in front of the word `export`."""
    modules.export_statement(walk, node)
    if not starts_with(node, "decorator"):
        return
    decorators = [child for child in node.named_children if child.type == "decorator"]
    declared = node.child_by_field_id(walk.fields.declaration)
    if decorators and declared is not None:
        for name in modules.declared_names(walk, declared)[:1]:
            slot = walk.build.reference(walk.frame.scope, name)
            for decorator in decorators:
                calls.decorator(walk, decorator, slot, slot)


def enum(walk: Walk, node: Node) -> int:
    name_node = node.child_by_field_id(walk.fields.name)
    if name_node is None:
        return 0
    build, name, line = walk.build, walk.text(name_node), node.start_point.row + 1
    slot = build.declare(walk.frame.scope, name)
    index = build.reserve_class()
    build.row(flows.CLASS, slot, index, 0, line)
    walk.effect(node.child_by_field_id(walk.fields.body))
    qualname = qualify(walk.frame.qualname, name)
    build.data_types.append((slot,))
    build.classes[index] = Class(
        name, qualname, line, node.end_point.row + 1, int(ClassKind.ENUM), walk.frame.index, slot, (), ()
    )
    return slot


def _heritage(walk: Walk, node: Node) -> tuple[int, tuple[int, ...]]:
    """Slot of the superclass (0 = none) and the slots of all bases."""
    superclass = 0
    bases: list[int] = []
    for heritage in node.named_children:
        if heritage.type != "class_heritage":
            continue
        for clause in heritage.named_children:
            if clause.type == "implements_clause":
                for child in clause.named_children:
                    named = child.named_children[0] if child.type == "generic_type" and child.named_children else child
                    if named.type in ("type_identifier", "nested_type_identifier"):
                        bases.append(class_reference(walk, named))
            elif clause.type == "extends_clause":
                superclass = walk.value(clause.child_by_field_id(walk.fields.value))
                bases.insert(0, superclass)
            elif clause.type != "comment":
                superclass = walk.value(clause)
                bases.insert(0, superclass)
    return superclass, tuple(base for base in bases if base)


def _members(walk: Walk, node: Node, place: ClassPlace) -> list[str]:
    """Walk the class body; gives the names stored on the class itself."""
    body = node.child_by_field_id(walk.fields.body)
    if body is None:
        return []
    outer = walk.frame
    names: list[str] = []
    decorators: list[Node] = []
    initialised: list[Node] = []
    constructor: Frame | None = None
    for child in body.named_children:
        kind = child.type
        if kind == "decorator":
            decorators.append(child)
            continue
        if kind == "method_definition":
            frame, dst = _method(walk, child, place, names)
            decorators.extend(below for below in child.named_children if below.type == "decorator")
            for decorator in decorators:
                calls.decorator(walk, decorator, dst, 0)
            if frame.flags & FunctionFlag.CONSTRUCTOR:
                constructor = frame
        elif kind in _FIELDS:
            for decorator in (*decorators, *(below for below in child.named_children if below.type == "decorator")):
                calls.decorator(walk, decorator, 0, 0)
            if not _is_static(child) and _acts(child):
                initialised.append(child)
            else:
                walk.frame = walk.view(place, static=_is_static(child))
                _field(walk, child, names, place)
        elif kind == "class_static_block":
            walk.frame = walk.view(place, static=True)
            walk.effect(child.child_by_field_id(walk.fields.body))
        elif kind not in ("method_signature", "abstract_method_signature", "index_signature", "comment"):
            walk.effect(child)
        walk.frame = outer
        if kind != "comment":
            decorators = []
    if initialised:
        _initialise(walk, node, place, initialised, constructor, names)
    return names


def _acts(field: Node) -> bool:
    value = field.child_by_field_name("value")
    return value is not None and bare(value).type not in _INERT


def _is_static(node: Node) -> bool:
    for child in node.children:
        if child.type == "static":
            return True
        if child.type in ("property_identifier", "="):
            break
    return False


def _is_readonly(node: Node) -> bool:
    return any(child.type == "readonly" for child in node.children)


def _key(walk: Walk, key: Node | None) -> str:
    if key is not None and key.type == "computed_property_name":
        walk.children(key)
    return property_name(walk, key)


def _naming(walk: Walk, place: ClassPlace, name: str, key: Node | None) -> Naming:
    label = place.label + walk.short(key, 60) if name == "*" and key is not None else join(place.label, name)
    return Naming(name if name != "*" else "", label, label)


def _method(walk: Walk, node: Node, place: ClassPlace, names: list[str]) -> tuple[Frame, int]:
    key = node.child_by_field_id(walk.fields.name)
    name = _key(walk, key)
    dst = walk.build.slot()
    frame = method(walk, node, _naming(walk, place, name, key), dst, member_of=place)
    if frame.flags & FunctionFlag.SETTER:
        name = flows.SET + name
    walk.build.store(place.slot, name, dst, frame.line)
    if walk.decorates:
        walk.members[place.slot][name] = frame, dst
    names.append(name)
    return frame, dst


def _field(walk: Walk, node: Node, names: list[str] | None, place: ClassPlace) -> None:
    """A field, in a frame whose `this` is the class (static) or its instance."""
    key = node.child_by_field_id(walk.fields.name) or node.child_by_field_id(walk.fields.property)
    name = _key(walk, key)
    static, build, line = walk.frame.static, walk.build, node.start_point.row + 1
    typed, value = node.child_by_field_id(walk.fields.type), node.child_by_field_id(walk.fields.value)
    holder = place.slot if static else place.instance
    if typed is not None and not (value is not None and value.type == "new_expression" and _is_readonly(node)):
        held = build.slot()
        before = len(build.flows)
        instance_of(walk, typed, held)
        if len(build.flows) > before:
            build.store(holder, name, held, line)
    if value is not None:
        build.store(holder, name, walk.value_as(value, _naming(walk, place, name, key)), line)
        if bare(value).type in FUNCTIONS:
            walk.frames[-1].owner = place.number
        if static and names is not None:
            names.append(name)


def _initialise(
    walk: Walk, node: Node, place: ClassPlace, fields: list[Node], constructor: Frame | None, names: list[str]
) -> None:
    """Put off the fields that do something when an instance is made: they run in the constructor."""
    outer, build = walk.frame, walk.build
    if constructor is None:
        start = node.start_point
        constructor = walk.function(outer)
        constructor.name, constructor.label = "constructor", join(place.label, "constructor")
        constructor.qualname = qualify(outer.qualname, constructor.label)
        constructor.line, constructor.column, constructor.end_line = (
            start.row + 1,
            start.column + 1,
            node.end_point.row + 1,
        )
        constructor.flags = int(FunctionFlag.CONSTRUCTOR)
        constructor.owner, constructor.member_of = place.number, place
        dst = build.slot()
        build.row(flows.FUNCTION, dst, constructor.index, 0, constructor.line)
        build.store(place.slot, "constructor", dst, constructor.line)
        names.append("constructor")
        if place.superclass:
            walk.tasks.append(Task(_call_super, node, 0, constructor, None, None))
    frame = walk.view(place, static=False, of=constructor)
    walk.tasks.extend(Task(_late_field, field, 0, frame, None, None) for field in fields)


def _call_super(walk: Walk, node: Node, dst: int) -> None:
    """What a class without a constructor of its own does first."""
    start, base = node.start_point, walk.super()
    walk.build.call(
        function=walk.frame.index,
        line=start.row + 1,
        column=start.column + 1,
        end_line=start.row + 1,
        callee=walk.build.load(base, "constructor", start.row + 1),
        receiver=base,
        member="super",
        text="super",
        flags=flows.IMPLICIT | flows.DISCARDED,
    )


def _late_field(walk: Walk, node: Node, dst: int) -> None:
    place = walk.frame.member_of
    if place is not None:
        _field(walk, node, None, place)
