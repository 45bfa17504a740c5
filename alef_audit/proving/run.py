"""Runs a command with the monitors preloaded."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from alef_audit.diagnostics import UsageError

_HERE: Final = Path(__file__).resolve().parent
_GRACE: Final = 5.0  # seconds between a polite end and a kill
_LOOK: Final = 0.05  # seconds between two looks whether it has ended
_KILL: Final = 9  # the same number on all systems that have process groups


def run_monitored(command: Sequence[str], proof: Path, seconds: float | None) -> int:
    """Run `command`, which sees this process's terminal, for at most `seconds`; give its exit code, 0 if it was ended.

    Node and Python processes write to `proof` what they measured; others nothing.  Raises UsageError if the command
    cannot be started.
    """
    # what is ended here is ended with all that it has started; else the terminal sees to that
    own_group = seconds is not None and sys.platform != "win32"
    try:
        process = subprocess.Popen(command, env=_environment(proof), process_group=0 if own_group else None)
    except OSError as error:
        raise UsageError(f"{command[0]}: {error.strerror}", "Type it as in: audit prove -- node server.js") from None
    try:
        return process.wait(seconds)
    except subprocess.TimeoutExpired:
        _end(process, own_group)
        return 0
    except KeyboardInterrupt:
        # the terminal has sent it to the command, too, unless that has a group of its own
        with contextlib.suppress(subprocess.TimeoutExpired):
            return process.wait(0 if own_group else _GRACE)
        _end(process, own_group)
        return 0


def _end(process: "subprocess.Popen[bytes]", own_group: bool) -> None:
    """End a command as one would by hand: interrupted, so that it writes what it has to, and killed if that fails."""
    if sys.platform == "win32":
        process.terminate()
    elif own_group:
        _signal_group(process.pid, signal.SIGINT)
    else:
        process.send_signal(signal.SIGINT)
    until = time.monotonic() + _GRACE
    while time.monotonic() < until and (process.poll() is None or (own_group and _signal_group(process.pid, 0))):
        time.sleep(_LOOK)
    if own_group:
        _signal_group(process.pid, _KILL)
    process.kill()
    process.wait()


def _signal_group(leader: int, number: int) -> bool:
    """Whether a process of the group was there to get the signal; 0 only asks."""
    if sys.platform != "win32":
        with contextlib.suppress(ProcessLookupError):
            os.killpg(leader, number)
            return True
    return False


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
