"""Runs commands and says what they took."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Final

import msgspec

from tests.ecosystem import measure
from tests.ecosystem.run import Took

_TIMEOUT: Final = 3_600  # seconds
_LAST_WORDS: Final = 300  # characters of what a failed command says


class CommandFailed(Exception):
    """A measured command ended with an exit code that was not expected; the message has it and the last words."""


def measured(
    command: Sequence[str], environment: Mapping[str, str] | None = None, codes: Collection[int] = (0, 1)
) -> Took:
    """What `command` takes, with all processes that it starts; `environment` is added to ours. Raises CommandFailed."""
    with tempfile.TemporaryDirectory(prefix="alef-audit-") as name:
        took, said = Path(name) / "took.json", Path(name) / "said.txt"
        with said.open("wb") as errors:
            code = subprocess.run(
                (sys.executable, "-S", measure.__file__, str(took), str(_TIMEOUT), *command),
                env={**os.environ, **(environment or {})},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=errors,
                check=False,
            ).returncode
        if code not in codes:
            words = said.read_text(encoding="utf-8", errors="replace").strip()[-_LAST_WORDS:]
            raise CommandFailed(f"{command[0]} ended with {code}: {words}")
        return msgspec.json.decode(took.read_bytes(), type=Took)
