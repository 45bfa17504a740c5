"""Exceptions: what `raise` makes, and what `except` binds."""

from typing import Final

from tree_sitter import Node

from alef_audit.facts import flows
from alef_audit.frontends.python import expressions, statements
from alef_audit.frontends.python.kept import caught
from alef_audit.frontends.python.targets import assign
from alef_audit.frontends.python.walk import Place, Walk, line_of, short, source

# What is raised in place of a wait, and how its number is called.
_REFUSING: Final = ("BlockingIOError", "SSLWantReadError", "SSLWantWriteError", "EWOULDBLOCK", "EAGAIN")


def guarded(walk: Walk, place: Place, node: Node) -> None:
    """A `try` statement with its clauses."""
    attempted: Node | None = None
    start = end = len(walk.build.calls)
    for child in node.named_children:
        if child.type == "block":
            attempted = child
            statements.walk_block(walk, place, child)
            end = len(walk.build.calls)
        elif child.type in ("except_clause", "except_group_clause", "finally_clause", "else_clause"):
            here = caught(walk, place, attempted, child) if child.type.startswith("except") else place
            if here is not place and any(word in source(walk, child) for word in _REFUSING):
                walk.build.mark_calls(start, end, place.function, flows.REFUSABLE)
            for inner in child.named_children:
                if inner.type == "block":
                    statements.walk_block(walk, here, inner)
                elif inner.type == "as_pattern":
                    _caught(walk, place, inner, is_group=child.type == "except_group_clause")


def _caught(walk: Walk, place: Place, node: Node, *, is_group: bool) -> None:
    """`except (A, B) as error`: the name holds an instance of one of the classes."""
    parts = node.named_children
    held = 0
    if len(parts) > 1 and not is_group:
        held = walk.build.slot()
        listed = parts[0].named_children if parts[0].type == "tuple" else parts[:1]
        for one in listed:
            named = expressions.value(walk, place, one)
            if named:
                # a class, or a tuple of classes
                walk.build.row(flows.TYPE, held, named, 0, line_of(one))
                walk.build.row(flows.TYPE, held, walk.build.load(named, "*", line_of(one)), 0, line_of(one))
    assign(walk, place, parts[-1], held)


def raised(walk: Walk, place: Place, node: Node) -> None:
    """`raise Error`: a class makes its instance, without arguments."""
    for position, child in enumerate(node.named_children):
        slot = expressions.value(walk, place, child)
        if position or not slot or child.type not in ("identifier", "attribute"):
            continue
        walk.build.call(
            function=place.function,
            line=line_of(child),
            column=child.start_point[1] + 1,
            end_line=line_of(child),
            callee=slot,
            member=source(walk, child).rsplit(".", 1)[-1],
            text=short(walk, child, 80),
            flags=flows.IMPLICIT | flows.DISCARDED,
            loop=place.loop,
            condition=place.condition,
        )
