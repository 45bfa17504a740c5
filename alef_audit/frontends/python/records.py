"""Classes that only hold data: no methods, and fields that are declared to hold strings, numbers, or such classes."""

from typing import Final

from tree_sitter import Node

from alef_audit.frontends.python import fields
from alef_audit.frontends.python.declared import classes_in
from alef_audit.frontends.python.walk import Place, Walk, short, source

_NOTHING: Final = frozenset(("pass_statement", "comment", "class_definition"))
_LITERALS: Final = frozenset(
    ["string", "concatenated_string", "integer", "float", "true", "false", "none", "unary_operator", "binary_operator"]
)
# How pydantic's models and enumerations are configured, and how members of these are numbered.
_CONFIGURATION: Final = frozenset(("model_config", "_ignore_", "_order_"))
_NUMBERED: Final = frozenset(("auto()", "enum.auto()"))


def makes_record(walk: Walk, expression: Node) -> bool:
    """Whether a decorator generates the constructor of a class from its fields, and hands the class back."""
    inner = expression.named_children[0] if expression.type == "call" and expression.named_children else expression
    return short(walk, inner, 60).rpartition(".")[2] == "dataclass"


def record(walk: Walk, place: Place, node: Node) -> tuple[int, ...] | None:
    """The slots of the classes that the fields of the class `node` are declared to hold; None unless it is a record,
    if those classes are.

    `place` is that of its body.  What a dictionary of a record without decorators holds is taken for data: these
    describe messages.
    """
    outer = node.parent
    beside = outer.named_children if outer is not None and outer.type == "decorated_definition" else ()
    decorators = [child.named_children[0] for child in beside if child.type == "decorator" and child.named_children]
    bases = node.child_by_field_id(fields.SUPERCLASSES)
    if not (decorators or bases) or not all(makes_record(walk, each) for each in decorators):
        return None
    body = node.child_by_field_id(fields.BODY)
    found: list[int] = []
    for statement in body.named_children if body is not None else ():
        if statement.type == "expression_statement":
            if not all(_field(walk, place, each, found, loose=not decorators) for each in statement.named_children):
                return None
        elif statement.type not in _NOTHING:
            return None
    return tuple(dict.fromkeys(found))


def _field(walk: Walk, place: Place, node: Node, found: list[int], *, loose: bool) -> bool:
    if node.type != "assignment":
        return node.type in ("string", "ellipsis", "comment")
    annotation, right = node.child_by_field_id(fields.TYPE), node.child_by_field_id(fields.RIGHT)
    if annotation is not None:
        return classes_in(walk, place, annotation, found, loose=loose)
    left = node.child_by_field_id(fields.LEFT)
    if right is None or left is None or source(walk, left) in _CONFIGURATION:
        return left is not None
    return _is_literal(walk, right)


def _is_literal(walk: Walk, node: Node) -> bool:
    pending = [node]
    while pending:
        current = pending.pop()
        if current.type in ("tuple", "binary_operator", "unary_operator", "parenthesized_expression"):
            pending.extend(current.named_children)
        elif current.type not in _LITERALS and short(walk, current, 20) not in _NUMBERED:
            return False
    return True
