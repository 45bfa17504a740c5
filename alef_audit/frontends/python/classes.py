"""Classes: their bodies, superclasses, metaclasses, accessors and the fields of generated constructors."""

from typing import Final

import msgspec
from tree_sitter import Node

from alef_audit.facts import flows, kept
from alef_audit.facts.file import Class, ClassKind
from alef_audit.frontends.builder import Scope
from alef_audit.frontends.python import expressions, fields, statements
from alef_audit.frontends.python.kept import declared
from alef_audit.frontends.python.records import record
from alef_audit.frontends.python.walk import Place, Walk, line_of, literal_of, mangled, short, source

_ACCESSORS = ((0, "fget", flows.GET), (1, "fset", flows.SET), (2, "fdel", flows.DELETE))
# Keywords by which field specifiers name what makes a default (PEP 681).
_FACTORIES = ("default_factory", "factory")
_FIELDS = ("ib", "attrib", "field")  # functions of attrs that make a field without an annotation
# Superclasses of enumerations whose members equal nothing but themselves, and those whose members equal their value.
_ENUMERATIONS: Final = frozenset(("Enum", "object"))
_VALUES: Final = frozenset(("str", "int", "StrEnum", "IntEnum"))


def walk_class(walk: Walk, place: Place, node: Node) -> int:
    """A class: its body is walked in a scope that its methods do not see. Gives the slot that holds the class."""
    build = walk.build
    name_node = node.child_by_field_id(fields.NAME)
    name = source(walk, name_node) if name_node is not None else ""
    qualname = f"{place.qualname}.{name}" if place.qualname else name
    bases, metaclass, is_protocol = _bases(walk, place, node)
    index = build.reserve_class()
    line = line_of(name_node) if name_node is not None else line_of(node)
    class_slot, self_slot = build.slot(), build.slot()
    build.row(flows.CLASS, class_slot, index, 0, line)
    build.row(flows.SELF, self_slot, index, 0, line)
    scope = Scope(place.scope, walk.build.slot, place.function)
    annotated: list[str] = []
    inner = msgspec.structs.replace(
        place,
        scope=scope,
        lexical=place.lexical,
        qualname=qualname,
        owner=index,
        self_slot=self_slot,
        class_slot=class_slot,
        loop=-1,
        condition=-1,
        class_name=name,
        fields=annotated,
        enumerates=_enumerates(walk, node),
    )
    body = node.child_by_field_id(fields.BODY)
    if body is not None:
        statements.walk_block(walk, inner, body)
    held = record(walk, inner, node)
    members = {member: mangled(inner, member) for member in sorted(scope.declared) if " " not in member}
    for member, stored in members.items():
        build.store(class_slot, stored, scope.slots[member], line)
    build.close(scope)
    build.classes[index] = Class(
        name=name,
        qualname=qualname,
        line=line,
        end_line=node.end_point[0] + 1,
        kind=ClassKind.INTERFACE if is_protocol else ClassKind.CLASS,
        function=place.function,
        slot=class_slot,
        bases=bases,
        members=tuple(build.name(stored) for stored in members.values()),
        fields=tuple(build.name(field) for field in dict.fromkeys(annotated)),
        metaclass=metaclass,
        record=held,
    )
    return class_slot


def _enumerates(walk: Walk, node: Node) -> str:
    """How the members of an enumeration compare, see `kept.LITERAL`; "" for other classes, and if that is not known."""
    bases = node.child_by_field_id(fields.SUPERCLASSES)
    if bases is None or walk.text.find(b"Enum", bases.start_byte, bases.end_byte) < 0:
        return ""
    named = {short(walk, child, 60).rpartition(".")[2] for child in bases.named_children}
    if not named <= _ENUMERATIONS | _VALUES:
        return ""
    return kept.AS_VALUE if named & _VALUES else kept.AS_MEMBER


def _bases(walk: Walk, place: Place, node: Node) -> tuple[tuple[int, ...], int, bool]:
    """Slots of the superclasses and of the metaclass, and whether this is a Protocol."""
    bases: list[int] = []
    metaclass = 0
    is_protocol = False
    arguments = node.child_by_field_id(fields.SUPERCLASSES)
    for child in arguments.named_children if arguments is not None else ():
        if child.type == "comment":
            continue
        if child.type == "keyword_argument":
            slot = expressions.value(walk, place, child.named_children[-1])
            if source(walk, child.named_children[0]) == "metaclass":
                metaclass = slot
            continue
        text = short(walk, child, 60)
        is_protocol = is_protocol or text.split("[")[0].rsplit(".", 1)[-1] == "Protocol"
        base = child.named_children[0] if child.type == "subscript" and child.named_children else child
        slot = expressions.value(walk, place, base)
        if slot:
            bases.append(slot)
    return tuple(bases), metaclass, is_protocol


def class_made_by_call(walk: Walk, place: Place, nodes: list[Node]) -> int:
    """`type(name, (Base, …), {"member": value})`."""
    build, line = walk.build, line_of(nodes[0])
    name = literal_of(walk, nodes[0])[1:]
    index = build.reserve_class()
    slot = build.slot()
    build.row(flows.CLASS, slot, index, 0, line)
    bases = [expressions.value(walk, place, child) for child in nodes[1].named_children]
    members: list[str] = []
    for pair in nodes[2].named_children:
        parts = pair.named_children
        if pair.type == "pair" and len(parts) == 2 and literal_of(walk, parts[0]):
            members.append(literal_of(walk, parts[0])[1:])
            build.store(slot, members[-1], expressions.value(walk, place, parts[1]), line)
    made = _made_by_call(place, name, slot, line, nodes)
    build.classes[index] = msgspec.structs.replace(
        made, bases=tuple(base for base in bases if base), members=tuple(build.name(member) for member in members)
    )
    return slot


def named_tuple(walk: Walk, place: Place, callee: Node, nodes: list[Node]) -> int:
    """`namedtuple("Route", ["path", "handler"])`: a class with these fields; 0 when they are not written out."""
    build = walk.build
    name = literal_of(walk, nodes[0])[1:] if nodes else ""
    if len(nodes) < 2 or not name:
        return 0
    listed = nodes[1].named_children if nodes[1].type in ("list", "tuple") else [nodes[1]]
    texts = [literal_of(walk, child) for child in listed]
    if not all(text.startswith('"') for text in texts):
        return 0
    fields = [field for text in texts for field in text[1:].replace(",", " ").split()]
    index, slot, line = build.reserve_class(), build.slot(), line_of(callee)
    build.row(flows.CLASS, slot, index, 0, line)
    made = _made_by_call(place, name, slot, line, nodes)
    build.classes[index] = msgspec.structs.replace(
        made, bases=(expressions.value(walk, place, callee),), fields=tuple(build.name(field) for field in fields)
    )
    return slot


def _made_by_call(place: Place, name: str, slot: int, line: int, nodes: list[Node]) -> Class:
    """A class that a call with these arguments makes, without bases and members."""
    return Class(
        name=name,
        qualname=f"{place.qualname}.{name}" if place.qualname else name,
        line=line,
        end_line=nodes[-1].end_point[0] + 1,
        kind=ClassKind.CLASS,
        function=place.function,
        slot=slot,
        bases=(),
        members=(),
    )


def class_assignment(walk: Walk, place: Place, left: Node, right: Node | None, *, annotation: Node | None) -> bool:
    """An assignment in the body of a class that makes no plain value: `x = property(f, g)`, a field with a factory.

    True if it was one, and is dealt with.
    """
    if place.fields is None or left.type != "identifier":
        return False
    name = source(walk, left)
    if annotation is not None:
        place.fields.append(mangled(place, name))
        declared(walk, place, left, annotation, right)
    if right is None or right.type != "call" or len(right.named_children) < 2:
        return False
    arguments = [child for child in right.named_children[-1].named_children if child.type != "comment"]
    called = source(walk, right.named_children[0])
    if annotation is None and called.rpartition(".")[2] in _FIELDS:
        place.fields.append(mangled(place, name))
    if called == "property":
        _property(walk, place, name, arguments)
        return True
    for argument in arguments:
        if argument.type == "keyword_argument" and source(walk, argument.named_children[0]) in _FACTORIES:
            slot = expressions.value(walk, place, argument.named_children[-1])
            walk.build.store(place.class_slot, flows.FACTORY + mangled(place, name), slot, line_of(argument))
            return True
    return False


def _property(walk: Walk, place: Place, name: str, arguments: list[Node]) -> None:
    for position, argument in enumerate(arguments):
        keyword = source(walk, argument.named_children[0]) if argument.type == "keyword_argument" else ""
        value = argument.named_children[-1] if keyword else argument
        for at, word, prefix in _ACCESSORS:
            if keyword == word or (not keyword and at == position):
                slot = expressions.value(walk, place, value)
                walk.build.store(place.class_slot, prefix + mangled(place, name), slot, line_of(argument))
    walk.build.declare(place.scope, name)
