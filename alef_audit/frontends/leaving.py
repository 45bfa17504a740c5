"""How blocks are left: what an early exit gives, and whether a branch always ends the function or the loop around it.

Both languages name their statements alike; what differs is listed here.
"""

import re
from typing import Final

from tree_sitter import Node

from alef_audit.facts.file import LastRound, Leaving

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
# What may end a round before its end, and in a `try` statement what is caught.
_NEXT: Final = re.compile(rb"\bcontinue\b")
_AWAITED: Final = re.compile(rb"\bawait\b")
_NEXT_OR_CAUGHT: Final = re.compile(rb"\b(?:continue|throw|raise)\b")
_EMPTY: Final = frozenset(("comment", "pass_statement", "empty_statement"))
_LONGEST: Final = 400  # bytes of what an exit gives that are looked at
_WORKING: Final = 4  # statements of a block that does more than to turn something down
_NOTHING: Final = re.compile(rb"(?:null|undefined|None|[Ff]alse|void 0|\[\s*\]|\(?\{\s*\}\)?|\"\"|''|``|-?\d)?")
_TRUE: Final = (b"true", b"True")
_MORE: Final = "(…)".encode()  # at the end of a test: something else is asked, too
_REFUSAL: Final = re.compile(
    rb"err(?:or|\b)|fail|invalid|denied|forbidden|unauth|reject|abort|missing|unavailable|not_?found|unsupported"
    rb"|status|\bok: ?false|success: ?false|\b[45]\d\d\b|exception|badrequest",
    re.IGNORECASE,
)
# An answer that says itself that all went well, and one that does so where no word turns somebody down.
_SUCCESS: Final = re.compile(
    rb"\b(?:respond|reply)\(\s*[Tt]rue\b|\b(?:ok|success)[\"']?\s*[:=]\s*[Tt]rue\b"
    rb"|status[\"']?\s*[:=]\s*[\"'](?:ok|success|done|skipped|unchanged|ignored|noop)[\"']"
)
_RESPONSE: Final = re.compile(
    rb"(?:(?:return|await)\s+)*(?:\w+\.)*(?:res|response|reply|resp)"
    rb"(?:\.(?:status|code|type)\(\s*(?:2\d\d|[\"'][^\"']*[\"'])\s*\))*\.(?:json|send|end|sendFile)\("
)
_STATUS: Final = re.compile(rb"(?:status|code)\(\s*2\d\d\s*\)")
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


def last_round(loop: Node, source: bytes) -> LastRound | None:
    """What of a loop is gone through once, for all that follows it leaves the loop; None if nothing is.

    Of what is tried, what stands behind the first thing that is awaited: what is tried first fails where another round
    follows, be it a look for a file.
    """
    body = loop.child_by_field_name("body")
    found = _leaving_lines(body, source, _NEXT) if body is not None else None
    if found is not None or body is None:
        return found
    tries = [child for child in body.named_children if child.type == "try_statement"]
    tried = tries[-1].child_by_field_name("body") if tries else None
    if tried is None or ways_out(tried) & RAISE:
        return None
    awaited = next((child for child in tried.named_children if _finds(_AWAITED, child, source)), None)
    found = _leaving_lines(tried, source, _NEXT_OR_CAUGHT) if awaited is not None else None
    if found is None or awaited is None:
        return None
    line = max(found.line, awaited.end_point.row + 2)
    return LastRound(line, found.end_line, found.leaving) if line <= found.end_line else None


def _leaving_lines(block: Node, source: bytes, going_on: re.Pattern[bytes]) -> LastRound | None:
    """The lines of a block from the last statement on before which a round may end otherwise than by leaving."""
    ways = ways_out(block)
    if block.type not in _BLOCKS or not ways & (RETURN | BREAK) or ways & CONTINUE:
        return None
    line = block.start_point.row + 1
    for child in block.named_children:
        if _finds(going_on, child, source):
            line = child.end_point.row + 2
    end_line = block.end_point.row + 1
    leaving = Leaving.LOOP if ways & BREAK else Leaving.FUNCTION
    return LastRound(line, end_line, leaving) if line <= end_line else None


def _finds(words: re.Pattern[bytes], node: Node, source: bytes) -> bool:
    return words.search(source, node.start_byte, node.end_byte) is not None


def answering(block: Node, tested: bytes, source: bytes) -> int:
    """Bits of `Leaving` for an early exit below a test: whether it gives something, whether that is what was tested,
    and whether it says that all went well.
    """
    found = _answering(block, tested, source)
    # what is not known in full leads on in cases of its own
    return found & ~(Leaving.GIVES_TESTED | Leaving.RAISES) if tested.endswith(_MORE) else found


def _answering(block: Node, tested: bytes, source: bytes) -> int:
    whole = _beginning(block, source)
    last, before = _leaving_statement(block)
    if last is None:
        return 0
    if last.type != "return_statement":
        return Leaving.RAISES if _WAYS.get(last.type) == RAISE else 0
    succeeds = _succeeds(_beginning(last, source), whole)
    succeeds |= _succeeds(_beginning(before[-1], source), whole) if before else 0
    if len(before) > _WORKING - 2:
        return Leaving.ANSWERS | Leaving.WORKS | succeeds
    given = _beginning(last, source).removeprefix(b"return").strip().removesuffix(b";").strip()
    if _NOTHING.fullmatch(given) or _REFUSAL.search(whole) is not None:
        return succeeds
    if given in _TRUE:
        return Leaving.ANSWERS | Leaving.GIVES_TESTED
    names = {name for name in _NAMES.findall(tested) if len(name) > _SHORT}
    gives = not names.isdisjoint(_NAMES.findall(given))
    return Leaving.ANSWERS | (Leaving.GIVES_TESTED if gives else 0) | succeeds


def _leaving_statement(block: Node) -> tuple[Node | None, list[Node]]:
    """The last statement of a branch, None if it has none, and those before it."""
    before: list[Node] = []
    while block.type in _BLOCKS:
        statements = [child for child in block.named_children if child.type != "comment"]
        if not statements:
            return None, []
        block, before = statements[-1], statements[:-1]
    return block, before


def _beginning(node: Node, source: bytes) -> bytes:
    return source[node.start_byte : min(node.end_byte, node.start_byte + _LONGEST)]


def _succeeds(text: bytes, block: bytes) -> int:
    """`Leaving.SUCCEEDS` if a text, the answer of a block, says that all went well; 0 otherwise."""
    is_response = _RESPONSE.match(text) is not None and _REFUSAL.search(_STATUS.sub(b"", block)) is None
    return Leaving.SUCCEEDS if is_response or _SUCCESS.search(text) is not None else 0


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
