"""`audit hook`: what pre-commit runs."""

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
)
from alef_audit.cli.scan import commands_of


@guarded
def hook(
    context: typer.Context,
    files: Annotated[
        list[Path] | None, typer.Argument(metavar="FILE", help="Report only what passes through these files.")
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
    baseline: BaselineFile = None,
    include_suppressed: IncludeSuppressed = False,
    strict: Strict = False,
    all_paths: AllPaths = False,
    quiet: Quiet = False,
) -> int:
    """The entry for pre-commit: the whole project is audited, findings whose path passes through FILE are reported.

    A changed helper is reported in the handler that reaches it, and the reverse. Without a FILE nothing is reported.
    """
    from alef_audit.cli.answer import Asked, answer

    return answer(
        Asked(
            paths=(path,),
            touching=tuple(files or ()),
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
            baseline=baseline,
            include_suppressed=include_suppressed,
            strict=strict,
            all_paths=all_paths,
            quiet=quiet,
        )
    )
