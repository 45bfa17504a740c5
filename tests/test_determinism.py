"""The same input gives the same bytes, on however many processes and in whatever order files arrive."""

import os
import random
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from typer.testing import CliRunner

from alef_audit.cli.main import app
from alef_audit.discovery import discover
from alef_audit.discovery.listing import Listing, list_files
from alef_audit.frontends import extract, processes

SAMPLES = Path(__file__).resolve().parent.parent / "sample_repos"
NAMES = ("python-agent-service", "ts-gateway")
AS_JSON = ("--format", "json", "--include-discharged", "--no-cache")
_SECONDS = re.compile(rb'("seconds": )[0-9.]+')


def report(root: Path, *options: str) -> bytes:
    """What `audit scan` writes to stdout, with the one figure masked that may differ."""
    result = CliRunner().invoke(app, ["scan", str(root), *AS_JSON, *options])
    assert result.exit_code == 1, result.stderr
    return masked(result.stdout_bytes)


def masked(report: bytes) -> bytes:
    assert b'"fingerprint"' in report
    text, times = _SECONDS.subn(rb"\g<1>0", report)
    assert times == 1
    return text


@pytest.mark.parametrize("name", NAMES)
def test_any_number_of_jobs(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    alone = report(SAMPLES / name, "--jobs", "1")
    monkeypatch.setattr(extract, "_PARALLEL_FROM", 0)
    monkeypatch.setattr(processes, "_CHUNK", 3)  # so that the few files of a sample are dealt out as many would be
    assert report(SAMPLES / name, "--jobs", "2") == alone


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("seed", range(3))
def test_files_listed_in_any_order(name: str, seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = report(SAMPLES / name, "--jobs", "1")
    shuffled = 0

    def shuffle(folder: Path) -> Listing:
        nonlocal shuffled
        shuffled += 1
        listing = list_files(folder)
        return Listing(_shuffled(listing.paths, seed), listing.diagnostics)

    monkeypatch.setattr(discover, "list_files", shuffle)
    assert report(SAMPLES / name, "--jobs", "1") == expected
    assert shuffled


@pytest.mark.parametrize("name", NAMES)
def test_whatever_the_order_of_sets(name: str) -> None:
    """Strings hash differently in every process: nothing may follow the order of a set of them."""
    command = (sys.executable, "-m", "alef_audit.cli", "scan", str(SAMPLES / name), *AS_JSON)
    texts = set()
    for seed in ("0", "1", "2"):
        done = subprocess.run(command, env=os.environ | {"PYTHONHASHSEED": seed}, capture_output=True, check=False)
        assert done.returncode == 1, done.stderr
        texts.add(masked(done.stdout))
    assert texts == {report(SAMPLES / name)}


@pytest.mark.parametrize("name", NAMES)
def test_where_the_tree_lies_does_not_matter(name: str, tmp_path: Path) -> None:
    copy = tmp_path / "elsewhere" / name
    for path in sorted((SAMPLES / name).rglob("*"), reverse=True):
        if path.is_file() and "__pycache__" not in path.parts:
            target = copy / path.relative_to(SAMPLES / name)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(path.read_bytes())
    assert report(copy) == report(SAMPLES / name)


def _shuffled(paths: Sequence[str], seed: int) -> tuple[str, ...]:
    order = sorted(paths)
    random.Random(seed).shuffle(order)
    return tuple(order)
