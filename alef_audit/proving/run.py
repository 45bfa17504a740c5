"""Runs a command with the monitors preloaded."""

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from alef_audit.diagnostics import UsageError

_HERE: Final = Path(__file__).resolve().parent
_GRACE: Final = 5.0  # seconds between a polite end and a kill


def run_monitored(command: Sequence[str], proof: Path, seconds: float | None) -> int:
    """Run `command`, which sees this process's terminal, for at most `seconds`; give its exit code.

    Node and Python processes write to `proof` what they measured; others nothing.  Raises UsageError if the command
    cannot be started.
    """
    try:
        process = subprocess.Popen(command, env=_environment(proof))
    except OSError as error:
        raise UsageError(f"{command[0]}: {error.strerror}", "Type it as in: audit prove -- node server.js") from None
    try:
        return process.wait(seconds)
    except subprocess.TimeoutExpired:
        return _ended(process)
    except KeyboardInterrupt:
        # the terminal has sent it to the command, too
        try:
            return process.wait(_GRACE)
        except subprocess.TimeoutExpired:
            return _ended(process)


def _ended(process: "subprocess.Popen[bytes]") -> int:
    """End a command as one would by hand: interrupted, so that it writes what it has to, and killed if that fails."""
    process.send_signal(signal.SIGTERM if sys.platform == "win32" else signal.SIGINT)
    try:
        return process.wait(_GRACE)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.wait()


def _environment(proof: Path) -> dict[str, str]:
    """The environment of this process with the monitors in it; they put back what they find changed."""
    environment = dict(os.environ)
    options, paths = environment.get("NODE_OPTIONS", ""), environment.get("PYTHONPATH", "")
    monitor = str(_HERE / "monitor.cjs").replace("\\", "/").replace('"', '\\"')
    environment["ALEF_AUDIT_PROOF"] = str(proof.resolve())
    environment["ALEF_AUDIT_NODE_OPTIONS"] = options
    environment["ALEF_AUDIT_PYTHONPATH"] = paths
    environment["NODE_OPTIONS"] = f'--require "{monitor}" {options}'.strip()
    environment["PYTHONPATH"] = os.pathsep.join(part for part in (str(_HERE / "preload"), paths) if part)
    return environment
