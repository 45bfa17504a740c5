"""What a process may not read or write, tried by one that is not root: for root there is no such thing."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.rows import fault
from tests.test_determinism import masked
from tests.test_survival import HOT, SLEEP

CHECKOUT = Path(__file__).parents[1]
NOBODY = 65_534
# The last audit counts: by then all modules are there, wherever the interpreter lies.
_UNPRIVILEGED = f"""\
import os, sys
from typer.testing import CliRunner
from alef_audit.cli.main import app
for options in (["--no-cache"], []):
    elsewhere = {{"ALEF_AUDIT_CACHE_DIR": sys.argv[2] + "-warm"}}
    CliRunner().invoke(app, ["scan", sys.argv[2], "--format=json", *options], env=elsewhere)
if os.geteuid() == 0:
    os.setgroups([])
    os.setgid({NOBODY})
    os.setuid({NOBODY})
done = CliRunner().invoke(app, sys.argv[1:])
print(done.stdout, end="", flush=True)
print(done.stderr, end="", flush=True, file=sys.stderr)
os._exit(done.exit_code)
"""

pytestmark = [
    pytest.mark.skipif(os.name == "nt", reason="POSIX only"),
    pytest.mark.skipif(
        any(not folder.stat().st_mode & 0o001 for folder in (CHECKOUT, *CHECKOUT.parents)),
        reason="others may not read this checkout",
    ),
]


class Place(NamedTuple):
    tree: Path
    cache: Path
    elsewhere: Path

    def audit(self, *options: str) -> "subprocess.CompletedProcess[bytes]":
        command = (sys.executable, "-P", "-c", _UNPRIVILEGED, "scan", str(self.tree), "--format=json", *options)
        environment = os.environ | {"ALEF_AUDIT_CACHE_DIR": str(self.cache), "PYTHONPATH": str(CHECKOUT)}
        return subprocess.run(command, env=environment, capture_output=True, check=False)


@pytest.fixture
def place() -> Iterator[Place]:
    top = Path(tempfile.mkdtemp())  # pytest's own folders are closed to others
    made = Place(top / "tree", top / "cache", top / "elsewhere")
    for folder in made:
        folder.mkdir()
    (made.tree / "hot.py").write_text(HOT, encoding="utf-8", newline="\n")
    (made.tree / "package.json").write_text("{}", encoding="utf-8")
    yours(top)
    yield made
    for path in (top, *top.rglob("*")):
        path.chmod(0o700)
    shutil.rmtree(top)


def yours(top: Path) -> None:
    """Everything belongs to the unprivileged process."""
    top.chmod(0o755)
    for path in (top, *top.rglob("*")):
        if os.geteuid() == 0:
            os.chown(path, NOBODY, NOBODY)


def found(output: bytes) -> list[tuple[str, int]]:
    return [(one["sink"]["path"], one["sink"]["line"]) for one in json.loads(output)["findings"]]


@fault("permission denied: a source file, a folder, a manifest", "a remark; what can be read is audited")
def test_what_may_not_be_read(place: Place) -> None:
    (place.tree / "closed").mkdir()
    for name in ("secret.py", "closed/inner.py", "tsconfig.json"):
        (place.tree / name).write_text(HOT, encoding="utf-8")
    yours(place.tree)
    for name in ("secret.py", "closed", "tsconfig.json"):
        (place.tree / name).chmod(0)
    done = place.audit("--no-cache")
    assert (done.returncode, found(done.stdout)) == (1, [SLEEP[:2]]), done.stderr
    said = {(one["path"], one["kind"]) for one in json.loads(done.stdout)["diagnostics"]}
    assert said == {("secret.py", "unreadable"), ("closed", "unreadable")}


@fault("the cache is read-only, or may not be read", "the same report; nothing is kept")
@pytest.mark.parametrize("mode", [0o500, 0])
@pytest.mark.parametrize("filled", [False, True])
def test_a_cache_that_may_not_be_written(place: Place, mode: int, filled: bool) -> None:
    plain = masked(place.audit("--no-cache").stdout)
    if filled:
        place.audit()
        yours(place.cache)
        for path in place.cache.iterdir():
            path.chmod(mode & 0o444)
    place.cache.chmod(mode)
    done = place.audit()
    assert (done.returncode, masked(done.stdout), done.stderr) == (1, plain, b"")


@fault("the output path may not be written", "exit code 2 and the reason")
def test_an_output_that_may_not_be_written(place: Place) -> None:
    (place.elsewhere / "old.json").write_text("old", encoding="utf-8")
    yours(place.elsewhere)
    (place.elsewhere / "old.json").chmod(0o400)
    place.elsewhere.chmod(0o500)
    for name in ("old.json", "new.json", "none/new.json"):
        done = place.audit("--no-cache", "--output", str(place.elsewhere / name))
        assert (done.returncode, done.stdout) == (2, b""), name
        assert b"internal error" not in done.stderr
