"""Unpacks archives of packages: regular files below one folder, nothing else.

Archives are data from strangers.  A link, a device or a name that leads out of the folder makes the whole archive
unusable, rather than being left out: a published package holds none, so that there is more to be wary of.
"""

import shutil
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath, PureWindowsPath
from stat import S_ISLNK
from typing import IO, NamedTuple


class UnsafeArchive(Exception):
    """An archive holds something that must not be unpacked."""


class _Entry(NamedTuple):
    name: str
    content: IO[bytes]


def unpack(archive: Path, folder: Path) -> None:
    """Write the files of a `.tgz`, `.tar.gz`, `.whl` or `.zip` below a folder that exists, without their permissions.

    Raises UnsafeArchive, OSError, and tarfile.TarError or zipfile.BadZipFile for what is no archive.
    """
    entries = _zip_entries(archive) if archive.suffix in (".whl", ".zip") else _tar_entries(archive)
    for entry in entries:
        target = folder / _below(entry.name)
        target.parent.mkdir(parents=True, exist_ok=True)
        with entry.content as source, target.open("xb") as sink:
            shutil.copyfileobj(source, sink)


def _tar_entries(archive: Path) -> Iterator[_Entry]:
    with tarfile.open(archive, "r:*") as opened:
        for member in opened:
            if member.isdir():
                continue
            content = opened.extractfile(member) if member.isreg() else None
            if content is None:
                raise UnsafeArchive(f"{member.name!r} is no regular file")
            yield _Entry(member.name, content)


def _zip_entries(archive: Path) -> Iterator[_Entry]:
    with zipfile.ZipFile(archive) as opened:
        for member in opened.infolist():
            if member.is_dir():
                continue
            if S_ISLNK(member.external_attr >> 16):
                raise UnsafeArchive(f"{member.filename!r} is a link")
            yield _Entry(member.filename, opened.open(member))


def _below(name: str) -> PurePosixPath:
    """`name` as a path below a folder, on every platform."""
    path, elsewhere = PurePosixPath(name), PureWindowsPath(name)
    if path.is_absolute() or elsewhere.anchor or ".." in (*path.parts, *elsewhere.parts) or not path.parts:
        raise UnsafeArchive(f"{name!r} leads out of the folder")
    return path
