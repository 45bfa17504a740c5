"""`python -m tests.ecosystem BASE [HEAD]`: what two versions of the tool say of published packages, as Markdown.

BASE and HEAD are git revisions; `.`, the default of HEAD, is the working tree. With --commands they are commands.
"""

import argparse
import contextlib
import sys
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import msgspec
import platformdirs

from tests.ecosystem.compare import compare
from tests.ecosystem.obtain import NotObtained, download, obtain
from tests.ecosystem.packages import SHIPPED, NoSuchPackage, Package, chosen, read_packages
from tests.ecosystem.render import Outcome, render, summarised
from tests.ecosystem.run import (
    WORKING_TREE,
    Audit,
    AuditFailed,
    NoSuchRevision,
    Version,
    audit,
    from_command,
    from_revision,
)

_PROGRESS = threading.Lock()


class Settings(NamedTuple):
    """Where packages are kept, and how long one audit may take."""

    cache: Path
    timeout: float  # seconds


def main(arguments: Sequence[str]) -> int:
    """Print the report; 0, whatever it says, or 2 if there is no such revision, list or package."""
    given = _parser().parse_args(arguments)
    try:
        packages = chosen(read_packages(given.packages), tuple(given.only))
        with contextlib.ExitStack() as stack:
            base, head = (
                from_command(name) if given.commands else stack.enter_context(from_revision(name))
                for name in (given.base, given.head)
            )
            settings = Settings(given.cache, given.timeout)
            with ThreadPoolExecutor(given.jobs) as pool:
                outcomes = list(pool.map(lambda one: audited(one, base, head, settings), packages))
    except (OSError, msgspec.DecodeError, NoSuchPackage, NoSuchRevision) as error:
        print(error, file=sys.stderr)
        return 2
    sys.stdout.write(render(base.title, head.title, outcomes, given.most))
    return 0


def audited(package: Package, base: Version, head: Version, settings: Settings) -> Outcome:
    """Bring a package and audit it with both versions, one right after the other."""
    try:
        folder = obtain(package, settings.cache, download)
    except NotObtained as error:
        _progress(f"{package.title}: {error}")
        return Outcome(package.title, None, None, (), (f"not obtained: {error}",))
    failures: list[str] = []

    def attempt(role: str, version: Version) -> Audit | None:
        try:
            done = audit(version, folder, settings.timeout)
        except AuditFailed as error:
            failures.append(f"{role}: {error}")
            _progress(f"{package.title}: {role} failed: {error}")
            return None
        _progress(f"{package.title}: {role} took {done.took.cpu:.1f} s")
        return done

    before, after = attempt("base", base), attempt("head", head)
    return Outcome(
        package.title,
        before and summarised(before.document, before.took),
        after and summarised(after.document, after.took),
        compare(before.document, after.document) if before and after else (),
        tuple(failures),
    )


def _progress(line: str) -> None:
    with _PROGRESS:
        print(line, file=sys.stderr, flush=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.ecosystem", description=__doc__)
    parser.add_argument("base")
    parser.add_argument("head", nargs="?", default=WORKING_TREE)
    parser.add_argument("--commands", action="store_true", help="BASE and HEAD are commands that start the tool")
    parser.add_argument("--only", action="append", default=[], metavar="PART", help="packages with this in their name")
    parser.add_argument("--packages", type=Path, default=SHIPPED, metavar="FILE", help="another list of packages")
    kept = platformdirs.user_cache_path("alef-audit") / "ecosystem"
    parser.add_argument("--cache", type=Path, default=kept, metavar="DIR", help="where unpacked packages are kept")
    parser.add_argument("--jobs", type=int, default=1, metavar="N", help="packages at once; 1 measures best")
    parser.add_argument("--most", type=int, default=20, metavar="N", help="findings to list of a kind and a package")
    parser.add_argument("--timeout", type=float, default=1800, metavar="SECONDS", help="for one audit")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
