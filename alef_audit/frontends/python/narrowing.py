"""`isinstance`, `assert isinstance` and class patterns: what a name is known to be where a test has decided it.

Below such a test the name stands for a slot of its own, which holds all that the name holds and an instance of the
class: nothing of it reaches the other branches.
"""

from itertools import pairwise
from typing import Final

import msgspec
from tree_sitter import Node

from alef_audit.facts import flows
from alef_audit.frontends.python import expressions, targets
from alef_audit.frontends.python.types import is_plain
from alef_audit.frontends.python.walk import Place, Walk, line_of, short, source

_NAMES: Final = frozenset(("identifier", "attribute"))
_DEPTH: Final = 8
_SUBJECT: Final = 40  # characters of what is matched that a test shows
_LITERALS: Final = frozenset(("string", "integer", "float", "true", "false", "concatenated_string"))


def narrowed(walk: Walk, place: Place, test: Node | None, *, holds: bool, depth: int = 0) -> Place:
    """`place` with what is known of names when `test` holds, or does not hold."""
    if test is None or depth > _DEPTH:
        return place
    kind = test.type
    parts = test.named_children
    if kind == "parenthesized_expression" and len(parts) == 1:
        return narrowed(walk, place, parts[0], holds=holds, depth=depth + 1)
    if kind == "not_operator" and parts:
        return narrowed(walk, place, parts[0], holds=not holds, depth=depth + 1)
    if kind == "boolean_operator" and len(test.children) > 2:
        if (test.children[1].type == "and") == holds:
            for operand in (test.children[0], test.children[2]):
                place = narrowed(walk, place, operand, holds=holds, depth=depth + 1)
        return place
    if kind != "call" or not holds or len(parts) != 2 or source(walk, parts[0]) != "isinstance":
        return place
    arguments = [child for child in parts[1].named_children if child.type != "comment"]
    if len(arguments) != 2:
        return place
    return _as(walk, place, arguments[0], _classes(arguments[1]))


def _classes(node: Node) -> list[Node]:
    if node.type == "tuple":
        return [inner for child in node.named_children for inner in _classes(child)]
    if node.type == "binary_operator" and len(node.named_children) == 2:
        return [inner for child in node.named_children for inner in _classes(child)]
    return [node]


def _as(walk: Walk, place: Place, subject: Node, classes: list[Node]) -> Place:
    """`place` in which `subject` is an instance of one of the classes."""
    if subject.type not in _NAMES or any(
        node.type not in _NAMES and node.type != "dotted_name" for node in classes if node.type != "none"
    ):
        return place
    told = [node for node in classes if not is_plain(source(walk, node))]
    if not told:
        return place
    slot = walk.build.slot()
    walk.build.copy(slot, expressions.value(walk, place, subject))
    for node in told:
        walk.build.row(flows.TYPE, slot, _class(walk, place, node), 0, line_of(node))
    return msgspec.structs.replace(place, narrowed={**place.narrowed, source(walk, subject): slot})


def _class(walk: Walk, place: Place, node: Node) -> int:
    """The slot of a class, as an expression or as the dotted name of a pattern."""
    if node.type != "dotted_name":
        return expressions.value(walk, place, node)
    head, *rest = node.named_children
    slot = walk.build.reference(place.scope, source(walk, head))
    for part in rest:
        slot = walk.build.load(slot, source(walk, part), line_of(part))
    return slot


# --- patterns


def matched(walk: Walk, place: Place, subject: Node | None, slot: int, patterns: list[Node]) -> Place:
    """Bind what the patterns of one `case` capture; gives the place in which the subject is known by them."""
    for pattern in patterns:
        _bind(walk, place, pattern, slot, 0)
        classes = _outer_classes(pattern)
        if subject is not None and classes:
            place = _as(walk, place, subject, classes)
    return place


def case_text(walk: Walk, subject: Node | None, patterns: list[Node]) -> str:
    """A `case` written as a test of its subject, `mode == "fast" or mode == "slow"`; "" where no test says the same."""
    if subject is None or len(patterns) != 1:
        return ""
    asked, pattern = short(walk, subject, _SUBJECT), patterns[0]
    if source(walk, pattern) == "_":
        return f"{asked} != every case"
    tests = [_compared(walk, asked, each) for each in _alternatives(pattern)]
    return " or ".join(tests) if all(tests) else ""


def _alternatives(pattern: Node) -> list[Node]:
    while pattern.type == "case_pattern" and len(pattern.named_children) == 1:
        pattern = pattern.named_children[0]
    return pattern.named_children if pattern.type == "union_pattern" else [pattern]


def _compared(walk: Walk, asked: str, pattern: Node) -> str:
    text = source(walk, pattern)
    if pattern.type == "class_pattern":
        return f"isinstance({asked}, {source(walk, pattern.named_children[0])})"
    if pattern.type == "none":
        return f"{asked} is None"
    is_value = pattern.type in _LITERALS or (pattern.type == "dotted_name" and "." in text)
    return f"{asked} == {text}" if is_value else ""


def _outer_classes(pattern: Node) -> list[Node]:
    """The classes that the whole subject is an instance of; none if another alternative is no class."""
    while pattern.type in ("case_pattern", "as_pattern") and pattern.named_children:
        pattern = pattern.named_children[0]
    if pattern.type == "class_pattern":
        return pattern.named_children[:1]
    if pattern.type == "union_pattern":
        found = [_outer_classes(child) for child in pattern.named_children]
        return [node for each in found for node in each] if all(found) else []
    return []


def _bind(walk: Walk, place: Place, pattern: Node, slot: int, depth: int) -> None:
    kind, parts = pattern.type, pattern.named_children
    if depth > _DEPTH or not parts:
        return
    if kind == "as_pattern":
        _bind(walk, place, parts[0], slot, depth + 1)
        targets.assign(walk, place, parts[-1], _typed(walk, place, _outer_classes(parts[0]), slot))
    elif kind == "dotted_name":
        if len(parts) == 1 and source(walk, parts[0]) != "_":
            targets.assign(walk, place, parts[0], slot)
    elif kind == "class_pattern":
        inner = _typed(walk, place, parts[:1], slot)
        for child in parts[1:]:
            _bind_attribute(walk, place, child, inner, depth + 1)
    elif kind == "dict_pattern":
        for key, child in pairwise(parts):
            if child.type == "case_pattern":
                _bind(
                    walk, place, child, walk.build.load(slot, expressions.literal_key(walk, key), line_of(key)), depth
                )
    elif kind in ("list_pattern", "tuple_pattern"):
        for child in parts:
            _bind(walk, place, child, walk.build.load(slot, "*", line_of(child)), depth + 1)
    elif kind == "splat_pattern":
        targets.assign(walk, place, parts[0], slot)
    elif kind in ("case_pattern", "union_pattern"):
        for child in parts:
            _bind(walk, place, child, slot, depth + 1)


def _bind_attribute(walk: Walk, place: Place, node: Node, slot: int, depth: int) -> None:
    """`Point(x=left)`: an attribute by its name; what stands by position has no name here."""
    inner = node.named_children[0] if node.named_children else node
    if inner.type == "keyword_pattern" and len(inner.named_children) == 2:
        name, child = inner.named_children
        _bind(walk, place, child, walk.build.load(slot, source(walk, name), line_of(name)), depth)
    else:
        _bind(walk, place, node, 0, depth)


def _typed(walk: Walk, place: Place, classes: list[Node], slot: int) -> int:
    told = [node for node in classes if not is_plain(source(walk, node))]
    if not told:
        return slot
    made = walk.build.slot()
    walk.build.copy(made, slot)
    for node in told:
        walk.build.row(flows.TYPE, made, _class(walk, place, node), 0, line_of(node))
    return made
