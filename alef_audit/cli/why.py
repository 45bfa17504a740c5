"""`audit why FILE:LINE`."""

from pathlib import Path
from typing import Annotated

import typer

from alef_audit.cli.errors import OK, guarded
from alef_audit.cli.options import ConfigFile, Jobs, NoCache, NoProjectConfig, OnPlatform, Output, Quiet, Rules

_FORMATS = ("text", "json")


@guarded
def why(
    where: Annotated[str, typer.Argument(metavar="FILE:LINE", help="A line of a file below PATH.")],
    path: Annotated[Path, typer.Argument(metavar="PATH", help="The folder that is audited.")] = Path(),
    pattern: Annotated[
        str | None, typer.Option("--pattern", "-p", metavar="PATTERN", help="Default: the first of audit patterns.")
    ] = None,
    format: Annotated[str, typer.Option("--format", "-f", metavar="FORMAT", help="text or json")] = "text",
    output: Output = None,
    rules: Rules = None,
    config: ConfigFile = None,
    no_project_config: NoProjectConfig = False,
    jobs: Jobs = None,
    no_cache: NoCache = False,
    platform: OnPlatform = None,
    quiet: Quiet = False,
) -> int:
    """Why is a line reported, or why is it not? Names the roots that reach it, or what stands in between."""
    from alef_audit.cli.ask import build_request, configuration, line_of
    from alef_audit.cli.output import check_writable, emit, line_width, pick, progress_on_stderr, shows_unicode
    from alef_audit.reporting.why_json import render_why_json
    from alef_audit.reporting.why_text import render_why_text

    chosen = pick(_FORMATS, format, str)
    check_writable(output)
    root, file, line = line_of(where, path)
    request = build_request(
        (root, ()),
        configuration(root, config, no_project_config),
        patterns=(pattern,) if pattern else (),
        rules=rules or (),
        jobs=jobs,
        no_cache=no_cache,
        platform=platform,
    )
    with progress_on_stderr(quiet) as progress:
        from alef_audit.pipeline.asking import why as ask

        answer = ask(request, file, line, progress)
    if chosen == "json":
        emit(render_why_json(answer), output)
    else:
        emit(render_why_text(answer, line_width(output), unicode=shows_unicode(output)), output)
    return OK
