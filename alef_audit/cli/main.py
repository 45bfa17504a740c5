"""The command line application."""

import gc
import os
import sys
from collections.abc import Sequence
from typing import Annotated

import typer

from alef_audit import __version__
from alef_audit.cli.arguments import completing, like_an_option, with_default_command
from alef_audit.cli.baseline import baseline
from alef_audit.cli.cache import cache_app
from alef_audit.cli.comment import comment
from alef_audit.cli.compare import compare
from alef_audit.cli.errors import USAGE, complain
from alef_audit.cli.evidence import evidence
from alef_audit.cli.explain import explain
from alef_audit.cli.graph import graph
from alef_audit.cli.hook import hook
from alef_audit.cli.patterns import patterns
from alef_audit.cli.prove import prove
from alef_audit.cli.rules import rules_app
from alef_audit.cli.scan import scan
from alef_audit.cli.schema import config_schema, evidence_schema, explain_schema, patterns_schema
from alef_audit.cli.show import show
from alef_audit.cli.why import why

_COMPLETING = "_AUDIT_COMPLETE"  # set by the script that a shell runs on a tabulator

# Plain help: rich costs a tenth of a second, and every option's text would have to be escaped for it.
app = typer.Typer(
    name="audit",
    add_completion=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="audit PATH is the same as audit scan PATH: its options are in audit scan --help.",
)
app.command()(scan)
app.command()(why)
app.command()(explain)
app.command()(patterns)
app.command()(graph)
app.command()(evidence)
app.command(context_settings={"allow_interspersed_args": False})(prove)
app.command()(baseline)
app.command()(compare)
app.command()(comment)
app.command()(show)
app.command()(hook)
app.add_typer(rules_app)
app.add_typer(cache_app)
app.command("config-schema")(config_schema)
app.command("patterns-schema")(patterns_schema)
app.command("explain-schema")(explain_schema)
app.command("evidence-schema")(evidence_schema)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"alef-audit {__version__}")
        raise typer.Exit()


@app.callback()
def about(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Which synchronous calls block the event loop every time a hot entry point fires?"""


def command_names() -> frozenset[str]:
    """The names of all commands."""
    return _names(typer.main.get_command(app))


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the tool with `arguments` (default: the process's own) and exit.

    The garbage collector rests until the process ends, and then has nothing to look at: walking through all that an
    audit of a large tree has made takes an eighth of the audit.
    """
    if sys.stdout is None:  # closed by whoever started the process
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115
    given = sys.argv[1:] if arguments is None else arguments
    if found := like_an_option(given):
        complain(f"{found} is an option, and a file of that name lies here", "Rename the file, or put -- before files")
        sys.exit(USAGE)
    command = typer.main.get_command(app)  # once: it takes as long to put together as a tenth of all imports
    names = _names(command)
    if _COMPLETING in os.environ:
        os.environ.update(completing(os.environ, names))
    gc.disable()
    try:
        command(args=with_default_command(given, names), prog_name="audit")
    finally:
        gc.freeze()


def _names(command: object) -> frozenset[str]:
    return frozenset(getattr(command, "commands", ()))
