"""`audit show`: a report that was written before, in another format."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from alef_audit.cli.errors import OK, guarded
from alef_audit.cli.options import AllPaths, Format, LowestLevel, Output, Quiet
from alef_audit.reporting.formats import REPORT_FORMATS

Prefix = Annotated[
    str,
    typer.Option("--prefix", metavar="PATH", help="Folder of the repository that was audited, if not all of it."),
]


@guarded
def show(
    context: typer.Context,
    report: Annotated[Path, typer.Argument(metavar="REPORT", help="What --format=json wrote; - is standard input.")],
    format: Format = "text",
    output: Output = None,
    level: LowestLevel = None,
    prefix: Prefix = "",
    all_paths: AllPaths = False,
    quiet: Quiet = False,
) -> int:
    """Show a report that --format=json wrote, in another format, without an audit.

    Source excerpts, and what is computed from the source (line hashes of SARIF), are left out.
    """
    from alef_audit.cli.output import check_writable, emit, line_width, pick, shows_unicode
    from alef_audit.cli.scan import commands_of
    from alef_audit.reporting.json_read import read_report
    from alef_audit.reporting.rendering import Rendering
    from alef_audit.reporting.select import listed
    from alef_audit.reporting.text import TextOptions

    chosen = pick(REPORT_FORMATS, format, lambda entry: entry.name)
    check_writable(output)
    whole = read_report(content(report), str(report))
    wanted = level or (None if chosen.lists_all else "warning")
    layout = TextOptions(
        width=line_width(output),
        level=wanted or "note",
        limit=None if all_paths else TextOptions().limit,
        unicode=shows_unicode(output),
        quiet=quiet,
        commands=commands_of(context),
    )
    shown = Rendering(listed(whole, wanted) if wanted else whole, whole, layout, prefix=folder_of(prefix))
    emit(chosen.render(shown), output)
    return OK


def content(report: Path) -> bytes:
    """What stands in the file, or comes in. Raises UsageError."""
    from alef_audit.diagnostics import UsageError

    try:
        return sys.stdin.buffer.read() if str(report) == "-" else report.read_bytes()
    except OSError as error:
        raise UsageError(f"{report}: {error.strerror}", "Name the file that audit --format=json wrote") from None


def folder_of(prefix: str) -> str:
    """What stands before paths: "" or a folder with its slash."""
    return f"{prefix.strip('/')}/" if prefix.strip("/") else ""
