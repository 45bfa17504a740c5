"""Exit codes, and every error as one message on stderr."""

import functools
import os
import sys
from collections.abc import Callable
from typing import ParamSpec

import typer

OK = 0
FINDINGS = 1
USAGE = 2
NOTHING_TO_AUDIT = 3
INCOMPLETE = 4
INTERNAL = 5
_BROKEN_PIPE = 141  # 128 + SIGPIPE, what a shell reports for other programs

P = ParamSpec("P")


def guarded(command: Callable[P, int]) -> Callable[P, None]:
    """`command`, which gives an exit code, as one that ends the program with it and turns errors into messages."""

    @functools.wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            code = command(*args, **kwargs)
            sys.stdout.flush()
        except BrokenPipeError:
            code = _quiet_pipe()
        except (typer.Exit, typer.Abort, typer.TyperException):
            raise
        except Exception as error:
            code = _explained(error)
        raise typer.Exit(code)

    del run.__annotations__["return"]
    return run


def complain(message: str, remedy: str = "") -> None:
    """One error on stderr: what is wrong, and on a second line what to do about it."""
    from alef_audit.reporting.escape import clean

    typer.echo(f"audit: error: {clean(message)}", err=True)
    if remedy:
        typer.echo(f"  {clean(remedy)}", err=True)


def _explained(error: Exception) -> int:
    from alef_audit.diagnostics import ConfigError, NothingToAudit, UsageError
    from alef_audit.rulepack.load import RulepackError

    match error:
        case UsageError():
            complain(error.message, error.remedy)
            return USAGE
        case ConfigError():
            complain(_located(error.file, error.key, error.message), error.remedy)
            return USAGE
        case RulepackError():
            complain(
                _located(error.path, error.key, error.message), "Correct that entry, then try: audit rules check DIR"
            )
            return USAGE
        case NothingToAudit():
            complain(error.message, error.remedy)
            return NOTHING_TO_AUDIT
        case _:
            return _internal(error)


def _located(file: str, key: str, message: str) -> str:
    return f"{file}: {key}: {message}" if key else f"{file}: {message}"


def _internal(error: Exception) -> int:
    import platform

    from alef_audit import __version__

    if os.environ.get("ALEF_AUDIT_DEBUG") == "1":
        import traceback

        typer.echo("".join(traceback.format_exception(error)), err=True, nl=False)
    complain(
        f"internal error: {type(error).__name__}: {error}",
        f"This is a mistake in alef-audit {__version__} (Python {platform.python_version()}, {sys.platform}), not in "
        "your code. Please report it with the command you typed and what it prints with ALEF_AUDIT_DEBUG=1.",
    )
    return INTERNAL


def _quiet_pipe() -> int:
    """The reader is gone: say nothing, not even when the interpreter flushes at its end."""
    from alef_audit.cli.output import drop_output

    drop_output()
    return _BROKEN_PIPE
