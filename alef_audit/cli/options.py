"""Options that several commands share."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from alef_audit.reporting.formats import REPORT_FORMATS

Platform = Literal["linux", "darwin", "win32", "any"]
Level = Literal["error", "warning", "note"]
FailOn = Literal["error", "warning", "note", "never"]
Confidence = Literal["high", "medium", "low"]
Rules = Annotated[
    list[Path] | None, typer.Option("--rules", metavar="DIR", help="Folder of further rules; may be repeated.")
]
ConfigFile = Annotated[
    Path | None, typer.Option("--config", metavar="FILE", help="Configuration to use instead of the project's.")
]
NoProjectConfig = Annotated[bool, typer.Option("--no-project-config", help="Ignore the project's configuration.")]
Jobs = Annotated[int | None, typer.Option("--jobs", "-j", min=1, metavar="N", help="Processes. Default: one per core.")]
Output = Annotated[
    Path | None, typer.Option("--output", "-o", metavar="FILE", help="Write there instead of to stdout.")
]
OnPlatform = Annotated[
    Platform | None, typer.Option("--platform", help="Leave out branches for other platforms. Default: any.")
]
FollowDependencies = Annotated[
    list[str] | None,
    typer.Option(
        "--follow-dependencies",
        metavar="[=PATH]",
        help="Analyse imported packages, too: node_modules, virtual environments, and folders given as =PATH.",
    ),
]
NoCache = Annotated[
    bool, typer.Option("--no-cache", help="Read every file anew, and keep nothing; see audit cache info.")
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress; findings without the summary.")]
Patterns = Annotated[
    list[str] | None,
    typer.Option(
        "--pattern", "-p", metavar="PATTERN", help="035, 35, ALEF-PAT-035 or the slug; may be repeated. Default: all."
    ),
]
Format = Annotated[
    str,
    typer.Option(
        "--format",
        "-f",
        metavar="FORMAT",
        help="; ".join(f"{entry.name}: {entry.meaning}" for entry in REPORT_FORMATS),
    ),
]
LowestLevel = Annotated[
    Level | None, typer.Option("--level", help="Lowest level to list. Default: warning; json lists all.")
]
FailsOn = Annotated[
    FailOn | None, typer.Option("--fail-on", help="Lowest level that makes the exit code 1. Default: warning.")
]
MinConfidence = Annotated[
    Confidence | None, typer.Option("--min-confidence", help="Ignore what is less certain. Default: low.")
]
BaselineFile = Annotated[
    Path | None,
    typer.Option("--baseline", metavar="FILE", help="Count only what this file, written by audit baseline, lacks."),
]
IncludeSuppressed = Annotated[
    bool, typer.Option("--include-suppressed", help="List what comments or the configuration mute, too.")
]
EvidenceFiles = Annotated[
    list[str] | None,
    typer.Option(
        "--evidence", metavar="FILE", help="Log or profile of a run, to hold the findings against; may be repeated."
    ),
]
Strict = Annotated[
    bool, typer.Option("--strict", help="Exit with 4 if a file was not read in full, or a comment has no effect.")
]
AllPaths = Annotated[bool, typer.Option("--all", help="Print the full path of every listed finding.")]
SuppressionsFrom = Annotated[
    str | None,
    typer.Option(
        "--suppressions-from",
        metavar="REV",
        help="Configuration and comments of that revision count; what has come since does not.",
    ),
]
