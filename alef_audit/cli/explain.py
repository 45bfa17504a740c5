"""`audit explain 035`."""

from typing import Annotated

import typer

from alef_audit.cli.errors import OK, guarded
from alef_audit.cli.options import Output, Rules

_FORMATS = ("text", "markdown", "json")


@guarded
def explain(
    pattern: Annotated[str, typer.Argument(metavar="PATTERN", help="035, 35, ALEF-PAT-035 or the slug.")],
    format: Annotated[str, typer.Option("--format", "-f", metavar="FORMAT", help="text, markdown or json")] = "text",
    output: Output = None,
    rules: Rules = None,
) -> int:
    """A pattern in words: signature, levels, guards, fixes, limits, examples, how to cite."""
    from alef_audit.cli.choose import find_pattern, rules_of
    from alef_audit.cli.output import check_writable, emit, line_width, pick, shows_unicode
    from alef_audit.reporting.explain import render_explanation_json, render_explanation_text
    from alef_audit.reporting.explain_markdown import render_explanation_markdown

    chosen = pick(_FORMATS, format, str)
    check_writable(output)
    pack = rules_of(rules or ())
    found = find_pattern(pack.patterns, pattern)
    if chosen == "json":
        emit(render_explanation_json(found), output)
    elif chosen == "markdown":
        emit(render_explanation_markdown(found, pack.kinds), output)
    else:
        emit(render_explanation_text(found, pack.kinds, line_width(output), shows_unicode(output)), output)
    return OK
