"""What awaits in a body give the event loop: nothing, a turn, or the time of a timer."""

import re
from typing import Final

from tree_sitter import Node

from alef_audit.frontends.leaving import ends_round
from alef_audit.frontends.python import fields
from alef_audit.frontends.python.walk import Walk

_DELAY: Final = re.compile(rb"await\s+(?:asyncio|anyio|trio)\.sleep\(\s*(?!0(?:\.0*)?\s*\))")
_TURN: Final = re.compile(
    rb"await\s+(?:(?:asyncio|anyio|trio)\.sleep\(\s*0(?:\.0*)?\s*\)|[\w.]*\bcheckpoint\(\s*\))\s*\Z"
)
_PAUSE: Final = re.compile(rb"(?:asyncio|anyio|trio)\.sleep\(|checkpoint\(")
_NEVER_COUNTS: Final = ("except_clause", "except_group_clause", "function_definition", "lambda")
_GOES_ON: Final = re.compile(rb"True|1|.*(?:<|>|:=).*", re.DOTALL)


def pauses(walk: Walk, body: Node | None) -> bool:
    """Whether a loop body gives the event loop a turn by itself, in the usual round: `await asyncio.sleep(...)`."""
    if body is None:
        return False
    text = walk.text[body.start_byte : body.end_byte]
    if b"await" not in text:
        return False
    at = (body.start_byte + found.start() for found in _PAUSE.finditer(text))
    return any(_is_usual(walk, body, body.descendant_for_byte_range(each, each + 1)) for each in at)


def _is_usual(walk: Walk, body: Node, node: Node | None) -> bool:
    """Whether a round that does the work of a loop comes by `node`: that is in no handler, in no branch that ends the
    round, in no loop of its own that goes on only while something is left to repeat.
    """
    while node is not None and node.id != body.id:
        if node.type in _NEVER_COUNTS or ends_round(node):
            return False
        if node.type == "while_statement":
            test = node.child_by_field_id(fields.CONDITION)
            if test is None or not _GOES_ON.fullmatch(walk.text[test.start_byte : test.end_byte]):
                return False
        node = node.parent
    return True


def rests(walk: Walk, body: Node | None) -> bool:
    """Whether a loop body waits for a time of its own: `await asyncio.sleep(60)`."""
    return body is not None and _DELAY.search(walk.text[body.start_byte : body.end_byte]) is not None


def turns(walk: Walk, body: Node) -> bool:
    """Whether a function gives the event loop a turn, with a statement of its body that stands in no branch or loop."""
    text = walk.text
    if b"await" not in text[body.start_byte : body.end_byte]:
        return False
    statements = (child for child in body.named_children if child.type == "expression_statement")
    return any(_TURN.match(text[child.start_byte : child.end_byte]) for child in statements)
