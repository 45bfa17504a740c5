"""`python -m tests`: every check of this project, in order of how fast it answers; stops at the first that fails."""

import re
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

CHECKOUT = Path(__file__).resolve().parent.parent
_LINT_IMPORTS = "from importlinter.cli import lint_imports_command as run; run()"


class Step(NamedTuple):
    """A check: its name, the arguments to this Python, and what of its output is worth a line when it succeeds."""

    name: str
    arguments: tuple[str, ...]
    telling: str = ""


STEPS = (
    Step("ruff check", ("-m", "ruff", "check", ".")),
    Step("ruff format", ("-m", "ruff", "format", "--check", ".")),
    Step("mypy", ("-m", "mypy")),
    Step("lint-imports", ("-c", _LINT_IMPORTS, "--no-cache"), r"Contracts: .*"),
    Step(
        "pytest",
        ("-m", "pytest", "--numprocesses=auto", "--dist=loadgroup"),
        r"^\d+ passed.*",
    ),
)


def main() -> int:
    """Run all steps; the exit code is that of the first that fails, 0 if none does."""
    return next((code for step in STEPS if (code := _run(step))), 0)


def _run(step: Step) -> int:
    """Run one step and print its line; what it wrote is shown only when it fails."""
    started = time.monotonic()
    done = subprocess.run(
        (sys.executable, *step.arguments),
        cwd=CHECKOUT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
        check=False,
    )
    seconds = time.monotonic() - started
    if done.returncode:
        print(done.stdout)
        print(f"{step.name:<13}failed (exit code {done.returncode}) after {seconds:.1f} s", flush=True)
        return done.returncode if done.returncode > 0 else 1
    told = re.findall(step.telling, done.stdout, re.MULTILINE) if step.telling else []
    print(f"{step.name:<13}{seconds:6.1f} s  {'; '.join(' '.join(one.split()) for one in told)}".rstrip(), flush=True)
    if passed := re.search(r"^(\d+) passed", done.stdout, re.MULTILINE):
        print(f"{passed[1]} passed, 0 failed", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
