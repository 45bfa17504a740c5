"""Audits of a tree in every state of the cache, each in a process of its own."""

import json
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NamedTuple

from alef_audit.discovery.inventory import GRAMMARS
from alef_audit.store.place import VARIABLE
from tests.benchmarks.measured import measured
from tests.ecosystem.run import Took

COLD: Final = "cold"
FILLING: Final = "cold, filling the cache"
WARM: Final = "nothing changed"
TOUCHED: Final = "one file touched"
CHANGED: Final = "one file changed"
AGAIN: Final = "the same without cache"


class State(NamedTuple):
    """An audit of one state: what it took, and what it said."""

    title: str
    took: Took
    report: object  # the JSON document, without the time


@contextmanager
def copied(tree: Path) -> Iterator[Path]:
    """A copy of `tree` that may be changed, without what git keeps."""
    with tempfile.TemporaryDirectory(prefix="alef-audit-") as name:
        copy = Path(name) / tree.resolve().name
        shutil.copytree(tree, copy, symlinks=True, ignore=shutil.ignore_patterns(".git"))
        yield copy


def states(copy: Path, options: Sequence[str]) -> Iterator[State]:
    """Audits of a copy without the cache, while filling it and with it, changing the copy meanwhile.

    Raises CommandFailed, and ValueError where no file of the copy is large enough to be changed.
    """
    file = next((path for path in sorted(copy.rglob("*")) if _is_of_size(path)), None)
    if file is None:
        raise ValueError(f"{copy}: no source file of more than a thousand bytes")
    with tempfile.TemporaryDirectory(prefix="alef-audit-") as name:
        work = Path(name)
        yield _state(COLD, work, copy, [*options, "--no-cache"])
        yield _state(FILLING, work, copy, options)
        yield _state(WARM, work, copy, options)
        os.utime(file)
        yield _state(TOUCHED, work, copy, options)
        file.write_bytes(file.read_bytes() + b"\n\n\n")
        yield _state(CHANGED, work, copy, options)
        yield _state(AGAIN, work, copy, [*options, "--no-cache"])


def agree(found: Sequence[State]) -> bool:
    """Whether all states of the same content have the same report."""
    reports = {state.title: state.report for state in found}
    same = all(reports[title] == reports[COLD] for title in (FILLING, WARM, TOUCHED))
    return same and reports[CHANGED] == reports[AGAIN]


def cold(tree: Path, options: Sequence[str]) -> State:
    """An audit without the cache. Raises CommandFailed."""
    with tempfile.TemporaryDirectory(prefix="alef-audit-") as name:
        return _state(COLD, Path(name), tree, [*options, "--no-cache"])


def _is_of_size(path: Path) -> bool:
    return path.suffix in GRAMMARS and path.is_file() and path.stat().st_size > 1_000


def _state(title: str, work: Path, tree: Path, options: Sequence[str]) -> State:
    out = work / "report.json"
    command = (sys.executable, "-P", "-m", "alef_audit", "scan", str(tree), "--format=json", "-o", str(out), *options)
    took = measured(command, {VARIABLE: str(work / "cache")})
    report = json.loads(out.read_bytes())
    del report["summary"]["coverage"]["seconds"]
    return State(title, took, report)
