"""The Python grammar, for whole files and for annotations that are written as strings."""

from typing import Final

import tree_sitter_python
from tree_sitter import Language, Node, Parser

LANGUAGE: Final = Language(tree_sitter_python.language())


def parse_python(text: bytes) -> Node:
    """The syntax tree of a file."""
    return Parser(LANGUAGE).parse(text).root_node


def parse_expression(text: bytes) -> Node | None:
    """The syntax tree of one expression; None when it is none."""
    root = parse_python(text)
    statement = root.named_children[0] if len(root.named_children) == 1 and not root.has_error else None
    if statement is None or statement.type != "expression_statement" or len(statement.named_children) != 1:
        return None
    return statement.named_children[0]
