"""Parts of syntax nodes, asked for so that tree-sitter makes as few of them as possible.

A list of children makes a node of every bracket, comma and keyword too; a single child is several times cheaper.
"""

from typing import Final

from tree_sitter import Node

WRAPPERS: Final = frozenset(
    (
        "parenthesized_expression",
        "as_expression",
        "satisfies_expression",
        "non_null_expression",
        "instantiation_expression",
        "type_assertion",
    )
)


def parts(node: Node) -> list[Node]:
    """The named children."""
    count = node.named_child_count
    if count > 1:
        return node.named_children
    return [node.named_child(0)] if count else []


def inner(node: Node) -> Node | None:
    """What a parenthesised or cast expression wraps, one layer down."""
    if node.type == "type_assertion":
        children = node.named_children
        return children[-1] if children else None
    return first(node)


def first(node: Node) -> Node | None:
    """The first part of a node that is no comment."""
    if not node.named_child_count:
        return None
    child = node.named_child(0)
    if child.type != "comment":
        return child
    return next((child for child in node.named_children if child.type != "comment"), None)


def bare(node: Node) -> Node:
    """`node` without parentheses, casts and `!`."""
    kind = node.type
    while kind in WRAPPERS:
        below = inner(node)
        if below is None:
            return node
        node = below
        kind = node.type
    return node


def last(node: Node) -> Node | None:
    """The last part of a node that is no comment."""
    count = node.named_child_count
    if not count:
        return None
    child = node.named_child(count - 1)
    if child.type != "comment":
        return child
    return next((child for child in reversed(node.named_children) if child.type != "comment"), None)


def starts_with(node: Node, *tokens: str) -> bool:
    """Whether the node's first child is one of these tokens."""
    first_one = node.child(0)
    return first_one is not None and first_one.type in tokens
