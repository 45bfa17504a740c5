"""`audit scan`, which is what `audit PATH` runs."""

from pathlib import Path
from typing import Annotated

import typer

from alef_audit.cli.errors import guarded
from alef_audit.cli.options import (
    AllPaths,
    BaselineFile,
    ConfigFile,
    EvidenceFiles,
    FailsOn,
    FollowDependencies,
    Format,
    IncludeSuppressed,
    Jobs,
    LowestLevel,
    MinConfidence,
    NoCache,
    NoProjectConfig,
    OnPlatform,
    Output,
    Patterns,
    Quiet,
    Rules,
    Strict,
    SuppressionsFrom,
)


@guarded
def scan(
    context: typer.Context,
    paths: Annotated[list[Path] | None, typer.Argument(metavar="PATH", help="Folders or files. Default: .")] = None,
    pattern: Patterns = None,
    format: Format = "text",
    output: Output = None,
    level: LowestLevel = None,
    fail_on: FailsOn = None,
    min_confidence: MinConfidence = None,
    rules: Rules = None,
    config: ConfigFile = None,
    no_project_config: NoProjectConfig = False,
    jobs: Jobs = None,
    no_cache: NoCache = False,
    platform: OnPlatform = None,
    follow_dependencies: FollowDependencies = None,
    since: Annotated[
        str | None,
        typer.Option("--since", metavar="REV", help="Only what came since this revision of git; see audit compare."),
    ] = None,
    suppressions_from: SuppressionsFrom = None,
    baseline: BaselineFile = None,
    evidence: EvidenceFiles = None,
    include_discharged: Annotated[
        bool, typer.Option("--include-discharged", help="List what a guard on the path discharges, too.")
    ] = False,
    include_suppressed: IncludeSuppressed = False,
    explain_unresolved: Annotated[
        bool, typer.Option("--explain-unresolved", help="List calls below hot entry points that lead nowhere known.")
    ] = False,
    strict: Strict = False,
    all_paths: AllPaths = False,
    quiet: Quiet = False,
) -> int:
    """Audit a source tree: which blocking calls do hot entry points reach?

    Exit codes: 0 nothing at or above --fail-on, 1 findings, 2 usage, configuration or rule error, 3 nothing to audit,
    4 incomplete (--strict), 5 internal error.
    """
    from alef_audit.cli.answer import Asked, answer

    return answer(
        Asked(
            paths=tuple(paths or ()),
            commands=commands_of(context),
            patterns=tuple(pattern or ()),
            format=format,
            output=output,
            level=level,
            fail_on=fail_on,
            min_confidence=min_confidence,
            rules=tuple(rules or ()),
            config=config,
            no_project_config=no_project_config,
            jobs=jobs,
            no_cache=no_cache,
            platform=platform,
            follow=follow_dependencies,
            since=since,
            suppressions_from=suppressions_from,
            baseline=baseline,
            evidence=tuple(evidence or ()),
            include_discharged=include_discharged,
            include_suppressed=include_suppressed,
            explain_unresolved=explain_unresolved,
            strict=strict,
            all_paths=all_paths,
            quiet=quiet,
        )
    )


def commands_of(context: typer.Context) -> tuple[str, ...]:
    """The commands that exist, so that the report suggests no other."""
    parent = context.parent
    return tuple(getattr(parent.command, "commands", ())) if parent else ()
