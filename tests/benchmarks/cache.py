"""`python -m tests.benchmarks.cache TREE`: audits of a copy of TREE without the cache, filling it, and with it.

Processor time is that of all processes together: it says more than wall time on a machine that is shared.  The ratio is
that of processor times to an audit without the cache.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import msgspec

from alef_audit.discovery.inventory import GRAMMARS
from alef_audit.store.database import FILE
from alef_audit.store.place import VARIABLE
from tests.ecosystem import measure
from tests.ecosystem.run import Took

_TIMEOUT = 3_600  # seconds


def main(arguments: Sequence[str]) -> int:
    """Print a row for each audit; 0, or 1 if two reports of the same tree differ."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.cache", description=__doc__)
    parser.add_argument("tree", type=Path)
    parser.add_argument("--jobs", type=int, metavar="N", help="processes; default: one per core")
    given = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="alef-audit-") as name:
        return _rows(given.tree, Path(name), ["--jobs", str(given.jobs)] if given.jobs else [])


def _rows(tree: Path, work: Path, options: Sequence[str]) -> int:
    copy = work / tree.resolve().name
    shutil.copytree(tree, copy, symlinks=True)
    file = next(path for path in sorted(copy.rglob("*")) if path.suffix in GRAMMARS and path.stat().st_size > 1_000)
    print(f"{'':<22}{'wall':>9}{'processor':>12}{'ratio':>8}{'peak':>10}")
    plain = _row("without the cache", work, copy, [*options, "--no-cache"])
    filling = _row("filling it", work, copy, options, plain[0])
    warm = _row("nothing changed", work, copy, options, plain[0])
    os.utime(file)
    touched = _row("one file touched", work, copy, options, plain[0])
    file.write_bytes(file.read_bytes() + b"\n\n\n")
    changed = _row("one file changed", work, copy, options, plain[0])
    again = _row("the same, no cache", work, copy, [*options, "--no-cache"], plain[0])
    print(f"cache: {(work / 'cache' / FILE).stat().st_size / 1e6:.1f} MB")
    same = plain[1] == filling[1] == warm[1] == touched[1] and changed[1] == again[1]
    print("reports are the same" if same else "REPORTS DIFFER")
    return 0 if same else 1


def _row(title: str, work: Path, tree: Path, options: Sequence[str], base: Took | None = None) -> tuple[Took, object]:
    """What an audit took, and its report without the time."""
    took, out = work / "took.json", work / "report.json"
    command = (
        sys.executable,
        "-P",
        "-m",
        "alef_audit",
        "scan",
        str(tree),
        "--format",
        "json",
        "-o",
        str(out),
        *options,
    )
    environment = {**os.environ, VARIABLE: str(work / "cache")}
    measured = (sys.executable, "-S", measure.__file__, str(took), str(_TIMEOUT), *command)
    if subprocess.run(measured, env=environment, check=False).returncode not in (0, 1):
        raise SystemExit(f"{title}: the audit failed")
    used = msgspec.json.decode(took.read_bytes(), type=Took)
    ratio = f"{used.cpu / (base or used).cpu:>7.2f}x"
    print(f"{title:<22}{used.wall:>7.2f} s{used.cpu:>10.2f} s{ratio}{used.peak_bytes / 1e6:>7.0f} MB", flush=True)
    report = json.loads(out.read_bytes())
    del report["summary"]["coverage"]["seconds"]
    return used, report


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
