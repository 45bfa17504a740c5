"""The baseline's file: JSON Lines, one entry a line, sorted, so that branches merge."""

from collections.abc import Sequence
from pathlib import Path

import msgspec

from alef_audit import json_text
from alef_audit.auditing.baseline import Entry
from alef_audit.diagnostics import ConfigError


def read_baseline(path: Path) -> tuple[Entry, ...]:
    """The entries of the file, in its order. Raises ConfigError."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise ConfigError(str(path), "", "no such baseline", "Write one: audit baseline") from None
    except UnicodeDecodeError:
        raise ConfigError(str(path), "", "not UTF-8", "Write it anew: audit baseline") from None
    except OSError as error:
        raise ConfigError(str(path), "", f"cannot be read: {error.strerror}") from None
    entries = []
    # not by `splitlines`: JSON lets other line ends stand inside of a string
    for number, line in enumerate(text.removesuffix("\n").split("\n") if text else (), 1):
        try:
            entries.append(json_text.decode(line, Entry))
        except json_text.NotJson as error:
            remedy = "Take one side of the merge and write it anew: audit baseline" if line.startswith("<<<<") else ""
            raise ConfigError(str(path), f"line {number}", str(error), remedy) from None
    return tuple(entries)


def baseline_text(entries: Sequence[Entry]) -> str:
    """The content of the file."""
    lines = (msgspec.json.encode(entry).decode("utf-8") for entry in sorted(entries, key=lambda entry: entry.key))
    return "".join(f"{line}\n" for line in lines)
