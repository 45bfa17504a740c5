"""`python -m tests.benchmarks.stages TREE`: what one cold audit spends its time on, stage by stage, as Markdown.

Wall time and processor time of this process and of those that read files; what a stage spends in another one that is
listed counts for that one only.
"""

import argparse
import contextlib
import functools
import gc
import multiprocessing
import os
import resource
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any, Final, NamedTuple
from unittest import mock

from alef_audit.pipeline import auditing, judging, linking, reporting
from alef_audit.reporting.json_v1 import render_json
from tests.requests import request_for

# Where a stage is called, under which name, and what it does.
STAGES: Final[tuple[tuple[ModuleType, str, str], ...]] = (
    (auditing, "survey", "discover files and versions"),
    (judging, "load_rulepack", "load rules"),
    (linking, "facts_of", "read files, extract facts"),
    (linking, "resolve", "resolve imports"),
    (linking, "build_program", "number names and slots"),
    (linking, "build_calls", "table of calls"),
    (linking, "solve", "propagate values"),
    (linking, "link", "edges, blocking calls, roots"),
    (linking, "guard_branches", "guards, gates, contexts"),
    (judging, "reach_sinks", "reachability"),
    (judging, "judge", "verdicts and levels"),
    (judging, "fix_points", "fix points"),
    (judging, "advised", "advice"),
    (reporting, "report_of", "report"),
)
REST: Final = "everything else"


class Spent(NamedTuple):
    """Seconds."""

    wall: float
    processor: float


def main(arguments: Sequence[str]) -> int:
    """Print the table; 0."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.stages", description=__doc__)
    parser.add_argument("tree", type=Path)
    parser.add_argument("--jobs", type=int, default=multiprocessing.cpu_count(), metavar="N", help="processes")
    given = parser.parse_args(arguments)
    gc.disable()  # as an audit does
    for line in table(measured(given.tree, given.jobs)):
        print(line)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    print(f"\npeak of this process: {peak / (1 << 20):.0f} MiB")
    return 0


def measured(tree: Path, jobs: int) -> dict[str, Spent]:
    """What each stage of one audit takes. Raises NothingToAudit."""
    spent: dict[str, Spent] = {title: Spent(0.0, 0.0) for _, _, title in STAGES}
    inside: list[Spent] = [Spent(0.0, 0.0)]  # per stage that runs: what stages below it took

    def timed(title: str, stage: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(stage)
        def run(*given: Any, **named: Any) -> Any:
            inside.append(Spent(0.0, 0.0))
            started = _now()
            try:
                return stage(*given, **named)
            finally:
                took = _minus(_now(), started)
                spent[title] = _plus(spent[title], _minus(took, inside.pop()))
                inside[-1] = _plus(inside[-1], took)

        return run

    with contextlib.ExitStack() as patches:
        for module, name, title in STAGES:
            patches.enter_context(mock.patch.object(module, name, timed(title, getattr(module, name))))
        started = _now()
        render_json(auditing.audit(request_for(tree, jobs=jobs), lambda *_: None))
        total = _minus(_now(), started)
    return {**spent, REST: _minus(total, inside[0]), "": total}


def table(spent: dict[str, Spent]) -> Iterator[str]:
    """Rows of Markdown, in the order of the stages; the last one is the sum."""
    total = spent[""]
    yield "| stage | wall s | CPU s | share of wall |"
    yield "|---|---:|---:|---:|"
    for title, (wall, processor) in spent.items():
        yield f"| {title or 'all'} | {wall:.2f} | {processor:.2f} | {wall / total.wall:.0%} |"


def _now() -> Spent:
    used = os.times()
    return Spent(time.perf_counter(), used.user + used.system + used.children_user + used.children_system)


def _plus(one: Spent, other: Spent) -> Spent:
    return Spent(one.wall + other.wall, one.processor + other.processor)


def _minus(one: Spent, other: Spent) -> Spent:
    return Spent(one.wall - other.wall, one.processor - other.processor)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
