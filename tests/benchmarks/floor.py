"""The floor of every audit: only reading and parsing the files that it reads, on as many processes."""

import os
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import NamedTuple

import tree_sitter_python
from tree_sitter import Language, Parser

from alef_audit.config import Config
from alef_audit.discovery.assets import browser_assets
from alef_audit.discovery.discover import discover
from alef_audit.discovery.inventory import Inventory, SourceFile
from alef_audit.frontends.ecmascript.tables import language
from alef_audit.frontends.processes import in_chunks

_UNREAD = frozenset(("types", "test"))  # roles that an audit leaves out unless asked

Timed = Callable[[], object]


class Times(NamedTuple):
    """Seconds; processor time is that of all processes together."""

    wall: float
    processor: float


def files_of(tree: Path) -> tuple[Inventory, list[SourceFile]]:
    """The files of a tree that an audit without configuration reads. Raises NothingToAudit."""
    inventory = discover(tree, Config())
    served = browser_assets(inventory)
    return inventory, [file for file in inventory.files if file.role not in _UNREAD and file.path not in served]


def parse_all(inventory: Inventory, files: Sequence[SourceFile], jobs: int) -> int:
    """Only read and parse `files`, dealt out as for extraction; gives their number."""
    work = [[(str(inventory.root / files[i].path), files[i].grammar) for i in chunk] for chunk in in_chunks(files)]
    if jobs <= 1:
        return sum(map(_parse, work))
    with ProcessPoolExecutor(max_workers=jobs) as pool:
        return sum(pool.map(_parse, work))


def best_of(rounds: int, *timed: Timed) -> tuple[Times, ...]:
    """The shortest times of each function, run in turns."""
    taken = [[_times(each) for each in timed] for _ in range(rounds)]
    of_each = zip(*taken, strict=True)
    return tuple(Times(min(one.wall for one in own), min(one.processor for one in own)) for own in of_each)


def _times(timed: Timed) -> Times:
    wall, processor = time.perf_counter(), _processor()
    timed()
    return Times(time.perf_counter() - wall, _processor() - processor)


def _processor() -> float:
    spent = os.times()
    return spent.user + spent.system + spent.children_user + spent.children_system


def _parse(work: Sequence[tuple[str, str]]) -> int:
    python = Language(tree_sitter_python.language())
    for path, grammar in work:
        Parser(python if grammar == "python" else language(grammar)).parse(Path(path).read_bytes())
    return len(work)
