"""Where text goes: a terminal, a pipe or a file."""

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, TextIO, TypeVar

from alef_audit.diagnostics import UsageError
from alef_audit.reporting.escape import starts_command

if TYPE_CHECKING:
    from rich.text import Text

T = TypeVar("T")
Progress = Callable[[str, int, int], None]

_PIPE_WIDTH = 100
_NARROWEST = 40


def pick(formats: Sequence[T], name: str, name_of: Callable[[T], str]) -> T:
    """The entry of `formats` called `name`. Raises UsageError that lists what exists."""
    for entry in formats:
        if name_of(entry) == name:
            return entry
    raise UsageError(f"unknown format {name!r}", f"Formats: {', '.join(name_of(entry) for entry in formats)}")


def check_writable(output: Path | None, root: Path | None = None) -> None:
    """Fail before the work, not after it, if `output` cannot be written. Raises UsageError.

    So it does where a link in `root`, the audited folder (default: the working directory), leads out of it: whoever
    wrote the tree would choose what is overwritten.
    """
    if output is None or str(output) == "-":
        return
    if _is_led_out(output, (root or Path.cwd()).resolve()):
        raise UsageError(f"--output {output}: a link leads out of the audited folder", "Remove the link")
    if output.is_dir():
        raise UsageError(f"--output {output}: is a folder", "Name a file")
    if not output.absolute().parent.is_dir():
        raise UsageError(f"--output {output}: no such folder: {output.absolute().parent}", "Create it first")


def _is_led_out(output: Path, root: Path) -> bool:
    typed = Path(os.path.abspath(output))
    enters = any(folder.resolve().is_relative_to(root) for folder in typed.parents)
    return enters and not typed.resolve().is_relative_to(root)


def line_width(output: Path | None) -> int:
    """How wide lines may be: the terminal's width, `COLUMNS`, or 100 where there is no terminal."""
    columns = os.environ.get("COLUMNS", "")
    if columns.isdigit() and int(columns):
        return max(_NARROWEST, int(columns))
    if output is not None or not sys.stdout.isatty():
        return _PIPE_WIDTH
    return max(_NARROWEST, os.get_terminal_size(sys.stdout.fileno()).columns)


def shows_unicode(output: Path | None) -> bool:
    """Whether the destination can show the few symbols that are no ASCII; files are UTF-8."""
    encoding = "utf-8" if output is not None else (sys.stdout.encoding or "ascii")
    return encoding.lower().replace("-", "").replace("_", "").startswith("utf")


def emit(rendered: "str | Sequence[Text]", output: Path | None) -> None:
    """Write finished text, or styled lines, to stdout or to the file `output`. Raises UsageError, BrokenPipeError."""
    if output is None or str(output) == "-":
        try:
            _write(rendered, sys.stdout)
            sys.stdout.flush()
        except BrokenPipeError:
            raise
        except OSError as error:
            drop_output()
            raise UsageError(f"standard output: {error.strerror}", "Make room, or name a file: --output FILE") from None
        return
    try:
        with output.open("w", encoding="utf-8", errors="backslashreplace", newline="\n") as file:
            _write(rendered, file)
    except OSError as error:
        raise UsageError(f"--output {output}: {error.strerror}", "Name a file that can be written") from None


def drop_output() -> None:
    """Let what standard output still holds go nowhere: the interpreter would try once more at its end, and complain."""
    with suppress(OSError, ValueError):  # no real file behind it
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


@contextmanager
def progress_on_stderr(quiet: bool) -> Iterator[Progress]:
    """A progress callback; it shows one line on a terminal and nothing anywhere else."""
    if quiet or not sys.stderr.isatty():
        yield lambda stage, done, total: None
        return
    from rich.console import Console
    from rich.text import Text

    with Console(stderr=True).status(Text("starting")) as status:

        def show(stage: str, done: int, total: int) -> None:
            status.update(Text(f"{stage} {done:,} of {total:,}" if total else stage))

        yield show


def _write(rendered: "str | Sequence[Text]", stream: TextIO) -> None:
    if not isinstance(rendered, str):
        _print_lines(rendered, stream)
        return
    raw = getattr(stream, "buffer", None)
    if raw is None or stream is not sys.stdout:
        stream.write(rendered)
        return
    stream.flush()
    raw.write(rendered.encode("utf-8", "backslashreplace"))
    raw.flush()


def _no_command(line: "Text") -> "Text":
    """The line, also where a name that stands first in it would make it a command of a CI system."""
    from rich.text import Text

    if not starts_command(line.plain):
        return line
    at = line.plain.index("::")
    return line[:at] + Text(":\\x3a", end="") + line[at + 2 :]


def _print_lines(lines: "Sequence[Text]", stream: TextIO) -> None:
    from rich.console import Console

    lines = [_no_command(line) for line in lines]
    # An environment that asks for colour (FORCE_COLOR) is heard; NO_COLOR wins, and then nothing is styled at all.
    console = Console(file=stream, color_system=None if os.environ.get("NO_COLOR") else "auto", highlight=False)
    if console.color_system is None:
        stream.write(
            "".join(line.plain + "\n" for line in lines)
            .encode(stream.encoding or "utf-8", "backslashreplace")
            .decode(stream.encoding or "utf-8")
        )
        return
    for line in lines:
        console.print(line, soft_wrap=True)
