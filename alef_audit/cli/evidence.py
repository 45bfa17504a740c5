"""`audit evidence LOG…`."""

from typing import Annotated

import typer

from alef_audit.cli.errors import OK, guarded
from alef_audit.cli.options import Output, Rules

_FORMATS = ("text", "json", "html")


@guarded
def evidence(
    logs: Annotated[
        list[str], typer.Argument(metavar="LOG...", help="Files, globs, or - for standard input; gzip is fine.")
    ],
    pattern: Annotated[
        str | None, typer.Option("--pattern", "-p", metavar="PATTERN", help="Default: the first of audit patterns.")
    ] = None,
    format: Annotated[str, typer.Option("--format", "-f", metavar="FORMAT", help="text, json or html")] = "text",
    output: Output = None,
    rules: Rules = None,
    explain: Annotated[bool, typer.Option("--explain", help="Say how each part of the signature was decided.")] = False,
) -> int:
    """Do the logs of a running gateway show the observable signature of a pattern?

    Exit codes: 0 answered, whatever the answer is, 2 usage or rule error, 3 no log to read.
    """
    from alef_audit.cli.choose import find_pattern, rules_of
    from alef_audit.cli.output import check_writable, emit, line_width, pick, shows_unicode
    from alef_audit.evidence.judge import judge
    from alef_audit.evidence.logs import find_logs
    from alef_audit.reporting.evidence_json import render_evidence_json
    from alef_audit.reporting.evidence_text import render_evidence_text

    chosen = pick(_FORMATS, format, str)
    check_writable(output)
    known = rules_of(rules or ()).patterns
    found = judge(find_logs(logs), find_pattern(known, pattern) if pattern else known[0])
    if chosen == "json":
        emit(render_evidence_json(found), output)
    elif chosen == "html":
        # the page's own library is needed by nothing else
        from alef_audit.reporting.html_evidence import render_evidence_html

        emit(render_evidence_html(found), output)
    else:
        emit(render_evidence_text(found, line_width(output), shows_unicode(output), explain), output)
    return OK
