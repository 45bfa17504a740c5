"""Options that several commands share."""

from pathlib import Path
from typing import Annotated, Literal

import typer

Platform = Literal["linux", "darwin", "win32", "any"]
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
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress; findings without the summary.")]
