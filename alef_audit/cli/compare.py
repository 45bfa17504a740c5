"""`audit compare`: what a change brings, heals and leaves."""

from pathlib import Path
from typing import Annotated

import typer

from alef_audit.cli.errors import guarded
from alef_audit.cli.options import (
    AllPaths,
    BaselineFile,
    ConfigFile,
    FailsOn,
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
from alef_audit.cli.scan import commands_of


@guarded
def compare(
    context: typer.Context,
    base: Annotated[str, typer.Argument(metavar="BASE", help="Branch, tag or commit to compare with.")],
    head: Annotated[
        str | None, typer.Argument(metavar="HEAD", help="Branch, tag or commit. Default: the work tree.")
    ] = None,
    path: Annotated[
        Path, typer.Option("--path", metavar="PATH", help="The folder to audit. Default: the working directory.")
    ] = Path(),
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
    suppressions_from: SuppressionsFrom = None,
    baseline: BaselineFile = None,
    include_suppressed: IncludeSuppressed = False,
    strict: Strict = False,
    all_paths: AllPaths = False,
    quiet: Quiet = False,
) -> int:
    """What HEAD brings since it parted from BASE: findings introduced, healed, remaining, and what made the difference.

    Both trees are read from git; nothing is checked out. The exit code counts what is introduced.
    """
    from alef_audit.cli.answer import Asked, answer

    return answer(
        Asked(
            paths=(path,),
            since=base,
            head=head,
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
            suppressions_from=suppressions_from,
            baseline=baseline,
            include_suppressed=include_suppressed,
            strict=strict,
            all_paths=all_paths,
            quiet=quiet,
        )
    )
