"""Large trees made of real packages: copies under new names, up to a number of lines."""

import json
import shutil
from collections.abc import Sequence
from itertools import count
from pathlib import Path
from typing import NamedTuple

from tests.benchmarks.floor import files_of


class Size(NamedTuple):
    """What an audit reads of a tree."""

    files: int
    lines: int
    bytes: int


def size_of(tree: Path) -> Size:
    """The size of what an audit of `tree` reads. Raises NothingToAudit."""
    inventory, files = files_of(tree)
    lines = sum((inventory.root / file.path).read_bytes().count(b"\n") for file in files)
    return Size(len(files), lines, sum(file.size for file in files))


def grown(packages: Sequence[Path], lines: int, into: Path) -> None:
    """Fill the folder `into` with copies of the packages, in turns, until at least so many lines are read of it."""
    sizes = {package: size_of(package).lines for package in packages}
    missing = lines
    for number in count():
        if missing <= 0:
            return
        package = packages[number % len(packages)]
        _copy(package, into / f"copy{number:04}", number)
        missing -= sizes[package]


def _copy(package: Path, target: Path, number: int) -> None:
    shutil.copytree(package, target, symlinks=True)
    for manifest in target.rglob("package.json"):
        try:
            said = json.loads(manifest.read_bytes())
        except ValueError:
            continue
        if isinstance(said, dict) and isinstance(said.get("name"), str):
            manifest.write_text(json.dumps({**said, "name": f"{said['name']}-{number}"}), encoding="utf-8")
