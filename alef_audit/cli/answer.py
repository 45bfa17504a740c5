"""What `scan`, `compare` and `hook` have in common: audit, narrow down, write the report, tell the exit code."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import msgspec
import typer

from alef_audit.auditing.baseline import accepted
from alef_audit.auditing.baseline_file import read_baseline
from alef_audit.auditing.report import AuditReport
from alef_audit.cli.ask import build_request, configuration, configuration_file, scope, typed_folder
from alef_audit.cli.errors import FINDINGS, INCOMPLETE, OK
from alef_audit.cli.options import Confidence, FailOn, Level, Platform
from alef_audit.cli.output import check_writable, emit, line_width, pick, progress_on_stderr, shows_unicode
from alef_audit.cli.trusted import Trusted, trusted_since
from alef_audit.config import Config
from alef_audit.diagnostics import UsageError
from alef_audit.reporting.formats import REPORT_FORMATS
from alef_audit.reporting.rendering import Rendering, lines_below, repository_prefix
from alef_audit.reporting.select import confident, failing, listed, only_open, shortfalls, through
from alef_audit.reporting.text import TextOptions
from alef_audit.request import AuditRequest


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """The options as typed; None and empty ones leave it to configuration and format."""

    paths: tuple[Path, ...] = ()
    commands: tuple[str, ...] = ()  # that exist and may be suggested
    patterns: tuple[str, ...] = ()
    format: str = "text"
    output: Path | None = None
    level: Level | None = None
    fail_on: FailOn | None = None
    min_confidence: Confidence | None = None
    rules: tuple[Path, ...] = ()
    config: Path | None = None
    no_project_config: bool = False
    jobs: int | None = None
    no_cache: bool = False
    platform: Platform | None = None
    follow: list[str] | None = None
    since: str | None = None  # a revision: compare with it
    head: str | None = None  # another one, in place of the work tree
    suppressions_from: str | None = None  # a revision whose configuration and comments count, and no later ones
    baseline: Path | None = None
    evidence: tuple[str, ...] = ()  # logs and profiles
    touching: tuple[Path, ...] | None = None  # report only what passes through these files
    include_discharged: bool = False
    include_suppressed: bool = False
    explain_unresolved: bool = False
    strict: bool = False
    all_paths: bool = False
    quiet: bool = False


def answer(asked: Asked) -> int:
    """Do what is asked and give the exit code. Raises what the command line turns into messages."""
    chosen = pick(REPORT_FORMATS, asked.format, lambda entry: entry.name)
    where = scope(asked.paths, asked.commands)
    check_writable(asked.output, where[0])
    with _settings(asked, where[0]) as settings:
        report = _report(asked, where, settings.config, settings.added)
        wanted = asked.level or (None if chosen.lists_all else settings.config.level or "warning")
        rendering = Rendering(
            listed(report, wanted) if wanted else report,
            report,
            _layout(asked, wanted or "note", typed_folder(where[0])),
            lines_below(where[0], settings.config.max_file_size),
            repository_prefix(where[0]),
            asked.include_suppressed,
        )
    emit(chosen.render(rendering), asked.output)
    usual: FailOn = (settings.config.fail_on or "warning") if chosen.fails else "never"
    return _exit_code(report, asked.fail_on or usual, asked.strict)


@contextmanager
def _settings(asked: Asked, root: Path) -> Iterator[Trusted]:
    """The configuration that counts, and the lines whose comments do not."""
    if asked.suppressions_from is None:
        yield Trusted(configuration(root, asked.config, asked.no_project_config), {})
        return
    with trusted_since(root, asked.suppressions_from, asked.head) as found:
        given = asked.config is not None or asked.no_project_config
        config = configuration(root, asked.config, asked.no_project_config) if given else found.config
        yield Trusted(config, found.added)


def _report(
    asked: Asked, where: tuple[Path, tuple[Path, ...]], settings: Config, disregarded: Mapping[str, frozenset[int]]
) -> AuditReport:
    request = build_request(
        where,
        settings,
        patterns=asked.patterns,
        rules=asked.rules,
        jobs=asked.jobs,
        no_cache=asked.no_cache,
        platform=asked.platform,
        follow=asked.follow,
        include_discharged=asked.include_discharged,
        explain_unresolved=asked.explain_unresolved,
        config_file=configuration_file(where[0], asked.config, asked.no_project_config),
    )
    if asked.evidence and asked.since is not None:
        raise UsageError("--evidence and --since exclude each other", "A run shows one revision: leave one of them out")
    request = msgspec.structs.replace(request, disregarded=disregarded, evidence=asked.evidence)
    return _narrowed(audited(request, asked.quiet, asked.since, asked.head), asked, settings, where)


def audited(request: AuditRequest, quiet: bool, since: str | None = None, head: str | None = None) -> AuditReport:
    """The report; if `since` names a revision, with what `head` (None: the work tree) has changed since then."""
    with progress_on_stderr(quiet) as progress:
        if since is not None:
            from alef_audit.cli.revisions import compare_revisions

            return compare_revisions(request, since, head, progress)
        from alef_audit.pipeline.auditing import audit

        return audit(request, progress)


def _narrowed(report: AuditReport, asked: Asked, settings: Config, where: tuple[Path, tuple[Path, ...]]) -> AuditReport:
    """The report without what is too uncertain, accepted in the baseline, or on no path through the files asked for."""
    report = confident(report, asked.min_confidence or settings.min_confidence or "low")
    file = asked.baseline or (Path(settings.baseline) if settings.baseline else None)
    if file is not None:
        named = Path(os.path.relpath(file, where[0])).as_posix()
        report = accepted(report, read_baseline(file), date.today(), named, whole=not where[1])
        report = msgspec.structs.replace(report, comparison=only_open(report.comparison, report.findings))
    if asked.touching is not None:
        files = {Path(os.path.relpath(path, where[0])).as_posix() for path in asked.touching}
        report = through(report, frozenset(files))
    return report


def _layout(asked: Asked, level: Level, target: str) -> TextOptions:
    return TextOptions(
        width=line_width(asked.output),
        level=level,
        limit=None if asked.all_paths else TextOptions().limit,
        unicode=shows_unicode(asked.output),
        quiet=asked.quiet,
        discharged=asked.include_discharged,
        suppressed=asked.include_suppressed,
        commands=asked.commands,
        target=target,
    )


def _exit_code(report: AuditReport, fail_on: FailOn, strict: bool) -> int:
    missing = shortfalls(report) if strict else []
    if missing:
        typer.echo(f"audit: incomplete, and --strict was given: {'; '.join(missing)}", err=True)
        return INCOMPLETE
    return FINDINGS if fail_on != "never" and failing(report, fail_on) else OK
