"""Calls whose value is looked at for its truth outside a condition: compared, counted, or kept and only tested."""

import string
from typing import Final

from tree_sitter import Node

from alef_audit.frontends.python import fields
from alef_audit.frontends.python.walk import Place, Walk, source

_LITERALS: Final = frozenset(("true", "false", "none", "integer", "string"))
_COUNTING: Final = frozenset(("any", "all"))
_GENERATED: Final = frozenset(("generator_expression", "list_comprehension"))
_DECIDED: Final = frozenset(("if_statement", "elif_clause", "while_statement"))
_ASKING: Final = frozenset(("not_operator", "assert_statement", "if_clause"))
# Texts that spell a name without meaning the variable.
_OTHERS: Final = frozenset(("comment", "string_content", "string"))
_LONGEST: Final = 100_000  # bytes of a function that are looked through
_BEHIND: Final = frozenset(f"{string.ascii_letters}{string.digits}_".encode())  # bytes that make a text part of a name
_BEFORE: Final = _BEHIND | frozenset(b".")


def mark(walk: Walk, node: Node) -> None:
    """Note that the truth of `node`, which was walked last, is asked for."""
    walk.build.judge(_last_call(walk, node))


def _last_call(walk: Walk, node: Node) -> int:
    """Where the record of the call `node`, which was walked last, starts; -1 for other expressions."""
    while node.type == "parenthesized_expression" and node.named_children:
        node = node.named_children[0]
    if node.type != "call":
        return -1
    return walk.build.last_call(node.start_point[1] + 1, node.end_point[0] + 1)


def compared(walk: Walk, place: Place, node: Node) -> None:
    """Note that a comparison was walked: what a literal is compared with is judged."""
    operands = node.named_children
    if len(operands) == 2:
        if operands[1].type in _LITERALS:
            _asked(walk, place, operands[0])
        elif operands[0].type in _LITERALS:
            _asked(walk, place, operands[1])


def _asked(walk: Walk, place: Place, operand: Node) -> None:
    if operand.type == "identifier":
        tested(walk, place, operand)
    else:
        mark(walk, operand)


def counted(walk: Walk, function: str, argument: Node) -> None:
    """Note that the first argument of a call was walked: `any` and `all` judge what a comprehension makes."""
    if function in _COUNTING and argument.type in _GENERATED and argument.named_children:
        mark(walk, argument.named_children[0])


def held(walk: Walk, place: Place, target: Node, value: Node) -> None:
    """Remember that a local variable holds what the call that ends `value`, which was walked last, gives."""
    if place.function and place.fields is None and target.type == "identifier":
        while value.type == "boolean_operator":
            value = value.named_children[-1]
        at = _last_call(walk, value)
        name = source(walk, target)
        if at >= 0 and name in place.scope.declared:
            walk.held[place.function, name] = (at, target)


def tested(walk: Walk, place: Place, node: Node) -> None:
    """Note that a name stands in a test: if only tests look at the variable, the call that it holds is judged."""
    found = walk.held.pop((place.function, source(walk, node)), None) if walk.held else None
    if found is not None and _only_tested(walk, *found):
        walk.build.judge(found[0])


def _only_tested(walk: Walk, at: int, target: Node) -> bool:
    """Whether everything else that mentions a variable in its function asks for its truth."""
    body: Node | None = target
    while body is not None and body.type != "function_definition":
        body = body.parent
    text, spelled = walk.text, walk.text[target.start_byte : target.end_byte]
    if body is None or not spelled or body.end_byte - body.start_byte > _LONGEST:
        return False
    end = body.end_byte
    at = text.find(spelled, body.start_byte, end)
    while at >= 0:
        behind = at + len(spelled)
        is_name = text[at - 1] not in _BEFORE and (behind == end or text[behind] not in _BEHIND)
        if is_name and not _only_asks(body, target, at, behind):
            return False
        at = text.find(spelled, behind, end)
    return True


def _only_asks(body: Node, target: Node, start: int, end: int) -> bool:
    """Whether what stands at these bytes is no other use of the variable than one that asks for its truth."""
    use = body.descendant_for_byte_range(start, end)
    if use is None:
        return False
    if use == target or use.type in _OTHERS or _is_keyword(use):
        return True
    return use.type == "identifier" and _asks(use)


def _is_keyword(use: Node) -> bool:
    """Whether a name is that of a keyword argument."""
    parent = use.parent
    return parent is not None and parent.type == "keyword_argument" and parent.named_children[0] == use


def _asks(use: Node) -> bool:
    """Whether a mention of a variable asks for its truth and hands nothing on."""
    child, parent = use, use.parent
    while parent is not None:
        kind = parent.type
        if kind in _ASKING:
            return True
        if kind in _DECIDED:
            return parent.child_by_field_id(fields.CONDITION) == child
        if kind == "conditional_expression":
            return len(parent.named_children) == 3 and parent.named_children[1] == child
        if kind == "comparison_operator":
            others = [each for each in parent.named_children if each != child]
            return len(others) == 1 and others[0].type in _LITERALS
        if kind == "boolean_operator":
            if parent.children[0] == child and parent.children[1].type == "and":
                return True
        elif kind != "parenthesized_expression":
            return False
        child, parent = parent, parent.parent
    return False
