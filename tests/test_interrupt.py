"""An interrupt from the keyboard ends every process at once."""

import multiprocessing
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

# Reads files until the marker appears, and then for longer than anybody would wait.
_SLOW = """
import signal, sys, time
from pathlib import Path
from alef_audit.frontends import extract
from alef_audit.cli.main import main

extract_file = extract.extract_file
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs inherit that it is ignored

def slowly(path, grammar, limit):
    Path(sys.argv[1]).touch()
    time.sleep(600)
    return extract_file(path, grammar, limit)

extract.extract_file = slowly
extract._PARALLEL_FROM = 0
from alef_audit.frontends import processes
processes._CHUNK = 1
main(["scan", sys.argv[2], "--jobs", sys.argv[3]])
"""


_GRAPH = (sys.executable, "-P", "-m", "alef_audit", "graph")
_TWICE = (("--no-cache",), (), ())


@pytest.mark.skipif("fork" not in multiprocessing.get_all_start_methods(), reason="the children must inherit the patch")
@pytest.mark.parametrize("jobs", ["1", "2"])
def test_an_interrupt_ends_the_run_with_130(tmp_path: Path, jobs: str) -> None:
    tree = tmp_path / "tree"
    tree.mkdir()
    for number in range(20):
        (tree / f"m{number}.py").write_text("x = 1\n", encoding="utf-8")
    marker = tmp_path / "reading"
    with subprocess.Popen(
        [sys.executable, "-P", "-c", _SLOW, str(marker), str(tree), jobs],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
        text=True,
    ) as running:
        while not marker.exists() and running.poll() is None:
            time.sleep(0.02)
        os.killpg(running.pid, signal.SIGINT)
        try:
            out, err = running.communicate(timeout=60)
        except subprocess.TimeoutExpired:
            os.killpg(running.pid, signal.SIGKILL)
            raise
    assert running.returncode == 130
    assert (out, "Traceback" in err) == ("", False), err
    with pytest.raises(ProcessLookupError):  # nobody of the group is left
        os.killpg(running.pid, 0)
    commands = ([*_GRAPH, str(tree), *options] for options in _TWICE)
    graphs = {subprocess.run(command, capture_output=True, check=True).stdout for command in commands}
    assert len(graphs) == 1
