"""Entry of the ECMAScript front end."""

import re
from typing import Final

from tree_sitter import Node, Parser

from alef_audit.facts.file import Directive, FileFacts, Problem
from alef_audit.frontends.builder import FactsBuilder
from alef_audit.frontends.ecmascript.mask import mask, mask_reserved_names
from alef_audit.frontends.ecmascript.tables import language, tables
from alef_audit.frontends.ecmascript.walk import Walk

_DIRECTIVE: Final = re.compile(rb"(?://|/\*|\*|#)[ \t]*audit:[ \t]*([^\r\n]*)")
_MAX_PROBLEMS: Final = 20


def extract_ecmascript(text: bytes, grammar: str) -> FileFacts:
    """Facts of one TypeScript or JavaScript file (UTF-8 bytes).

    `grammar` is "typescript", "tsx" or "javascript".  Never raises: what cannot be parsed yields fewer facts and a
    problem.
    """
    root = _parse(text, grammar)
    build = FactsBuilder("ecmascript")
    lines = text.count(b"\n") + 1
    if root.has_error:
        build.problems.extend(_syntax_problems(root))
    walk = Walk(build, text, tables(grammar))
    body = walk.frame
    body.label, body.end_line = "<module>", lines
    build.enter(body.index)
    walk.effect(root)
    walk.run()
    walk.seal()
    if b"audit:" in text:
        build.directives.extend(_directives(root, text))
    return build.finish(lines)


def _parse(text: bytes, grammar: str) -> Node:
    parser = Parser(language(grammar))
    masked = text if grammar == "javascript" else mask(text)
    root = parser.parse(masked).root_node
    if root.has_error:
        unreserved = mask_reserved_names(masked)
        if unreserved != masked:
            return parser.parse(unreserved).root_node
    return root


def _directives(root: Node, text: bytes) -> list[Directive]:
    found = []
    for match in _DIRECTIVE.finditer(text):
        node = root.descendant_for_byte_range(match.start(), match.start() + 1)
        if node is None or node.type != "comment":
            continue
        line_start = text.rfind(b"\n", 0, node.start_byte) + 1
        line_end = text.find(b"\n", node.end_byte)
        around = text[line_start : node.start_byte] + text[node.end_byte : line_end if line_end >= 0 else len(text)]
        words = match.group(1).decode("utf-8", "replace")
        line = text.count(b"\n", 0, match.start()) + 1
        found.append(Directive(line, words.partition("*/")[0].strip(), not around.strip()))
    return found


def _syntax_problems(root: Node) -> list[Problem]:
    problems: list[Problem] = []
    pending = [root]
    while pending and len(problems) < _MAX_PROBLEMS:
        node = pending.pop()
        if node.is_missing or node.type == "ERROR":
            problems.append(Problem(node.start_point.row + 1, "parse-error", "syntax not understood"))
        elif node.has_error:
            pending.extend(reversed(node.children))
    return problems
