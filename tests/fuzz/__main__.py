"""`python -m tests.fuzz --minutes N`: mutated files for everything that reads files, until the time is up.

Failing inputs are made small and saved as TARGET/NUMBER/NAME; `--replay FILE` tries such a file again.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from tests.fuzz.campaign import attempt
from tests.fuzz.mutators import Seed
from tests.fuzz.running import Settings, Tally, campaign
from tests.fuzz.targets import TARGETS, target_called


def main(arguments: Sequence[str]) -> int:
    """Print the counts; 1 if anything failed."""
    given = _parser().parse_args(arguments)
    if given.replay is not None:
        return _replay(given.replay, given.target[0] if given.target else _target_of(given.replay))
    chosen = [target for target in TARGETS if not given.target or target.name in given.target]
    settings = Settings(tuple(given.seeds), given.seed, given.output)
    tallies: dict[str, Tally] = {}
    for target in chosen:
        until = time.monotonic() + 60 * given.minutes / len(chosen)
        tallies[target.name] = campaign(target, settings, until)
        print(*tallies[target.name].lines(target.name), sep="\n", flush=True)
        _print_slowest(tallies[target.name])
    return 1 if any(tally.failures for tally in tallies.values()) else 0


def _print_slowest(tally: Tally) -> None:
    for per_byte, seconds, size, number, name in tally.slowest:
        if seconds >= 1:
            print(f"    {per_byte:8.1f} µs per byte: {seconds:.1f} s for {size:,} bytes (number {number}, {name})")


def _target_of(file: Path) -> str:
    """Saved inputs lie in a folder that is called like their target."""
    known = {target.name for target in TARGETS}
    return next(part for part in reversed(file.resolve().parts) if part in known)


def _replay(file: Path, name: str) -> int:
    target = target_called(name)
    # behind the folders of the target and of the number
    known = file.resolve().as_posix().rpartition(f"/{name}/")[2].partition("/")[2] or file.name
    with tempfile.TemporaryDirectory() as folder:
        tried = attempt(target, Seed(known, file.read_bytes()), Path(folder))
    print(tried.failure or tried.refusal or "answered", tried.details, f"{tried.seconds:.2f} s", sep="\n")
    return 1 if tried.failure else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10, metavar="N", help="for all targets together")
    parser.add_argument("--seeds", type=Path, action="append", default=[], metavar="DIR", help="more files to mutate")
    names = [target.name for target in TARGETS]
    parser.add_argument("--target", action="append", choices=names, metavar="NAME", help=", ".join(names))
    parser.add_argument("--seed", default="0", metavar="S", help="another one, other inputs")
    parser.add_argument("--output", type=Path, default=Path(tempfile.gettempdir()) / "alef-audit-fuzz", metavar="DIR")
    parser.add_argument("--replay", type=Path, metavar="FILE", help="try a saved input again")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
