"""Entry of the ECMAScript front end."""

import re
from typing import Final

from tree_sitter import Node

from alef_audit.facts.file import Directive, FileFacts
from alef_audit.frontends.builder import FactsBuilder
from alef_audit.frontends.ecmascript.constants import constants
from alef_audit.frontends.ecmascript.parse import parse
from alef_audit.frontends.ecmascript.tables import tables
from alef_audit.frontends.ecmascript.walk import Walk

_DIRECTIVE: Final = re.compile(rb"(?://|/\*|\*|#)[ \t]*audit:[ \t]*([^\r\n]*)")


def extract_ecmascript(text: bytes, grammar: str) -> FileFacts:
    """Facts of one TypeScript or JavaScript file (UTF-8 bytes).

    `grammar` is "typescript", "tsx" or "javascript".  Never raises: what cannot be parsed yields fewer facts and a
    problem.
    """
    root, problems = parse(text, grammar)
    build = FactsBuilder("ecmascript")
    lines = text.count(b"\n") + 1
    build.problems.extend(problems)
    walk = Walk(build, text, tables(grammar), constants(root, text))
    body = walk.frame
    body.label, body.end_line = "<module>", lines
    build.enter(body.index)
    walk.effect(root)
    walk.run()
    walk.seal()
    if root is not None and b"audit:" in text:
        build.directives.extend(_directives(root, text))
    return build.finish(lines)


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
