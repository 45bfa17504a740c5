"""`python measure.py RESULT SECONDS COMMAND…`: runs a command and writes down what it took, as JSON.

A program of its own, and a small one: a process starts with the peak memory of the one that started it, so that a
large parent would hide what the command needs.
"""

import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

TIMED_OUT = 124  # as coreutils have it


def main(arguments: Sequence[str]) -> int:
    """Run the command with our own stdin, stdout and stderr; its exit code, or TIMED_OUT after so many seconds."""
    result, seconds, *command = arguments
    started = time.monotonic()
    try:
        code = subprocess.run(command, timeout=float(seconds), check=False).returncode
    except subprocess.TimeoutExpired:
        return TIMED_OUT
    wall = time.monotonic() - started
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    unit = 1 if sys.platform == "darwin" else 1024  # of ru_maxrss
    took = {"wall": wall, "cpu": used.ru_utime + used.ru_stime, "peak_bytes": used.ru_maxrss * unit}
    Path(result).write_text(json.dumps(took), encoding="utf-8")
    return code if code >= 0 else os.EX_SOFTWARE


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
