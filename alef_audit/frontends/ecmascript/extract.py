"""Entry of the ECMAScript front end."""

from alef_audit.facts.file import FileFacts
from alef_audit.frontends.builder import FactsBuilder
from alef_audit.frontends.directives import add_directives
from alef_audit.frontends.ecmascript.bundled import helpers_of
from alef_audit.frontends.ecmascript.constants import constants, keep_constants
from alef_audit.frontends.ecmascript.parse import parse
from alef_audit.frontends.ecmascript.tables import tables
from alef_audit.frontends.ecmascript.walk import Walk


def extract_ecmascript(text: bytes, grammar: str) -> FileFacts:
    """Facts of one TypeScript or JavaScript file (UTF-8 bytes).

    `grammar` is "typescript", "tsx" or "javascript".  Never raises: what cannot be parsed yields fewer facts and a
    problem.
    """
    root, problems = parse(text, grammar)
    build = FactsBuilder("ecmascript")
    lines = text.count(b"\n") + 1
    build.problems.extend(problems)
    found = constants(root, text)
    walk = Walk(build, text, tables(grammar), found.values, helpers_of(text))
    body = walk.frame
    body.label, body.end_line = "<module>", lines
    build.enter(body.index)
    walk.effect(root)
    walk.run()
    keep_constants(build, body.scope, found)
    walk.seal()
    if root is not None:
        add_directives(build, root, text)
    return build.finish(lines)
