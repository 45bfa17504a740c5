"""Calls whose value is looked at for its truth outside a condition: compared, or kept and only tested."""

import string
from typing import Final

from tree_sitter import Node

from alef_audit.facts import flows
from alef_audit.frontends.ecmascript.modules import identifier
from alef_audit.frontends.ecmascript.nodes import WRAPPERS, bare
from alef_audit.frontends.ecmascript.walk import Walk

EQUALITY: Final = frozenset(("===", "!==", "==", "!="))
_JOINING: Final = frozenset(("&&", "||", "??"))
# Values that may come down to a call.
MAY_CALL: Final = WRAPPERS | {"call_expression", "binary_expression"}
_LITERALS: Final = frozenset(("true", "false", "null", "undefined", "number", "string"))
_DECIDED: Final = frozenset(("if_statement", "while_statement", "do_statement", "ternary_expression"))
# Texts that spell a name without meaning the variable.
_OTHERS: Final = frozenset(
    (
        "comment",
        "string_fragment",
        "string",
        "template_string",
        "property_identifier",
        "type_identifier",
        "regex_pattern",
    )
)
_LONGEST: Final = 100_000  # bytes of a block that are looked through
_LETTERS: Final = f"{string.ascii_letters}{string.digits}_$".encode()
_BEFORE: Final = frozenset(_LETTERS + b".#")  # bytes in front of a text that make it part of another name, or a member
_BEHIND: Final = frozenset(_LETTERS)


def compared(walk: Walk, left: Node | None, right: Node | None) -> None:
    """Note that the operands of an equality were walked: what a literal is compared with is judged."""
    if left is None or right is None:
        return
    if right.type in _LITERALS:
        _mark(walk, left)
    elif left.type in _LITERALS:
        _mark(walk, right)


def _mark(walk: Walk, node: Node) -> None:
    operand = bare(node)
    if operand.type == "identifier":
        _tested(walk, operand)
    else:
        walk.build.judge(_last_call(walk, operand))


def _last_call(walk: Walk, node: Node) -> int:
    """Where the record of the call `node`, which was walked last, starts; -1 for other expressions."""
    called = bare(node)
    if called.type != "call_expression":
        return -1
    return walk.build.last_call(called.start_point.column + 1, called.end_point.row + 1)


def held(walk: Walk, name: str, value: Node, declarator: Node) -> None:
    """Remember that the new variable `name` holds what the call that ends `value`, which was walked last, gives."""
    if walk.frame.parent is None:
        return
    while value.type == "binary_expression":
        operator, right = value.child_by_field_id(walk.fields.operator), value.child_by_field_id(walk.fields.right)
        if right is None or operator is None or operator.type not in _JOINING:
            return
        value = right
    at = _last_call(walk, value)
    if at >= 0:
        walk.frame.held[name] = (at, declarator)


def named(walk: Walk, node: Node, flags: int, wanted: bool) -> int:
    """A name that may stand in a test: if nothing but tests look at the variable, the call that it holds is judged."""
    if flags & flows.IN_TEST and not flags & flows.AWAITED:
        _tested(walk, node)
    return identifier(walk, walk.text(node)) if wanted else 0


def _tested(walk: Walk, name: Node) -> None:
    found = walk.frame.held.pop(walk.text(name), None) if walk.frame.held else None
    if found is not None and _only_tested(walk, name, found[1]):
        walk.build.judge(found[0])


def _only_tested(walk: Walk, name: Node, declarator: Node) -> bool:
    """Whether everything that mentions a variable in the block that declares it asks for its truth."""
    declaration = declarator.parent
    block = declaration.parent if declaration is not None and declaration.type == "lexical_declaration" else None
    source, spelled = walk.source, walk.source[name.start_byte : name.end_byte]
    if block is None or not spelled or block.end_byte - declarator.end_byte > _LONGEST:
        return False
    end = block.end_byte
    at = source.find(spelled, declarator.end_byte, end)
    while at >= 0:
        behind = at + len(spelled)
        if source[at - 1] not in _BEFORE and (behind == end or source[behind] not in _BEHIND):
            use = block.descendant_for_byte_range(at, behind)
            if use is None or (use.type not in _OTHERS and not (use.type == "identifier" and _asks(walk, use))):
                return False
        at = source.find(spelled, behind, end)
    return True


def _asks(walk: Walk, use: Node) -> bool:
    """Whether a mention of a variable asks for its truth and hands nothing on."""
    child, parent = use, use.parent
    fields = walk.fields
    while parent is not None:
        kind = parent.type
        if kind == "unary_expression":
            operator = parent.child_by_field_id(fields.operator)
            return operator is not None and operator.type == "!"
        if kind in _DECIDED:
            return parent.child_by_field_id(fields.condition) == child
        if kind == "binary_expression":
            decided = _decided(walk, parent, child)
            if decided is not None:
                return decided
        elif kind not in WRAPPERS:
            return False
        child, parent = parent, parent.parent
    return False


def _decided(walk: Walk, node: Node, operand: Node) -> bool | None:
    """Whether an operator asks for the truth of `operand`; None where what surrounds it tells."""
    fields = walk.fields
    operator, left = node.child_by_field_id(fields.operator), node.child_by_field_id(fields.left)
    sign = operator.type if operator is not None else ""
    if sign == "&&" and left == operand:
        return True
    if sign in ("&&", "||"):
        return None
    other = node.child_by_field_id(fields.right) if left == operand else left
    return sign in EQUALITY and other is not None and other.type in _LITERALS
