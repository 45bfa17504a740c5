"""`audit rules check DIR`."""

from pathlib import Path
from typing import Annotated

import typer

from alef_audit.cli.errors import OK, guarded

rules_app = typer.Typer(name="rules", help="Validate a folder of rules.", no_args_is_help=True, rich_markup_mode=None)


@rules_app.callback()
def rules() -> None:
    """Validate a folder of rules."""


@rules_app.command()
@guarded
def check(folder: Annotated[Path, typer.Argument(metavar="DIR", help="Laid over the bundled rules.")]) -> int:
    """Read DIR with the bundled rules and report the first mistake, with its file and key."""
    from alef_audit.cli.choose import rules_of
    from alef_audit.diagnostics import UsageError
    from alef_audit.reporting.escape import clean
    from alef_audit.reporting.words import count

    if not folder.is_dir():
        raise UsageError(f"no such folder: {folder}", "Name the folder that holds models/ and patterns/")
    files = [path.relative_to(folder).as_posix() for path in folder.rglob("*.toml")]
    if not files:
        raise UsageError(
            f"no rules in {folder}", "Rules are *.toml files in models/ or patterns/, or directly in the folder"
        )
    rules_of([folder])
    patterns = sum(name.startswith("patterns/") for name in files)
    parts = [count(len(files) - patterns, "model or vocabulary file"), count(patterns, "pattern file")]
    typer.echo(f"{clean(str(folder))}: {', '.join(parts)}: no mistakes found")
    return OK
