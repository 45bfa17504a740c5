"""`audit graph PATH`."""

from pathlib import Path
from typing import Annotated

import typer

from alef_audit.cli.errors import OK, guarded
from alef_audit.cli.options import ConfigFile, FollowDependencies, Jobs, NoCache, NoProjectConfig, Output, Quiet, Rules
from alef_audit.reporting.formats import GRAPH_FORMATS

_FORMATS = "; ".join(f"{entry.name}: {entry.meaning}" for entry in GRAPH_FORMATS)


@guarded
def graph(
    paths: Annotated[list[Path] | None, typer.Argument(metavar="PATH", help="Folders or files. Default: .")] = None,
    format: Annotated[str, typer.Option("--format", "-f", metavar="FORMAT", help=_FORMATS)] = "json",
    output: Output = None,
    rules: Rules = None,
    config: ConfigFile = None,
    no_project_config: NoProjectConfig = False,
    jobs: Jobs = None,
    no_cache: NoCache = False,
    follow_dependencies: FollowDependencies = None,
    quiet: Quiet = False,
) -> int:
    """The call graph of a source tree."""
    from alef_audit.cli.ask import build_request, configuration, scope
    from alef_audit.cli.output import check_writable, emit, pick, progress_on_stderr

    chosen = pick(GRAPH_FORMATS, format, lambda entry: entry.name)
    check_writable(output)
    where = scope(paths or [])
    settings = configuration(where[0], config, no_project_config)
    request = build_request(
        where, settings, rules=rules or (), jobs=jobs, follow=follow_dependencies, no_cache=no_cache
    )
    with progress_on_stderr(quiet) as progress:
        from alef_audit.pipeline.linking import graph as build_graph

        view = build_graph(request, progress)
    emit(chosen.render(view), output)
    return OK
