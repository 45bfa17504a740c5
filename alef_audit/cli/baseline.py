"""`audit baseline`: accept what is there, so that only new findings count."""

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from alef_audit.cli.errors import OK, guarded
from alef_audit.cli.options import (
    ConfigFile,
    FollowDependencies,
    Jobs,
    NoCache,
    NoProjectConfig,
    OnPlatform,
    Quiet,
    Rules,
)

if TYPE_CHECKING:
    from alef_audit.auditing.baseline import Entry

_NAME = "alef-audit-baseline.jsonl"


@guarded
def baseline(
    path: Annotated[Path, typer.Argument(metavar="PATH", help="Folder to audit. Default: .")] = Path(),
    pattern: Annotated[
        list[str] | None, typer.Option("--pattern", "-p", metavar="PATTERN", help="As for scan. Default: all.")
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help=f"Default: the configured one, or {_NAME}."),
    ] = None,
    reason: Annotated[str, typer.Option("--reason", help="Why new entries are accepted.")] = "",
    until: Annotated[
        str | None, typer.Option("--until", metavar="DATE", help="Last day for new entries, as 2027-01-31.")
    ] = None,
    prune: Annotated[
        bool, typer.Option("--prune", help="Only remove entries that cover nothing any more; accept nothing new.")
    ] = False,
    rules: Rules = None,
    config: ConfigFile = None,
    no_project_config: NoProjectConfig = False,
    jobs: Jobs = None,
    no_cache: NoCache = False,
    platform: OnPlatform = None,
    follow_dependencies: FollowDependencies = None,
    quiet: Quiet = False,
) -> int:
    """Write the findings of now into a baseline: audit --baseline FILE then counts new ones only.

    Entries name file, function and call, no lines. Reasons and dates of entries that stay are kept.
    """
    from alef_audit.auditing.baseline import entries_of, pruned, renewed
    from alef_audit.auditing.baseline_file import baseline_text, read_baseline
    from alef_audit.cli.answer import audited
    from alef_audit.cli.ask import build_request, configuration, scope
    from alef_audit.cli.output import check_writable, emit
    from alef_audit.diagnostics import UsageError
    from alef_audit.reporting.escape import clean
    from alef_audit.reporting.select import confident

    if not path.is_dir():
        raise UsageError(f"no such folder: {path}", "A baseline is of a whole folder: name one")
    where = scope([path])
    settings = configuration(where[0], config, no_project_config)
    file = output or (Path(settings.baseline) if settings.baseline else where[0] / _NAME)
    check_writable(file, where[0])
    last = _day(until)
    known = read_baseline(file) if file.exists() or prune else ()
    request = build_request(
        where,
        settings,
        patterns=pattern or (),
        rules=rules or (),
        jobs=jobs,
        no_cache=no_cache,
        platform=platform,
        follow=follow_dependencies,
    )
    found = entries_of(confident(audited(request, quiet), settings.min_confidence or "low"))
    entries = pruned(known, found) if prune else renewed(known, found, reason, last)
    emit(baseline_text(entries), file)
    if not quiet:
        typer.echo(clean(_said(known, entries, file)), err=True)
    return OK


def _day(text: str | None) -> date | None:
    from alef_audit.diagnostics import UsageError

    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise UsageError(f"--until {text}: not a day", "Type it as 2027-01-31") from None


def _said(old: "tuple[Entry, ...]", new: "tuple[Entry, ...]", file: Path) -> str:
    from alef_audit.reporting.words import count

    before, after = {entry.key for entry in old}, {entry.key for entry in new}
    return (
        f"baseline {file}: {count(len(new), 'entry', 'entries')}, {len(after - before)} new, "
        f"{len(before - after)} removed. Use it: audit --baseline {file}"
    )
