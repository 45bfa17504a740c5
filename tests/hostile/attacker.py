"""What attacks have in common: a tree with one true finding, traps, and the real command line with its limits."""

import json
import os
import resource
import subprocess
import sys
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

CHECKOUT = Path(__file__).parents[2]
HOT = """\
import time
from fastapi import FastAPI
app = FastAPI()
@app.get("/")
async def handler():
    time.sleep(1)
"""
CANARY = "canary7f3a"  # stands in files outside of the tree, and may come out nowhere
# Says which files were opened, as the interpreter sees it, and runs the command line from a folder of its own.
_LAUNCHER = """\
import os, sys
outside, opened = sys.argv[1], sys.argv[2]
log = open(opened, "a")
def noted(event, arguments):
    if event == "open" and isinstance(arguments[0], (str, bytes)):
        real = os.path.realpath(os.fsdecode(arguments[0]))
        if real.startswith(outside):
            print(real, file=log, flush=True)
sys.addaudithook(noted)
from alef_audit.cli.main import main
if __name__ == "__main__":
    main(sys.argv[3:])
"""
_SECONDS = 60  # of processor time: what runs into it would run for hours
_MEMORY = 3 << 30  # bytes of address space


class Ran(NamedTuple):
    code: int
    out: str
    err: str

    @property
    def everything(self) -> str:
        return self.out + self.err

    @property
    def report(self) -> dict[str, Any]:
        report: dict[str, Any] = json.loads(self.out)
        return report

    @property
    def found(self) -> set[tuple[str, int]]:
        """File and line of what blocks and is open."""
        return {
            (finding["sink"]["path"], finding["sink"]["line"])
            for finding in self.report["findings"]
            if finding["status"] == "open"
        }


class Attack(NamedTuple):
    """`tree` is the attacker's; `outside` lies beside it, and nothing in it is the tree's business."""

    tree: Path
    outside: Path

    @property
    def mark(self) -> Path:
        """What a trap makes when it snaps."""
        return self.outside.parent / "ran"

    @property
    def trap(self) -> str:
        """A command line that makes the mark."""
        return f"touch {self.mark}"

    def audit(self, *arguments: str | Path, memory: int = _MEMORY, **environment: str) -> Ran:
        """The command line in a process of its own, in the tree, limited in time and memory."""
        launcher = self.outside.parent / "launch.py"
        launcher.write_text(_LAUNCHER, encoding="utf-8")
        command = (sys.executable, launcher, f"{self.outside}{os.sep}", self._opened, *arguments)
        done = subprocess.run(
            [str(word) for word in command],
            cwd=self.tree,
            env=surroundings() | {"PYTHONPATH": str(CHECKOUT)} | environment,
            capture_output=True,
            stdin=subprocess.DEVNULL,
            check=False,
            timeout=300,
            preexec_fn=partial(_limit, memory),
        )
        return Ran(done.returncode, done.stdout.decode(), done.stderr.decode())

    def scan(self, *arguments: str | Path) -> Ran:
        return self.audit("scan", self.tree, "--format=json", *arguments)

    @property
    def _opened(self) -> Path:
        return self.outside.parent / "opened"

    def opened(self) -> list[str]:
        """What lies outside and was opened."""
        return self._opened.read_text(encoding="utf-8").splitlines() if self._opened.exists() else []


def surroundings() -> dict[str, str]:
    """The environment without what changes how git and Python look for things."""
    return {k: v for k, v in os.environ.items() if not k.startswith(("GIT_", "PYTHON", "FORCE_COLOR"))}


def _limit(memory: int) -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (_SECONDS, _SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))


def write(folder: Path, files: Mapping[str, str]) -> None:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8", newline="\n")
