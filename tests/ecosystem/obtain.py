"""Brings a package onto this machine: from its registry, by the registry's own client, checked by its hash.

Nothing is installed or run.  npm is told to run no scripts; of PyPI only wheels are taken, because pip asks a source
archive about itself by running it, and always those for the same platform, so that the hash is the same everywhere.
"""

import hashlib
import re
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path

from tests.ecosystem.packages import Package
from tests.ecosystem.unpack import UnsafeArchive, unpack

Download = Callable[[Package, Path], None]

_PIP = (
    *(sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"),
    *("--only-binary=:all:", "--ignore-requires-python", "--implementation=cp", "--python-version=3.13"),
    *("--platform=manylinux_2_17_x86_64", "--platform=any"),
)
_NPM = ("npm", "pack", "--silent", "--ignore-scripts")
_LAST_WORDS = 300  # characters of what a client says when it fails


class NotObtained(Exception):
    """A package could not be had; the message says why."""


def obtain(package: Package, cache: Path, download: Download) -> Path:
    """The folder with the files of a package, from the cache if it was there before.

    `download` puts the archive into an empty folder. Raises NotObtained.
    """
    kept = cache / f"{_slug(package)}-{package.sha256[:12]}"
    if not kept.exists():
        try:
            cache.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(dir=cache) as work:
                _fill(package, Path(work), download)
                # Complete or absent: what another run sees under this name was checked and unpacked to its end.
                (Path(work) / "files").rename(kept)
        except (OSError, UnsafeArchive, tarfile.TarError, zipfile.BadZipFile) as error:
            raise NotObtained(f"{type(error).__name__}: {error}") from error
    inside = list(kept.iterdir())
    return inside[0] if len(inside) == 1 and inside[0].is_dir() and package.ecosystem == "npm" else kept


def download(package: Package, folder: Path) -> None:
    """Ask the registry's client for the archive of a package. Raises NotObtained with its last words."""
    if package.ecosystem == "npm":
        command = [*_NPM, f"{package.name}@{package.version}"]
    else:
        command = [*_PIP, f"--dest={folder}", f"{package.name}=={package.version}"]
    done = subprocess.run(command, cwd=folder, capture_output=True, encoding="utf-8", errors="replace", check=False)
    if done.returncode:
        raise NotObtained(f"{command[0]} failed: {done.stderr.strip()[-_LAST_WORDS:]}")


def _fill(package: Package, work: Path, download: Download) -> None:
    received, files = work / "archive", work / "files"
    received.mkdir()
    files.mkdir()
    download(package, received)
    archives = list(received.iterdir())
    if len(archives) != 1:
        raise NotObtained(f"one archive was expected, {len(archives)} came")
    found = _sha256(archives[0])
    if found != package.sha256:
        raise NotObtained(f"the archive's sha256 is {found}, not {package.sha256}")
    unpack(archives[0], files)


def _sha256(archive: Path) -> str:
    with archive.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def _slug(package: Package) -> str:
    return re.sub(r"[^A-Za-z0-9.]+", "-", package.title)
