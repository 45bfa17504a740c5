"""Comments addressed to the tool (`audit: …`), and which lines and which function each of them speaks about."""

import re
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from tree_sitter import Node

from alef_audit.facts.file import Directive, Function, Problem
from alef_audit.frontends.builder import FactsBuilder
from alef_audit.frontends.function_nodes import FUNCTION_NODES

MARK: Final = b"audit:"
_DIRECTIVE: Final = re.compile(rb"(?://|/\*|\*|#)[ \t]*audit:[ \t]*([^\r\n]*)")
_MOST: Final = 1_000
_SEPARATORS: Final = b" \t,;"
_BLANK: Final = b" \t\r"

_BLOCKS: Final = frozenset(("block", "statement_block", "class_body", "switch_body"))
# A child of one of these is what a comment speaks about: a statement, a member, an entry of a literal.
_CONTAINERS: Final = _BLOCKS | {
    "module",
    "program",
    "switch_case",
    "switch_default",
    "object",
    "array",
    "dictionary",
    "list",
    "set",
}


_Spans = tuple[tuple[int, int], ...]  # lines, first and last


class _About(NamedTuple):
    """What is known of a file: its functions, what stands behind comments by their ends, and units by their ids."""

    functions: Sequence[Function]
    skipped: dict[int, int]
    units: dict[int, tuple[_Spans, bool]]


class _Comment(NamedTuple):
    start: int  # bytes, of the whole comment
    end: int
    line: int  # 1-based, of the mark
    text: str


def add_directives(build: FactsBuilder, root: Node, text: bytes) -> None:
    """Record the comments of a file that start with `audit:`, once all functions are known.

    Of more than anybody writes, the later ones are not heeded, and that is a problem of the file.
    """
    if MARK not in text:
        return
    about = _About(build.defined(), {}, {})
    for number, comment in enumerate(_comments(root, text)):
        if number == _MOST:
            remark = f"more than {_MOST} comments to this tool: those from here on are not heeded"
            build.problems.append(Problem(comment.line, "skipped", remark))
            return
        build.directives.append(_directive(root, text, comment, about))


def _directive(root: Node, text: bytes, comment: _Comment, about: _About) -> Directive:
    begin = text.rfind(b"\n", 0, comment.start) + 1
    rest = text[comment.end : _line_end(text, comment.end)]
    before = text[begin : comment.start]
    alone = not before.strip() and not rest.strip(_BLANK)
    at = -1 if alone else _last_code(root, text, begin, comment.start)
    if at < 0:
        at = _next_code(root, text, comment.end, about.skipped)
    if at < 0:
        return Directive(comment.line, comment.text, (), -1)
    path = _path(root, at)
    unit = _unit(path)
    line = text.count(b"\n", 0, at) + 1
    if unit.id not in about.units:
        about.units[unit.id] = _written(unit)
    pieces, parts = about.units[unit.id]
    spans = tuple(piece for piece in pieces if piece[0] <= line <= piece[1]) if parts else pieces
    functions = about.functions
    above = alone and _definition(unit).start_byte > comment.start
    function = _defined_above(unit, spans, functions) if above else _defined_at(path, unit, at, line, functions)
    return Directive(comment.line, comment.text, tuple(line for span in spans for line in span), function)


def _comments(root: Node, text: bytes) -> Iterator[_Comment]:
    for match in _DIRECTIVE.finditer(text):
        node = root.descendant_for_byte_range(match.start(), match.start() + 1)
        if node is None or node.type not in ("comment", "html_comment"):
            continue
        words = match.group(1).decode("utf-8", "replace").partition("*/")[0].strip()
        yield _Comment(node.start_byte, node.end_byte, text.count(b"\n", 0, match.start()) + 1, words)


def _line_end(text: bytes, at: int) -> int:
    end = text.find(b"\n", at)
    return end if end >= 0 else len(text)


def _last_code(root: Node, text: bytes, begin: int, end: int) -> int:
    """The last byte of code in front of a comment on its line; -1 without any."""
    at = end - 1
    while at >= begin:
        if text[at] in _SEPARATORS:
            at -= 1
            continue
        node = root.descendant_for_byte_range(at, at + 1)
        if node is None or node.type != "comment":
            return at
        at = node.start_byte - 1
    return -1


def _next_code(root: Node, text: bytes, at: int, skipped: dict[int, int]) -> int:
    """The first byte of code behind a comment: on its line or the next one, further comments skipped; -1 if none.

    `skipped` keeps by the ends of comments what is behind them: one comment after the other asks.
    """
    breaks, passed, found = 0, [at], -1
    while at < len(text):
        if breaks == 0 and at in skipped:
            found = skipped[at]
            break
        if text[at] == 0x0A:
            breaks += 1
            if breaks > 1:
                break  # an empty line: the comment stands for itself
        elif text[at] not in _BLANK:
            node = root.descendant_for_byte_range(at, at + 1)
            if node is None or node.type != "comment":
                found = at
                break
            at, breaks = node.end_byte, 0
            passed.append(at)
            continue
        at += 1
    skipped.update(dict.fromkeys(passed, found))
    return found


def _path(root: Node, at: int) -> list[Node]:
    """The nodes around a byte, outermost first: to climb from the innermost would cost the square of its depth."""
    innermost = root.descendant_for_byte_range(at, at + 1)
    path = [root]
    while innermost is not None and path[-1] != innermost:
        inner = path[-1].child_with_descendant(innermost)
        if inner is None:
            break
        path.append(inner)
    return path


def _unit(path: Sequence[Node]) -> Node:
    """The innermost statement, member or entry around a byte of code."""
    last = len(path) - 1
    if last and not path[last].is_named and path[last - 1].type in _CONTAINERS:
        last -= 1  # the bracket that opens or closes it
    while last and path[last - 1].type not in _CONTAINERS:
        last -= 1
    return path[last]


def _written(unit: Node) -> tuple[_Spans, bool]:
    """The lines (first, last) of a unit without the statements inside it, and whether its parts are apart.

    They are for `if`, `for`, `try` and the like; what is written between the functions that a call is given belongs to
    that call.
    """
    last = unit
    while last.type == "decorator" and last.next_named_sibling is not None:
        last = last.next_named_sibling
    first, end = unit.start_point[0] + 1, last.end_point[0] + 1
    pieces: list[tuple[int, int]] = []
    branches = False
    for block in _blocks(last):
        low, high = _inner_lines(block)
        if low > high:
            continue
        branches |= block.parent is None or block.parent.type not in FUNCTION_NODES
        if first < low:
            pieces.append((first, low - 1))
        first = high + 1
    if first <= end:
        pieces.append((first, end))
    return tuple(pieces), branches or last.type in FUNCTION_NODES or _definition(last) is not last


def _blocks(node: Node) -> Iterator[Node]:
    """The outermost blocks below a node, in order."""
    pending = list(reversed(node.children))
    while pending:
        child = pending.pop()
        if child.type in _BLOCKS:
            yield child
        elif child.end_point[0] > child.start_point[0]:
            pending.extend(reversed(child.children))


def _inner_lines(block: Node) -> tuple[int, int]:
    """The lines that belong to the statements of a block alone; first > last if there are none."""
    first, last = block.start_point[0] + 1, block.end_point[0] + 1
    if block.type != "block":
        return first + 1, last - 1
    opened = block.prev_sibling
    return first + (opened is not None and opened.end_point[0] + 1 == first), last


def _definition(node: Node) -> Node:
    """The definition inside decorators or an export."""
    inner = node.child_by_field_name("definition") or node.child_by_field_name("declaration")
    return inner if inner is not None and inner.type in FUNCTION_NODES else node


def _defined_above(unit: Node, spans: tuple[tuple[int, int], ...], functions: Sequence[Function]) -> int:
    """The function that the statement below a comment defines, decorators and exports skipped."""
    while unit.type == "decorator" and unit.next_named_sibling is not None:
        unit = unit.next_named_sibling
    line, column = _definition(unit).start_point
    return _first(functions, (line + 1, column + 1), max(line + 1, spans[0][1] if spans else 0))


def _defined_at(path: Sequence[Node], unit: Node, at: int, line: int, functions: Sequence[Function]) -> int:
    """The function in whose head a byte of code stands, else the first one that is defined on its line."""
    for node in reversed(path):
        if node.start_byte < unit.start_byte:
            break
        body = node.child_by_field_name("body") if node.type in FUNCTION_NODES else None
        if body is not None and at <= body.start_byte:
            start, column = node.start_point
            return _first(functions, (start + 1, column + 1), body.start_point[0] + 1)
    return _first(functions, max((line, 1), (unit.start_point[0] + 1, unit.start_point[1] + 1)), line)


def _first(functions: Sequence[Function], start: tuple[int, int], last: int) -> int:
    """The first function, module bodies aside, that is defined from `start` up to line `last`."""
    found = [
        (facts.line, facts.column, index)
        for index, facts in enumerate(functions)
        if index and start <= (facts.line, facts.column) and facts.line <= last
    ]
    return min(found)[2] if found else -1
