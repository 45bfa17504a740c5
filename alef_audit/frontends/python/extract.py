"""Entry of the Python front end."""

import sys
from typing import Final

from tree_sitter import Node

from alef_audit.facts.file import Export, FileFacts, Function, Problem
from alef_audit.frontends.builder import FactsBuilder, Scope
from alef_audit.frontends.directives import add_directives
from alef_audit.frontends.python.handed import declared_variables
from alef_audit.frontends.python.parse import parse_python
from alef_audit.frontends.python.statements import walk_block
from alef_audit.frontends.python.walk import Place, Walk

_MAX_PROBLEMS: Final = 20
# Frames that the walk needs: DEPTH_LIMIT levels of a handful of Python frames each.
_RECURSION: Final = 12_000


def extract_python(text: bytes) -> FileFacts:
    """Facts of one Python file (UTF-8 bytes). Never raises: what cannot be parsed yields fewer facts and a problem."""
    if sys.getrecursionlimit() < _RECURSION:
        sys.setrecursionlimit(_RECURSION)
    root = parse_python(text)
    build = FactsBuilder("python")
    walk = Walk(build, text, type_variables=declared_variables(text))
    lines = text.count(b"\n") + 1
    if root.has_error:
        build.problems.extend(_syntax_problems(root))
    build.reserve_function()
    build.enter(0)
    scope = Scope(None, build.slot)
    place = Place(
        function=0,
        scope=scope,
        lexical=scope,
        qualname="",
        result=build.slot(),
        owner=-1,
        self_slot=0,
        class_slot=0,
        is_async=False,
    )
    walk_block(walk, place, root)
    listed = scope.texts.get("__all__[]")
    exports = [
        Export(name, scope.slots[name], name in listed[0] if listed else not name.startswith("_"))
        for name in sorted(scope.declared)
        if " " not in name
    ]
    build.exports.extend(exports)
    build.close(scope)
    build.functions[0] = Function("", "", "<module>", 1, 1, lines, -1, -1, 0, (), place.result, 0)
    add_directives(build, root, text)
    return build.finish(lines)


def _syntax_problems(root: Node) -> list[Problem]:
    problems: list[Problem] = []
    pending = [root]
    while pending and len(problems) < _MAX_PROBLEMS:
        node = pending.pop()
        if node.is_missing or node.type == "ERROR":
            problems.append(Problem(node.start_point[0] + 1, "parse-error", "syntax not understood"))
        elif node.has_error:
            pending.extend(reversed(node.children))
    return problems
