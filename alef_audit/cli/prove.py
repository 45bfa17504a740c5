"""`audit prove -- COMMAND`."""

import shlex
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from alef_audit.cli.errors import OK, guarded

if TYPE_CHECKING:
    from alef_audit.evidence.profiles.proof import Proof

_DEFAULT = Path("alef-audit-proof.json")


@guarded
def prove(
    command: Annotated[
        list[str] | None, typer.Argument(metavar="-- COMMAND...", help="Your own program, as you run it.")
    ] = None,
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="FILE", help="Where the evidence is written.")
    ] = _DEFAULT,
    seconds: Annotated[
        float | None, typer.Option("--seconds", min=0.1, metavar="N", help="End the command after that time.")
    ] = None,
    before: Annotated[
        Path | None, typer.Option("--before", metavar="FILE", help="Evidence of an earlier run to compare with.")
    ] = None,
    after: Annotated[
        Path | None, typer.Option("--after", metavar="FILE", help="Compare --before with this, and run nothing.")
    ] = None,
) -> int:
    """Run a Node or Python program under a monitor of its event loop, and write what holds it.

    Exit codes: 0 measured, whatever the command's own exit code is, 2 usage error, 3 nothing was measured.
    """
    from alef_audit.cli.output import check_writable, emit, line_width
    from alef_audit.diagnostics import UsageError
    from alef_audit.evidence.profiles.proof import read_proof
    from alef_audit.reporting.proof_text import render_proof_text

    if bool(command) == (after is not None) or (after is not None and before is None):
        raise UsageError("either a command, or --before and --after", "Type: audit prove -- node server.js")
    earlier = _read(before) if before is not None else None
    if after is None:
        check_writable(output)
        _run(command or [], output, seconds)
    shown = after or output
    proof = _read(shown)
    stacks = list(read_proof(proof, str(shown)))
    following = f"audit . --evidence {shlex.quote(str(shown))}"
    emit(render_proof_text(proof, stacks, line_width(None), earlier, following), None)
    return OK


def _run(command: list[str], output: Path, seconds: float | None) -> None:
    """Measure a run, and put its evidence in place of an older one only if there is some. Raises NothingToAudit."""
    from alef_audit.diagnostics import NothingToAudit
    from alef_audit.proving.run import run_monitored

    with tempfile.TemporaryDirectory(prefix="alef-audit-") as folder:
        written = Path(folder) / "proof.json"
        code = run_monitored(command, written, seconds)
        if code:
            typer.echo(f"audit: the command ended with exit code {code}", err=True)
        if not written.is_file():
            raise NothingToAudit(
                f"nothing was measured: {shlex.join(command)}",
                "Only Node and Python programs are, and they have to live for a second or to end by themselves",
            )
        output.write_bytes(written.read_bytes())


def _read(file: Path) -> "Proof":
    from alef_audit import json_text
    from alef_audit.diagnostics import UsageError
    from alef_audit.evidence.profiles.proof import SCHEMA, Proof

    try:
        proof = json_text.decode(file.read_bytes(), Proof)
    except (OSError, json_text.NotJson) as error:
        raise UsageError(f"{file} is no evidence of a run: {error}", "Write one: audit prove -- COMMAND") from None
    if proof.schema != SCHEMA:
        raise UsageError(f"{file} has version {proof.schema}", f"This version reads {SCHEMA}")
    return proof
