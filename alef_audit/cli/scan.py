"""`audit scan`, which is what `audit PATH` runs."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import msgspec
import typer

from alef_audit.cli.errors import FINDINGS, INCOMPLETE, OK, guarded
from alef_audit.cli.options import (
    ConfigFile,
    FollowDependencies,
    Jobs,
    NoProjectConfig,
    OnPlatform,
    Output,
    Quiet,
    Rules,
)
from alef_audit.reporting.formats import REPORT_FORMATS

if TYPE_CHECKING:
    from alef_audit.auditing.report import AuditReport
    from alef_audit.reporting.text import TextOptions
    from alef_audit.request import AuditRequest

Level = Literal["error", "warning", "note"]
FailOn = Literal["error", "warning", "note", "never"]
Confidence = Literal["high", "medium", "low"]

_FORMATS = "; ".join(f"{entry.name}: {entry.meaning}" for entry in REPORT_FORMATS)


@guarded
def scan(
    context: typer.Context,
    paths: Annotated[list[Path] | None, typer.Argument(metavar="PATH", help="Folders or files. Default: .")] = None,
    pattern: Annotated[
        list[str] | None,
        typer.Option(
            "--pattern",
            "-p",
            metavar="PATTERN",
            help="035, 35, ALEF-PAT-035 or the slug; may be repeated. Default: all.",
        ),
    ] = None,
    format: Annotated[str, typer.Option("--format", "-f", metavar="FORMAT", help=_FORMATS)] = "text",
    output: Output = None,
    level: Annotated[
        Level | None, typer.Option("--level", help="Lowest level to list. Default: warning; json lists all.")
    ] = None,
    fail_on: Annotated[
        FailOn | None, typer.Option("--fail-on", help="Lowest level that makes the exit code 1. Default: warning.")
    ] = None,
    min_confidence: Annotated[
        Confidence | None, typer.Option("--min-confidence", help="Ignore what is less certain. Default: low.")
    ] = None,
    rules: Rules = None,
    config: ConfigFile = None,
    no_project_config: NoProjectConfig = False,
    jobs: Jobs = None,
    platform: OnPlatform = None,
    follow_dependencies: FollowDependencies = None,
    baseline: Annotated[
        Path | None,
        typer.Option("--baseline", metavar="FILE", help="Count only what this file, written by audit baseline, lacks."),
    ] = None,
    include_discharged: Annotated[
        bool, typer.Option("--include-discharged", help="List what a guard on the path discharges, too.")
    ] = False,
    include_suppressed: Annotated[
        bool, typer.Option("--include-suppressed", help="List what comments or the configuration mute, too.")
    ] = False,
    explain_unresolved: Annotated[
        bool, typer.Option("--explain-unresolved", help="List calls below hot entry points that lead nowhere known.")
    ] = False,
    strict: Annotated[
        bool, typer.Option("--strict", help="Exit with 4 if a file was not read in full, or a comment has no effect.")
    ] = False,
    all_paths: Annotated[bool, typer.Option("--all", help="Print the full path of every listed finding.")] = False,
    quiet: Quiet = False,
) -> int:
    """Audit a source tree: which blocking calls do hot entry points reach?

    Exit codes: 0 nothing at or above --fail-on, 1 findings, 2 usage, configuration or rule error, 3 nothing to audit,
    4 incomplete (--strict), 5 internal error.
    """
    from alef_audit.cli.ask import build_request, configuration, configuration_file, scope, typed_folder
    from alef_audit.cli.output import check_writable, emit, pick
    from alef_audit.reporting.rendering import Rendering, lines_below, repository_prefix
    from alef_audit.reporting.select import confident, listed

    chosen = pick(REPORT_FORMATS, format, lambda entry: entry.name)
    check_writable(output)
    where = scope(paths or [], _commands(context))
    settings = configuration(where[0], config, no_project_config)
    request = build_request(
        where,
        settings,
        patterns=pattern or (),
        rules=rules or (),
        jobs=jobs,
        platform=platform,
        follow=follow_dependencies,
        include_discharged=include_discharged,
        explain_unresolved=explain_unresolved,
        config_file=configuration_file(where[0], config, no_project_config),
    )
    report = confident(audited(request, quiet), min_confidence or settings.min_confidence or "low")
    report = _accepted(report, baseline or (Path(settings.baseline) if settings.baseline else None), where)
    wanted = level or (None if chosen.lists_all else settings.level or "warning")
    layout = msgspec.structs.replace(
        _layout(context, output, wanted or "note", all_paths=all_paths, quiet=quiet),
        discharged=include_discharged,
        suppressed=include_suppressed,
        target=typed_folder(where[0]),
    )
    rendering = Rendering(
        listed(report, wanted) if wanted else report,
        report,
        layout,
        lines_below(where[0], settings.max_file_size),
        repository_prefix(where[0]),
        include_suppressed,
    )
    emit(chosen.render(rendering), output)
    usual: FailOn = (settings.fail_on or "warning") if chosen.fails else "never"
    return _exit_code(report, fail_on or usual, strict)


def audited(request: "AuditRequest", quiet: bool) -> "AuditReport":
    from alef_audit.cli.output import progress_on_stderr

    with progress_on_stderr(quiet) as progress:
        from alef_audit.pipeline import audit

        return audit(request, progress)


def _accepted(report: "AuditReport", file: Path | None, where: tuple[Path, tuple[Path, ...]]) -> "AuditReport":
    if file is None:
        return report
    import os
    from datetime import date

    from alef_audit.auditing.baseline import accepted
    from alef_audit.auditing.baseline_file import read_baseline

    entries = read_baseline(file)
    named = Path(os.path.relpath(file, where[0])).as_posix()
    return accepted(report, entries, date.today(), named, whole=not where[1])


def _layout(
    context: typer.Context, output: Path | None, level: Level, *, all_paths: bool, quiet: bool
) -> "TextOptions":
    from alef_audit.cli.output import line_width, shows_unicode
    from alef_audit.reporting.text import TextOptions

    return TextOptions(
        width=line_width(output),
        level=level,
        limit=None if all_paths else TextOptions().limit,
        unicode=shows_unicode(output),
        quiet=quiet,
        commands=_commands(context),
    )


def _exit_code(report: "AuditReport", fail_on: FailOn, strict: bool) -> int:
    from alef_audit.reporting.select import failing, shortfalls

    missing = shortfalls(report) if strict else []
    if missing:
        typer.echo(f"audit: incomplete, and --strict was given: {'; '.join(missing)}", err=True)
        return INCOMPLETE
    return FINDINGS if fail_on != "never" and failing(report, fail_on) else OK


def _commands(context: typer.Context) -> tuple[str, ...]:
    """The commands that exist, so that the report suggests no other."""
    parent = context.parent
    return tuple(getattr(parent.command, "commands", ())) if parent else ()
