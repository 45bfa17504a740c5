"""`audit patterns`."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from alef_audit.cli.errors import OK, guarded
from alef_audit.cli.options import Output, Rules
from alef_audit.rulepack.grid import Pathology, Stage

if TYPE_CHECKING:
    from alef_audit.rulepack.pattern import Pattern

_FORMATS: Final = ("text", "markdown", "json", "jsonld")


@guarded
def patterns(
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="PATTERN", help="035, 35, ALEF-PAT-035 or the slug. Default: all."),
    ] = None,
    stage: Annotated[Stage | None, typer.Option("--stage", help="Only patterns of that stage.")] = None,
    pathology: Annotated[Pathology | None, typer.Option("--pathology", help="Only patterns of that pathology.")] = None,
    severity_min: Annotated[
        int, typer.Option("--severity-min", min=1, max=10, metavar="N", help="Least severity, 1 to 10.")
    ] = 1,
    format: Annotated[str, typer.Option("--format", "-f", metavar="FORMAT", help=", ".join(_FORMATS))] = "text",
    output: Output = None,
    rules: Rules = None,
) -> int:
    """The catalogue of patterns that can be audited; with --format=json or jsonld, its machine query."""
    from alef_audit.cli.choose import fitting_patterns, patterns_of
    from alef_audit.cli.output import check_writable, pick

    chosen = pick(_FORMATS, format, str)
    check_writable(output)
    _emit(chosen, fitting_patterns(patterns_of(rules or ()), names or (), stage, pathology, severity_min), output)
    return OK


def _emit(format: str, found: "Sequence[Pattern]", output: Path | None) -> None:
    from alef_audit.cli.output import emit, line_width
    from alef_audit.reporting import catalogue

    match format:
        case "json":
            emit(catalogue.render_catalogue_json(found), output)
        case "jsonld":
            emit(catalogue.render_catalogue_jsonld(found), output)
        case "markdown":
            emit(catalogue.render_catalogue_markdown(found), output)
        case _:
            emit(catalogue.render_catalogue_text(found, line_width(output)), output)
