"""Definitions: functions and classes under their names, and what their decorators do."""

from typing import Final

from msgspec import structs
from tree_sitter import Node

from alef_audit.facts import flows
from alef_audit.facts.file import FunctionFlag
from alef_audit.frontends.python import expressions, fields, functions, targets
from alef_audit.frontends.python.classes import walk_class
from alef_audit.frontends.python.records import makes_record
from alef_audit.frontends.python.walk import Place, Walk, line_of, mangled, short, source

# Decorators that the language defines; they become flags and are not applied as calls.
_FLAGS: Final = {
    "property": FunctionFlag.GETTER,
    "abc.abstractproperty": FunctionFlag.GETTER,
    "staticmethod": FunctionFlag.STATIC,
    "classmethod": FunctionFlag.CLASSMETHOD,
    "abstractmethod": FunctionFlag.ABSTRACT,
    "abc.abstractmethod": FunctionFlag.ABSTRACT,
    "overload": FunctionFlag.ABSTRACT,
    "typing.overload": FunctionFlag.ABSTRACT,
    "override": 0,
    "typing.override": 0,
    "typing_extensions.override": 0,
}
_GETTERS: Final = ("cached_property", "reify", "hybrid_property", "computed_field", "under_cached_property")


def function_definition(walk: Walk, place: Place, node: Node) -> None:
    slot = functions.walk_function(walk, place, node, 0)
    name = node.child_by_field_id(fields.NAME)
    if name is not None:
        targets.assign(walk, place, name, slot)


def class_definition(walk: Walk, place: Place, node: Node) -> None:
    slot = walk_class(walk, place, node)
    name = node.child_by_field_id(fields.NAME)
    if name is not None:
        targets.assign(walk, place, name, slot)


def decorated_definition(walk: Walk, place: Place, node: Node) -> None:
    definition = node.child_by_field_id(fields.DEFINITION)
    if definition is None:
        return
    flags, accessor, is_property = 0, "", False
    applied: list[tuple[Node, int]] = []
    for child in node.named_children:
        if child.type != "decorator" or not child.named_children:
            continue
        expression = child.named_children[0]
        text = short(walk, expression, 60)
        if text in _FLAGS:
            flags |= _FLAGS[text]
            is_property = is_property or text == "property"
            continue
        if text.endswith((".setter", ".deleter")):
            flags |= FunctionFlag.SETTER
            accessor = flows.SET if text.endswith(".setter") else flows.DELETE
            continue
        if text.split("(")[0].rsplit(".", 1)[-1] in _GETTERS:
            flags |= FunctionFlag.GETTER
        applied.append((expression, expressions.value(walk, place, expression)))
    if definition.type == "class_definition":
        slot = walk_class(walk, place, definition)
    else:
        lends = any(short(walk, expression, 60).endswith("contextmanager") for expression, _ in applied)
        slot = functions.walk_function(walk, place, definition, flags, lends=lends, decorated=bool(applied))
    for expression, decorator in reversed(applied):
        slot = _apply(walk, place, expression, decorator, slot)
    name = definition.child_by_field_id(fields.NAME)
    if name is not None and accessor and place.fields is not None:
        member = accessor + mangled(place, source(walk, name))
        walk.build.store(place.class_slot, member, slot, line_of(name))
    elif name is not None and is_property and applied and place.fields is not None:
        # what other decorators made of it is the getter
        walk.build.store(place.class_slot, flows.GET + mangled(place, source(walk, name)), slot, line_of(name))
        walk.build.declare(place.scope, source(walk, name))
    elif name is not None and not accessor:
        targets.assign(walk, place, name, slot)


def _apply(walk: Walk, place: Place, expression: Node, decorator: int, decorated: int) -> int:
    inner = expression
    while inner.type == "call" and inner.named_children:
        inner = inner.named_children[0]
    is_member = inner.type == "attribute" and len(inner.named_children) >= 2
    result = walk.build.slot()
    walk.build.call(
        function=place.function,
        line=line_of(expression),
        column=expression.start_point[1] + 1,
        end_line=expression.end_point[0] + 1,
        callee=decorator,
        member=source(walk, inner.named_children[-1]) if is_member else short(walk, inner, 60),
        text="@" + short(walk, expression, 79),
        result=result,
        flags=flows.DECORATOR,
        loop=place.loop,
        condition=place.condition,
        arguments=[(flows.NO_NAME, decorated, flows.NO_NAME)],
    )
    if makes_record(walk, expression):
        walk.build.copy(result, decorated)
    return result


def label_object(walk: Walk, node: Node, label: str) -> None:
    """Name the allocation site of the literal `node` after the variable it is bound to."""
    objects = walk.build.objects
    for index in range(len(objects) - 1, max(-1, len(objects) - 400), -1):
        if objects[index].line == line_of(node) and not objects[index].label:
            objects[index] = structs.replace(objects[index], label=label)
            return
