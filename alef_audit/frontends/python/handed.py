"""Type variables and Self: annotations that say which argument a function gives back, or an element or instance."""

import re
from typing import Final

from tree_sitter import Node

from alef_audit.facts import flows
from alef_audit.frontends.python import fields
from alef_audit.frontends.python.types import CONTAINERS, TRANSPARENT
from alef_audit.frontends.python.walk import Walk, line_of, source

_DECLARED: Final = re.compile(rb"^(\w+)\s*=\s*(?:\w+\.)?TypeVar\(", re.MULTILINE)
# Type variables imported from elsewhere, by how they are commonly called.
_CUSTOMARY: Final = re.compile(r"_?(?:[TKVPRS]|[A-Z][A-Za-z]*T|T_[A-Za-z]+)(?:_co|_contra)?")
_CLASSES: Final = frozenset(("type", "Type"))


def declared_variables(text: bytes) -> frozenset[str]:
    """The names of the type variables that a file makes."""
    return frozenset(name.decode() for name in _DECLARED.findall(text)) if b"TypeVar(" in text else frozenset()


def hand_back(walk: Walk, function: Node, returns: Node | None, *, is_method: bool) -> None:
    """Write which parameters the annotations of a function say it gives back."""
    parameters = function.child_by_field_id(fields.PARAMETERS)
    if returns is None or parameters is None:
        return
    name = _alone(walk, returns)
    if name == "Self":
        if is_method:
            walk.build.row(flows.HANDED, flows.RECEIVER_PARAMETER, flows.HANDED_AS_IS, 0, line_of(returns))
        return
    own = function.child_by_field_id(fields.TYPE_PARAMETERS)
    is_own = own is not None and name in re.findall(r"\w+", source(walk, own))
    if not name or not (is_own or name in walk.type_variables or _CUSTOMARY.fullmatch(name)):
        return
    position = flows.RECEIVER_PARAMETER if is_method else 0
    for child in parameters.named_children:
        if child.type in ("comment", "positional_separator"):
            continue
        if child.type in ("keyword_separator", "list_splat_pattern") or _is_collecting(child):
            return
        annotation = child.child_by_field_id(fields.TYPE)
        how = _how(walk, annotation, name, 0) if annotation is not None else None
        if how is not None:
            walk.build.row(flows.HANDED, position, how, 0, line_of(returns))
        position += 1


def _is_collecting(node: Node) -> bool:
    return node.type == "typed_parameter" and node.named_children[0].type != "identifier"


def _alone(walk: Walk, node: Node) -> str:
    """The name that an annotation consists of, apart from None and what only wraps it; "" for others."""
    kind, parts = node.type, node.named_children
    if kind == "identifier":
        return source(walk, node)
    if kind == "type" and len(parts) == 1:
        return _alone(walk, parts[0])
    if kind == "string" and len(parts) == 3:
        text = source(walk, parts[1])
        return text if text.isidentifier() else ""
    if kind == "binary_operator" and len(parts) == 2 and parts[1].type == "none":
        return _alone(walk, parts[0])
    if kind == "generic_type" and len(parts) == 2 and source(walk, parts[0]) in TRANSPARENT:
        inner = parts[1].named_children
        return _alone(walk, inner[-1]) if inner else ""
    if kind == "attribute":
        return source(walk, parts[-1]) if source(walk, parts[-1]) == "Self" else ""
    return ""


def _how(walk: Walk, node: Node, name: str, depth: int) -> int | None:
    """How an annotation mentions the type variable: as itself, as an element, as its class."""
    if _alone(walk, node) == name:
        return flows.HANDED_AS_IS
    kind, parts = node.type, node.named_children
    if depth > 6 or not parts:
        return None
    if kind == "generic_type":
        outer = source(walk, parts[0]).rsplit(".", 1)[-1]
        inner = [_how(walk, each, name, depth + 1) for each in parts[1].named_children]
        if flows.HANDED_AS_IS in inner:
            if outer in _CLASSES:
                return flows.HANDED_INSTANCE
            if outer in CONTAINERS:
                return flows.HANDED_ELEMENT
        if outer in TRANSPARENT:
            return next((how for how in inner if how is not None), None)
        return None
    if kind in ("type", "binary_operator"):
        return next((how for part in parts if (how := _how(walk, part, name, depth + 1)) is not None), None)
    return None
