"""What awaits in a body give the event loop: nothing, a turn, or the time of a timer."""

import re
from typing import Final

from tree_sitter import Node

from alef_audit.frontends.python.walk import Walk

_DELAY: Final = re.compile(rb"await\s+(?:asyncio|anyio|trio)\.sleep\(\s*(?!0(?:\.0*)?\s*\))")
_TURN: Final = re.compile(
    rb"await\s+(?:(?:asyncio|anyio|trio)\.sleep\(\s*0(?:\.0*)?\s*\)|[\w.]*\bcheckpoint\(\s*\))\s*\Z"
)


def pauses(walk: Walk, body: Node | None) -> bool:
    """Whether a loop body gives the event loop a turn by itself: `await asyncio.sleep(...)`."""
    if body is None:
        return False
    text = walk.text[body.start_byte : body.end_byte]
    return b"await" in text and (b"asyncio.sleep(" in text or b"anyio.sleep(" in text or b"checkpoint(" in text)


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
