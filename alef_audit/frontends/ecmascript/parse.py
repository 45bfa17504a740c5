"""Source text to syntax tree, with a bound on what the parser may spend on broken input."""

from typing import Final

from tree_sitter import Node, Parser

from alef_audit.facts.file import Problem
from alef_audit.frontends.ecmascript.mask import mask, mask_reserved_names
from alef_audit.frontends.ecmascript.tables import language

_MAX_PROBLEMS: Final = 20
_CHUNK: Final = 1 << 14
# The parser reports back every hundred steps, about once per 90 bytes of source.  Its error recovery can take minutes
# over a few kilobytes; counting steps instead of seconds keeps the outcome the same on every machine.
_STEPS_PER_BYTE: Final = 0.2
_STEPS_AT_LEAST: Final = 3_000


def parse(text: bytes, grammar: str) -> tuple[Node | None, tuple[Problem, ...]]:
    """The root of the syntax tree and what was not understood; no tree if the parser would take too long."""
    masked = text if grammar == "javascript" else mask(text)
    root = _attempt(masked, grammar)
    if root is not None and root.has_error:
        unreserved = mask_reserved_names(masked)
        if unreserved != masked:
            root = _attempt(unreserved, grammar)
    if root is None:
        return None, (Problem(1, "parse-error", "the parser found no way through this file"),)
    return root, tuple(_problems(root)) if root.has_error else ()


def _attempt(text: bytes, grammar: str) -> Node | None:
    steps = iter(range(_STEPS_AT_LEAST + int(len(text) * _STEPS_PER_BYTE)))
    try:
        return (
            Parser(language(grammar))
            .parse(
                lambda offset, point: text[offset : offset + _CHUNK],
                progress_callback=lambda offset, has_error: next(steps, None) is None,
            )
            .root_node
        )
    except ValueError:  # halted by the callback
        return None


def _problems(root: Node) -> list[Problem]:
    problems: list[Problem] = []
    pending = [root]
    while pending and len(problems) < _MAX_PROBLEMS:
        node = pending.pop()
        if node.is_missing or node.type == "ERROR":
            problems.append(Problem(node.start_point.row + 1, "parse-error", "syntax not understood"))
        elif node.has_error:
            pending.extend(reversed(node.children))
    return problems
