"""`audit comment`: one comment on a pull request, kept up to date."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from alef_audit.cli.errors import OK, guarded
from alef_audit.cli.options import LowestLevel
from alef_audit.cli.show import Prefix, content, folder_of

if TYPE_CHECKING:
    from alef_audit.auditing.report import AuditReport


@guarded
def comment(
    report: Annotated[
        Path, typer.Argument(metavar="REPORT", help="What audit compare --format=json wrote; - is standard input.")
    ],
    repository: Annotated[
        str | None, typer.Option("--repository", metavar="OWNER/NAME", help="Default: GITHUB_REPOSITORY.")
    ] = None,
    number: Annotated[
        int | None,
        typer.Option("--pull-request", min=1, metavar="N", help="Default: that of the event of the workflow."),
    ] = None,
    key: Annotated[str, typer.Option("--key", help="Tells the comments of several jobs apart.")] = "035",
    level: LowestLevel = None,
    prefix: Prefix = "",
    api_url: Annotated[str | None, typer.Option("--api-url", metavar="URL", help="Default: GITHUB_API_URL.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print the comment; ask nobody.")] = False,
) -> int:
    """Post the report on a pull request of GitHub, or bring the comment that is there up to date.

    Needs GITHUB_TOKEN, and the package's extra "comment". Nothing is posted where there is nothing to say, but a
    comment that is there already is marked as resolved.
    """
    from alef_audit.cli.output import emit
    from alef_audit.diagnostics import UsageError
    from alef_audit.reporting.json_read import read_report
    from alef_audit.reporting.markdown import RESOLVED, render_markdown
    from alef_audit.reporting.rendering import Rendering
    from alef_audit.reporting.select import listed

    whole = read_report(content(report), str(report))
    shown = Rendering(listed(whole, level or "warning"), whole, prefix=folder_of(prefix))
    is_clean = not shown.shown()
    body = RESOLVED if is_clean and not _says_something(whole) else render_markdown(shown)
    if dry_run:
        emit(body, None)
        return OK
    try:
        from alef_audit.posting.actions import pull_request, token
        from alef_audit.posting.comments import post
    except ImportError:
        raise UsageError("httpx is not installed", 'Install it: pip install "alef-audit[comment]"') from None
    place = pull_request(os.environ, repository, number, api_url)
    done = post(place, token(os.environ), body, key, create=body != RESOLVED)
    typer.echo(f"{done.outcome}{': ' if done.url else ''}{done.url}", err=True)
    return OK


def _says_something(report: "AuditReport") -> bool:
    """Whether a reviewer has to see it although nothing is introduced."""
    comparison = report.comparison
    return comparison is not None and bool(comparison.healed or comparison.said or comparison.configuration)
