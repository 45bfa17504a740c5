"""`audit patterns`."""

from typing import Annotated

import typer

from alef_audit.cli.errors import OK, guarded
from alef_audit.cli.options import Output, Rules

_FORMATS = ("text", "json")


@guarded
def patterns(
    format: Annotated[str, typer.Option("--format", "-f", metavar="FORMAT", help="text or json")] = "text",
    output: Output = None,
    rules: Rules = None,
) -> int:
    """The catalogue of patterns that can be audited."""
    from alef_audit.cli.choose import rules_of
    from alef_audit.cli.output import check_writable, emit, line_width, pick
    from alef_audit.reporting.explain import render_catalogue_json, render_catalogue_text

    chosen = pick(_FORMATS, format, str)
    check_writable(output)
    known = rules_of(rules or ()).patterns
    emit(render_catalogue_json(known) if chosen == "json" else render_catalogue_text(known, line_width(output)), output)
    return OK
