"""How blocks are left: what an early exit gives, and whether a branch always ends the function or the loop around it.

Both languages name their statements alike; what differs is listed here.
"""

import re
from typing import Final

from tree_sitter import Node

from alef_audit.facts.file import Leaving

# Ways to leave a block at its end, bits.
RETURN: Final = 1
RAISE: Final = 2
BREAK: Final = 4
CONTINUE: Final = 8
_WAYS: Final = {
    "return_statement": RETURN,
    "throw_statement": RAISE,
    "raise_statement": RAISE,
    "break_statement": BREAK,
    "continue_statement": CONTINUE,
}
_BRANCHES: Final = frozenset(("if_statement", "elif_clause", "else_clause"))
_BLOCKS: Final = frozenset(("statement_block", "block", "else_clause"))
_LOOPS: Final = frozenset(
    ("for_statement", "for_in_statement", "while_statement", "do_statement", "function_body", "program", "module")
)
_EMPTY: Final = frozenset(("comment", "pass_statement", "empty_statement"))
_LONGEST: Final = 400  # bytes of what an exit gives that are looked at
_WORKING: Final = 4  # statements of a block that does more than to turn something down
_NOTHING: Final = re.compile(rb"(?:null|undefined|None|[Ff]alse|void 0|\[\s*\]|\(?\{\s*\}\)?|\"\"|''|``|-?\d)?")
_TRUE: Final = (b"true", b"True")
_REFUSAL: Final = re.compile(
    rb"err(?:or|\b)|fail|invalid|denied|forbidden|unauth|reject|abort|missing|unavailable|not_?found|unsupported"
    rb"|status|\bok: ?false|success: ?false|\b[45]\d\d\b|exception|badrequest",
    re.IGNORECASE,
)
_NAMES: Final = re.compile(rb"[A-Za-z_$][\w$]*")
_SHORT: Final = 2  # letters of names that say nothing


def ways_out(node: Node) -> int:
    """The ways in which control leaves at the end of a statement or block; 0 if it may go on behind it."""
    kind = node.type
    while kind in _BLOCKS:
        below = _last(node)
        if below is None:
            return 0
        node, kind = below, below.type
    if kind == "if_statement":
        return _ways_of_if(node)
    if kind == "break_statement" and node.named_child_count:
        return 0  # a label: which loop it leaves is not known
    return _WAYS.get(kind, 0)


def does_nothing(body: Node) -> bool:
    """Whether the body of a loop is empty: nothing, or `pass`."""
    return all(child.type in _EMPTY for child in body.named_children)


def ends_round(node: Node) -> bool:
    """Whether a node is the branch of a test whose last statement leaves the round of a loop, or the function."""
    if node.type not in ("statement_block", "block") or node.parent is None or node.parent.type not in _BRANCHES:
        return False
    return bool(node.named_children) and node.named_children[-1].type in _WAYS


def _ways_of_if(node: Node) -> int:
    consequence = node.child_by_field_name("consequence")
    found = ways_out(consequence) if consequence is not None else 0
    complete = False
    for branch in node.children_by_field_name("alternative"):
        complete = complete or branch.type == "else_clause"
        inside = branch.child_by_field_name("consequence") if branch.type == "elif_clause" else branch
        below = ways_out(inside) if inside is not None else 0
        found = found | below if found and below else 0
    return found if complete else 0


def _last(node: Node) -> Node | None:
    return next((child for child in reversed(node.named_children) if child.type != "comment"), None)


def tried(statement: Node | None) -> int:
    """Bits of `Leaving` for the clauses of a `try` statement."""
    body = statement.child_by_field_name("body") if statement is not None else None
    return Leaving.TRIED if body is not None and ways_out(body) & (RETURN | BREAK) else 0


def leaving(block: Node, source: bytes) -> int:
    """Bits of `Leaving` for a branch that is entered inside a loop: what ends once it has been gone through."""
    ways = ways_out(block)
    if not ways or ways & CONTINUE or source.find(b"continue", block.start_byte, block.end_byte) >= 0:
        return 0
    if not ways & BREAK:
        return Leaving.FUNCTION
    around: Node | None = block
    while around is not None and around.type not in _LOOPS:
        if around.type == "switch_statement":
            return 0
        around = around.parent
    return Leaving.LOOP


def answering(block: Node, tested: bytes, source: bytes) -> int:
    """Bits of `Leaving` for an early exit below a test: whether it gives something, and whether what was tested."""
    refuses = _REFUSAL.search(source, block.start_byte, min(block.end_byte, block.start_byte + _LONGEST)) is not None
    while block.type in _BLOCKS:
        statements = [child for child in block.named_children if child.type != "comment"]
        if not statements:
            return 0
        if len(statements) >= _WORKING and statements[-1].type == "return_statement":
            return Leaving.ANSWERS | Leaving.WORKS
        block = statements[-1]
    if block.type != "return_statement" or refuses:
        return Leaving.RAISES if _WAYS.get(block.type) == RAISE else 0
    given = source[block.start_byte : min(block.end_byte, block.start_byte + _LONGEST)]
    given = given.removeprefix(b"return").strip().removesuffix(b";").strip()
    if _NOTHING.fullmatch(given):
        return 0
    if given in _TRUE:
        return Leaving.ANSWERS | Leaving.GIVES_TESTED
    names = {name for name in _NAMES.findall(tested) if len(name) > _SHORT}
    gives = not names.isdisjoint(_NAMES.findall(given))
    return Leaving.ANSWERS | (Leaving.GIVES_TESTED if gives else 0)


def is_search(block: Node, tested: bytes, body: Node | None, each: str, source: bytes) -> bool:
    """Whether an early exit in a loop ends it where a round has found something: its test speaks of what the round
    binds or has dealt with before.
    """
    if body is None or not ways_out(block) & (RETURN | BREAK):
        return False
    names = {name for name in _NAMES.findall(tested) if len(name) > 0}
    known = set(_NAMES.findall(each.encode()))
    return not names.isdisjoint(known) or any(
        re.search(rb"\b" + re.escape(name) + rb"\b\s*(?::[^=\n]+)?=[^=]", source[body.start_byte : block.start_byte])
        for name in names
    )
